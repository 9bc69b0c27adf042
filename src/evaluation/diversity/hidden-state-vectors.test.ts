import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type LoadedModel, loadModel } from '../../models/load-model.js';
import { ForestAttention } from '../../nn/forest-attention.js';
import { ensureEngine } from '../../torch/engine/ensure-engine.js';
import { fromIndices, memory, noGrad, scope, toFloat32Array } from '../../torch/index.js';
import { hiddenStateEmbedder } from './hidden-state-vectors.js';

const MODELS = join(import.meta.dirname, '../../../test/fixtures/golden/models');
const TEXTS = ['The harbour was quiet.', 'tide', '', 'She counted nine lanterns.', 'edit', 'Bread rises. '.repeat(40)];

describe.each(['llama', 'gpt2'])('hidden states of %s', (name) => {
  let loaded: LoadedModel;
  beforeAll(async () => {
    await ensureEngine({ install: false });
    loaded = await loadModel(join(MODELS, name));
  });
  afterAll(() => loaded.dispose());

  /** The mean of the hidden states of one text alone, summed here. */
  function direct(text: string): number[] {
    const { model, tokenizer } = loaded;
    const skip = tokenizer.encode('a', { addSpecialTokens: true }).length - tokenizer.encode('a').length;
    const ids = tokenizer.encode(text, { addSpecialTokens: true }).slice(0, model.sizes.positions);
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
