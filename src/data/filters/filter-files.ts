import type { Tokenizer } from '../../text/tokenizer.js';
import { Duplicates } from '../quality/duplicates.js';
import { HeldOut, type Leak } from '../quality/held-out.js';
import { Opinions } from '../quality/opinions.js';
import { type FileRecordsOptions, readFileRecords } from '../read-file-records.js';
import { type DataRecord, responsesOf } from '../records.js';
import { specialPattern } from '../special-tokens.js';
import { textFault } from '../text-fault.js';
import type { FilterConfig } from './config.js';
import { PortraitTable } from './portrait.js';
import { PromptGroups } from './prompt-groups.js';
import { rowCheck } from './row-check.js';
import type { FileRulings, RowPlace, Ruling } from './ruling.js';

export interface FilterOptions extends FileRecordsOptions {
  /** Whose control tokens are looked for. */
  readonly tokenizer?: Tokenizer | undefined;
  /** Files that are evaluated on, for leaks. */
  readonly heldOut?: readonly string[] | undefined;
  /** Whether rows with near prompts are to stay together in a split. */
  readonly grouped?: boolean | undefined;
}

/**
 * Says of each row of some files, which are one data set, whether a filter drops it and why. A function of the files in
 * their order and of the filters alone. A row has one reason: that of its text, then leaks, repetition, contradiction.
 * Repetition and contradiction are looked for among the rows that are left, and of rows that repeat each other the
 * first stays; of rows that contradict each other none does. Rows are read, not kept: memory grows by a few KiB a row.
 *
 * @throws OrpoError `file` or `data` when a file cannot be read
 */
export async function filterFiles(
  paths: readonly string[],
  filters: FilterConfig,
  options: FilterOptions = {},
): Promise<readonly FileRulings[]> {
  const heldOut = leaksWanted(filters, options) ? await readHeldOut(filters, options) : undefined;
  const check = rowCheck(filters, options.tokenizer && specialPattern(options.tokenizer));
  const duplicates =
    filters.duplicates && new Duplicates(filters.duplicates === 'near' ? filters.similarity : undefined);
  const opinions = filters.conflicts && new Opinions(filters.conflicts);
  const groups = options.grouped && filters.promptLeaks === 'near' ? new PromptGroups(filters.similarity) : undefined;
  const places: RowPlace[] = [];
  /** Where the rulings on each of these rows go; a file may be named twice. */
  const books: Map<number, Ruling>[] = [];
  const files = paths.map((path) => ({ path, dropped: new Map<number, Ruling>(), table: new PortraitTable() }));
  for (const { path, dropped, table } of files) {
    for await (const { row, record } of readFileRecords(path, options)) {
      table.add(row, record);
      const ruling = check(record) ?? leakOf(record, filters, heldOut);
      if (ruling !== undefined) {
        dropped.set(row, ruling);
        continue;
      }
      // a row that cannot be trained on stands for no other
      if (textFault(responsesOf(record)) !== undefined) continue;
      const id = places.push({ file: path, row }) - 1;
      books.push(dropped);
      const repetition = duplicates?.look(id, record);
      if (repetition !== undefined) {
        const reason = repetition.near ? 'near duplicate' : 'duplicate';
        dropped.set(row, { reason, ...because(places[repetition.of]) });
        continue;
      }
      opinions?.add(id, record);
      groups?.add({ file: path, row }, record.prompt);
    }
  }
  for (const [id, other] of opinions?.conflicts() ?? []) {
    const row = places[id]?.row;
    if (row !== undefined) books[id]?.set(row, { reason: 'conflict', ...because(places[other]) });
  }
  return files.map(({ path, dropped, table }) => ({
    path,
    dropped,
    groups: groups?.of(path) ?? new Map<number, string>(),
    filtered: { before: table.portrait(), after: table.portrait(dropped) },
  }));
}

function leaksWanted({ promptLeaks, responseLeaks }: FilterConfig, { heldOut }: FilterOptions): boolean {
  return heldOut !== undefined && (promptLeaks !== undefined || responseLeaks !== undefined);
}

/** The held-out rows, numbered by their place in `places`. */
interface HeldOutRows {
  readonly rows: HeldOut;
  readonly places: readonly RowPlace[];
}

async function readHeldOut(filters: FilterConfig, options: FilterOptions): Promise<HeldOutRows> {
  const near = filters.promptLeaks === 'near' || filters.responseLeaks === 'near';
  const rows = new HeldOut(near ? filters.similarity : undefined);
  const places: RowPlace[] = [];
  for (const path of options.heldOut ?? []) {
    for await (const { row, record } of readFileRecords(path, options))
      rows.add(places.push({ file: path, row }) - 1, record);
  }
  return { rows, places };
}

function leakOf(record: DataRecord, filters: FilterConfig, heldOut: HeldOutRows | undefined): Ruling | undefined {
  if (heldOut === undefined) return undefined;
  const { promptLeaks, responseLeaks } = filters;
  const counts = (leak: Leak | undefined, kind: 'exact' | 'near'): leak is Leak =>
    leak !== undefined && (kind === 'near' || !leak.near);
  const prompt = promptLeaks && heldOut.rows.promptLeak(record);
  if (promptLeaks && counts(prompt, promptLeaks)) {
    return { reason: 'held-out prompt', ...because(heldOut.places[prompt.of]) };
  }
  const response = responseLeaks && heldOut.rows.responseLeak(record);
  if (responseLeaks && counts(response, responseLeaks)) {
    return { reason: 'held-out response', ...because(heldOut.places[response.of]) };
  }
  return undefined;
}

function because(place: RowPlace | undefined): Pick<Ruling, 'because'> {
  return place === undefined ? {} : { because: place };
}
