/** Times loading a model from start to weights that can be read, twice: from the disk as it is, and again. */
import { parseArgs } from 'node:util';
import { peakResidentBytes } from '../measure/peak-memory.mjs';
import { watchOthers } from '../measure/quiet.mjs';

const { values } = parseArgs({
  options: { model: { type: 'string' }, dtype: { type: 'string', default: 'fp32' } },
});
const others = watchOthers();
const begun = performance.now();
const { loadModel } = await import('../../dist/models/load-model.js');
const imported = performance.now();
const times = [];
for (let i = 0; i < 2; i++) {
  const from = performance.now();
  const loaded = await loadModel(values.model, { precision: values.dtype });
  // mapped weights are read when they are looked at
  let sum = 0;
  for (const parameter of loaded.model.store.parameters.values()) sum += parameter.value.sum().item();
  if (!Number.isFinite(sum)) throw new Error('a weight is not finite');
  times.push((performance.now() - from) / 1000);
  loaded.dispose();
}
console.log(
  JSON.stringify({
    type: 'result',
    seconds: times[0],
    again_seconds: times[1],
    import_seconds: (imported - begun) / 1000,
    peak_rss_bytes: peakResidentBytes(),
    other_cpu_share: others(),
  }),
);
