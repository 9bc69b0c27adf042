import { OrpoError } from '../errors.js';
import type { ChatTemplate } from '../text/chat-template.js';
import type { Tokenizer } from '../text/tokenizer.js';
import { RowAccount, type RowCounts } from './accounting.js';
import { dataConfig } from './config.js';
import { growSettings } from './load-file.js';
import { readRecords } from './read-records.js';
import type { ColumnMap } from './schemas/columns.js';
import type { Schema } from './schemas/schema.js';
import { openSource, type SourceFormat } from './sources/open-source.js';
import { Survey, type SurveyResult } from './survey.js';

export interface InspectOptions {
  /** With a tokenizer, lengths are in tokens too, and cutting is known. */
  readonly tokenizer?: Tokenizer | undefined;
  readonly template?: ChatTemplate | undefined;
  readonly bos?: boolean | undefined;
  readonly maxLength?: number | undefined;
  readonly truncation?: 'trunk' | 'drop' | undefined;
  readonly columns?: ColumnMap | undefined;
  /** Rows looked at; default all. */
  readonly limit?: number | undefined;
  /** Rows shown as examples; default 3. */
  readonly examples?: number | undefined;
}

export interface Inspection extends Omit<RowCounts, 'used'>, SurveyResult {
  readonly path: string;
  readonly format: SourceFormat;
  readonly schema: string;
  /** The keys the schema was told by. */
  readonly keys: string;
  readonly kind: Schema['kind'];
  readonly usable: number;
  /** What is wrong with the first malformed rows, at most 5. */
  readonly problems: readonly { readonly row: number; readonly message: string; readonly hint: string }[];
}

const PROBLEMS_NAMED = 5;

/**
 * Looks at a data file as training would: what it is, what of it can be used, how long it is, what would be cut.
 * Malformed rows do not stop it.
 *
 * @throws OrpoError `file` or `data` when the file cannot be read at all or no schema fits it.
 */
export async function inspectFile(path: string, options: InspectOptions = {}): Promise<Inspection> {
  const source = await openSource(path);
  const account = new RowAccount(path);
  const { maxLength, truncation } = options;
  const config = dataConfig.safeParse({ train: path, maxLength, truncation });
  if (!config.success) {
    throw new OrpoError('config', `maxLength ${maxLength} is out of range.`, 'Give a whole number of 8 or more.');
  }
  const survey = new Survey({
    settings: options.tokenizer && growSettings(config.data, { ...options, tokenizer: options.tokenizer }),
    template: options.template,
    examples: options.examples ?? 3,
  });
  const problems: { row: number; message: string; hint: string }[] = [];
  let schema: Schema | undefined;
  let looked = 0;
  const records = readRecords(source, account, {
    columns: options.columns,
    onMalformed: 'drop',
    onSchema: (found) => {
      schema = found;
    },
    onProblem: (row, { message, hint }) => {
      if (problems.length < PROBLEMS_NAMED) problems.push({ row, message, hint });
    },
  });
  for await (const item of records) {
    const outcome = item.attempt(() => survey.look(item));
    if (outcome === 'usable') account.take();
    else if (outcome !== undefined) account.drop(outcome, item.row);
    looked++;
    if (options.limit !== undefined && looked >= options.limit) break;
  }
  const { rows, used, dropped } = account.close();
  return {
    path,
    format: source.format,
    schema: schema?.name ?? '',
    keys: schema?.keys ?? '',
    kind: schema?.kind ?? 'demonstration',
    rows,
    usable: used,
    dropped,
    problems,
    ...survey.result(used),
  };
}
