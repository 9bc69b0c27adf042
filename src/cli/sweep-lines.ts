import type { SweepPlan } from '../recipes/compare/plan-sweep.js';
import type { ComparisonSummary } from '../recipes/compare/summary.js';
import type { SweepEvent } from '../recipes/compare/sweep-events.js';
import { outcomeTable } from '../recipes/compare/tables.js';
import type { PlannedStage } from '../recipes/plan.js';
import { formatCount, formatDuration, formatNumber, formatShare, printable } from '../text/format.js';
import type { Colours } from './colours.js';

/** What a comparison will do, as lines for people: what is searched, and every cell where that is `listed`. */
export function sweepPlanLines(
  { run, stages, comparison }: { run: string; stages: readonly PlannedStage[]; comparison: SweepPlan },
  { bold, dim, red }: Colours,
  listed: boolean,
): string[] {
  const { rows, methods, seeds, cells, rungs, workers, equalTrials } = comparison;
  const side = workers === 1 ? '' : `, ${workers} at a time`;
  const halving =
    rungs.length === 1
      ? []
      : [`  halving: looked at after ${rungs.map(({ share }) => formatShare(share)).join(', ')} of the updates`];
  return [
    `${bold('compare')} ${methods.length} methods in ${formatCount(cells)} cells${side} → ${printable(run)}`,
    `  ${formatCount(rows.train)} pairs to train on, ${formatCount(rows.validation)} to select on, ${formatCount(rows.test)} for the verdict; ${seeds.length} ${seeds.length === 1 ? 'seed' : 'seeds'}`,
    ...halving,
    ...methods.map(({ entry, method, from, axes, trials, updates }) => {
      const named = entry === method ? entry : `${entry} (${method})`;
      const searched = axes.map(({ key, values }) => `${key} ${values.join(' ')}`).join('; ');
      const each = updates === undefined ? '' : `, ${formatCount(updates)} updates each`;
      return `  ${named}${from === 'sft' ? ' from sft' : ''}: ${trials} settings${each} ${dim(searched)}`;
    }),
    ...(equalTrials
      ? []
      : [
          red(
            `  the search is not equal: ${methods.map(({ entry, trials }) => `${entry} ${trials}`).join(', ')} settings`,
          ),
        ]),
    ...(seeds.length > 1 ? [] : [red('  with a single seed nothing can be concluded about the methods')]),
    ...(listed ? stages : []).map(({ folder, updates, judge }) => {
      const parts = [
        ...(updates === undefined ? [] : [`${formatCount(updates)} updates`]),
        ...(judge === undefined ? [] : [`judged by ${printable(judge)}`]),
      ];
      return dim(`  ${folder}${parts.length === 0 ? '' : `  ${parts.join(', ')}`}`);
    }),
    dim('  how long it takes `orpo estimate` says, and a start after a few updates of each method'),
  ];
}

/** What is expected of a comparison, or what was measured of a cell, as a line for people. */
export function sweepLine(event: Extract<SweepEvent, { type: 'forecast' | 'measured' }>): string {
  if (event.type === 'forecast') {
    const updates = Object.entries(event.entries).map(([entry, steps]) => `${entry} ${formatCount(steps)}`);
    const side = event.workers === 1 ? '' : ` with ${event.workers} workers`;
    return `about ${formatDuration(event.seconds)} of updates in all${side}; updates of a cell: ${updates.join(', ')}`;
  }
  const { stage, step, steps, rung, values, failed, secondsLeft } = event;
  const found =
    failed === undefined
      ? `accuracy ${formatShare(values.accuracy ?? Number.NaN)}  margin ${formatNumber(values.margin ?? Number.NaN)}`
      : `diverged: ${failed}`;
  const place = rung === 'test' ? 'test' : `${formatCount(step)} of ${formatCount(steps)} updates`;
  const left = secondsLeft > 0 ? `  ${formatDuration(secondsLeft)} left` : '';
  return `${stage}  ${place}  ${found}${left}`;
}

/** How answering and judging come along. */
export function answersStatus(event: Extract<SweepEvent, { type: 'answers' }>['event']): string {
  const { done, total } = event;
  const what = event.type === 'answers' ? `${event.system} answers` : 'judged';
  return `${what}  ${formatCount(done)} of ${formatCount(total)}`;
}

/** What came of a comparison, as lines for people. */
export function comparisonLines(
  summary: ComparisonSummary & { readonly run: string },
  { bold, dim, green }: Colours,
): string[] {
  const { head, rows } = outcomeTable(summary);
  const widths = head.map((cell, at) => Math.max(cell.length, ...rows.map((row) => row[at]?.length ?? 0)));
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, at) => cell.padEnd(widths[at] ?? 0))
      .join('  ')
      .trimEnd();
  return [
    '',
    `${green('✓')} ${bold('done')}  ${printable(summary.run)}`,
    dim(`  ${line(head)}`),
    ...rows.map((row) => `  ${line(row)}`),
    '',
    `  ${summary.verdict}`,
    ...(summary.answers === undefined ? [] : [`  Answers: ${printable(summary.answers.sentence)}`]),
    dim(`  ${printable(`${summary.run}/report.html`)}`),
  ];
}
