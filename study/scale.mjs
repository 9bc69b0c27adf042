import { SetupError } from '../scripts/setup.mjs';

/**
 * How large the parts of a study are, from the smallest budget on. `updates` are those of a run (a system's, where it has
 * stages), `batch` pairs an update. Models of fewer than ten million weights make more updates of the same kind.
 */
const SCALES = [
  {
    name: 'little',
    from: 0,
    pretraining: 60,
    dialogues: { heldOut: 16 },
    minimalPairs: { heldOut: 160 },
    logProbs: { updates: 6, batch: 4, seeds: [1] },
    systems: { updates: 4, batch: 4, prompts: 8, seeds: [1] },
    diversity: { prompts: 6, samples: 2 },
    strength: { updates: 6, batch: 4, evaluations: 1, seeds: [1] },
    cost: { updates: [8], batch: 4, demonstrations: 16 },
    data: { amounts: [16, 64], noise: [0.4], seeds: [1] },
    answers: { amounts: [24], prompts: 8, judge: 8 },
    broad: { updates: 4, strengths: 1, train: 200, validation: 80, seeds: [1] },
  },
  {
    name: 'some',
    from: 120,
    pretraining: 600,
    dialogues: { heldOut: 64 },
    minimalPairs: { heldOut: 640 },
    logProbs: { updates: 48, batch: 4, seeds: [1] },
    systems: { updates: 24, batch: 8, prompts: 48, seeds: [1] },
    diversity: { prompts: 24, samples: 5 },
    strength: { updates: 40, batch: 4, evaluations: 4, seeds: [1] },
    cost: { updates: [24, 48], batch: 4, demonstrations: 96 },
    data: { amounts: [50, 200, 800], noise: [0.1, 0.2, 0.4], seeds: [1] },
    answers: { amounts: [25, 50, 108], prompts: 48, judge: 54 },
    broad: { updates: 20, strengths: 2, train: 800, validation: 320, seeds: [1, 2, 3, 4, 5] },
  },
  {
    name: 'full',
    from: 480,
    pretraining: 2400,
    dialogues: { heldOut: 128 },
    minimalPairs: { heldOut: 640 },
    logProbs: { updates: 160, batch: 8, seeds: [1] },
    systems: { updates: 60, batch: 8, prompts: 128, seeds: [1, 2, 3] },
    diversity: { prompts: 48, samples: 5 },
    strength: { updates: 96, batch: 4, evaluations: 6, seeds: [1, 2, 3] },
    cost: { updates: [48, 96, 192], batch: 4, demonstrations: 216 },
    data: { amounts: [50, 200, 800, 3200], noise: [0.1, 0.2, 0.4], seeds: [1, 2, 3] },
    answers: { amounts: [25, 50, 108], prompts: 48, judge: 54 },
    broad: { updates: 40, strengths: 2, train: 3200, validation: 320, seeds: [1, 2, 3, 4, 5] },
  },
];

/** The largest scale that a budget such as `20m` or `8h` allows. */
export function scaleOf(budget) {
  const found = /^(\d+(?:\.\d+)?)(m|h)$/.exec(budget);
  if (found === null) throw new SetupError(`--budget ${budget} is no time.`, 'Write it as 20m or 8h.');
  const minutes = Number(found[1]) * (found[2] === 'h' ? 60 : 1);
  return { ...SCALES.findLast(({ from }) => minutes >= from), minutes };
}
