import { setImmediate } from 'node:timers/promises';
import { clipGradients } from '../nn/gradient-norm.js';
import { memory, resetPeak, scope } from '../torch/index.js';
import { type Progress, saveCheckpoint } from './checkpoint.js';
import type { TrainEvent } from './events.js';
import { finishRun } from './finish-run.js';
import { gradientStep, measure } from './gradient-step.js';
import type { PreparedRun } from './prepare-run.js';
import type { RunFolder } from './run-folder.js';
import { RunLogs } from './run-logs.js';
import { takeSamples } from './samples.js';

/** Streams of dropout seeds may not overlap between updates: no update has this many micro-batches. */
const MICRO_BATCHES = 65_536;

/**
 * Trains from `from` to the end and writes the run's files. Between updates the event loop turns once, so that signals
 * are seen; an aborted run is saved at the end of its update.
 */
export async function* runLoop(
  run: PreparedRun,
  folder: RunFolder,
  from: Progress,
  signal: AbortSignal | undefined,
): AsyncGenerator<TrainEvent, void> {
  const { config, plan, trained, optimiser, objective, loaded } = run;
  const { model } = loaded;
  const { microTokens, clip, evaluateEvery, checkpointEvery, keepCheckpoints, seed } = config.training;
  const logs = new RunLogs(folder);
  let last: Record<string, number> = {};
  const reference = run.reference?.score;
  let { step, tokens, seconds, memory: remembered } = from;
  let peakBytes = 0;

  const save = (): string => {
    logs.flush();
    const progress = { step, ...logs.positions, tokens, seconds, memory: remembered };
    return saveCheckpoint(folder.checkpoints, keepCheckpoints, trained, optimiser, progress);
  };
  function* evaluate(): Generator<TrainEvent, void> {
    const { eval: heldOut } = run.dataset;
    if (heldOut.length === 0) return;
    const metrics = measure(model, objective, heldOut, { microTokens, reference, memory: remembered });
    logs.metrics.append({ type: 'eval', step, ...metrics });
    last = { ...last, ...Object.fromEntries(Object.entries(metrics).map(([name, value]) => [`eval_${name}`, value])) };
    yield { type: 'eval', step, metrics };
    // a reward model writes nothing, and one whose loss is no number has nothing to say
    if (config.training.samples === 0 || objective.reads === 'reward' || !Number.isFinite(metrics.loss)) return;
    const samples = takeSamples(loaded, heldOut, config.training);
    for (const sample of samples) logs.samples.append({ type: 'sample', step, ...sample });
    yield { type: 'samples', step, samples };
  }

  try {
    logs.truncateTo(from);
    // a run that was interrupted before its first update has its first evaluation already
    if (from.metricsBytes === 0) yield* evaluate();
    while (step < plan.steps) {
      await setImmediate();
      if (signal?.aborted) {
        yield { type: 'interrupted', step, path: save() };
        return;
      }
      const begun = performance.now();
      resetPeak();
      const current = step;
      const outcome = scope(() =>
        gradientStep(model, trained, objective, plan.batch(current), {
          microTokens,
          reference,
          memory: remembered,
          around: (index, body) =>
            run.lora === undefined
              ? body()
              : run.lora.withDropout(dropoutSeed(seed, current * MICRO_BATCHES + index), body),
        }),
      );
      if (clip > 0) clipGradients(trained, outcome.gradientNorm, clip);
      const learningRate = plan.learningRate(step);
      optimiser.step(learningRate);
      for (const parameter of trained) parameter.clearGradient();
      remembered = outcome.memory;
      step++;
      const elapsed = (performance.now() - begun) / 1000;
      peakBytes = Math.max(peakBytes, memory().peakBytes);
      seconds += elapsed;
      tokens += outcome.tokens;
      const metrics = { ...outcome.metrics, grad_norm: outcome.gradientNorm, learning_rate: learningRate };
      last = { ...last, ...metrics };
      logs.metrics.append({ type: 'step', step, epoch: plan.epoch(step), ...metrics });
      logs.timing.append({ step, seconds: elapsed, tokens: outcome.tokens, peakBytes });
      yield { type: 'step', step, steps: plan.steps, seconds: elapsed, tokens: outcome.tokens, peakBytes, metrics };

      const isLast = step === plan.steps;
      if (isLast || (evaluateEvery > 0 && step % evaluateEvery === 0)) yield* evaluate();
      if (!isLast && checkpointEvery > 0 && step % checkpointEvery === 0)
        yield { type: 'checkpoint', step, path: save() };
    }
    logs.flush();
    const where = finishRun(run, folder, { steps: step, metrics: last, tokens, seconds, peakBytes });
    yield { type: 'result', run: folder.path, steps: step, metrics: last, seconds, tokens, peakBytes, ...where };
  } finally {
    logs.close();
  }
}

/** A seed for libtorch's generator, below 2^53. */
function dropoutSeed(seed: number, draw: number): number {
  return (seed % 4096) * 2 ** 40 + (draw % 2 ** 40);
}
