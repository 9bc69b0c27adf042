import type { SweepEstimate } from '../recipes/compare/estimate-sweep.js';
import type { RecipeEstimate } from '../recipes/estimate-recipe.js';
import { formatBytes, formatCount, formatDuration, formatFlops, formatShort, printable } from '../text/format.js';
import type { Effort } from '../training/cost.js';
import type { Estimate } from '../training/estimate/estimate-run.js';
import type { Colours } from './colours.js';

/** What a run will take, as lines for people. */
export function estimateLines(estimate: Estimate, { bold, dim }: Colours): string[] {
  const { method, model, precision, parameters, trained, steps, examples, reference } = estimate;
  const weights = trained === parameters ? 'all' : formatShort(trained);
  const apart = (name: string, effort: Effort): string =>
    `  ${name.padEnd(12)} ${formatDuration(effort.seconds).padStart(12)}   ${formatFlops(effort.flops).padStart(11)}   ${formatCount(effort.forwards)} passes`;
  const { standing, updates, evaluations } = estimate.memory;
  return [
    `${bold(method)} on ${printable(model)}: ${formatShort(parameters)} parameters, ${weights} trained, ${precision}`,
    dim(`  ${formatCount(steps)} updates on ${formatCount(examples)} examples`),
    apart('updates', estimate.updates),
    ...(reference === undefined ? [] : [apart('reference', reference)]),
    ...(estimate.evaluations.forwards === 0 ? [] : [apart('evaluations', estimate.evaluations)]),
    `  ${'memory'.padEnd(12)} ${formatBytes(estimate.peakBytes).padStart(12)}   ${dim(`of tensors: ${formatBytes(standing)} stay, updates add ${formatBytes(updates)}, evaluations ${formatBytes(evaluations)}`)}`,
    ...(estimate.mappedBytes > 0
      ? [dim(`${' '.repeat(28)}and ${formatBytes(estimate.mappedBytes)} mapped from the model's file`)]
      : []),
    `  ${'disk'.padEnd(12)} ${formatBytes(estimate.modelBytes + estimate.checkpointBytes).padStart(12)}   ${dim(`${formatBytes(estimate.modelBytes)} of them what is trained`)}`,
    ...estimate.notes.map((note) => dim(`  ${note}`)),
  ];
}

/** The stages of a recipe, and their sum. */
export function recipeEstimateLines(
  { recipe, stages, seconds, flops, peakBytes, unknown }: RecipeEstimate,
  colours: Colours,
): string[] {
  const { bold, dim } = colours;
  return [
    ...stages.flatMap(({ stage, estimate }) => [bold(stage), ...estimateLines(estimate, colours)]),
    ...unknown.map((stage) => dim(`${stage}: not known before the stages it reads from are done`)),
    `${bold(recipe)} so far as it is known: ${formatDuration(seconds)}, ${formatFlops(flops)}, at most ${formatBytes(peakBytes)} of tensors`,
  ];
}

/** The methods of a comparison, and their sum. */
export function sweepEstimateLines(estimate: SweepEstimate, { bold, dim }: Colours): string[] {
  const { methods, sft, workers, seconds, flops, peakBytes } = estimate;
  const width = Math.max(...methods.map(({ entry }) => entry.length));
  const cells = methods.reduce((sum, method) => sum + method.cells, 0);
  const side = workers === 1 ? '' : ` by ${workers} workers`;
  return [
    `${bold('compare')} ${methods.length} methods in ${formatCount(cells)} cells`,
    ...(sft === 0 ? [] : [dim(`  ${formatCount(sft)} updates of the shared supervised stage`)]),
    ...methods.map(
      (method) =>
        `  ${method.entry.padEnd(width)} ${formatDuration(method.updates * method.seconds).padStart(12)}   ${formatFlops(method.updates * method.flops).padStart(11)}   ${dim(`${formatCount(method.updates)} updates in ${formatCount(method.cells)} cells, ${formatBytes(method.peakBytes)}`)}`,
    ),
    `${bold('in all')} ${formatDuration(seconds)}${side}, ${formatFlops(flops)}, at most ${formatBytes(peakBytes)} of tensors a worker; measuring the cells is not in it`,
  ];
}
