/**
 * What a step loses without each operator of ours: in one process a step with all of them and one without follow each other on
 * the same rows, `--batches` of them in turn, their order turning over with each round. The last line has, of each part, the mean
 * difference as a share of the mean step with its standard error, and the bytes of tensors that the steps hold more at
 * their peak.
 */
import { parseArgs } from 'node:util';
import { memory, resetPeak } from '../../dist/torch/index.js';
import { watchOthers } from '../measure/quiet.mjs';
import { mean } from '../measure/statistics.mjs';
import { openTrainer, trainerOptions } from './open-trainer.mjs';

const { values } = parseArgs({
  options: {
    ...trainerOptions,
    parts: { type: 'string' },
    batches: { type: 'string', default: '6' },
    rounds: { type: 'string', default: '2' },
  },
});
const trainer = await openTrainer(values);
const batches = Array.from({ length: Number(values.batches) }, (_, at) => trainer.part(at, Number(values.batch)));
// memory is laid out and kernels are made
const peakWithAll = peakOf([]);
const others = watchOthers();
const parts = {};
for (const name of values.parts.split(',')) {
  const bytes = peakOf([name]) - peakWithAll;
  const rounds = Array.from({ length: Number(values.rounds) }, (_, round) =>
    batches.map((rows) => {
      const forms = round % 2 === 0 ? [[], [name]] : [[name], []];
      const times = forms.map((plain) => timed(rows, plain));
      if (round % 2 === 1) times.reverse();
      return { step: times[0], more: times[1] - times[0] };
    }),
  );
  const step = mean(rounds.flat().map(({ step }) => step));
  const more = mean(rounds.flat().map((pair) => pair.more));
  // batches differ in what they lose: only the differences between rounds of the same batch are errors
  const errors = batches.map((_, at) => varianceOf(rounds.map((pairs) => pairs[at].more)) / rounds.length);
  const error = Math.sqrt(mean(errors) / batches.length);
  parts[name] = { share: more / step, error: error / step, bytes };
}
console.log(JSON.stringify({ type: 'result', parts, other_cpu_share: others() }));

function timed(rows, plain) {
  const begun = performance.now();
  trainer.step(rows, plain);
  return performance.now() - begun;
}

/** The most that tensors hold in any of the steps. */
function peakOf(plain) {
  resetPeak();
  for (const rows of batches) trainer.step(rows, plain);
  return memory().peakBytes;
}

function varianceOf(list) {
  const centre = mean(list);
  return list.reduce((sum, value) => sum + (value - centre) ** 2, 0) / (list.length - 1);
}
