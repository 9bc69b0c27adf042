import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
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
import { packagePath, TINY, trainFile } from './demo-config.js';
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
 * demo's conversations (good and bad answers alike, so that the preference is left to learn) and on the documentation.
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
  const conversations = [...(await demoConversations()), ...documentation(packagePath('docs'))];
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
    training: { ...TINY.training, precision: 'fp32', checkpointEvery: 50 },
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
  const model = randomModel(config, TINY.training.seed);
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

/** Each training pair as two conversations. */
async function demoConversations(): Promise<Turn[][]> {
  const conversations: Turn[][] = [];
  for await (const { value } of readRows(trainFile())) {
    const { prompt, chosen, rejected } = pair.parse(value);
    conversations.push([...prompt, ...chosen], [...prompt, ...rejected]);
  }
  return conversations;
}

/** Sections of Markdown files as questions and answers; empty when the folder is not there. */
export function documentation(folder: string): Turn[][] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.md'))
    .map((entry) => entry.name)
    .sort()
    .flatMap((name) => sections(readFileSync(join(folder, name), 'utf8')));
}

function sections(markdown: string): Turn[][] {
  return markdown.split(/^#+ /m).flatMap((section) => {
    const [heading = '', ...lines] = section.split('\n');
    const text = lines.join('\n').trim();
    return heading.trim() === '' || text === ''
      ? []
      : [
          [
            { role: 'user', content: heading.trim() },
            { role: 'assistant', content: text },
          ],
        ];
  });
}
