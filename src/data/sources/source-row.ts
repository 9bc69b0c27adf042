/** What is wrong with one row, before it is known whether that stops the run; `message` has no file and no row. */
export class RowProblem extends Error {
  readonly hint: string;

  constructor(message: string, hint: string) {
    super(message);
    this.name = 'RowProblem';
    this.hint = hint;
  }
}

/** A row as its file holds it, or why it could not be read. `row` counts from 1: lines, or elements of a json array. */
export type SourceRow =
  | { readonly row: number; readonly value: Record<string, unknown> }
  | { readonly row: number; readonly problem: RowProblem };

/** Longest line, array element or csv record in bytes. */
export const MAX_ROW_BYTES = 64 * 2 ** 20;
