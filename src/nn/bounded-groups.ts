/** Cuts a list into stretches of at most `limit` together by `size`; an item beyond it stands alone. */
export function boundedGroups<T>(items: readonly T[], size: (item: T) => number, limit: number): T[][] {
  const groups: T[][] = [];
  let filled = Number.POSITIVE_INFINITY;
  for (const item of items) {
    const own = size(item);
    const last = groups.at(-1);
    if (last === undefined || filled + own > limit) {
      groups.push([item]);
      filled = own;
    } else {
      last.push(item);
      filled += own;
    }
  }
  return groups;
}
