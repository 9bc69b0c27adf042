import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { dataConfig } from './config.js';
import { loadDataset } from './dataset.js';
import { inspectFile } from './inspect.js';
import type { DataShape } from './shape.js';
import { chatMarkup } from './testing/chat-markup.js';
import { wordTokenizer } from './testing/word-tokenizer.js';

const folder = resolve(process.env.ORPO_DATA_DIR ?? '../shared/data');
const present = existsSync(folder);
if (!present) console.log(`skipped: no real data files in ${folder}; name their folder with ORPO_DATA_DIR`);

const blimp = [
  'determiner_noun_agreement_with_adj_irregular_2',
  'determiner_noun_agreement_with_adjective_1',
  'irregular_plural_subject_verb_agreement_1',
  'irregular_plural_subject_verb_agreement_2',
  'passive_1',
  'principle_A_domain_3',
  'superlative_quantifiers_1',
  'superlative_quantifiers_2',
];

const files: [string, string, DataShape, number, number, Record<string, number>][] = [
  ['hh-rlhf-harmless.jsonl', 'preference-implicit-prompt', 'pair', 1712, 1709, { 'empty response': 3 }],
  ['gsm8k-solutions.jsonl', 'preference', 'pair', 1900, 1900, {}],
  ['sharegpt-dpo-demo.json', 'sharegpt-preference', 'pair', 300, 300, {}],
  ['sharegpt-kto-demo.json', 'labelled', 'labelled', 300, 300, {}],
  ['alpaca-sft-demo.json', 'alpaca', 'text', 999, 999, {}],
  ...blimp.map((name): [string, string, DataShape, number, number, Record<string, number>] => [
    `blimp-${name}.jsonl`,
    'preference',
    'pair',
    1000,
    name === 'passive_1' ? 998 : 1000,
    // two of its sentences are the same on both sides
    name === 'passive_1' ? { 'equal responses': 2 } : {},
  ]),
];

describe.skipIf(!present)('real files', () => {
  it.each(files)('%s is %s', async (name, schema, shape, rows, used, dropped) => {
    for (const template of [undefined, chatMarkup]) {
      const config = dataConfig.parse({ train: resolve(folder, name), maxLength: 8192 });
      const { report, train } = await loadDataset(config, { tokenizer: wordTokenizer(), template, shape });
      const [file] = report.files;
      expect(file).toMatchObject({ schema, rows, used });
      expect(Object.entries(file?.dropped ?? {}).map(([reason, { count }]) => [reason, count])).toEqual(
        Object.entries(dropped),
      );
      expect(train).toHaveLength(used);
      expect(
        train.every(({ trunk, branches }) => trunk.length > 0 && branches.every(({ ids }) => ids.length > 0)),
      ).toBe(true);
    }
  });

  it('human judgements are refused by name until their columns are mapped', async () => {
    const path = resolve(folder, 'pandalm-human-judgements.json');
    await expect(inspectFile(path)).rejects.toThrow(/response1, response2, annotator1/);
    const columns = { prompt: 'instruction', chosen: 'response1', rejected: 'response2' };
    expect(await inspectFile(path, { columns })).toMatchObject({ schema: 'preference', rows: 999 });
  });

  it('plain text is refused', async () => {
    await expect(inspectFile(resolve(folder, 'tinyshakespeare.txt'))).rejects.toThrow(/\.txt/);
  });
});
