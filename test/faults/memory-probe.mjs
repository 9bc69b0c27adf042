/**
 * Trains as the configuration file in the first argument says and prints after each update how many tensors live and
 * their bytes; after as many updates as the second argument says also, garbage collected, resident bytes and the heap's.
 */
import { readFileSync } from 'node:fs';
import { train } from '../../dist/index.js';
import { memory } from '../../dist/torch/index.js';

const [path, every] = process.argv.slice(2);

function settled() {
  globalThis.gc();
  const { heapUsed, rss } = process.memoryUsage();
  return { heap: heapUsed, rss };
}

for await (const { type, step } of train(JSON.parse(readFileSync(path, 'utf8')))) {
  if (type !== 'step') continue;
  const { handles, bytes } = memory();
  console.log(JSON.stringify({ step, handles, bytes, ...(step % Number(every) === 0 ? settled() : {}) }));
}
