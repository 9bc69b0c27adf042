/** Trains by the command line in this process, into a folder that is there for it alone, and says what it took. */
import { rmSync } from 'node:fs';
import { peakResidentBytes } from '../measure/peak-memory.mjs';
import { watchOthers } from '../measure/quiet.mjs';

const [command, config] = process.argv.slice(2);
const output = `${config}.run-${process.pid}`;
process.argv = [process.argv[0], command, 'train', config, '--json', '--output', output];
const others = watchOthers();
process.on('exit', () => {
  rmSync(output, { recursive: true, force: true });
  const peak_rss_bytes = peakResidentBytes();
  console.log(JSON.stringify({ type: 'result', peak_rss_bytes, other_cpu_share: others() }));
});
await import(command);
