import { existsSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { readRows } from '../data/sources/open-source.js';
import { stageFolder, writeFileAtomic } from '../files/atomic.js';
import { randomModel } from '../models/initialise-model.js';
import { ModelConfig } from '../models/model-config.js';
import { saveModel } from '../models/save-model.js';
import { loadChatTemplate } from '../text/find-chat-template.js';
import { loadTokenizerFolder } from '../text/tokenizer-json.js';
import type { RunConfigInput } from '../training/config.js';
import type { TrainEvent } from '../training/events.js';
import { resume } from '../training/resume.js';
import { train } from '../training/train.js';
import { TINY, trainFile } from './demo-config.js';
import { learnTokenizer, type TokenizerContents } from './demo-tokenizer.js';

interface Turn {
  readonly role: string;
  readonly content: string;
}

const message = z.object({ role: z.string(), content: z.string() });
const pair = z.looseObject({ prompt: z.array(message), chosen: z.array(message), rejected: z.array(message) });

/** Where the parts of a pretrained model lie below its folder. */
export function tinyModel(folder: string): { readonly start: string; readonly run: string; readonly model: string } {
  return { start: join(folder, 'start'), run: join(folder, 'run'), model: join(folder, 'run', 'model') };
}

/**
 * Pretrains a tiny model on the text at hand: a tokenizer is learnt, a model of random weights is made and trained on the
 * demo's conversations, good and bad answers, so that the preference is left to learn.
 * Goes on with an interrupted training; yields what training says. Nothing happens when the model is there already.
 */
export async function* pretrainTinyModel(folder: string, signal: AbortSignal): AsyncGenerator<TrainEvent, void> {
  const { start, run } = tinyModel(folder);
  if (existsSync(join(run, 'result.json'))) return;
  if (existsSync(join(run, 'config.json'))) {
    yield* resume(run, { signal });
    return;
  }
  rmSync(run, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const conversations = await pretrainingTexts(trainFile());
  const text = join(folder, 'text.jsonl');
  writeFileAtomic(text, conversations.map((messages) => `${JSON.stringify({ messages })}\n`).join(''));
  const contents = learnTokenizer(
    conversations
      .flat()
      .map(({ content }) => content)
      .join('\n'),
    TINY.merges,
  );
  stageFolder(start, (staging) => writeRandomModel(staging, contents));
  yield* train(tinyConfig(start, text, run), { signal });
}

function tinyConfig(model: string, data: string, output: string): RunConfigInput {
  return {
    method: 'sft',
    model,
    data: { train: data, maxLength: TINY.maxLength },
    objective: { nll: 'full' },
    training: { ...TINY.pretraining, precision: TINY.precision },
    output,
  };
}

function writeRandomModel(folder: string, contents: TokenizerContents): void {
  for (const [name, value] of [
    ['tokenizer.json', contents.tokenizerJson],
    ['tokenizer_config.json', contents.tokenizerConfig],
  ] as const) {
    writeFileAtomic(join(folder, name), `${JSON.stringify(value, undefined, 2)}\n`);
  }
  const tokenizer = loadTokenizerFolder(folder);
  const { bos, eos, pad } = tokenizer;
  const ids = { bos_token_id: bos, eos_token_id: eos, pad_token_id: pad };
  const config = new ModelConfig({ ...TINY.model, vocab_size: contents.vocabulary, ...ids }, folder);
  const model = randomModel(config, TINY.pretraining.seed);
  try {
    const template = loadChatTemplate(folder, tokenizer);
    const text = { tokenizer, template, endIds: [], bos: false };
    // its companions lie in the folder already
    const origin = new ModelConfig(config.values, join(folder, 'config.json'));
    saveModel({ model, ...text, config: origin, path: folder, reference: folder, dispose: () => {} }, folder);
  } finally {
    model.store.dispose();
  }
}

/** The pairs of a file as conversations, each answer as often as `TINY.readings` says. */
export async function pretrainingTexts(path: string): Promise<Turn[][]> {
  const conversations: Turn[][] = [];
  for await (const { value } of readRows(path)) {
    const { prompt, chosen, rejected } = pair.parse(value);
    const repeat = (answer: readonly Turn[], times: number): void => {
      for (let i = 0; i < times; i++) conversations.push([...prompt, ...answer]);
    };
    repeat(chosen, TINY.readings.chosen);
    repeat(rejected, TINY.readings.rejected);
  }
  return conversations;
}
