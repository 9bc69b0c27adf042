import { beforeAll, describe, expect, it } from 'vitest';
import { ensureEngine } from '../torch/engine/ensure-engine.js';
import { fromNumbers, scope } from '../torch/index.js';
import type { BranchScores } from './objective.js';
import { reward } from './reward.js';
import { type MadeScores, made } from './testing/scores.js';

beforeAll(async () => {
  await ensureEngine({ install: false });
});

interface Said {
  readonly confidence?: readonly number[];
  readonly margins?: readonly number[];
}

function metricsOf(scores: MadeScores, settings: object = {}, { confidence, margins }: Said = {}) {
  return scope(() => {
    const policy: BranchScores = {
      ...made({ dtype: 'float64', ...scores }),
      ...(confidence === undefined ? {} : { confidence: fromNumbers(confidence, { dtype: 'float64' }) }),
      ...(margins === undefined ? {} : { margins: fromNumbers(margins, { dtype: 'float64' }) }),
    };
    const { metrics } = reward.bind(settings).loss(policy, undefined);
    return Object.fromEntries(Object.entries(metrics).map(([name, value]) => [name, value.item()]));
  });
}

const lossOf = (...given: Parameters<typeof metricsOf>): number => metricsOf(...given).loss ?? Number.NaN;
const softplus = (x: number): number => Math.log1p(Math.exp(x));

describe('the loss of comparisons', () => {
  it('is ln 2 at equal rewards and .474077 for 1.2 against .7', () => {
    expect(lossOf({ sums: [[3, 3]] })).toBeCloseTo(Math.LN2, 12);
    expect(lossOf({ sums: [[1.2, 0.7]] })).toBeCloseTo(0.474077, 6);
  });

  it('knows differences only, unless rewards are to lie around 0', () => {
    const pairs = {
      sums: [
        [1.2, 0.7],
        [-3, 2],
      ],
    };
    const raised = { sums: pairs.sums.map((row) => row.map((value) => value + 40)) };
    expect(lossOf(raised)).toBeCloseTo(lossOf(pairs), 12);
    expect(lossOf(pairs, { center: 0.1 })).toBeCloseTo(lossOf(pairs) + 0.1 * ((1.9 ** 2 + 1) / 2), 12);
    expect(lossOf(raised, { center: 0.1 })).toBeGreaterThan(lossOf(pairs, { center: 0.1 }) + 100);
  });

  it('takes a soft label as a mixture of both outcomes', () => {
    const pairs = {
      sums: [
        [1.2, 0.7],
        [1.2, 0.7],
        [1.2, 0.7],
      ],
    };
    const exact = (p: number) => p * softplus(-0.5) + (1 - p) * softplus(0.5);
    const confidence = [1, 0.8, 0];
    const sum = confidence.reduce((total, p) => total + exact(p), 0);
    expect(lossOf(pairs, {}, { confidence })).toBeCloseTo(sum / 3, 12);
    // the minimum lies where σ of the difference is the label
    const at = (difference: number) => lossOf({ sums: [[difference, 0]] }, {}, { confidence: [0.8] });
    const best = Math.log(0.8 / 0.2);
    expect(at(best)).toBeLessThan(Math.min(at(best - 0.01), at(best + 0.01)));
  });

  it('asks for the margins that rows give, times their factor', () => {
    const pairs = {
      sums: [
        [1.2, 0.7],
        [2, 0],
      ],
    };
    const margins = [0.25, 1];
    const exact = (factor: number) => (softplus(-(0.5 - 0.25 * factor)) + softplus(-(2 - factor))) / 2;
    expect(lossOf(pairs, {}, { margins })).toBeCloseTo(exact(1), 12);
    expect(lossOf(pairs, { margin: 2 }, { margins })).toBeCloseTo(exact(2), 12);
    expect(lossOf(pairs, { margin: 0 }, { margins })).toBeCloseTo(lossOf(pairs), 12);
  });

  it('weighs prompts alike, however many responses they have; ties and missing ones are no comparisons', () => {
    const ranking = { sums: [[1, 0.5, -1]], grades: [[3, 2, 1]] };
    const ofRanking = (softplus(-0.5) + softplus(-2) + softplus(-1.5)) / 3;
    expect(lossOf(ranking)).toBeCloseTo(ofRanking, 7);
    // ranked the other way round in the row: the grades decide
    expect(lossOf({ sums: [[-1, 0.5, 1]], grades: [[1, 2, 3]] })).toBeCloseTo(ofRanking, 7);
    const together = {
      sums: [
        [1, 0.5, -1],
        [1.2, 0.7, 99],
      ],
      grades: [
        [3, 2, 1],
        [1, 0, Number.NaN],
      ],
    };
    expect(lossOf(together)).toBeCloseTo((ofRanking + softplus(-0.5)) / 2, 7);
    const tie = { sums: [[1, 0.5, -1]], grades: [[2, 2, 1]] };
    expect(lossOf(tie)).toBeCloseTo((softplus(-2) + softplus(-1.5)) / 2, 7);
    expect(lossOf({ sums: [[1, 0.5]], grades: [[2, 2]] })).toBe(0);
  });

  it('says how often and by how much it is right', () => {
    const metrics = metricsOf({
      sums: [
        [2, 1],
        [0, 3],
        [1, 1],
        [5, 1],
      ],
    });
    expect(metrics['rewards/accuracies']).toBeCloseTo(0.5, 9);
    expect(metrics['rewards/margins']).toBeCloseTo(0.5, 9);
    expect(metrics['rewards/chosen']).toBeCloseTo(2, 9);
    expect(metrics['rewards/rejected']).toBeCloseTo(1.5, 9);
  });

  it('stays finite for rewards far apart', () => {
    expect(lossOf({ sums: [[-1e6, 1e6]], dtype: 'float32' })).toBeCloseTo(2e6, -1);
    expect(lossOf({ sums: [[1e6, -1e6]], dtype: 'float32' })).toBe(0);
  });
});
