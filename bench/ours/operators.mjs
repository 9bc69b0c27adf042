/** Times products at a model's shapes, and each fused operator beside its plain twin, forward and backward. */
import { parseArgs } from 'node:util';
import { ForestAttention } from '../../dist/nn/forest-attention.js';
import { gating, plainGating } from '../../dist/nn/gating.js';
import { plainScaledRows } from '../../dist/nn/norms.js';
import { plainFrequencies, plainRotate, rotaryTables, rotate } from '../../dist/nn/rotary.js';
import { plainTokenLogProbs, tokenLogProbs } from '../../dist/nn/token-log-probs.js';
import { backward, fromIndices, full, fusedRmsNorm, scope } from '../../dist/torch/index.js';
import { watchOthers } from '../measure/quiet.mjs';
import { median } from '../measure/statistics.mjs';
import { measureCallCost } from './call-cost.mjs';

const { values } = parseArgs({
  options: {
    dtype: { type: 'string', default: 'fp32' },
    tokens: { type: 'string', default: '640' },
    hidden: { type: 'string', default: '576' },
    inner: { type: 'string', default: '1536' },
    heads: { type: 'string', default: '9' },
    keyValueHeads: { type: 'string', default: '3' },
    vocabulary: { type: 'string', default: '49152' },
    milliseconds: { type: 'string', default: '300' },
  },
});
const dtype = values.dtype === 'bf16' ? 'bfloat16' : 'float32';
const [tokens, hidden, inner, heads, keyValueHeads, vocabulary] = [
  values.tokens,
  values.hidden,
  values.inner,
  values.heads,
  values.keyValueHeads,
  values.vocabulary,
].map(Number);
const headSize = hidden / heads;
const third = Math.floor(tokens / 5);
const branch = Math.floor((tokens - third) / 2);
const trees = [
  {
    trunkBegin: 0,
    trunkLength: tokens - 2 * branch,
    branches: [
      { begin: tokens - 2 * branch, length: branch },
      { begin: tokens - branch, length: branch },
    ],
  },
];

const leaf = (shape) => full(shape, 0.01, { dtype }).setRequiresGrad(true);
const results = {};
const others = watchOthers();
const callCost = measureCallCost(50_000);
for (const [name, rows, from, to] of [
  ['square', tokens, hidden, hidden],
  ['up', tokens, hidden, inner],
  ['down', tokens, inner, hidden],
  ['head', 256, hidden, vocabulary],
])
  results[`product ${name}`] = products(rows, from, to);

twins(
  'rms norm',
  [[tokens, hidden], [hidden]],
  ([x, w]) => fusedRmsNorm(x, w, 1e-5),
  ([x, w]) => plainScaledRows(x, w, 1e-5),
);
twins(
  'gated activation',
  [
    [tokens, inner],
    [tokens, inner],
  ],
  ([g, u]) => gating('silu')(g, u),
  ([g, u]) => plainGating('silu')(g, u),
);
scope(() => {
  const tables = rotaryTables(
    { dimensions: headSize, frequencies: plainFrequencies(headSize, 10000), attentionFactor: 1 },
    fromIndices(Int32Array.from({ length: tokens }, (_, i) => i)),
    dtype,
  );
  twins(
    'rotary',
    [[tokens, heads, headSize]],
    ([x]) => rotate(x, tables),
    ([x]) => plainRotate(x, tables),
  );
});
scope(() => {
  const attention = new ForestAttention(trees, fromIndices(Int32Array.from({ length: tokens }, (_, i) => i)));
  const options = { scale: headSize ** -0.5 };
  const shapes = [
    [tokens, heads, headSize],
    [tokens, keyValueHeads, headSize],
    [tokens, keyValueHeads, headSize],
  ];
  // layout and masks are made at the first call and kept with this scope
  const inputs = shapes.map((shape) => full(shape, 0.01, { dtype }));
  attention.attend(0, ...inputs, options);
  attention.plainAttend(...inputs, options);
  twins(
    'forest attention',
    shapes,
    ([q, k, v]) => attention.attend(0, q, k, v, options),
    ([q, k, v]) => attention.plainAttend(q, k, v, options),
  );
});
scope(() => {
  const targets = fromIndices(Int32Array.from({ length: tokens }, (_, i) => (i * 37) % vocabulary));
  const head = (weight) => ({ weight: { value: weight } });
  twins(
    'token log-probs',
    [
      [tokens, hidden],
      [vocabulary, hidden],
    ],
    ([h, w]) => tokenLogProbs(h, head(w), targets),
    ([h, w]) => plainTokenLogProbs(h, head(w), targets),
  );
});
console.log(
  JSON.stringify({
    type: 'result',
    call_microseconds: callCost,
    operators: results,
    dtype: values.dtype,
    other_cpu_share: others(),
  }),
);

/** GFLOP/s forward, of the input's gradient and of the weight's. */
function products(rows, from, to) {
  return scope(() => {
    const x = full([rows, from], 0.01, { dtype });
    const w = full([to, from], 0.01, { dtype });
    const g = full([rows, to], 0.01, { dtype });
    const rate = (body) => (2 * rows * from * to) / milliseconds(body) / 1e6;
    return {
      forward: rate(() => x.matmul(w.transpose(0, 1))),
      input: rate(() => g.matmul(w)),
      weight: rate(() => g.transpose(0, 1).matmul(x)),
    };
  });
}

/** Milliseconds of an operator and its backward pass, fused and plain. */
function twins(name, shapes, fused, plain) {
  results[name] = Object.fromEntries(
    Object.entries({ fused, plain }).map(([form, body]) => [
      form,
      milliseconds(() => {
        const inputs = shapes.map((shape) => leaf(shape));
        backward(body(inputs).sum());
      }),
    ]),
  );
}

function milliseconds(body) {
  const times = [];
  const end = performance.now() + Number(values.milliseconds);
  for (let run = 0; run < 4 || performance.now() < end; run++) {
    const begun = performance.now();
    scope(() => {
      body();
    });
    if (run > 0) times.push(performance.now() - begun);
  }
  return median(times);
}
