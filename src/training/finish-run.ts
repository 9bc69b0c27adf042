import { saveAdapter } from '../adapters/peft-folder.js';
import { stageFolder, writeFileAtomic } from '../files/atomic.js';
import { writeJson } from '../files/json-file.js';
import { saveModel } from '../models/save-model.js';
import { type Cost, folderBytes } from './cost.js';
import { modelCard } from './model-card.js';
import type { Outcome } from './outcome.js';
import type { PreparedRun } from './prepare-run.js';
import { reportPage } from './report/page.js';
import { readLogs } from './report/run-records.js';
import { streamedRows } from './report/streamed-rows.js';
import type { RunFolder } from './run-folder.js';
import type { Tally } from './tally.js';

/** How far a run came. */
interface Finished {
  readonly steps: number;
  readonly metrics: Readonly<Record<string, number>>;
  readonly tally: Tally;
}

/** Writes what was trained, the model card and the report, and last of all the result that marks the run as finished. */
export function finishRun(
  run: PreparedRun,
  folder: RunFolder,
  { steps, metrics, tally }: Finished,
): { readonly outcome: Outcome } & ({ readonly model: string } | { readonly adapter: string }) {
  const { lora, loaded, config, dataset, precision, reference } = run;
  if (lora === undefined) stageFolder(folder.model, (staging) => saveModel(loaded, staging));
  else
    stageFolder(folder.adapter, (staging) =>
      saveAdapter(lora, staging, { base: loaded.reference, score: loaded.model.score }),
    );
  const { tokens, seconds, evaluations, peakBytes } = tally.totals;
  const trained = lora === undefined ? folder.model : folder.adapter;
  const cost: Cost = {
    updates: tally.updates,
    evaluations,
    ...(reference?.effort === undefined ? {} : { reference: reference.effort }),
    peakBytes,
    modelBytes: folderBytes(trained),
    diskBytes: folderBytes(folder.path),
  };
  const logs = readLogs(folder);
  const rows = streamedRows(logs.metrics);
  const outcome: Outcome = { steps, metrics, tokens, seconds, peakBytes, cost, ...(rows.length === 0 ? {} : { rows }) };
  writeFileAtomic(folder.card, modelCard(run, outcome));
  const records = { config, precision: precision.precision, data: dataset.report, ...logs, cost };
  writeFileAtomic(folder.report, reportPage(records));
  writeJson(folder.result, outcome);
  return { outcome, ...(lora === undefined ? { model: trained } : { adapter: trained }) };
}
