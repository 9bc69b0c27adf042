import { JsonlLog } from '../files/jsonl-log.js';
import type { RunFolder } from './run-folder.js';

/** How far each log of a run belongs to the updates that are done. */
export interface LogPositions {
  readonly metricsBytes: number;
  readonly timingBytes: number;
  readonly samplesBytes: number;
}

/** The records of a run that grow while it goes on. */
export class RunLogs {
  readonly metrics: JsonlLog;
  readonly timing: JsonlLog;
  readonly samples: JsonlLog;

  constructor(folder: RunFolder) {
    this.metrics = new JsonlLog(folder.metrics);
    this.timing = new JsonlLog(folder.timing);
    this.samples = new JsonlLog(folder.samples);
  }

  get positions(): LogPositions {
    return {
      metricsBytes: this.metrics.position,
      timingBytes: this.timing.position,
      samplesBytes: this.samples.position,
    };
  }

  /** Drops what was written after a checkpoint. @throws OrpoError `run` when a log was changed since then */
  truncateTo({ metricsBytes, timingBytes, samplesBytes }: LogPositions): void {
    this.metrics.truncateTo(metricsBytes);
    this.timing.truncateTo(timingBytes);
    this.samples.truncateTo(samplesBytes);
  }

  /** Returns once all records are on the disk. */
  flush(): void {
    for (const log of [this.metrics, this.timing, this.samples]) log.flush();
  }

  close(): void {
    for (const log of [this.metrics, this.timing, this.samples]) log.close();
  }
}
