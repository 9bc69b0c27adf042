import type { Command } from 'commander';
import type { FetchProgress } from '../files/progress.js';
import type { Output } from './output.js';
import { runVerb } from './run-verb.js';

interface EstimateFlags {
  readonly set?: readonly string[];
}

const NOTES = `
Nothing is trained and no weights are read: every pass of the run is counted from its data and the shapes of its model,
and a few layers of random weights are timed on this machine, which should do nothing else meanwhile. Of a recipe, the
stages are estimated whose model and data are there already, of a comparison the training of all cells.
docs/estimate.md tells how good it is.

  orpo estimate orpo.yaml
  orpo estimate orpo.yaml --set training.batch=32 --set adapter.rank=8`;

export function register(program: Command): void {
  program
    .command('estimate')
    .description('say what a run will take: time, operations, memory and disk')
    .argument('<config>', 'configuration file')
    .option('--set <key=value>', 'override a setting, such as training.epochs=2; may be repeated', collect)
    .addHelpText('after', NOTES)
    .action(
      runVerb(async (output, path: string, flags: EstimateFlags) => {
        const { loadConfig } = await import('./load-config.js');
        const { applyOverrides } = await import('./config-overrides.js');
        const { isRecipe } = await import('../recipes/config.js');
        const input = applyOverrides(await loadConfig(path), flags.set ?? []);
        return isRecipe(input) ? await ofRecipe(output, input, path) : await ofRun(output, input, path);
      }),
    );
}

async function ofRun(output: Output, input: unknown, path: string): Promise<number> {
  const { parseConfig } = await import('../training/parse-config.js');
  const { estimateRun } = await import('../training/estimate/estimate-run.js');
  const { estimateLines } = await import('./estimate-lines.js');
  const estimate = await estimateRun(parseConfig(input, path), await showingFetches(output));
  return show(output, estimate, estimateLines(estimate, output.colours));
}

async function ofRecipe(output: Output, input: unknown, path: string): Promise<number> {
  const { parseRecipe } = await import('../recipes/parse-recipe.js');
  const { recipeEstimateLines, sweepEstimateLines } = await import('./estimate-lines.js');
  const recipe = parseRecipe(input, path);
  if (recipe.sweep !== undefined) {
    const { estimateSweep } = await import('../recipes/compare/estimate-sweep.js');
    const estimate = await estimateSweep(recipe.sweep, await showingFetches(output));
    return show(output, estimate, sweepEstimateLines(estimate, output.colours));
  }
  const { estimateRecipe } = await import('../recipes/estimate-recipe.js');
  const estimate = await estimateRecipe(recipe, await showingFetches(output));
  return show(output, estimate, recipeEstimateLines(estimate, output.colours));
}

async function showingFetches(output: Output) {
  const { describeFetch } = await import('./open-model.js');
  return { onProgress: (progress: FetchProgress) => output.status(describeFetch(progress)) };
}

function show(output: Output, estimate: object, lines: readonly string[]): number {
  for (const line of lines) output.text(line);
  output.record({ type: 'result', ...estimate });
  return 0;
}

function collect(setting: string, before: readonly string[] = []): string[] {
  return [...before, setting];
}
