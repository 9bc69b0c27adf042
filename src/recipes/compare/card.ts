import { formatCount, formatShare } from '../../text/format.js';
import type { CompareConfig } from './config.js';
import type { ComparisonSummary, MethodOutcome } from './summary.js';
import { costTable, outcomeTable, sensitivityTable, type TextTable } from './tables.js';

/** README.md of a comparison. */
export function comparisonCard(config: CompareConfig, summary: ComparisonSummary): string {
  const { methods, rows, sft } = summary;
  return `# ${methods.map(({ entry }) => entry).join(', ')} compared, from ${config.model}

${summary.verdict}

${markdown(outcomeTable(summary)).join('\n')}

${notes(summary).join(' ')}

${formatCount(rows.train)} pairs to train on, ${formatCount(rows.validation)} to select on, ${formatCount(rows.test)} for the verdict; no prompt is in two of
these parts. The test part was read once, for what had been selected.
${answersPart(summary)}
## Cost

${markdown(costTable(summary)).join('\n')}

One run of the best settings, on average over seeds${sft === undefined ? '' : ', with the shared supervised stage where it starts from that'}; the search is all runs of the method.

## ${sensitivityHeading(summary)}

${methods.map((method) => sensitivityPart(method, summary)).join('\n')}
Each folder below \`cells/\` is a run with its settings, logs and report; \`recipe.json\` holds the recipe, \`selection.json\`
what was selected.

## Settings

\`\`\`json
${JSON.stringify(config, undefined, 2)}
\`\`\`
`;
}

function answersPart({ answers }: ComparisonSummary): string {
  if (answers === undefined) return '';
  return `
## Answers to the test prompts

${answers.sentence} One run of each method answered, that of the first seed: [report](${answers.folder}/report.html).
`;
}

/** What must be known to read the table of outcomes. */
export function notes({ select, seeds, equalTrials, methods, base }: ComparisonSummary): string[] {
  const edges = methods.flatMap(({ entry, best }) =>
    best === undefined || best.atEdge.length === 0 ? [] : [`${entry} (${best.atEdge.join(', ')})`],
  );
  const [first] = methods;
  return [
    `Selected and decided by ${select} of held-out pairs.`,
    seeds.length === 1
      ? 'There is one seed, so no interval over seeds and no test over seeds.'
      : `Intervals are 95% intervals over ${seeds.length} seeds, by Student's t.`,
    `p: paired tests against ${base}, over seeds and over test pairs, each corrected by Holm's rule.`,
    equalTrials
      ? `Every method was tried with ${first?.trials ?? 0} settings.`
      : `Settings tried are not equal in number: ${methods.map(({ entry, trials }) => `${entry} ${trials}`).join(', ')}.`,
    ...(edges.length === 0 ? [] : [`The best lies at the end of what was tried for ${edges.join(', ')}.`]),
  ];
}

/** What the tables of sensitivity are called. */
export function sensitivityHeading({ select, allUntil }: ComparisonSummary): string {
  const when = allUntil === 1 ? '' : `, after ${formatShare(allUntil)} of the updates`;
  return `How ${select} moves with what was searched${when}`;
}

function sensitivityPart(method: MethodOutcome, { select }: ComparisonSummary): string {
  return `### ${method.entry}\n\n${markdown(sensitivityTable(method, select)).join('\n')}\n`;
}

function markdown({ head, rows }: TextTable): string[] {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [line(head), `|${head.map(() => '---').join('|')}|`, ...rows.map(line)];
}
