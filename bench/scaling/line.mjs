/**
 * The line y = base + slope x, neither below zero, that lies nearest to points `[x, y]` by the squares of relative distances;
 * `furthest` is the largest of those distances.
 */
export function lineThrough(points) {
  const sums = { w: 0, x: 0, xx: 0, y: 0, xy: 0 };
  for (const [x, y] of points) {
    const weight = 1 / y ** 2;
    sums.w += weight;
    sums.x += weight * x;
    sums.xx += weight * x * x;
    sums.y += weight * y;
    sums.xy += weight * x * y;
  }
  const free = {
    slope: (sums.w * sums.xy - sums.x * sums.y) / (sums.w * sums.xx - sums.x ** 2),
    base: (sums.xx * sums.y - sums.x * sums.xy) / (sums.w * sums.xx - sums.x ** 2),
  };
  const through = { slope: sums.xy / sums.xx, base: 0 };
  const flat = { slope: 0, base: sums.y / sums.w };
  const { slope, base } = free.base < 0 ? through : free.slope < 0 ? flat : free;
  const furthest = Math.max(...points.map(([x, y]) => Math.abs((base + slope * x) / y - 1)));
  return { slope, base, furthest };
}
