const BARS = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'] as const;

/**
 * A line of bars, at most `width` of them, each the mean of its share of the values; the lowest and the highest bar are
 * the smallest and the largest mean. A gap stands where no value is finite.
 */
export function sparkline(values: readonly number[], width: number): string {
  const means = shrink(values, Math.max(0, Math.floor(width)));
  const finite = means.filter(Number.isFinite);
  const low = Math.min(...finite);
  const span = Math.max(...finite) - low;
  return means
    .map((mean) => {
      if (!Number.isFinite(mean)) return ' ';
      // equal values lie in the middle
      const height = span === 0 ? 3 : Math.round(((mean - low) / span) * (BARS.length - 1));
      return BARS[height] ?? ' ';
    })
    .join('');
}

/** Means of `width` stretches of equal length; the values themselves when they are few enough. */
function shrink(values: readonly number[], width: number): number[] {
  if (values.length <= width) return [...values];
  return Array.from({ length: width }, (_, i) => {
    const start = Math.floor((i * values.length) / width);
    const end = Math.floor(((i + 1) * values.length) / width);
    const finite = values.slice(start, end).filter(Number.isFinite);
    return finite.length === 0 ? Number.NaN : finite.reduce((sum, value) => sum + value, 0) / finite.length;
  });
}
