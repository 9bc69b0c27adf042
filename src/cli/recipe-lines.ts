import { changes } from '../recipes/card.js';
import type { PlannedStage } from '../recipes/plan.js';
import type { RecipeEvent } from '../recipes/run-recipe.js';
import type { StageEvent } from '../recipes/run-stage.js';
import { formatBytes, formatCount, formatDuration, formatNumber, formatShare, printable } from '../text/format.js';
import type { Colours } from './colours.js';
import { eventRecord } from './run-records.js';
import { sweepPlanLines } from './sweep-lines.js';

type Plan = Extract<RecipeEvent, { type: 'plan' }>;
type Result = Exclude<Extract<RecipeEvent, { type: 'result' }>, { recipe: 'compare' }>;

/**
 * What a recipe will do, as lines for people.
 *
 * @param listed whether every cell of a comparison is named
 */
export function planLines(
  { recipe, run, stages, comparison }: Omit<Plan, 'type'>,
  colours: Colours,
  listed = true,
): string[] {
  if (comparison !== undefined) return sweepPlanLines({ run, stages, comparison }, colours, listed);
  const { bold, dim } = colours;
  return [
    `${bold(recipe)} in ${stages.length} stage${stages.length === 1 ? '' : 's'} → ${printable(run)}`,
    ...stages.flatMap((stage) => {
      const amounts = [amount(stage.rows, 'rows'), amount(stage.updates, 'updates')].flatMap((text) => text ?? []);
      const judge = stage.judge === undefined ? [] : [`judged by ${printable(stage.judge)}`];
      return [
        `  ${stage.folder}  ${stage.method}${amounts.length === 0 ? '' : `, at most ${amounts.join(', ')}`}`,
        dim(`      from ${printable(stage.from)} on ${stage.data.map(printable).join(' + ')}`),
        ...judge.map((text) => dim(`      ${text}`)),
      ];
    }),
  ];
}

function amount(count: PlannedStage['rows'], what: string): string | undefined {
  return count === undefined ? undefined : `${formatCount(count)} ${what}`;
}

/** What became of a recipe, as lines for people. */
export function recipeResultLines(result: Result, { bold, dim, green }: Colours): string[] {
  const { stages, comparison, run, model, adapter, base } = result;
  const width = Math.max(...stages.map(({ folder }) => folder.length));
  return [
    '',
    `${green('✓')} ${bold('done')}  ${printable(run)}`,
    ...stages.map((stage) => {
      const made =
        stage.records === undefined
          ? `${formatCount(stage.updates ?? 0)} updates`
          : `${formatCount(stage.records)} records`;
      const parts = [made, ...changes(stage), formatDuration(stage.seconds), formatBytes(stage.peakBytes)];
      return `  ${stage.folder.padEnd(width)}  ${dim(parts.join(', '))}`;
    }),
    ...(comparison ?? []).map(({ policy, pairs, accuracy, margin, reward }) => {
      const rewarded = reward === undefined ? '' : `, reward ${formatNumber(reward)}`;
      const place = policy.padEnd(width);
      return `  ${place}  accuracy ${formatShare(accuracy)} of ${formatCount(pairs)} pairs, margin ${formatNumber(margin)}${rewarded}`;
    }),
    adapter === undefined
      ? `  model    ${printable(`${run}/${model}`)}`
      : `  adapter  ${printable(`${run}/${adapter}`)} ${dim(`of ${printable(base ?? '')}`)}`,
  ];
}

/** An event as the JSON line that programs read: a stage's own, with its name. */
export function recipeRecord(event: RecipeEvent): { readonly type: string; readonly [key: string]: unknown } {
  if (event.type === 'answers') return { ...event.event, stage: 'answers' };
  if (event.type !== 'stage') return { ...event };
  return { ...stageRecord(event), stage: event.stage };
}

function stageRecord(event: StageEvent): { readonly type: string; readonly [key: string]: unknown } {
  return event.kind === 'train' ? eventRecord(event.event) : { ...event.event };
}
