/**
 * Works on items with at most `most` of them under way, and gives the results in the order of the items. An error of one
 * is thrown when its turn comes. However the generator ends, what is still under way is aborted and waited for.
 */
export async function* inOrder<Item, Result>(
  items: AsyncIterable<Item>,
  most: number,
  work: (item: Item, signal: AbortSignal) => Promise<Result>,
): AsyncGenerator<Result> {
  const running: Promise<Result>[] = [];
  const stop = new AbortController();
  try {
    for await (const item of items) {
      const begun = work(item, stop.signal);
      // its error is met when its turn comes, or not at all
      begun.catch(() => {});
      running.push(begun);
      if (running.length < most) continue;
      const next = running.shift();
      if (next !== undefined) yield await next;
    }
    for (let next = running.shift(); next !== undefined; next = running.shift()) yield await next;
  } finally {
    stop.abort();
    await Promise.allSettled(running);
  }
}

/** Items in groups of `size`, the last one smaller. */
export async function* grouped<Item>(items: AsyncIterable<Item>, size: number): AsyncGenerator<Item[]> {
  let group: Item[] = [];
  for await (const item of items) {
    group.push(item);
    if (group.length < size) continue;
    yield group;
    group = [];
  }
  if (group.length > 0) yield group;
}

/** Leaves out the first `done` rows; ends after `limit` rows, those left out included. */
export async function* skipping<Item>(
  rows: AsyncIterable<Item>,
  done: number,
  limit: number | undefined,
): AsyncGenerator<Item> {
  let number = 0;
  for await (const row of rows) {
    if (limit !== undefined && number >= limit) return;
    if (number++ >= done) yield row;
  }
}
