import { writeJson } from '../files/json-file.js';
import { atStart } from './checkpoint.js';
import type { RunConfig, RunConfigInput } from './config.js';
import type { TrainEvent, TrainOptions } from './events.js';
import { parseConfig } from './parse-config.js';
import { type PreparedRun, prepareRun } from './prepare-run.js';
import { RunProfile } from './profile/profiled-run.js';
import { claimRun, createRunFolder, type RunFolder } from './run-folder.js';
import { runLoop } from './run-loop.js';

/**
 * Trains as the configuration says and tells what happens as it happens. The run folder holds everything afterwards.
 *
 * @throws OrpoError for a wrong configuration, model, data or output; `numeric` when the loss is not finite
 */
export async function* train(
  config: RunConfigInput | RunConfig,
  options: TrainOptions = {},
): AsyncGenerator<TrainEvent, void> {
  const parsed = parseConfig(config);
  const folder = createRunFolder(parsed.output);
  const release = claimRun(folder);
  let profile: RunProfile | undefined;
  try {
    profile = await RunProfile.begin(options.profile ?? false);
    const run = await prepareRun(parsed, options);
    try {
      writeJson(folder.data, run.dataset.report);
      writeJson(folder.config, parsed);
      yield startEvent(run, folder, 0);
      yield* profile.follow(run, folder, runLoop(run, folder, atStart(run.initialMemory), options.signal));
    } finally {
      await run.dispose();
    }
  } finally {
    profile?.end();
    release();
  }
}

export function startEvent(run: PreparedRun, folder: RunFolder, from: number): TrainEvent {
  const count = (parameters: Iterable<{ count: number }>): number => {
    let total = 0;
    for (const parameter of parameters) total += parameter.count;
    return total;
  };
  return {
    type: 'start',
    run: folder.path,
    method: run.config.method,
    model: run.config.model,
    precision: run.precision.precision,
    why: run.precision.why,
    examples: run.dataset.examples,
    evaluation: run.dataset.eval.length,
    steps: run.plan.steps,
    from,
    parameters: count(run.loaded.model.store.parameters.values()),
    trained: count(run.trained),
    memory: { expected: run.memory.bytes, recompute: run.memory.recompute, layers: run.loaded.model.sizes.layers },
    ...(run.reference === undefined ? {} : { reference: run.reference.strategy, referenceWhy: run.reference.why }),
  };
}
