// node scripts/draw-run.mjs RUN OUTPUT.svg: draws the chosen and rejected log-probs of a run from its metrics.jsonl.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const [run, output] = process.argv.slice(2);
if (run === undefined || output === undefined) {
  console.error('usage: node scripts/draw-run.mjs RUN OUTPUT.svg');
  process.exit(2);
}
const steps = readFileSync(join(run, 'metrics.jsonl'), 'utf8')
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line))
  .filter(({ type }) => type === 'step');
const curves = [
  { name: 'chosen', key: 'logps/chosen', colour: '#2a9d6f' },
  { name: 'rejected', key: 'logps/rejected', colour: '#d1495b' },
];
const width = 720;
const height = 300;
const frame = { left: 56, right: 84, top: 40, bottom: 36 };
const all = curves.flatMap(({ key }) => steps.map((step) => step[key]));
const low = Math.floor(Math.min(...all));
const high = Math.ceil(Math.max(...all));
const x = (i) => frame.left + (i / Math.max(1, steps.length - 1)) * (width - frame.left - frame.right);
const y = (value) => frame.top + ((high - value) / (high - low)) * (height - frame.top - frame.bottom);
const grid = Array.from({ length: high - low + 1 }, (_, i) => low + i).map(
  (value) =>
    `<line x1="${frame.left}" x2="${width - frame.right}" y1="${y(value)}" y2="${y(value)}" stroke="#8884" /><text x="${frame.left - 8}" y="${y(value) + 4}" text-anchor="end">${value}</text>`,
);
const lines = curves.map(({ name, key, colour }) => {
  const points = steps.map((step, i) => `${x(i).toFixed(1)},${y(step[key]).toFixed(1)}`).join(' ');
  const last = steps.at(-1)[key];
  return `<polyline points="${points}" fill="none" stroke="${colour}" stroke-width="2" /><text x="${width - frame.right + 8}" y="${y(last) + 4}" fill="${colour}">${name}</text>`;
});
writeFileSync(
  output,
  `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="system-ui, sans-serif" font-size="12" fill="#777" role="img" aria-label="Mean log-probability of chosen and rejected answers over training">
<title>Mean log-probability of chosen and rejected answers over training</title>
<text x="${frame.left}" y="22" font-size="14">mean log-probability a token, ${steps.length} updates</text>
${[...grid, ...lines].join('\n')}
<text x="${frame.left}" y="${height - 12}">update 1</text><text x="${width - frame.right}" y="${height - 12}" text-anchor="end">update ${steps.length}</text>
</svg>
`,
);
