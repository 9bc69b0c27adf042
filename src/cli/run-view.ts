import type { TrainEvent } from '../training/events.js';

type Start = Extract<TrainEvent, { type: 'start' }>;
type Step = Extract<TrainEvent, { type: 'step' }>;
type Evaluation = Extract<TrainEvent, { type: 'eval' }>;
type Samples = Extract<TrainEvent, { type: 'samples' }>;

/** What is known of a run while it goes on; all that a panel shows. */
export interface RunView {
  /** What is being loaded, before the start. */
  readonly loading: string | undefined;
  readonly start: Start | undefined;
  readonly last: Step | undefined;
  readonly evaluation: Evaluation | undefined;
  readonly samples: Samples | undefined;
  /** Path of the newest checkpoint. */
  readonly checkpoint: string | undefined;
  readonly losses: readonly number[];
  readonly margins: readonly number[];
  readonly rewards: readonly number[];
  /** Seconds and tokens of the newest steps, for speed and the time left. */
  readonly recent: readonly { readonly seconds: number; readonly tokens: number }[];
  readonly saving: boolean;
}

export const emptyView: RunView = {
  loading: undefined,
  start: undefined,
  last: undefined,
  evaluation: undefined,
  samples: undefined,
  checkpoint: undefined,
  losses: [],
  margins: [],
  rewards: [],
  recent: [],
  saving: false,
};

// long enough to even out steps of different length, short enough to follow a change
const RECENT_STEPS = 20;
// more than a panel is wide
const HISTORY = 400;

/** The view after an event. */
export function applyEvent(view: RunView, event: TrainEvent): RunView {
  switch (event.type) {
    case 'start':
      return { ...view, start: event };
    case 'step': {
      const { loss, reward, 'rewards/margins': margin } = event.metrics;
      return {
        ...view,
        last: event,
        losses: loss === undefined ? view.losses : append(view.losses, loss, HISTORY),
        margins: margin === undefined ? view.margins : append(view.margins, margin, HISTORY),
        rewards: reward === undefined ? view.rewards : append(view.rewards, reward, HISTORY),
        recent: append(view.recent, { seconds: event.seconds, tokens: event.tokens }, RECENT_STEPS),
      };
    }
    case 'eval':
      return { ...view, evaluation: event };
    case 'samples':
      return { ...view, samples: event };
    case 'checkpoint':
    case 'interrupted':
      return { ...view, checkpoint: event.path };
    case 'profile':
    case 'result':
      return view;
  }
}

/** Tokens a second over the newest steps; undefined before the first. */
export function tokensPerSecond(view: RunView): number | undefined {
  const seconds = sum(view.recent.map((step) => step.seconds));
  return seconds > 0 ? sum(view.recent.map((step) => step.tokens)) / seconds : undefined;
}

/** Seconds the remaining steps will take at the speed of the newest ones; undefined before the first. */
export function secondsLeft(view: RunView): number | undefined {
  if (view.last === undefined || view.recent.length === 0) return undefined;
  const each = sum(view.recent.map((step) => step.seconds)) / view.recent.length;
  return each * Math.max(0, view.last.steps - view.last.step);
}

function append<T>(items: readonly T[], item: T, most: number): T[] {
  return [...items.slice(-(most - 1)), item];
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
