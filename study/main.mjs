/**
 * `npm run study`: the claims of the ORPO paper tested again on models that fit here. Each part trains what it needs, and
 * writes a page with a figure to docs/study/. What is trained lies in runs/study; a study that was stopped goes on there.
 *
 *   npm run study [-- --budget 20m] [--parts log-probs,strength]
 *
 * A small budget makes every part smaller, and the pages say how small. A part that has no time left is said.
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { orExit, root, setup } from '../scripts/setup.mjs';
import { writeIndex, writePage } from './page.mjs';
import { scaleOf } from './scale.mjs';

/** The parts with their shares of the time. */
const SHARES = {
  'log-probs': 9,
  'win-rate': 18,
  strength: 12,
  diversity: 3,
  cost: 14,
  data: 26,
  'broad-table': 18,
};
const PARTS = Object.keys(SHARES);

const { values } = parseArgs({
  options: { budget: { type: 'string', default: '10h' }, parts: { type: 'string', default: PARTS.join() } },
});
orExit(() => setup());
const scale = orExit(() => scaleOf(values.budget));
const { Workshop } = await import('./workshop.mjs');
const asked = values.parts.split(',');
for (const name of asked)
  if (!PARTS.includes(name)) {
    console.error(`--parts: there is no part "${name}"; there are ${PARTS.join(', ')}.`);
    process.exit(2);
  }
const folder = join(root, 'runs/study', scale.name);
mkdirSync(folder, { recursive: true });

const begun = performance.now();
for (const [at, name] of asked.entries()) {
  // what a part leaves of its share goes to the others
  const left = Math.max(0, scale.minutes - minutesSince(begun));
  const shares = asked.slice(at).map((one) => SHARES[one]);
  const minutes = (left * SHARES[name]) / shares.reduce((sum, share) => sum + share, 0);
  const workshop = new Workshop({ folder, scale, minutes });
  console.log(`\n${name} (${minutes.toFixed(1)} minutes)`);
  const partBegun = performance.now();
  const part = await import(`./parts/${name}.mjs`);
  try {
    const found = await part.study(workshop);
    if (found === undefined) console.log('  its time is over; the same command goes on from here');
    else writePage({ name, place: PARTS.indexOf(name) + 1, ...part.about, ...found, scale, workshop });
    writeIndex(PARTS);
  } catch (error) {
    // the other parts of a night need not wait for this one
    console.error(error);
    process.exitCode = 1;
  }
  console.log(`  took ${minutesSince(partBegun).toFixed(1)} minutes`);
}

function minutesSince(moment) {
  return (performance.now() - moment) / 60_000;
}
