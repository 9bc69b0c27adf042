/**
 * `npm run study`: the claims of the ORPO paper tested again on models that fit here. Each part trains what it needs, and
 * writes a page with a figure to docs/study/. What is trained lies in runs/study; a study that was stopped goes on there.
 *
 *   npm run study [-- --budget 20m] [--parts log-probs,strength]
 *
 * A small budget makes every part smaller, and the pages say how small.
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { orExit, root, setup } from '../scripts/setup.mjs';
import { writeIndex, writePage } from './page.mjs';
import { scaleOf } from './scale.mjs';

const PARTS = ['log-probs', 'win-rate', 'strength', 'diversity', 'cost', 'data', 'broad-table'];

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
  const left = scale.minutes - (performance.now() - begun) / 60_000;
  const workshop = new Workshop({ folder, scale, minutes: left / (asked.length - at) });
  console.log(`\n${name} (${(left / (asked.length - at)).toFixed(0)} minutes)`);
  const part = await import(`./parts/${name}.mjs`);
  const found = await part.study(workshop);
  writePage({ name, place: PARTS.indexOf(name) + 1, ...part.about, ...found, scale, workshop });
  writeIndex(PARTS);
}
