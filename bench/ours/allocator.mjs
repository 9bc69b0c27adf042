/** Times the CPU allocator: a block of each size taken and given back, cached and after the cache was emptied. */
import { empty, emptyCache, scope } from '../../dist/torch/index.js';
import { watchOthers } from '../measure/quiet.mjs';

const others = watchOthers();
const sizes = [4096, 65_536, 2 ** 20, 2 ** 24, 2 ** 27];
const cached = {};
const fresh = {};
scope(() => {
  for (const bytes of sizes) {
    cached[bytes] = microseconds(bytes >= 2 ** 24 ? 200 : 20_000, () => empty([bytes / 4]).dispose());
    fresh[bytes] = microseconds(bytes >= 2 ** 24 ? 20 : 200, () => {
      empty([bytes / 4]).dispose();
      emptyCache();
    });
  }
});
console.log(
  JSON.stringify({
    type: 'result',
    microseconds: cached[2 ** 20],
    cached_microseconds: cached,
    fresh_microseconds: fresh,
    other_cpu_share: others(),
  }),
);

function microseconds(times, body) {
  for (let i = 0; i < 10; i++) body();
  const begun = performance.now();
  for (let i = 0; i < times; i++) body();
  return ((performance.now() - begun) * 1000) / times;
}
