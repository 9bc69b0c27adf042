import { nearest } from '../../errors.js';
import { RowProblem } from '../sources/source-row.js';

/** Keys the schemas read, to which columns of other names can be mapped. */
export const mappable = [
  'prompt',
  'chosen',
  'rejected',
  'completion',
  'messages',
  'conversations',
  'instruction',
  'input',
  'output',
  'system',
  'label',
  'responses',
  'scores',
  'text',
] as const;

/** Which column of the file stands for which key: `{ prompt: 'question' }`. */
export type ColumnMap = Readonly<Partial<Record<(typeof mappable)[number], string | undefined>>>;

/** The row under the names the schemas know. @throws RowProblem when a mapped column is missing. */
export function applyColumns(row: Record<string, unknown>, columns: ColumnMap | undefined): Record<string, unknown> {
  if (!columns) return row;
  const sources = new Set(Object.values(columns));
  const renamed = Object.fromEntries(Object.entries(row).filter(([key]) => !sources.has(key)));
  for (const key of mappable) {
    const source = columns[key];
    if (source === undefined) continue;
    if (!Object.hasOwn(row, source)) {
      const names = Object.keys(row);
      const near = nearest(source, names);
      const hint = near === undefined ? `The row has ${names.join(', ')}.` : `Did you mean ${near}?`;
      throw new RowProblem(`the column "${source}", mapped to ${key}, is missing.`, hint);
    }
    renamed[key] = row[source];
  }
  return renamed;
}
