import { catalogue } from '../../objectives/catalogue.js';

/** The settings of a loss that say how strongly preferences or rewards pull, those that come first where there are two. */
const STRENGTHS = ['kl', 'lambda', 'beta', 'tau', 'gamma', 'delta'];

/** Each value is about three times the one before. */
const STEP = 3;
/** A weight that is off by default is tried off and at these values, the weights of arXiv 2402.03300 and about. */
const FROM_ZERO = 0.04;

/** What is tried for one method: values of its learning rate and of settings of its loss. */
export interface Axis {
  /** `learningRate`, or a setting of the loss. */
  readonly key: string;
  readonly values: readonly number[];
}

/** One choice of all that is searched. */
export interface Point {
  readonly learningRate: number;
  /** Settings of the loss. */
  readonly strength: Readonly<Record<string, number>>;
}

/** The setting that is searched for a method when nothing is said, with its default; undefined where it has none. */
export function strengthOf(method: string): { readonly key: string; readonly value: number } | undefined {
  const settings = catalogue().find(({ name }) => name === method)?.settings ?? [];
  for (const key of STRENGTHS) {
    const value = settings.find((setting) => setting.key === key)?.default;
    if (typeof value === 'number') return { key, value };
  }
  return undefined;
}

/** `count` values about `centre`, each about three times the one before, to two digits. */
export function around(centre: number, count: number): number[] {
  if (centre === 0) return [0, ...Array.from({ length: count - 1 }, (_, i) => tidy(FROM_ZERO * STEP ** i))];
  return spread(centre, count, STEP);
}

/** `count` values from `low` to `high`, evenly spaced by their logarithm, to two digits. */
export function between(low: number, high: number, count: number): number[] {
  if (count === 1) return [tidy(Math.sqrt(low * high))];
  const step = (high / low) ** (1 / (count - 1));
  return Array.from({ length: count }, (_, i) => (i === 0 ? low : i === count - 1 ? high : tidy(low * step ** i)));
}

/** All choices of the axes, the last axis running fastest. */
export function pointsOf(axes: readonly Axis[]): Point[] {
  let points: Point[] = [{ learningRate: Number.NaN, strength: {} }];
  for (const { key, values } of axes)
    points = points.flatMap((point) =>
      values.map((value) =>
        key === 'learningRate'
          ? { ...point, learningRate: value }
          : { ...point, strength: { ...point.strength, [key]: value } },
      ),
    );
  return points;
}

/** A choice in words, such as `lr1e-5-lambda0.1`; also a part of a folder's name. */
export function pointName({ learningRate, strength }: Point): string {
  return [`lr${learningRate}`, ...Object.entries(strength).map(([key, value]) => `${key}${value}`)].join('-');
}

function spread(centre: number, count: number, step: number): number[] {
  const first = Math.floor((count - 1) / 2);
  return Array.from({ length: count }, (_, i) => (i === first ? centre : tidy(centre * step ** (i - first))));
}

function tidy(value: number): number {
  return Number(value.toPrecision(2));
}
