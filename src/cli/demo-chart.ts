export interface ChartOptions {
  readonly title: string;
  /** Characters of a line, labels included. */
  readonly width: number;
  /** Lines of the plot, without title and axis. */
  readonly height?: number;
  /** What is counted along the bottom. */
  readonly unit?: string;
}

const LABEL = 8;
const DOTS = ['⣀', '⠤', '⠒', '⠉'] as const;

/**
 * A curve as text: one column of the terminal for each value, or for the mean of neighbours when there are more values
 * than columns; four levels a line. Values that are not finite leave a gap. Empty when none is finite.
 */
export function chart(values: readonly number[], { title, width, height = 5, unit = 'step' }: ChartOptions): string {
  const points = squeeze(values, Math.max(1, width - LABEL - 2));
  const finite = points.filter(Number.isFinite);
  if (finite.length === 0) return '';
  const low = Math.min(...finite);
  const high = Math.max(...finite);
  const levels = height * DOTS.length;
  const rows = Array.from({ length: height }, () => Array.from(points, () => ' '));
  points.forEach((value, x) => {
    if (!Number.isFinite(value)) return;
    const share = high === low ? 0.5 : (value - low) / (high - low);
    const level = Math.min(levels - 1, Math.floor(share * levels));
    const row = rows[height - 1 - Math.floor(level / DOTS.length)];
    if (row !== undefined) row[x] = DOTS[level % DOTS.length] ?? ' ';
  });
  const lines = rows.map((row, y) => `${label(y, height, low, high)} │${row.join('')}`.trimEnd());
  const last = `${unit} ${values.length}`;
  const axis = `${' '.repeat(LABEL)} └${'─'.repeat(points.length)}`;
  const foot = `${' '.repeat(LABEL + 2)}1${last.padStart(Math.max(points.length - 1, last.length + 1))}`;
  return [title, ...lines, axis, foot].join('\n');
}

function label(row: number, height: number, low: number, high: number): string {
  const value = row === 0 ? high : row === height - 1 ? low : undefined;
  return (value === undefined ? '' : value.toFixed(2)).padStart(LABEL);
}

/** At most `count` values: means over stretches of equal length. */
function squeeze(values: readonly number[], count: number): number[] {
  if (values.length <= count) return [...values];
  return Array.from({ length: count }, (_, i) => {
    const part = values.slice(Math.floor((i * values.length) / count), Math.floor(((i + 1) * values.length) / count));
    return part.reduce((sum, value) => sum + value, 0) / part.length;
  });
}
