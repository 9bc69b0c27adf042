import { type Command, Option } from 'commander';
import { parseNumber, parseWhole } from './model-options.js';
import { parseCount } from './parse-count.js';

/** Adds what `orpo compare` and `orpo eval` have in common; see `CompareFlags`. */
export function addCompareOptions(command: Command): Command {
  return command
    .option('--prompts <file>', 'rows with a prompt, or a .txt file with one a line')
    .option('--pairs <file>', 'held-out pairs; default the prompts, where they are pairs')
    .option(
      '--reference, --reference-outputs <file>',
      "answers to compare with, in the form of AlpacaEval's model_outputs.json",
    )
    .option(
      '--judge <judge>',
      "a model, reward:MODEL, the base address of an endpoint, a module with a rule, annotations.json with people's choices, or none",
    )
    .option('--judge-model <name>', 'name of the model at the endpoint')
    .option('--key <variable>', 'environment variable that holds the key of the endpoint')
    .option('--samples <n>', 'answers to each prompt; default 1', parseCount)
    .option('--max-tokens <n>', 'most tokens of an answer; default 256', parseCount)
    .option('--temperature <t>', '0: always the likeliest token; default 0.7', parseNumber)
    .option('--seed <n>', 'the same seed draws the same answers; default 42', parseWhole)
    .addOption(
      new Option('--embeddings <vectors>', 'vectors for similarity; default none').choices([
        'none',
        'hidden',
        'minilm',
      ]),
    )
    .option('--metrics <list>', 'of preference, win-rate, rewards, diversity, cost, parted by commas; default all')
    .option('--limit <n>', 'prompts to answer at most', parseCount)
    .option('--offline', 'use only models that are on this machine')
    .option('--cache <folder>', "where answers and judgements are kept; default in the user's cache")
    .option('--config <file>', 'yaml, json or .mjs file with these settings and more; docs/evaluation.md lists them')
    .option('--set <key=value>', 'set a key of the configuration; may be repeated', collect, []);
}

function collect(setting: string, before: readonly string[]): string[] {
  return [...before, setting];
}
