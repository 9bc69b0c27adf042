import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { root } from '../scripts/setup.mjs';

const FOLDER = join(root, 'docs/study');

/**
 * Writes docs/study/NAME.md with its figures, and NAME.json with the numbers. `found` holds sentences, `tables` Markdown,
 * `figures` { file, title, svg }, `limits` sentences.
 */
export function writePage(part) {
  const { name, place, title, claim, found, limits, tables = [], figures = [], numbers = {}, seeds } = part;
  const { scale, workshop } = part;
  mkdirSync(FOLDER, { recursive: true });
  for (const { file, svg } of figures) writeFileSync(join(FOLDER, file), svg);
  const date = new Date().toISOString().slice(0, 10);
  const command = `npm run study -- --budget ${scale.minutes}m --parts ${name}`;
  const hardware = `${cpus()[0]?.model.trim()}, ${cpus().length} cores`;
  writeFileSync(
    join(FOLDER, `${name}.json`),
    `${JSON.stringify({ name, title, date, hardware, command, scale, seeds, claim, found, limits, numbers }, undefined, 1)}\n`,
  );
  const text = `# ${place}. ${title}

**The claim.** ${claim}

**What we found.** ${found.join(' ')}

${figures.map(({ file, title: words }) => `![${words}](${file})`).join('\n\n')}

${tables.join('\n\n')}

**What limits it.** ${[...limits, ...leftOut(workshop)].join(' ')}

## Again

\`\`\`sh
${command}
\`\`\`

${date}, ${hardware}. ${seeds.length === 1 ? `Seed ${seeds[0]} only` : `Seeds ${seeds.join(', ')}`}. What was trained, by run:

<details><summary>Settings</summary>

\`\`\`json
${JSON.stringify(Object.fromEntries([...workshop.configs].map(([run, config]) => [run, near(config)])), undefined, 1)}
\`\`\`

</details>
`;
  writeFileSync(join(FOLDER, `${name}.md`), text.replace(/\n{3,}/g, '\n\n'));
}

/** docs/study/README.md: all pages with what they found. */
export function writeIndex(names) {
  const parts = names.flatMap((name, at) => {
    const file = join(FOLDER, `${name}.json`);
    return existsSync(file) ? [{ at, ...JSON.parse(readFileSync(file, 'utf8')) }] : [];
  });
  const rows = parts.map(
    ({ at, name, title, found, date, scale }) =>
      `| ${at + 1} | [${title}](${name}.md) | ${found.join(' ')} | ${date}, ${scale.name} |`,
  );
  writeFileSync(
    join(FOLDER, 'README.md'),
    `# The study

The claims of the ORPO paper (arXiv 2403.07691), tested again on models that two cores can train. Written by \`npm run
study -- --budget TIME\`, which chooses the scale: \`little\` below two hours, made for twenty minutes, whose numbers show that
all of it runs more than they decide anything; \`some\` from two hours on, which is what it takes on two cores; \`full\` from
eight hours on, a night: about nine hours by the seconds that runs of \`some\` took. A study that was stopped goes on where
it was, and what its time does not allow is left out and said.

| | part | what we found | when, scale |
|---|---|---|---|
${rows.join('\n')}
`,
  );
}

/** Markdown of a table. */
export function table(head, rows) {
  return [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

/** A number with its spread, such as `0.41 ± 0.05`: a 95 % interval of the mean. */
export function withReach({ mean, half }, digits = 2) {
  return half === undefined ? mean.toFixed(digits) : `${mean.toFixed(digits)} ± ${half.toFixed(digits)}`;
}

/** The mean of values with the half-width of its 95 % interval (normal; the values are many). */
export function meanOf(values) {
  const n = values.length;
  const mean = values.reduce((sum, value) => sum + value, 0) / n;
  if (n < 2) return { mean, n };
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (n - 1);
  return { mean, half: 1.96 * Math.sqrt(variance / n), n };
}

function leftOut({ leftOut: late, absent }) {
  return [
    ...(absent.length === 0 ? [] : [`Not at hand: ${absent.join('; ')}.`]),
    ...(late.length === 0 ? [] : [`The time did not allow: ${late.join('; ')}.`]),
  ];
}

/** Without this machine's folders. */
function near(config) {
  return JSON.parse(
    JSON.stringify(config)
      .replaceAll(`${root}/`, '')
      .replace(/"[^"]*\/shared\//g, '"shared/'),
  );
}
