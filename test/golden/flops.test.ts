import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { attachLora } from '../../src/adapters/attach.js';
import { adapterConfig } from '../../src/adapters/config.js';
import { buildForest } from '../../src/data/forest.js';
import { loadModel } from '../../src/models/load-model.js';
import { tokenLogProbs } from '../../src/nn/token-log-probs.js';
import { predictingStates } from '../../src/scoring/score-tokens.js';
import { ensureEngine } from '../../src/torch/engine/ensure-engine.js';
import { backward, fromIndices, memory, noGrad, scope } from '../../src/torch/index.js';
import { readGolden } from './golden-folder.js';

interface Counted {
  readonly linear: number;
  readonly attention: number;
}
interface Golden {
  readonly tokens: number;
  readonly rank: number;
  readonly models: Readonly<
    Record<string, Readonly<Record<string, { readonly forward: Counted; readonly both: Counted }>>>
  >;
}

const folder = join(import.meta.dirname, '../fixtures/golden');
const golden = readGolden<Golden>(folder, 'flops.json');
const targets: Readonly<Record<string, 'all-linear' | string[]>> = {
  lora: 'all-linear',
  'lora on two': ['q_proj', 'v_proj'],
};
const cases = Object.entries(golden.models).flatMap(([name, kinds]) =>
  Object.entries(kinds).map(([kind, expected]) => ({ name, kind, expected })),
);

beforeAll(async () => {
  await ensureEngine({ install: false });
});

describe('products counted as they run are those of torch’s dispatcher', () => {
  it.each(cases)('$name, $kind', async ({ name, kind, expected }) => {
    const before = memory().handles;
    const loaded = await loadModel(join(folder, 'models', name), { precision: 'fp32' });
    const { model } = loaded;
    const to = targets[kind];
    const lora = to && attachLora(model.store, adapterConfig.parse({ rank: golden.rank, targets: to }), 1);
    if (lora === undefined) for (const parameter of model.store.parameters.values()) parameter.train();
    const { tokens } = golden;
    // the last token of a response is predicted and not read, so that as many rows are scored as tokens are laid
    const ids = Int32Array.from({ length: tokens }, (_, i) => i + 4);
    const tree = { trunk: Int32Array.of(3), branches: [{ ids }], origin: { file: '', row: 1 } };
    const forest = buildForest([tree], { nll: 'response' });
    const score = () => tokenLogProbs(predictingStates(model, forest), model.head, fromIndices(forest.targets)).sum();
    scope(() => {
      noGrad(score);
    });
    const forward = model.store.work.done;
    scope(() => backward(score()));
    const both = model.store.work.since(forward);
    // of all pairs of tokens a causal head sees these
    const seen = (tokens + 1) / (2 * tokens);
    expect(forward).toEqual({
      flops: expected.forward.linear + expected.forward.attention * seen,
      forwards: 1,
      tokens,
    });
    expect(both.flops).toBe(expected.both.linear + expected.both.attention * seen);
    lora?.dispose();
    loaded.dispose();
    expect(memory().handles).toBe(before);
  });
});
