import { OrpoError } from '../errors.js';
import { type DropReason, dropReasons, type RowCounts, reasonMeanings } from './accounting.js';
import type { Collection } from './collection.js';

/** @throws OrpoError `data` that says why most rows are gone, when there is no tree */
export function requireSome(
  { trees }: Pick<Collection, 'trees'>,
  files: readonly Pick<RowCounts, 'dropped'>[],
  path: string,
  purpose: string,
): void {
  if (trees.length > 0) return;
  const { reason, count } = commonestReason(files);
  throw new OrpoError(
    'data',
    `${path}: no row is left to ${purpose} on${count === 0 ? '' : `: ${reasonMeanings[reason]} (${count} rows)`}.`,
    'Look at the file with orpo inspect.',
  );
}

/** Why most of the dropped rows are gone; a count of 0 when none are. */
export function commonestReason(files: readonly Pick<RowCounts, 'dropped'>[]): {
  readonly reason: DropReason;
  readonly count: number;
} {
  return dropReasons
    .map((reason) => ({ reason, count: files.reduce((sum, { dropped }) => sum + (dropped[reason]?.count ?? 0), 0) }))
    .reduce((most, one) => (one.count > most.count ? one : most));
}
