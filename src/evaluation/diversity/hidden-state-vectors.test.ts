import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type LoadedModel, loadModel } from '../../models/load-model.js';
import { ForestAttention } from '../../nn/forest-attention.js';
import { ensureEngine } from '../../torch/engine/ensure-engine.js';
import { fromIndices, memory, noGrad, scope, toFloat32Array } from '../../torch/index.js';
import { hiddenStateEmbedder } from './hidden-state-vectors.js';

const MODELS = join(import.meta.dirname, '../../../test/fixtures/golden/models');
const TEXTS = ['The harbour was quiet.', 'tide', '', 'She counted nine lanterns.', 'edit', 'Bread rises. '.repeat(40)];

/** A copy of the tiny Llama whose tokenizer puts BOS before a text. */
function llamaWithBos(folder: string): string {
  cpSync(join(MODELS, 'llama'), folder, { recursive: true });
  const path = join(folder, 'tokenizer.json');
  const bos = '<|begin|>';
  const post_processor = {
    type: 'TemplateProcessing',
    single: [{ SpecialToken: { id: bos, type_id: 0 } }, { Sequence: { id: 'A', type_id: 0 } }],
    pair: [{ Sequence: { id: 'A', type_id: 0 } }, { Sequence: { id: 'B', type_id: 1 } }],
    special_tokens: { [bos]: { id: bos, ids: [316], tokens: [bos] } },
  };
  writeFileSync(path, JSON.stringify({ ...Object(JSON.parse(readFileSync(path, 'utf8'))), post_processor }));
  return folder;
}

describe.each([
  ['llama', 0],
  ['gpt2', 0],
  ['llama with BOS', 1],
])('hidden states of %s', (name, skip) => {
  let folder: string;
  let loaded: LoadedModel;
  beforeAll(async () => {
    await ensureEngine({ install: false });
    folder = mkdtempSync(join(tmpdir(), 'orpo-hidden-'));
    loaded = await loadModel(skip === 0 ? join(MODELS, name) : llamaWithBos(folder));
  });
  afterAll(() => {
    loaded.dispose();
    rmSync(folder, { recursive: true });
  });

  /** The mean of the hidden states of one text alone, summed here. */
  function direct(text: string): number[] {
    const { model, tokenizer } = loaded;
    const ids = tokenizer.encode(text, { addSpecialTokens: true }).slice(0, model.sizes.positions);
    expect(ids.length - tokenizer.encode(text).slice(0, model.sizes.positions - skip).length).toBe(skip);
    const hidden = noGrad(() =>
      scope(() => {
        const tree = { trunkBegin: 0, trunkLength: ids.length, branches: [] };
        const context = new ForestAttention([tree], fromIndices(ids.map((_, at) => at)));
        return toFloat32Array(model.hidden(fromIndices(ids), context));
      }),
    );
    const { hidden: width } = model.sizes;
    return Array.from({ length: width }, (_, column) => {
      let sum = 0;
      for (let row = skip; row < ids.length; row++) sum += hidden[row * width + column] ?? Number.NaN;
      return sum / (ids.length - skip);
    });
  }

  it('are averaged over each text, and leave nothing behind', () => {
    const alive = () => {
      const { handles, bytes } = memory();
      return { handles, bytes };
    };
    const before = alive();
    const { vectors, cut } = hiddenStateEmbedder(loaded)(TEXTS);
    expect(alive()).toEqual(before);
    expect(cut).toBe(1);
    expect(vectors.length).toBe(TEXTS.length);
    TEXTS.forEach((text, at) => {
      const vector = vectors[at];
      if (text === '') expect(vector).toBeUndefined();
      else {
        expect(vector?.length).toBe(loaded.model.sizes.hidden);
        direct(text).forEach((value, column) => {
          expect(vector?.[column]).toBeCloseTo(value, 5);
        });
      }
    });
  });
});
