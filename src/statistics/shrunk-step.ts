import { dot } from './dot.js';
import { invertMatrix } from './invert-matrix.js';

/** How far a slope may pass the penalty's by rounding. */
const ROUNDING = 1e-12;
/** How far a solution may miss its system: of one that is nearly singular there is none. */
const MISS = 1e-7;

/**
 * The step to the least of a quadratic plus |w + step|₁. Whatever signs the coefficients have there, those that are not
 * zero solve a linear system: the signs of `w` are tried first, then all others. That is exact and takes no iterations, in
 * which coefficients that nearly replace one another would creep, but up to 3 ^ size systems: for a few coefficients.
 *
 * @param gradient of the quadratic at `w`
 * @param curvature its second derivatives
 */
export function shrunkStep(
  gradient: readonly number[],
  curvature: readonly (readonly number[])[],
  w: readonly number[],
): number[] {
  // the quadratic's slope where all coefficients are zero
  const slope = gradient.map((g, a) => g - dot(curvature[a] ?? [], w));
  const to = (found: readonly number[]): number[] => found.map((value, a) => value - (w[a] ?? 0));
  const near = leastWithSigns(w.map(Math.sign), slope, curvature);
  if (near !== undefined && isLeast(near, slope, curvature)) return to(near);
  let best = w.map(() => 0);
  let least = 0;
  for (const signs of signsOf(w.length)) {
    const found = leastWithSigns(signs, slope, curvature);
    if (found === undefined) continue;
    const value = found.reduce(
      (sum, one, a) => sum + one * ((slope[a] ?? 0) + dot(curvature[a] ?? [], found) / 2) + Math.abs(one),
      0,
    );
    if (value < least) [best, least] = [found, value];
  }
  return to(best);
}

/** Where the quadratic and a penalty of these signs are least; undefined where that has other signs or is nowhere. */
function leastWithSigns(
  signs: readonly number[],
  slope: readonly number[],
  curvature: readonly (readonly number[])[],
): number[] | undefined {
  const active = signs.flatMap((sign, a) => (sign === 0 ? [] : [a]));
  const inverse = invertMatrix(active.map((a) => active.map((b) => curvature[a]?.[b] ?? 0)));
  if (inverse === undefined) return undefined;
  const right = active.map((a) => -(slope[a] ?? 0) - (signs[a] ?? 0));
  const found = signs.map(() => 0);
  for (const [at, a] of active.entries()) found[a] = dot(inverse[at] ?? [], right);
  const holds = found.every((value, a) => {
    const [sign = 0, own = 0] = [signs[a], slope[a]];
    const miss = sign === 0 ? 0 : own + dot(curvature[a] ?? [], found) + sign;
    return Math.abs(miss) <= MISS * (1 + Math.abs(own)) && value * sign >= 0;
  });
  return holds ? found : undefined;
}

/** Whether no coefficient that is zero would gain by leaving it: its slope is within the penalty's. */
function isLeast(
  found: readonly number[],
  slope: readonly number[],
  curvature: readonly (readonly number[])[],
): boolean {
  return found.every(
    (value, a) => value !== 0 || Math.abs((slope[a] ?? 0) + dot(curvature[a] ?? [], found)) <= 1 + ROUNDING,
  );
}

/** All lists of -1, 0 and 1 of a length. */
function signsOf(length: number): number[][] {
  return length === 0 ? [[]] : signsOf(length - 1).flatMap((rest) => [-1, 0, 1].map((sign) => [...rest, sign]));
}
