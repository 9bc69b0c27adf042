import type { DataRecord, Unusable } from '../records.js';

/** A shape that rows come in. One file has one schema, told by the keys of its first row. */
export interface Schema {
  readonly name: string;
  /** The keys, for people. */
  readonly keys: string;
  /** What its rows become. */
  readonly kind: DataRecord['kind'];
  /** Whether a row with these keys (those whose value is not null) has this shape. */
  matches(keys: ReadonlySet<string>, row: Readonly<Record<string, unknown>>): boolean;
  /** @throws RowProblem when the row does not fit. */
  read(row: Record<string, unknown>): DataRecord | Unusable;
}

export function hasAll(keys: ReadonlySet<string>, ...names: readonly string[]): boolean {
  return names.every((name) => keys.has(name));
}
