import type { Tree } from '../../data/tree.js';
import type { ForestShape } from './forest-shape.js';

/** Which weights a pass goes through: the policy's, those it started from, a critic's, or a reward model's. */
export type PassModel = 'policy' | 'frozen' | 'critic' | 'judge';

/** `learn`: forward and backward; `look`: forward alone; `decode`: one token of each row, by a cache. */
export type PassKind = 'learn' | 'look' | 'decode';

/** One pass through a model, as often as `times` says. */
export interface Pass {
  readonly part: 'updates' | 'evaluations' | 'reference';
  readonly model: PassModel;
  readonly kind: PassKind;
  readonly shape: ForestShape;
  readonly times: number;
  /** Positions of keys and values that sampling holds then. */
  readonly cache?: number;
  /** What a pass that learns goes over. */
  readonly trees?: readonly Tree[];
}

/** An optimiser step: gradients of `micro` passes are gathered, and the weights moved. */
export interface Move {
  readonly micro: number;
}

export type Planned = Pass | Move;

export function isPass(planned: Planned): planned is Pass {
  return 'shape' in planned;
}
