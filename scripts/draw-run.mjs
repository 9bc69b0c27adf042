/** `node scripts/draw-run.mjs RUN OUTPUT.svg`: the log-probs of a finished run, drawn as its report draws them. */
import { writeFileSync } from 'node:fs';
import { orExit, setup } from './setup.mjs';

const [run, output] = process.argv.slice(2);
if (run === undefined || output === undefined) {
  console.error('usage: node scripts/draw-run.mjs RUN OUTPUT.svg');
  process.exit(2);
}
orExit(() => setup({ engine: false }));
const { chartFile } = await import('../dist/drawing/chart-element.js');
const { logProbChart } = await import('../dist/training/report/metric-charts.js');
const { readLogs } = await import('../dist/training/report/run-records.js');
const { methodOf } = await import('../dist/training/report/method-words.js');
const { parseConfig } = await import('../dist/training/parse-config.js');
const { openRunFolder } = await import('../dist/training/run-folder.js');
const { readJson } = await import('../dist/files/json-file.js');

const folder = openRunFolder(run);
const { kind } = methodOf(parseConfig(readJson(folder.config), folder.config));
const chart = logProbChart(readLogs(folder).metrics, kind);
if (chart === undefined) {
  console.error(`${run}: no log-probs were recorded.`);
  process.exit(1);
}
writeFileSync(output, chartFile(chart));
