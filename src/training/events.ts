import type { RowsRead } from '../data/rows-read.js';
import type { OnFetchProgress } from '../files/progress.js';
import type { Cost } from './cost.js';
import type { RewardFunction } from './loops/rewards.js';
import type { ProfileSummary } from './profile/summary.js';
import type { Sample } from './samples.js';

/** Everything a run says while it goes on; the command line and programs read nothing else. */
export type TrainEvent =
  | {
      readonly type: 'start';
      readonly run: string;
      readonly method: string;
      readonly model: string;
      readonly precision: string;
      /** Why that precision. */
      readonly why: string;
      readonly examples: number;
      readonly evaluation: number;
      readonly steps: number;
      /** Update the run goes on from; 0 for a new one. */
      readonly from: number;
      readonly parameters: number;
      readonly trained: number;
      /** Bytes the process is expected to take at its peak, and how many of the layers are computed twice for that. */
      readonly memory: { readonly expected: number; readonly recompute: number; readonly layers: number };
      /** How the frozen model's log-probs come about, and why so; absent for methods without a reference. */
      readonly reference?: string;
      readonly referenceWhy?: string;
    }
  | {
      readonly type: 'step';
      readonly step: number;
      readonly steps: number;
      /** Wall time of the step. */
      readonly seconds: number;
      /** Tokens computed, a shared prompt counted once. */
      readonly tokens: number;
      /** Floating point operations of all its matrix products, forward and backward. */
      readonly flops: number;
      readonly peakBytes: number;
      readonly metrics: Readonly<Record<string, number>>;
    }
  | { readonly type: 'eval'; readonly step: number; readonly metrics: Readonly<Record<string, number>> }
  /** Follows an evaluation: what the model answers to held-out prompts at this point. */
  | { readonly type: 'samples'; readonly step: number; readonly samples: readonly Sample[] }
  | { readonly type: 'checkpoint'; readonly step: number; readonly path: string }
  /** Comes before the last event of a run that is profiled: where its time went. `trace` opens in Perfetto. */
  | { readonly type: 'profile'; readonly path: string; readonly trace: string; readonly summary: ProfileSummary }
  | { readonly type: 'interrupted'; readonly step: number; readonly path: string }
  | {
      readonly type: 'result';
      readonly run: string;
      readonly steps: number;
      readonly metrics: Readonly<Record<string, number>>;
      readonly seconds: number;
      readonly tokens: number;
      readonly peakBytes: number;
      readonly cost: Cost;
      /** What became of rows that were read as they were needed; absent where all were loaded at the start. */
      readonly rows?: readonly RowsRead[];
      readonly model?: string;
      readonly adapter?: string;
    };

export interface TrainOptions {
  /** Aborting saves at the end of the current step; the last event is then `interrupted`. */
  readonly signal?: AbortSignal;
  /** Told how the fetching of a model and the log-probs of a reference come along, before the first event. */
  readonly onProgress?: OnFetchProgress;
  /** Rewards responses, for methods that sample; instead of the configuration's `reward`. */
  readonly reward?: RewardFunction;
  /** Record where the time goes, and write `profile/` of the run's folder. Changes no number. */
  readonly profile?: boolean;
}
