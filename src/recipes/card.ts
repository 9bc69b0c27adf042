import { formatBytes, formatCount, formatDuration, formatNumber, formatShare } from '../text/format.js';
import type { StagedConfig } from './config.js';
import type { RecipeSummary, StageSummary } from './summary.js';

const TITLES = { rlhf: 'RLHF', spin: 'SPIN', rlaif: 'RLAIF' } as const;

/** README.md of a recipe: what each stage did, what it cost and what came of it. */
export function recipeCard(config: StagedConfig, summary: RecipeSummary): string {
  const { stages, model, adapter, base } = summary;
  const trained = adapter === undefined ? `\`${model}\`` : `\`${adapter}\`, an adapter of \`${base}\``;
  return `# ${TITLES[config.recipe]} from ${config.model}

What was trained is ${trained}.

${stageTable(stages).join('\n')}

Held-out numbers are those before the first and after the last update of the stage. Each stage is a folder of its own with
its settings, logs and report; \`recipe.json\` holds the recipe.
${besides(summary)}
## Settings

\`\`\`json
${JSON.stringify(config, undefined, 2)}
\`\`\`
`;
}

/** The stages as a Markdown table. */
export function stageTable(stages: readonly StageSummary[]): string[] {
  return [
    '| stage | method | rows | updates | held out, before → after | time | memory |',
    '|---|---|---|---|---|---|---|',
    ...stages.map((one) => {
      const rows =
        one.records === undefined ? formatCount(one.rows) : `${formatCount(one.rows)} → ${formatCount(one.records)}`;
      const cells = [
        `[${one.stage}](${one.folder})`,
        one.method,
        rows,
        one.updates === undefined ? '' : formatCount(one.updates),
        changes(one).join('; '),
        formatDuration(one.seconds),
        one.peakBytes === 0 ? '' : formatBytes(one.peakBytes),
      ];
      return `| ${cells.join(' | ')} |`;
    }),
  ];
}

/** What people look at of a stage's held-out metrics, those it has. */
export function changes({ before, after }: StageSummary): string[] {
  if (before === undefined || after === undefined) return [];
  const shown: readonly (readonly [key: string, name: string, format: (value: number) => string])[] = [
    ['reward', 'reward', formatNumber],
    ['kl', 'KL', formatNumber],
    ['rewards/accuracies', 'accuracy', formatShare],
    ['loss', 'loss', formatNumber],
  ];
  return shown.flatMap(([key, name, format]) => {
    const [from, to] = [before[key], after[key]];
    return from === undefined || to === undefined ? [] : [`${name} ${format(from)} → ${format(to)}`];
  });
}

/** What stands side by side, as a section of its own. */
function besides({ comparison }: RecipeSummary): string {
  if (comparison === undefined) return '';
  return `
## Side by side

Each policy on the same held-out pairs: how often the chosen answer has the higher mean log-prob, by how much, and the
reward model's mean reward of the likeliest answers to their prompts.

| policy | pairs | accuracy | margin | reward |
|---|---|---|---|---|
${comparison.map(({ policy, pairs, accuracy, margin, reward }) => `| ${policy} | ${pairs} | ${formatShare(accuracy)} | ${formatNumber(margin)} | ${reward === undefined ? '' : formatNumber(reward)} |`).join('\n')}
`;
}
