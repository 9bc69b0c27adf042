import type { Command } from 'commander';
import { runVerb } from './run-verb.js';

interface TrainFlags {
  readonly set?: readonly string[];
  readonly output?: string;
}

const NOTES = `
CONFIG is a .yaml or .json file, or a .mjs or .ts module with a default export. Paths in it are relative to the
working directory.

  orpo train orpo.yaml --set training.learningRate=1e-5 --output runs/second

Ctrl-C saves and prints the command that resumes.`;

export function register(program: Command): void {
  program
    .command('train')
    .description('train as a configuration file says')
    .argument('<config>', 'configuration file')
    .option('--set <key=value>', 'override a setting, such as training.epochs=2; may be repeated', collect)
    .option('--output <folder>', 'folder of the run, instead of the one in the file')
    .addHelpText('after', NOTES)
    .action(
      runVerb(async (output, path: string, flags: TrainFlags) => {
        const { loadConfig } = await import('./load-config.js');
        const { applyOverrides } = await import('./config-overrides.js');
        const { parseConfig } = await import('../training/parse-config.js');
        const place = flags.output === undefined ? {} : { output: flags.output };
        const config = parseConfig(withPlace(applyOverrides(await loadConfig(path), flags.set ?? []), place), path);
        const { train } = await import('../training/train.js');
        const { followRun } = await import('./follow-run.js');
        return await followRun(output, {
          run: config.output,
          again: 'Start the run again.',
          begin: (options) => train(config, options),
        });
      }),
    );
}

function withPlace(config: unknown, place: { readonly output?: string }): unknown {
  return typeof config === 'object' && config !== null && !Array.isArray(config) ? { ...config, ...place } : config;
}

function collect(setting: string, before: readonly string[] = []): string[] {
  return [...before, setting];
}
