import { describe, expect, it } from 'vitest';
import { dot } from './dot.js';
import { shrunkStep } from './shrunk-step.js';

/** Numbers between -1 and 1, as a function of the seed. */
const waves = (seed: number, count: number): number[] =>
  Array.from({ length: count }, (_, at) => {
    const wave = Math.sin(seed * 12.9898 + at * 78.233) * 43758.5453;
    return 2 * (wave - Math.floor(wave)) - 1;
  });

/** A quadratic of `size` coefficients whose curvature is the sum of `rank` squares, the last of them a tiny one. */
function quadratic(seed: number, size: number, rank: number, tiny: number) {
  const factors = Array.from({ length: rank }, (_, at) => waves(seed + at * 3.7, size));
  const weight = (at: number): number => (at === rank - 1 ? tiny : 2);
  const curvature = Array.from({ length: size }, (_, a) =>
    Array.from({ length: size }, (_, b) =>
      factors.reduce((sum, factor, at) => sum + weight(at) * (factor[a] ?? 0) * (factor[b] ?? 0), 0),
    ),
  );
  return { gradient: waves(seed + 0.5, size).map((value) => 4 * value), curvature, w: waves(seed + 0.9, size) };
}

/** How far the sub-gradients of the penalised quadratic at `w + step` miss zero. */
function missed({ gradient, curvature, w }: ReturnType<typeof quadratic>, step: readonly number[]): number {
  const misses = step.map((move, a) => {
    const slope = (gradient[a] ?? 0) + dot(curvature[a] ?? [], step);
    const value = (w[a] ?? 0) + move;
    return Math.abs(value) < 1e-14 ? Math.max(0, Math.abs(slope) - 1) : Math.abs(slope + Math.sign(value));
  });
  return Math.max(...misses);
}

describe('the step of a penalised quadratic', () => {
  it.each([1, 2, 3, 4])('of %i coefficients ends where no direction descends', (size) => {
    for (let seed = 1; seed <= 200; seed++) {
      const problem = quadratic(seed, size, size + 1, 2);
      expect(missed(problem, shrunkStep(problem.gradient, problem.curvature, problem.w))).toBeLessThan(1e-9);
    }
  });

  it.each([
    ['nearly replace', 3, 1e-7],
    ['replace', 2, 2],
  ])('is exact where coefficients %s one another', (_, rank, tiny) => {
    for (let seed = 1; seed <= 50; seed++) {
      const problem = quadratic(seed, 3, rank, tiny);
      // a slope that the curvature can answer, as that of a loss is
      const gradient = problem.curvature.map((line) => 3 * dot(line, waves(seed, 3)));
      expect(missed({ ...problem, gradient }, shrunkStep(gradient, problem.curvature, problem.w))).toBeLessThan(1e-6);
    }
  });

  it('takes a coefficient that nothing depends on to zero', () => {
    expect(
      shrunkStep(
        [0, -3],
        [
          [0, 0],
          [0, 2],
        ],
        [0.7, 0],
      ),
    ).toEqual([-0.7, 1]);
  });
});
