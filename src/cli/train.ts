import type { Command } from 'commander';
import { OrpoError } from '../errors.js';
import type { RecipePlan } from '../recipes/plan-recipe.js';
import type { Output } from './output.js';
import { runVerb } from './run-verb.js';

interface TrainFlags {
  readonly set?: readonly string[];
  readonly output?: string;
  readonly dryRun?: boolean;
  readonly profile?: boolean;
}

const NOTES = `
CONFIG is a .yaml or .json file, or a .mjs or .ts module with a default export. Paths in it are relative to the
working directory. With \`recipe:\` instead of \`method:\` it is several runs in a row; docs/recipes.md explains them.

  orpo train orpo.yaml --set training.learningRate=1e-5 --output runs/second
  orpo train rlhf.yaml --dry-run

Ctrl-C saves and prints the command that resumes.`;

export function register(program: Command): void {
  program
    .command('train')
    .description('train as a configuration file says')
    .argument('<config>', 'configuration file')
    .option('--set <key=value>', 'override a setting, such as training.epochs=2; may be repeated', collect)
    .option('--output <folder>', 'folder of the run, instead of the one in the file')
    .option('--dry-run', 'check the configuration and say what would be done, without training')
    .option('--profile', 'record where the time goes: a table, and profile/ in the run with a trace for Perfetto')
    .addHelpText('after', NOTES)
    .action(
      runVerb(async (output, path: string, flags: TrainFlags) => {
        const { loadConfig } = await import('./load-config.js');
        const { applyOverrides } = await import('./config-overrides.js');
        const { isRecipe } = await import('../recipes/config.js');
        const place = flags.output === undefined ? {} : { output: flags.output };
        const input = withPlace(applyOverrides(await loadConfig(path), flags.set ?? []), place);
        return isRecipe(input)
          ? await trainRecipe(output, input, path, flags)
          : await trainRun(output, input, path, flags);
      }),
    );
}

async function trainRun(output: Output, input: unknown, path: string, flags: TrainFlags): Promise<number> {
  const { parseConfig } = await import('../training/parse-config.js');
  const config = parseConfig(input, path);
  if (flags.dryRun === true) {
    const { method: name } = config;
    const stage = { kind: 'train', name, folder: config.output, config, beside: false } as const;
    const { planStages } = await import('../recipes/plan.js');
    return await showPlan(output, name, config.output, { stages: await planStages([stage]) });
  }
  const { train } = await import('../training/train.js');
  const { followRun } = await import('./follow-run.js');
  return await followRun(output, {
    run: config.output,
    again: 'Start the run again.',
    begin: (options) => train(config, { ...options, profile: flags.profile ?? false }),
  });
}

async function trainRecipe(output: Output, input: unknown, path: string, flags: TrainFlags): Promise<number> {
  const { parseRecipe } = await import('../recipes/parse-recipe.js');
  const recipe = parseRecipe(input, path);
  const { config } = recipe;
  if (flags.dryRun === true) {
    const { planRecipe } = await import('../recipes/plan-recipe.js');
    return await showPlan(output, config.recipe, config.output, await planRecipe(recipe));
  }
  if (flags.profile === true)
    throw new OrpoError('config', '--profile records one run, and this is a recipe.', 'Profile a run of one stage.');
  const { runRecipe } = await import('../recipes/run-recipe.js');
  const { followRecipe } = await import('./follow-recipe.js');
  return await followRecipe(output, { run: config.output, begin: (options) => runRecipe(config, options) });
}

async function showPlan(output: Output, recipe: string, place: string, planned: RecipePlan): Promise<number> {
  const { resolve } = await import('node:path');
  const { planLines } = await import('./recipe-lines.js');
  const plan = { recipe, run: resolve(place), ...planned };
  for (const line of planLines(plan, output.colours)) output.text(line);
  output.record({ type: 'result', ...plan });
  return 0;
}

function withPlace(config: unknown, place: { readonly output?: string }): unknown {
  return typeof config === 'object' && config !== null && !Array.isArray(config) ? { ...config, ...place } : config;
}

function collect(setting: string, before: readonly string[] = []): string[] {
  return [...before, setting];
}
