import { setImmediate } from 'node:timers/promises';
import { isAbort, OrpoError } from '../errors.js';
import { emptyCache, memory, noteWork, resetPeak, span, spanned, spanOver } from '../torch/index.js';
import { type Progress, saveCheckpoint } from './checkpoint.js';
import { measured } from './cost.js';
import type { TrainEvent } from './events.js';
import { finishRun } from './finish-run.js';
import type { PreparedRun } from './prepare-run.js';
import { FIRST_UPDATE, UPDATE } from './profile/summary.js';
import { lastMetrics, readLogs } from './report/run-records.js';
import type { RunFolder } from './run-folder.js';
import { RunLogs } from './run-logs.js';
import { takeSamples } from './samples.js';
import { Tally } from './tally.js';

/** Updates after which a run is expected to take long: what its steps take and give back is worth huge pages then. */
const SHORT_RUN = 8;

/**
 * Trains from `from` to the end and writes the run's files. Between updates the event loop turns once, so that signals
 * are seen; an aborted run is saved at the end of its update, or of the evaluation that follows it, or where it stood
 * when it waits for rewards.
 */
export async function* runLoop(
  run: PreparedRun,
  folder: RunFolder,
  from: Progress,
  signal: AbortSignal | undefined,
): AsyncGenerator<TrainEvent, void> {
  const { config, plan, trained, optimiser, loaded, reference } = run;
  const { evaluateEvery, checkpointEvery, checkpointMinutes, keepCheckpoints } = config.training;
  const logs = new RunLogs(folder);
  let last: Record<string, number> = {};
  const loop = run.begin(folder);
  const { work } = loaded.model.store;
  const tally = new Tally(from);
  let { step, memory: remembered, evaluationDue } = from;
  let saved = performance.now();

  const save = spanned('checkpoint', (): string => {
    logs.flush();
    saved = performance.now();
    const progress = { step, ...logs.positions, ...tally.totals, memory: remembered, evaluationDue };
    return saveCheckpoint(folder.checkpoints, keepCheckpoints, trained, optimiser, progress, config);
  });
  async function* evaluate(): AsyncGenerator<TrainEvent, void> {
    const { eval: heldOut } = run.dataset;
    resetPeak();
    const measuring = () => measured(work, () => spanOver('evaluation', () => loop.evaluate(remembered)));
    const found = heldOut.length === 0 ? undefined : await unlessAborted(measuring);
    if (heldOut.length > 0 && found === undefined) return;
    evaluationDue = false;
    if (found === undefined) return;
    const { result: metrics, effort } = found;
    tally.addEvaluation(effort);
    tally.reached(memory().peakBytes);
    const { seconds, ...counts } = effort;
    logs.metrics.append({ type: 'eval', step, ...counts, ...metrics });
    logs.timing.append({ type: 'eval', step, seconds, peakBytes: tally.totals.peakBytes });
    last = { ...last, ...Object.fromEntries(Object.entries(metrics).map(([name, value]) => [`eval_${name}`, value])) };
    yield { type: 'eval', step, metrics };
    // a model whose loss is no number has nothing to say
    if (config.training.samples === 0 || !loop.writes || !Number.isFinite(metrics.loss ?? 0)) return;
    const answer = () => takeSamples(loaded, heldOut, config.training);
    const { result: samples, effort: answering } = await measured(work, async () => span('samples', answer));
    tally.addEvaluation(answering);
    tally.reached(memory().peakBytes);
    for (const sample of samples) logs.samples.append({ type: 'sample', step, ...sample });
    yield { type: 'samples', step, samples };
  }

  /** What is learnt is saved before a reward that failed ends the run. Undefined: aborted while it waited for rewards. */
  const unlessAborted = async <T>(work: () => Promise<T>): Promise<T | undefined> => {
    try {
      return await work();
    } catch (error) {
      if (isAbort(error, signal)) return undefined;
      if (error instanceof OrpoError && error.code === 'reward') save();
      throw error;
    }
  };

  try {
    logs.truncateTo(from);
    last = lastMetrics(readLogs(folder).metrics);
    if (from.metricsBytes === 0 && reference?.effort !== undefined) {
      const { seconds, ...counts } = reference.effort;
      logs.metrics.append({ type: 'reference', step: 0, ...counts });
      logs.timing.append({ type: 'reference', step: 0, seconds });
    }
    if (evaluationDue) yield* evaluate();
    while (step < plan.steps || evaluationDue) {
      await setImmediate();
      if (signal?.aborted) {
        yield { type: 'interrupted', step, path: save() };
        return;
      }
      if (step === from.step + SHORT_RUN) emptyCache();
      resetPeak();
      const learningRate = plan.learningRate(step);
      const place = { step, learningRate, memory: remembered };
      const phase = step === from.step ? FIRST_UPDATE : UPDATE;
      const advance = () => spanOver(phase, () => loop.advance(place));
      const advanced = await unlessAborted(() => measured(work, advance));
      if (advanced === undefined) continue;
      const { result: outcome, effort } = advanced;
      noteWork(phase, effort.flops);
      remembered = outcome.memory;
      const rows = plan.rowsRead(step);
      step++;
      const { seconds, flops, forwards } = effort;
      const { tokens } = outcome;
      tally.addUpdate(effort, tokens, seconds);
      tally.reached(memory().peakBytes);
      const { peakBytes } = tally.totals;
      const metrics = { ...outcome.metrics, grad_norm: outcome.gradientNorm, learning_rate: learningRate };
      last = { ...last, ...metrics };
      if (rows.length > 0) logs.metrics.append({ type: 'rows', step, files: rows });
      logs.metrics.append({ type: 'step', step, epoch: plan.epoch(step), flops, forwards, tokens, ...metrics });
      logs.timing.append({ step, seconds, tokens, peakBytes });
      yield { type: 'step', step, steps: plan.steps, seconds, tokens, flops, peakBytes, metrics };

      const isLast = step === plan.steps;
      evaluationDue = isLast || (evaluateEvery > 0 && step % evaluateEvery === 0);
      if (evaluationDue) yield* evaluate();
      const overdue = checkpointMinutes > 0 && performance.now() - saved > checkpointMinutes * 60_000;
      const due = overdue || (checkpointEvery > 0 && step % checkpointEvery === 0);
      // an evaluation that was given up ends the run, which is saved then
      if (due && !isLast && !evaluationDue) yield { type: 'checkpoint', step, path: save() };
    }
    logs.flush();
    const finish = () => {
      // what is written is copied first; the optimiser, which is larger, need not be there beside it
      optimiser.dispose();
      emptyCache();
      return finishRun(run, folder, { steps: step, metrics: last, tally });
    };
    const { outcome, ...where } = span('save', finish);
    yield { type: 'result', run: folder.path, ...outcome, ...where };
  } finally {
    loop.close();
    logs.close();
  }
}
