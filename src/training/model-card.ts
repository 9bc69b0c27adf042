import { formatBytes, formatCount, formatDuration, formatFlops } from '../text/format.js';
import type { Cost } from './cost.js';
import type { Outcome } from './outcome.js';
import type { PreparedRun } from './prepare-run.js';

/** README.md of a run: what was trained, on what, how, and what came out, with the front matter the hub reads. */
export function modelCard(run: PreparedRun, outcome: Outcome): string {
  const { config, dataset } = run;
  const files = [
    ...dataset.report.files.map(({ path, role, rows, used }) => `- ${role}: \`${path}\`, ${used} of ${rows} rows used`),
    ...(outcome.rows ?? []).map(
      ({ path, rows, used }) => `- train: \`${path}\`, read as it was needed, ${used} of ${rows} rows read were used`,
    ),
  ];
  const metrics = Object.entries(outcome.metrics).map(([name, value]) => `| ${name} | ${value.toPrecision(6)} |`);
  const kind = config.adapter === undefined ? 'All weights' : `A LoRA adapter of rank ${config.adapter.rank}`;
  return `---
base_model: ${JSON.stringify(config.model)}
library_name: ${config.adapter === undefined ? 'transformers' : 'peft'}
tags: [orpo, ${config.method}, preference-alignment]
---

# ${config.model} trained with ${config.method.toUpperCase()}

${kind} trained for ${outcome.steps} updates with orpo, in ${run.precision.precision}.

## Data

${files.join('\n')}

## Result

| metric | value |
|---|---|
${metrics.join('\n')}

## Cost

${costTable(outcome.cost)}

At most ${formatBytes(outcome.cost.peakBytes)} of tensors; ${formatBytes(outcome.cost.modelBytes)} on the disk for what was trained, ${formatBytes(outcome.cost.diskBytes)} with logs and checkpoints. Operations are those of matrix products, forward and backward, counted from the shapes that ran.

## Settings

\`\`\`json
${JSON.stringify(config, undefined, 2)}
\`\`\`
`;
}

function costTable({ updates, evaluations, reference }: Cost): string {
  const rows = [
    ['updates', updates] as const,
    ...(reference === undefined ? [] : [['log-probs of the reference, once', reference] as const]),
    ['evaluations', evaluations] as const,
  ];
  return [
    '| | operations | passes | tokens | time |',
    '|---|---|---|---|---|',
    ...rows.map(
      ([name, { flops, forwards, tokens, seconds }]) =>
        `| ${name} | ${formatFlops(flops)} | ${formatCount(forwards)} | ${formatCount(tokens)} | ${formatDuration(seconds)} |`,
    ),
  ].join('\n');
}
