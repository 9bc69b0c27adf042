/**
 * Trains as the configuration file in the first argument says and prints after each update what is in memory: resident
 * bytes, live tensors and their bytes, and, every so often, what JavaScript holds after a collection.
 */
import { readFileSync } from 'node:fs';
import { train } from '../../dist/index.js';
import { memory } from '../../dist/torch/index.js';

const [path, every] = process.argv.slice(2);
for await (const event of train(JSON.parse(readFileSync(path, 'utf8')))) {
  if (event.type !== 'step') continue;
  const collected = event.step % Number(every) === 0;
  if (collected) globalThis.gc();
  const { heapUsed, rss } = process.memoryUsage();
  const { handles, bytes } = memory();
  console.log(JSON.stringify({ step: event.step, rss, handles, bytes, ...(collected ? { heap: heapUsed } : {}) }));
}
