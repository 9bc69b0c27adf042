import { NearIndex } from './near-index.js';

/** Groups texts: two that are near are in one group, and so are two that are near to a third. */
export class NearGroups {
  private readonly index: NearIndex;
  private readonly parents: number[] = [];

  constructor(threshold: number) {
    this.index = new NearIndex(threshold);
  }

  /** Adds a text, numbered from 0. */
  add(text: string): void {
    const prepared = this.index.prepare([text]);
    const near = this.index.near(prepared);
    const item = this.index.add(prepared);
    this.parents.push(item);
    for (const other of near) this.join(item, other);
  }

  /** The first text of the group that a text is in. */
  leader(item: number): number {
    let at = item;
    while (this.parents[at] !== at && this.parents[at] !== undefined) {
      const above = this.parents[at] ?? at;
      this.parents[at] = this.parents[above] ?? above;
      at = above;
    }
    return at;
  }

  private join(a: number, b: number): void {
    const [first, second] = [this.leader(a), this.leader(b)].sort((x, y) => x - y);
    if (first !== undefined && second !== undefined) this.parents[second] = first;
  }
}
