import { join } from 'node:path';
import type { FeedbackConfig } from '../feedback/config.js';
import type { RunConfig } from '../training/config.js';
import type { AnswersConfig } from './answers/config.js';

interface Place {
  /** Unique in its recipe. */
  readonly name: string;
  /** Its folder, within the recipe's. */
  readonly folder: string;
}

/** A training run. */
export interface TrainStage extends Place {
  readonly kind: 'train';
  readonly config: RunConfig;
  /** Folder of a model with the adapter added, where a later stage starts from it. */
  readonly merged?: string;
  /** Trained for comparison: not what the recipe is for. */
  readonly beside: boolean;
}

/** Responses to prompts, drawn and judged. */
export interface FeedbackStage extends Place {
  readonly kind: 'feedback';
  readonly config: FeedbackConfig;
}

/** A model's own answers beside the real ones. */
export interface AnswersStage extends Place {
  readonly kind: 'answers';
  readonly config: AnswersConfig;
}

/** One step of a recipe; all it needs is known before the recipe begins. */
export type Stage = TrainStage | FeedbackStage | AnswersStage;

/** The model a stage trains or asks. */
export function startOf(stage: Stage): string {
  if (stage.kind === 'feedback') return stage.config.sample?.model ?? '';
  return stage.kind === 'train' ? stage.config.model : stage.config.sample.model;
}

/** The model that a trained stage leaves for the next one. */
export function modelAfter({ merged, config }: TrainStage): string {
  return merged ?? join(config.output, 'model');
}
