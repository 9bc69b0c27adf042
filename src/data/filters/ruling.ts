import type { DropReason } from '../accounting.js';
import type { Filtered } from './filtered.js';

/** A row of a file. */
export interface RowPlace {
  readonly file: string;
  readonly row: number;
}

/** Why a filter drops a row. */
export interface Ruling {
  readonly reason: DropReason;
  /** The row that this one repeats, contradicts or leaks. */
  readonly because?: RowPlace;
  /** What was found, in words. */
  readonly detail?: string;
}

/** What the filters say of one file. */
export interface FileRulings {
  readonly path: string;
  /** The rows to drop. */
  readonly dropped: ReadonlyMap<number, Ruling>;
  /** For rows whose prompt is near to an earlier one: what stands for both, so that no split parts them. */
  readonly groups: ReadonlyMap<number, string>;
  readonly filtered: Filtered;
}
