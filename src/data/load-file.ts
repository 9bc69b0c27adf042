import type { ChatTemplate } from '../text/chat-template.js';
import type { Tokenizer } from '../text/tokenizer.js';
import { type DropReason, hashFile, RowAccount, type RowCounts } from './accounting.js';
import type { Collection } from './collection.js';
import { type DataConfig, minResponseOf } from './config.js';
import { eventTurns } from './event-turns.js';
import type { Filtered } from './filters/filtered.js';
import type { FileRulings } from './filters/ruling.js';
import { promptKey, recordKey } from './fingerprint.js';
import { RowGrower, settleRecord } from './grow-row.js';
import type { GrowSettings } from './grow-tree.js';
import { type RecordRow, readRecords } from './read-records.js';
import type { DataRecord, Labelled } from './records.js';
import { type RenderStyle, tokenizerAddsBos } from './render.js';
import type { Schema } from './schemas/schema.js';
import { type DataShape, joinLabelled, ownKinds, requireShape, type Seedling } from './shape.js';
import { openSource, type SourceFormat } from './sources/open-source.js';

export interface LoadOptions {
  readonly tokenizer: Tokenizer;
  readonly template?: ChatTemplate | undefined;
  /** Whether plain text begins with BOS; default what the tokenizer does by itself. */
  readonly bos?: boolean | undefined;
  /** What the method learns from; default `pair`. */
  readonly shape?: DataShape;
  /** Chooses the rows set aside by `eval: 5%`; default 0. */
  readonly seed?: number;
  readonly signal?: AbortSignal | undefined;
}

/** What became of one file. `rows = used + sum of dropped`. */
export interface FileReport extends RowCounts {
  readonly path: string;
  readonly role: 'train' | 'eval';
  readonly sha256: string;
  readonly bytes: number;
  readonly format: SourceFormat;
  readonly schema: string;
  readonly style: RenderStyle | undefined;
  /** Rows that repeat an earlier row of the same role, dropped or not. */
  readonly duplicates: number;
  readonly cut: { readonly prompts: number; readonly responses: number };
  /** The rows before and after `data.filters`; undefined without filters. */
  readonly filtered: Filtered | undefined;
  /** Where rows of one kind were made into examples of another; undefined where they are of the method's own kind. */
  readonly converted: Conversion | undefined;
}

export interface Conversion {
  readonly from: DataRecord['kind'];
  readonly to: DataShape;
  /** Rows used, and the examples they gave. */
  readonly rows: number;
  readonly examples: number;
}

/**
 * Loads, renders and cuts the rows of one file into a collection; every row is used or dropped and counted.
 *
 * @param rulings what the filters say of the file
 * @throws OrpoError `file` or `data`
 */
export async function loadFile(
  path: string,
  role: 'train' | 'eval',
  into: Collection,
  config: DataConfig,
  options: LoadOptions,
  rulings?: FileRulings,
): Promise<FileReport> {
  const source = await openSource(path);
  const { sha256, bytes } = await hashFile(path);
  const account = new RowAccount(path);
  const shape = options.shape ?? 'pair';
  const grower = new RowGrower(growSettings(config, options));
  let schema: Schema | undefined;
  let duplicates = 0;
  const grow = (seedlings: readonly Seedling[], row: number, prompt: string): DropReason | undefined =>
    grower.grow(seedlings, (grown, seedling) => into.add(grown, { file: path, row }, prompt, seedling));
  const settle = (reason: DropReason | undefined, row: number): void =>
    reason === undefined ? account.take() : account.drop(reason, row);
  /** Labelled responses that wait for others to the same prompt. */
  const waiting = new Map<string, Waiting[]>();
  const records = readRecords(source, account, {
    columns: config.columns,
    onMalformed: config.onMalformed,
    onSchema: (found) => {
      requireShape(path, found, shape);
      schema = found;
    },
  });
  const turn = eventTurns(options.signal);
  for await (const { row, record, attempt } of records) {
    await turn();
    const repeats = into.repeats(recordKey(record));
    if (repeats) duplicates++;
    const unwanted = rulings?.dropped.get(row)?.reason ?? (repeats && config.dropDuplicates ? 'duplicate' : undefined);
    if (unwanted !== undefined) {
      account.drop(unwanted, row);
      continue;
    }
    const prompt = rulings?.groups.get(row) ?? promptKey(record);
    if (record.kind === 'labelled' && (shape === 'pair' || shape === 'ranked')) {
      const group = waiting.get(prompt) ?? [];
      group.push({ row, record, attempt });
      waiting.set(prompt, group);
      continue;
    }
    settleRecord({ row, record, attempt }, shape, account, (seedlings) => grow(seedlings, row, prompt));
  }
  for (const [prompt, group] of waiting)
    growTogether(
      group,
      shape === 'ranked' ? 'ranked' : 'pair',
      (seedlings, row) => grow(seedlings, row, prompt),
      settle,
    );
  const { format } = source;
  const { cut, style, examples } = grower;
  const counts = account.close();
  const converted =
    schema === undefined || shape === 'text' || schema.kind === ownKinds[shape]
      ? undefined
      : { from: schema.kind, to: shape, rows: counts.used, examples };
  const filtered = rulings?.filtered;
  const schemaName = schema?.name ?? '';
  return {
    path,
    role,
    sha256,
    bytes,
    format,
    schema: schemaName,
    style,
    duplicates,
    cut,
    filtered,
    converted,
    ...counts,
  };
}

interface Waiting {
  readonly row: number;
  readonly record: Labelled;
  readonly attempt: RecordRow['attempt'];
}

/** Makes labelled responses to one prompt into pairs or a ranking and settles each of their rows once. */
function growTogether(
  group: readonly Waiting[],
  shape: 'pair' | 'ranked',
  grow: (seedlings: readonly Seedling[], row: number) => DropReason | undefined,
  settle: (reason: DropReason | undefined, row: number) => void,
): void {
  const joined = joinLabelled(
    group.map(({ record }) => record),
    shape,
  );
  for (const at of joined.alone) settle('no counterpart', group[at]?.row ?? 0);
  for (const seedling of joined.seedlings) {
    const [first, ...others] = seedling.of.flatMap((at) => group[at] ?? []);
    if (first === undefined) continue;
    const outcome = first.attempt(() => ({ reason: grow([seedling], first.row) }));
    if (outcome !== undefined) settle(outcome.reason, first.row);
    for (const { row } of others) settle(outcome === undefined ? 'malformed' : outcome.reason, row);
  }
}

/** Everything that decides how a record becomes tokens, out of the configuration and the model's text parts. */
export function growSettings(
  config: Pick<DataConfig, 'maxLength' | 'minResponse' | 'truncation' | 'chatTemplate'>,
  options: Pick<LoadOptions, 'tokenizer' | 'template' | 'bos'>,
): GrowSettings {
  return {
    tokenizer: options.tokenizer,
    template: config.chatTemplate ? options.template : undefined,
    bos: options.bos ?? tokenizerAddsBos(options.tokenizer),
    maxLength: config.maxLength,
    minResponse: minResponseOf(config),
    truncation: config.truncation,
  };
}
