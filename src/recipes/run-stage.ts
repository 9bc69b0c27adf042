import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type FeedbackEvent, giveFeedback } from '../feedback/give-feedback.js';
import { sweepStaging } from '../files/atomic.js';
import type { FetchProgress } from '../files/progress.js';
import type { TrainEvent } from '../training/events.js';
import { resume } from '../training/resume.js';
import { runFolder } from '../training/run-folder.js';
import { train } from '../training/train.js';
import { type AnswersEvent, writeAnswers } from './answers/write-answers.js';
import { mergeStage } from './merge-stage.js';
import type { Stage, TrainStage } from './stage.js';

/** What a stage says while it goes on, after what kind of stage it is. */
export type StageEvent =
  | { readonly kind: 'train'; readonly event: TrainEvent }
  | { readonly kind: 'feedback'; readonly event: FeedbackEvent }
  | { readonly kind: 'answers'; readonly event: AnswersEvent }
  /** An adapter was added to its base for the next stage. */
  | { readonly kind: 'merge'; readonly event: { readonly type: 'merged'; readonly model: string } };

export interface RecipeOptions {
  /** Aborting saves; the last event is then `interrupted`, and `resumeRecipe` goes on. */
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: FetchProgress) => void) | undefined;
  readonly env?: NodeJS.ProcessEnv | undefined;
}

/** Whether nothing of a stage is left to do. */
export function isFinished(stage: Stage): boolean {
  if (!existsSync(join(stage.config.output, 'result.json'))) return false;
  return stage.kind !== 'train' || stage.merged === undefined || existsSync(stage.merged);
}

/** Does a stage, going on where an earlier process stopped. It is not finished when it was aborted. */
export async function* runStage(stage: Stage, options: RecipeOptions): AsyncGenerator<StageEvent, void> {
  if (stage.kind === 'train') yield* trainStage(stage, options);
  else if (stage.kind === 'feedback') {
    if (existsSync(stage.config.output)) sweepStaging(stage.config.output);
    for await (const event of giveFeedback(stage.config, options)) yield { kind: 'feedback', event };
  } else for await (const event of writeAnswers(stage.config, options)) yield { kind: 'answers', event };
}

async function* trainStage(stage: TrainStage, { signal, onProgress }: RecipeOptions): AsyncGenerator<StageEvent, void> {
  const { config } = stage;
  const folder = runFolder(config.output);
  const trained = {
    ...(signal === undefined ? {} : { signal }),
    ...(onProgress === undefined ? {} : { onProgress }),
  };
  if (!existsSync(folder.result)) {
    const events = existsSync(folder.config) ? resume(config.output, { ...trained, config }) : train(config, trained);
    for await (const event of events) {
      yield { kind: 'train', event };
      if (event.type === 'interrupted') return;
    }
  }
  const model = await mergeStage(stage, signal);
  if (model !== undefined) yield { kind: 'merge', event: { type: 'merged', model } };
}
