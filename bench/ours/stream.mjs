/**
 * Trains as the configuration file in the first argument says, in this process, and prints last how long the first update
 * took from the start of the process, and the most bytes of the process.
 */

import { readFileSync } from 'node:fs';
import { performance } from 'node:perf_hooks';
import { train } from '../../dist/index.js';
import { peakResidentBytes } from '../measure/peak-memory.mjs';

let first;
let result;
for await (const event of train(JSON.parse(readFileSync(process.argv[2], 'utf8')))) {
  // performance.now() counts from the start of the process
  if (event.type === 'step' && first === undefined) first = performance.now() / 1000;
  if (event.type === 'result') result = event;
}
const { steps, seconds, rows } = result;
const peak = peakResidentBytes();
console.log(
  JSON.stringify({ type: 'result', first_update_seconds: first, peak_rss_bytes: peak, steps, seconds, rows }),
);
