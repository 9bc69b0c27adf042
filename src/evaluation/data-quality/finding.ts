import type { RowPlace } from '../../data/filters/ruling.js';

/** A row that a check found. */
export interface FoundRow {
  readonly row: number;
  /** The row that it repeats, contradicts or gives away. */
  readonly of?: RowPlace;
  /** What was found, in words. */
  readonly detail?: string;
}

/** The rows that a check found: how many, and the first of them, at most 5. */
export interface Finding {
  readonly count: number;
  readonly first: readonly FoundRow[];
}

const ROWS_NAMED = 5;

/** Counts rows and keeps the first. */
export class Finder {
  private count = 0;
  private readonly first: FoundRow[] = [];

  add(row: FoundRow): void {
    this.count++;
    if (this.first.length < ROWS_NAMED) this.first.push(row);
  }

  finding(): Finding {
    return { count: this.count, first: this.first };
  }
}
