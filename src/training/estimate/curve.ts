/** A measured point: so much work took so much. */
export interface Point {
  readonly x: number;
  readonly y: number;
}

/** Straight lines between points, the outer ones going on; a single point is a proportion. Never below zero. */
export function curveThrough(points: readonly Point[]): (x: number) => number {
  const sorted = [...points].sort((a, b) => a.x - b.x).filter(({ x }, i, all) => i === 0 || x > (all[i - 1]?.x ?? x));
  const [first] = sorted;
  if (first === undefined) return () => 0;
  if (sorted.length === 1) return (x) => (first.x === 0 ? first.y : (first.y * x) / first.x);
  return (x) => {
    const above = sorted.findIndex((point) => point.x >= x);
    const at = above < 0 ? sorted.length - 1 : Math.max(1, above);
    const [from = first, to = first] = [sorted[at - 1], sorted[at]];
    return Math.max(0, from.y + ((to.y - from.y) * (x - from.x)) / (to.x - from.x));
  };
}

/**
 * The straight line that lies closest to points, by shares of their heights; through zero where it would begin below, or
 * where all points lie at one place. Never below zero.
 */
export function lineThrough(points: readonly Point[]): (x: number) => number {
  const used = points.filter(({ x, y }) => x > 0 && y > 0);
  // weighted by 1 / y²
  const sum = (of: (point: Point) => number): number =>
    used.reduce((total, point) => total + of(point) / point.y ** 2, 0);
  const [w, x, y] = [sum(() => 1), sum((p) => p.x), sum((p) => p.y)];
  const [xx, xy] = [sum((p) => p.x * p.x), sum((p) => p.x * p.y)];
  const spread = w * xx - x * x;
  const slope = spread > 1e-3 * w * xx ? (w * xy - x * y) / spread : 0;
  const base = (y - slope * x) / w;
  if (slope > 0 && base >= 0) return (at) => base + slope * at;
  return xx > 0 ? (at) => (xy / xx) * at : () => 0;
}

/** What `layers` layers take, from what two smaller numbers of them took. */
export function extrapolated(few: Point, more: Point, layers: number): number {
  if (few.x === more.x) return more.y;
  return more.y + ((more.y - few.y) * (layers - more.x)) / (more.x - few.x);
}
