/**
 * Fails when two trainers did not come to the same first loss: `node bench/gpu/gate.mjs OURS.jsonl THEIRS.jsonl`, each the
 * output of one step in fp32.
 */
import { readFileSync } from 'node:fs';

const TOLERANCE = 1e-4;

const [ours, theirs] = process.argv.slice(2, 4).map(firstLoss);
const gap = Math.abs(ours - theirs) / Math.abs(theirs);
const good = gap < TOLERANCE;
console.log(JSON.stringify({ type: 'gate', ours, theirs, gap, good }));
process.exitCode = good ? 0 : 1;

function firstLoss(path) {
  const lines = readFileSync(path, 'utf8').trim().split('\n');
  return JSON.parse(lines.at(-1)).loss_first;
}
