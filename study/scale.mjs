import { SetupError } from '../scripts/setup.mjs';

/** How large the parts of a study are, from the smallest budget on. */
const SCALES = [
  { name: 'little', from: 0, steps: 12, batch: 4, heldOut: 32, answers: 24, samples: 3, seeds: [1, 2, 3], trials: 2 },
  { name: 'some', from: 90, steps: 40, batch: 8, heldOut: 64, answers: 48, samples: 5, seeds: [1, 2, 3], trials: 3 },
  {
    name: 'full',
    from: 360,
    steps: 120,
    batch: 8,
    heldOut: 128,
    answers: 160,
    samples: 5,
    seeds: [1, 2, 3],
    trials: 4,
  },
];

/** The largest scale that a budget such as `20m` or `8h` allows. */
export function scaleOf(budget) {
  const found = /^(\d+(?:\.\d+)?)(m|h)$/.exec(budget);
  if (found === null) throw new SetupError(`--budget ${budget} is no time.`, 'Write it as 20m or 8h.');
  const minutes = Number(found[1]) * (found[2] === 'h' ? 60 : 1);
  return { ...SCALES.findLast(({ from }) => minutes >= from), minutes };
}
