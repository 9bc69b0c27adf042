import { join } from 'node:path';
import { writeFileAtomic } from '../../files/atomic.js';
import { writeJson } from '../../files/json-file.js';
import { makeFolder } from '../../files/make-folder.js';
import { cpuFeatures } from '../../torch/engine/cpu.js';
import { ensureEngine } from '../../torch/engine/ensure-engine.js';
import { openSpan, span, startRecording, stopRecording, threads, versions } from '../../torch/index.js';
import type { TrainEvent } from '../events.js';
import type { PreparedRun } from '../prepare-run.js';
import type { RunFolder } from '../run-folder.js';
import { chromeTrace } from './chrome-trace.js';
import { type MultiplyRate, measureMultiplyRate, shapesOf } from './multiply-rate.js';
import { summarise } from './summary.js';

/**
 * Records where the time of a run goes, from its loading to its end, and writes `profile/` of its folder before the last
 * event. What is computed stays the same, bit for bit. With `wanted` false nothing is recorded.
 */
export class RunProfile {
  #recording = false;
  #loaded: () => void = () => {};

  private constructor() {}

  /** Begins, with the span of loading. @throws OrpoError `engine` without libtorch, `run` beside another profile */
  static async begin(wanted: boolean): Promise<RunProfile> {
    const profile = new RunProfile();
    if (!wanted) return profile;
    await ensureEngine({ install: false });
    startRecording();
    profile.#recording = true;
    profile.#loaded = openSpan('load');
    return profile;
  }

  /** Passes the events of a loaded run on, and tells of the profile before the last one. */
  async *follow(
    run: PreparedRun,
    folder: RunFolder,
    events: AsyncGenerator<TrainEvent, void>,
  ): AsyncGenerator<TrainEvent, void> {
    this.#loaded();
    if (!this.#recording) {
      yield* events;
      return;
    }
    const dtype = run.precision.precision === 'bf16' ? 'bfloat16' : 'float32';
    const limit = span('limit', () => measureMultiplyRate(dtype, shapesOf(run.loaded.model.sizes)));
    for await (const event of events) {
      if (event.type === 'result' || event.type === 'interrupted') yield this.#finish(run, folder, limit);
      yield event;
    }
  }

  /** Stops recording, whatever happened. */
  end(): void {
    if (this.#recording) stopRecording();
    this.#recording = false;
  }

  #finish(run: PreparedRun, folder: RunFolder, limit: MultiplyRate): TrainEvent {
    const recording = stopRecording();
    this.#recording = false;
    const machine = { cpu: cpuFeatures().model, threads: threads(), torch: versions().torch };
    const summary = summarise(recording, { machine, precision: run.precision.precision, limit });
    const trace = join(folder.profile, 'trace.json');
    makeFolder(folder.profile);
    writeFileAtomic(trace, chromeTrace(recording.trace, `${run.config.method} on ${run.config.model}`));
    writeJson(join(folder.profile, 'summary.json'), summary);
    return { type: 'profile', path: folder.profile, trace, summary };
  }
}
