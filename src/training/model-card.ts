import type { Outcome } from './outcome.js';
import type { PreparedRun } from './prepare-run.js';

/** README.md of a run: what was trained, on what, how, and what came out, with the front matter the hub reads. */
export function modelCard(run: PreparedRun, outcome: Outcome): string {
  const { config, dataset } = run;
  const files = dataset.report.files.map(
    ({ path, role, rows, used }) => `- ${role}: \`${path}\`, ${used} of ${rows} rows used`,
  );
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

${outcome.tokens} tokens in ${outcome.seconds.toFixed(1)} s; ${(outcome.peakBytes / 2 ** 20).toFixed(0)} MiB of tensors at the peak.

## Settings

\`\`\`json
${JSON.stringify(config, undefined, 2)}
\`\`\`
`;
}
