import { OrpoError } from '../../errors.js';

/** A text of a row. @throws OrpoError `data` naming file, row and key where it is absent or something else */
export function textOf(value: Readonly<Record<string, unknown>>, key: string, path: string, row: number): string {
  const found = value[key];
  if (typeof found === 'string') return found;
  const what =
    found === undefined ? `has no ${key}` : found === null ? `has null for ${key}` : `has no text for ${key}`;
  throw new OrpoError('data', `${path} row ${row} ${what}.`, `Give ${key} as a text.`);
}
