import type { OnFetchProgress } from '../../files/progress.js';
import type { Comparison } from './comparison.js';

/** What a comparison tells while it goes on. */
export type CompareEvent =
  | {
      readonly type: 'start';
      readonly systems: readonly { readonly name: string; readonly kind: 'run' | 'model' | 'answers' }[];
      /** Prompts to be answered. */
      readonly prompts: number;
    }
  /** Prompts that a system has answered; `cached` of them were known before. */
  | {
      readonly type: 'answers';
      readonly system: string;
      readonly done: number;
      readonly total: number;
      readonly cached: number;
    }
  /** Held-out pairs that a system has scored. */
  | { readonly type: 'pairs'; readonly system: string; readonly done: number; readonly total: number }
  /** Questions that the judge has answered. */
  | { readonly type: 'judged'; readonly done: number; readonly total: number }
  /** Stopped by its signal; what was done is kept, and the same settings go on from there. */
  | { readonly type: 'interrupted' }
  | {
      readonly type: 'result';
      readonly comparison: Comparison;
      /** The page, where an output folder was asked for. */
      readonly report?: string;
    };

export interface CompareOptions {
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: OnFetchProgress | undefined;
  readonly env?: NodeJS.ProcessEnv | undefined;
}
