import { describe, expect, it } from 'vitest';
import type { BranchScores } from '../../src/objectives/objective.js';
import { orpo } from '../../src/objectives/orpo.js';
import { backward, fromNumbers, gradOf, scope, toNumbers, zeros } from '../../src/torch/index.js';
import { goldenFolders, readGolden, skipWhatIsAbsent } from './golden-folder.js';

type Row = readonly [
  chosen: number,
  rejected: number,
  logOdds: number,
  loss: number,
  dChosen: number,
  dRejected: number,
];

/** The odds-ratio term alone, for pairs of one token each: the mean log-prob is the log-prob. */
function scores(sums: BranchScores['sums'], pairs: number): BranchScores {
  return {
    sums,
    tokens: sums.detach().onesLike(),
    trunkSums: zeros([pairs]),
    step: { trees: 1, nllTokens: 1, responseTokens: 1, branches: 2, liked: 0 },
  };
}

const FLOAT32_MAX = 3.4028235e38;
/** Some of float32's smallest normal numbers: where factors are denormal, products have no digits left. */
const UNDERFLOW = 1e-37;

/** Relative difference; a value float32 cannot hold counts as right when ours is not a number that contradicts it. */
function relative(ours: number, exact: number): number {
  if (Math.abs(exact) > FLOAT32_MAX) return Math.abs(ours) > 1e37 ? 0 : 1;
  if (Math.abs(ours - exact) < UNDERFLOW) return 0;
  return Math.abs(ours - exact) / Math.abs(exact);
}

skipWhatIsAbsent('odds_ratio.json');
describe.each(goldenFolders('odds_ratio.json'))('$name odds_ratio.json', ({ path }) => {
  const { rows } = readGolden<{ rows: readonly Row[] }>(path, 'odds_ratio.json');

  it(`equals the 60-digit values on ${rows.length} pairs in float32, gradients included, and is finite everywhere`, () => {
    const off: string[] = [];
    scope(() => {
      const sums = fromNumbers(
        rows.flatMap((row) => row.slice(0, 2)),
        { shape: [rows.length, 2] },
      ).setRequiresGrad(true);
      const lambda = 1;
      const { loss, metrics } = orpo.loss(scores(sums, rows.length), undefined, { lambda, beta: 1, nll: 'full' });
      const likelihood = metrics.nll_loss;
      if (likelihood === undefined) throw new Error('orpo reports no nll_loss');
      backward(loss.sub(likelihood));
      const gradients = toNumbers(gradOf(sums) ?? zeros([0]));
      rows.forEach(([chosen, rejected, , exactLoss, dChosen, dRejected], i) => {
        const one = orpo.loss(scores(fromNumbers([chosen, rejected], { shape: [1, 2] }), 1), undefined, {
          lambda,
          beta: 1,
          nll: 'full',
        });
        const ours = -(one.metrics.log_odds_ratio?.item() ?? Number.NaN);
        const [gChosen = Number.NaN, gRejected = Number.NaN] = gradients.slice(2 * i, 2 * i + 2);
        for (const [what, mine, exact] of [
          ['loss', ours, exactLoss],
          ['d chosen', gChosen, dChosen],
          ['d rejected', gRejected, dRejected],
        ] as const) {
          if (!Number.isFinite(mine) || relative(mine, exact) > 2e-5)
            off.push(`${chosen} ${rejected} ${what}: ${mine} for ${exact}`);
        }
      });
    });
    expect(off).toEqual([]);
  });
});
