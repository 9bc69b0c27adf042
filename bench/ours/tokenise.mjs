/**
 * Times turning preference pairs into tokens, with a tokenizer that has seen nothing yet and once more: `--what rows` the
 * whole way from the file, `--what encode` the encoding alone, of conversations that were rendered before.
 */
import { parseArgs } from 'node:util';
import { loadModelText } from '../../dist/cli/model-text.js';
import { dataConfig } from '../../dist/data/config.js';
import { loadDataset } from '../../dist/data/dataset.js';
import { peakResidentBytes } from '../measure/peak-memory.mjs';
import { watchOthers } from '../measure/quiet.mjs';

const { values } = parseArgs({
  options: { model: { type: 'string' }, data: { type: 'string' }, what: { type: 'string' } },
});
const freshText = () => loadModelText(values.model, { status() {} });
const rows = async ({ tokenizer, template }) =>
  (await loadDataset(dataConfig.parse({ train: values.data }), { tokenizer, template })).train;
const tokensOf = (trees) =>
  trees.reduce((sum, { trunk, branches }) => sum + branches.reduce((n, { ids }) => n + ids.length, trunk.length), 0);

const texts = values.what === 'encode' ? await renderedTexts() : [];
const work = {
  rows: async (text) => tokensOf(await rows(text)),
  encode: ({ tokenizer }) => texts.reduce((sum, text) => sum + tokenizer.encode(text).length, 0),
}[values.what];
const text = await freshText();
const others = watchOthers();
const [first, again] = [await timed(), await timed()];
console.log(
  JSON.stringify({
    type: 'result',
    ...first,
    again,
    peak_rss_bytes: peakResidentBytes(),
    other_cpu_share: others(),
  }),
);

async function renderedTexts() {
  const own = await freshText();
  return (await rows(own)).map(({ trunk, branches: [chosen] }) => own.tokenizer.decode([...trunk, ...chosen.ids]));
}

async function timed() {
  const cpu = process.cpuUsage();
  const from = performance.now();
  const tokens = await work(text);
  const seconds = (performance.now() - from) / 1000;
  const { user, system } = process.cpuUsage(cpu);
  return { tokens, seconds, processor_seconds: (user + system) / 1e6 };
}
