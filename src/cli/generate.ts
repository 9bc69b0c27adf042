import type { Command } from 'commander';
import { printable } from '../text/format.js';
import { addModelOptions, addSamplingOptions, type SamplingInput, samplingOf } from './model-options.js';
import type { ModelOptions } from './open-model.js';
import type { Output } from './output.js';
import { runVerb } from './run-verb.js';

interface GenerateVerbOptions extends ModelOptions, SamplingInput {
  readonly prompt?: string;
  readonly prompts?: string;
}

export function register(program: Command): void {
  const command = addModelOptions(program.command('generate'), 'fp32')
    .description('answer one prompt, or every prompt of a file')
    .option('--prompt <text>', 'the prompt')
    .option('--prompts <file>', 'jsonl rows with "prompt" (text or messages), or one prompt a line');
  addSamplingOptions(command, { maxTokens: 128, temperature: 0 }).action(runVerb(generatePrompts));
}

async function generatePrompts(output: Output, options: GenerateVerbOptions): Promise<undefined> {
  const { OrpoError } = await import('../errors.js');
  const { readPrompts } = await import('./prompts.js');
  if ((options.prompt === undefined) === (options.prompts === undefined)) {
    throw new OrpoError('config', 'One of --prompt and --prompts is needed.', 'Such as --prompt "How are you?"');
  }
  const prompts = options.prompts === undefined ? [options.prompt ?? ''] : readPrompts(options.prompts);
  const { generate } = await import('../generation/generate.js');
  const { parseGenerateOptions } = await import('../generation/config.js');
  const settings = parseGenerateOptions(samplingOf(options));
  const { openModel } = await import('./open-model.js');
  const opened = await openModel(output, options, { weights: 'packed' });
  try {
    output.status(prompts.length === 1 ? 'answering' : `answering ${prompts.length} prompts`);
    const outputs = generate(opened.loaded, prompts, settings);
    const { bold, dim } = output.colours;
    outputs.forEach(({ prompt, text, tokens, stop }, i) => {
      if (i > 0) output.text();
      if (outputs.length > 1) output.text(bold(printable(lastWords(prompt))));
      output.text(printable(text));
      output.text(dim(`${tokens} tokens, ${stop === 'length' ? 'cut at the limit' : 'ended by itself'}`));
    });
    output.record({
      type: 'result',
      outputs: outputs.map(({ prompt, text, tokens, stop }) => ({ prompt, text, tokens, stop })),
    });
    return undefined;
  } finally {
    opened.dispose();
  }
}

/** A prompt as a heading: the text itself, or what was said last. */
function lastWords(prompt: string | readonly { readonly content: string }[]): string {
  return typeof prompt === 'string' ? prompt : (prompt.at(-1)?.content ?? '');
}
