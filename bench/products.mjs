/**
 * Matrix products of a training step by shape, dtype and layout, and linear layers with low-rank updates in both their
 * forms: `node bench/products.mjs [--tokens 760] [--repeats 15] [--threads 1]`. Cases take turns; the second best counts.
 */
import { parseArgs } from 'node:util';
import { linears, plainLinears } from '../dist/nn/linears.js';
import { ensureEngine } from '../dist/torch/engine/ensure-engine.js';
import { backward, linear, noGrad, scope, threads, zeros } from '../dist/torch/index.js';

const { values } = parseArgs({
  options: {
    tokens: { type: 'string', default: '760' },
    repeats: { type: 'string', default: '15' },
    threads: { type: 'string', default: '1' },
  },
});
const tokens = Number(values.tokens);
await ensureEngine({ install: false });
threads(Number(values.threads));

/** Milliseconds of each case, the second best of its runs. */
function race(cases) {
  const times = cases.map(() => []);
  for (let i = 0; i < Number(values.repeats); i++)
    cases.forEach((run, at) => {
      const begun = performance.now();
      scope(() => void run());
      times[at].push(performance.now() - begun);
    });
  return times.map((list) => list.sort((a, b) => a - b)[Math.min(1, list.length - 1)]);
}

const print = (row) => console.log(JSON.stringify(row));

/** The three products of a linear layer, the last in both its layouts. */
function products(dtype, rows, inner, outer) {
  scope(() => {
    const normal = (...shape) => zeros(shape).normal_({ std: 1 }).toDtype(dtype);
    const [x, weight, slope] = [normal(rows, inner), normal(outer, inner), normal(rows, outer)];
    const named = {
      'x W^T': () => linear(x, weight),
      'dy W': () => slope.mm(weight),
      'dy^T x': () => slope.transpose(0, 1).mm(x),
      'x^T dy': () => x.transpose(0, 1).mm(slope),
    };
    const times = race(Object.values(named).map((run) => () => noGrad(() => void run())));
    const work = 2e-6 * rows * inner * outer;
    const gigaflops = Object.fromEntries(Object.keys(named).map((name, i) => [name, Math.round(work / times[i])]));
    print({ dtype, rows, inner, outer, gigaflops });
  });
}

/** Forward and backward of layers that share their input, fused and plain, and without updates. */
function updates(dtype, name, inner, outs, dropout) {
  scope(() => {
    const normal = (...shape) => zeros(shape).normal_({ std: 0.1 }).toDtype(dtype);
    const x = normal(tokens, inner).setRequiresGrad(true);
    const layers = outs.map((out, stream) => {
      const [down, up] = [normal(16, inner).setRequiresGrad(true), normal(out, 16).setRequiresGrad(true)];
      return { weight: normal(out, inner), bias: undefined, update: { down, up, scale: 2, dropout, stream } };
    });
    const bare = layers.map((layer) => ({ ...layer, update: undefined }));
    const step = (form, list) => () =>
      backward(form(x, list).reduce((sum, y) => sum.add(y.sum()), zeros([]).toDtype(dtype)));
    const [fused, plain, without] = race([step(linears, layers), step(plainLinears, layers), step(plainLinears, bare)]);
    print({ dtype, layers: name, dropout: dropout?.rate ?? 0, milliseconds: { fused, plain, without } });
  });
}

// SmolLM2-135M
for (const dtype of ['bfloat16', 'float32']) {
  for (const [inner, outer] of [
    [576, 576],
    [576, 192],
    [576, 1536],
    [1536, 576],
    [576, 16],
    [16, 576],
  ])
    products(dtype, tokens, inner, outer);
  for (const rows of [64, 128, 256, 512]) products(dtype, Math.min(rows, tokens), 576, 49_152);
  for (const dropout of [undefined, { rate: 0.1, seed: 1 }]) {
    updates(dtype, 'query, key, value', 576, [576, 192, 192], dropout);
    updates(dtype, 'output', 576, [576], dropout);
    updates(dtype, 'gate, up', 576, [1536, 1536], dropout);
    updates(dtype, 'down', 1536, [576], dropout);
  }
}
