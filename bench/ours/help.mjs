/** Times a command's help: the median of ten processes. */
import { spawnSync } from 'node:child_process';
import { watchOthers } from '../measure/quiet.mjs';
import { median } from '../measure/statistics.mjs';

const command = process.argv[2];
const others = watchOthers();
const seconds = Array.from({ length: 10 }, () => {
  const begun = performance.now();
  const { status } = spawnSync(process.execPath, [command, '--help']);
  if (status !== 0) throw new Error('the help failed');
  return (performance.now() - begun) / 1000;
});
console.log(JSON.stringify({ type: 'result', seconds: median(seconds), each: seconds, other_cpu_share: others() }));
