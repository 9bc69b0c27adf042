import { saveAdapter } from '../adapters/peft-folder.js';
import { stageFolder, writeFileAtomic } from '../files/atomic.js';
import { writeJson } from '../files/json-file.js';
import { saveModel } from '../models/save-model.js';
import { modelCard } from './model-card.js';
import type { Outcome } from './outcome.js';
import type { PreparedRun } from './prepare-run.js';
import { reportPage } from './report/page.js';
import { readLogs } from './report/run-records.js';
import type { RunFolder } from './run-folder.js';

/** Writes what was trained, the model card and the report, and last of all the result that marks the run as finished. */
export function finishRun(
  run: PreparedRun,
  folder: RunFolder,
  outcome: Outcome,
): { readonly model: string } | { readonly adapter: string } {
  const { lora, loaded, config, dataset, precision } = run;
  if (lora === undefined) stageFolder(folder.model, (staging) => saveModel(loaded, staging));
  else
    stageFolder(folder.adapter, (staging) =>
      saveAdapter(lora, staging, { base: loaded.reference, score: loaded.model.score }),
    );
  writeFileAtomic(folder.card, modelCard(run, outcome));
  const records = { config, precision: precision.precision, data: dataset.report, ...readLogs(folder) };
  writeFileAtomic(folder.report, reportPage(records));
  writeJson(folder.result, outcome);
  return lora === undefined ? { model: folder.model } : { adapter: folder.adapter };
}
