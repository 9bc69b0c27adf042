/** Numbers to write along an axis, evenly spaced, and the range they span. */
export interface Axis {
  readonly low: number;
  readonly high: number;
  readonly ticks: readonly number[];
  /** Writes a tick as precisely as the distance of its neighbours asks for. */
  label(tick: number): string;
}

/** An axis of about `count` round steps (1, 2 or 5 times a power of ten) that holds all of `low` to `high`. */
export function roundAxis(low: number, high: number, count: number): Axis {
  // a single value stands in the middle
  const margin = high > low ? 0 : Math.abs(low) / 2 || 1;
  const step = roundStep((high - low + 2 * margin) / count);
  const first = Math.floor(clean((low - margin) / step));
  const last = Math.ceil(clean((high + margin) / step));
  const ticks = Array.from({ length: last - first + 1 }, (_, i) => clean((first + i) * step));
  return { low: ticks[0] ?? low, high: ticks.at(-1) ?? high, ticks, label: labelsOf(step) };
}

/** The ends of the axis and round numbers between them that leave room for their labels: for whole numbers such as updates. */
export function countAxis(low: number, high: number, count: number): Axis {
  const step = Math.max(1, roundStep((high - low) / count));
  const first = Math.ceil(low / step);
  const steps = Array.from({ length: Math.floor(high / step) - first + 1 }, (_, i) => (first + i) * step);
  const between = steps.filter((tick) => tick - low >= 0.6 * step && high - tick >= 0.6 * step);
  const ticks = high > low ? [low, ...between, high] : [low];
  return { low, high, ticks, label: (tick) => tick.toLocaleString('en-US') };
}

/**
 * A logarithmic axis: `low`, `high` and `ticks` are powers to ten, their labels the numbers themselves.
 *
 * @param low above zero, as `high`
 */
export function logAxis(low: number, high: number, count: number): Axis {
  const from = Math.log10(low);
  const to = Math.log10(high);
  // a value alone has its decade, and no dot touches a border
  const margin = to > from ? (to - from) * 0.12 : 0.5;
  const [least, most] = [from - margin, to + margin];
  const steps = [[1], [1, 3], [1, 2, 5], [1, 1.5, 2, 3, 4, 5, 6, 8]].map((factors) => between(factors, least, most));
  const ticks = steps.find(({ length }) => length >= count) ?? steps.at(-1) ?? [];
  return { low: least, high: most, ticks: spread(ticks, 2 * count), label: powerLabel };
}

/** Logarithms of round numbers from 10^least to 10^most. */
function between(factors: readonly number[], least: number, most: number): number[] {
  const decades = Array.from({ length: Math.ceil(most) - Math.floor(least) + 1 }, (_, i) => Math.floor(least) + i);
  return decades
    .flatMap((decade) => factors.map((factor) => decade + Math.log10(factor)))
    .filter((tick) => tick >= least && tick <= most);
}

/** Every so many of the ticks, so that no more than `most` are left. */
function spread(ticks: readonly number[], most: number): number[] {
  const every = Math.ceil(ticks.length / most);
  return ticks.filter((_, i) => i % every === 0);
}

function powerLabel(power: number): string {
  const value = clean(10 ** power);
  if (power >= -3 && power < 6)
    return Number(value.toPrecision(2)).toLocaleString('en-US', { maximumFractionDigits: 4 });
  return value.toExponential(1).replace('.0e', 'e').replace('e+', 'e').replaceAll('-', '−');
}

function roundStep(least: number): number {
  if (!(least > 0)) return 1;
  const power = 10 ** Math.floor(Math.log10(least));
  const factor = [1, 2, 5].find((candidate) => candidate * power >= least * (1 - 1e-9)) ?? 10;
  return factor * power;
}

function labelsOf(step: number): (tick: number) => string {
  if (step < 1e-3 || step >= 1e5)
    return (tick) =>
      tick === 0
        ? '0'
        : tick
            .toExponential(2)
            .replace(/\.?0+e/, 'e')
            .replace('e+', 'e')
            .replaceAll('-', '−');
  const decimals = Math.max(0, -Math.floor(Math.log10(step) + 1e-9));
  return (tick) => tick.toFixed(decimals).replace('-', '−');
}

/** Without the last digits of binary fractions: 0.30000000000000004 is 0.3. */
function clean(value: number): number {
  return Number(value.toPrecision(12));
}
