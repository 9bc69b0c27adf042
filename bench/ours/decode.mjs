/** Times greedy decoding, of a GGUF file with its weights as they stand there; the arguments and the last line are those of peers/transformers_decode.py. */
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { generateIds } from '../../dist/generation/generate-ids.js';
import { loadModel } from '../../dist/models/load-model.js';
import { yieldToComputation } from '../../dist/torch/engine/thread-priority.js';
import { peakResidentBytes } from '../measure/peak-memory.mjs';
import { watchOthers } from '../measure/quiet.mjs';

const { values } = parseArgs({
  options: {
    model: { type: 'string' },
    rows: { type: 'string' },
    count: { type: 'string', default: '1' },
    tokens: { type: 'string', default: '64' },
    dtype: { type: 'string', default: 'fp32' },
    weights: { type: 'string', default: 'packed' },
  },
});
// as the command line does
yieldToComputation();
const count = Number(values.count);
const prompts = readFileSync(values.rows, 'utf8')
  .trim()
  .split('\n')
  .slice(0, count)
  .map((line) => Int32Array.from(JSON.parse(line).prompt_ids));
const loaded = await loadModel(values.model, { precision: values.dtype, weights: values.weights });
const decode = (maxTokens) => {
  const ids = prompts.map(() => []);
  const options = { maxTokens, batch: count, endIds: [] };
  for (const { row, id } of generateIds(loaded.model, prompts, options)) ids[row].push(id);
  return ids;
};
decode(4);
const others = watchOthers();
const begun = performance.now();
const ids = decode(Number(values.tokens));
const seconds = (performance.now() - begun) / 1000;
console.log(
  JSON.stringify({
    type: 'result',
    tokens_a_second: (count * Number(values.tokens)) / seconds,
    seconds,
    ids,
    peak_rss_bytes: peakResidentBytes(),
    other_cpu_share: others(),
  }),
);
