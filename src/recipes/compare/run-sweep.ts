import { isAbort } from '../../errors.js';
import { writeFileAtomic } from '../../files/atomic.js';
import { lockFolder } from '../../files/folder-lock.js';
import { writeJson } from '../../files/json-file.js';
import { ensureEngine } from '../../torch/engine/ensure-engine.js';
import type { RecipeFolder } from '../recipe-folder.js';
import type { RecipeOptions } from '../run-stage.js';
import { comparisonCard } from './card.js';
import { climb } from './climb.js';
import { compareAnswers } from './compare-answers.js';
import { forecast } from './forecast.js';
import type { Sweep } from './lay-out.js';
import { measurePaces, settleBudget, supervise } from './prepare.js';
import { comparisonPage } from './report-page.js';
import { bestPoints } from './select.js';
import { writeSplit } from './split-data.js';
import { summariseSweep } from './summary.js';
import type { SweepEvent } from './sweep-events.js';
import { SweepWork } from './sweep-work.js';
import { testSelected, writeSelection } from './test-selected.js';

/**
 * Trains and measures the cells of a comparison and tells what happens. Whatever is done is in the folder, and is not
 * done again: the data's parts, the pace of each method, the shared supervised stage, every reading.
 *
 * @throws OrpoError as training, measuring and splitting do; `run` when another process is working on it
 */
export async function* runSweep(
  sweep: Sweep,
  folder: RecipeFolder,
  options: RecipeOptions,
): AsyncGenerator<SweepEvent, void> {
  const release = lockFolder(folder.path);
  const work = new SweepWork(sweep, folder, options);
  try {
    yield* goThrough(work, folder);
  } catch (error) {
    if (!isAbort(error, options.signal)) throw error;
    yield { type: 'interrupted', stage: work.stage };
  } finally {
    release();
  }
}

async function* goThrough(work: SweepWork, folder: RecipeFolder): AsyncGenerator<SweepEvent, void> {
  const { sweep, places } = work;
  const { config } = sweep;
  await ensureEngine({ install: false });
  const split = await writeSplit(sweep.split, sweep.data);
  yield* measurePaces(work);
  const budget = settleBudget(work, folder.config);
  const speeds = work.speeds();
  const seconds = budget.sft * speeds.sft + forecast(sweep, budget, speeds);
  yield { type: 'forecast', seconds, workers: config.workers, ...budget };
  yield* supervise(work, budget);
  const points = yield* climb(work, budget);
  const chosen = new Map([...points].map(([entry, { last }]) => [entry, bestPoints(last, 1)[0]]));
  writeSelection(work, chosen);
  yield* testSelected(work, budget, chosen);
  const answers = yield* compareAnswers(work, chosen, (entry) => {
    const cell = chosen.get(entry)?.cells[0];
    return cell?.config(budget.entries[entry] ?? 1).output ?? '';
  });
  const summary = summariseSweep({ sweep, budget, split, chosen, places, points, answers });
  writeFileAtomic(places.report, comparisonPage(config, summary));
  writeFileAtomic(folder.card, comparisonCard(config, summary));
  writeJson(folder.summary, summary);
  yield { type: 'result', run: folder.path, ...summary };
}
