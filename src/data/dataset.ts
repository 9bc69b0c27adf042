import { OrpoError } from '../errors.js';
import type { ChatTemplate } from '../text/chat-template.js';
import type { Tokenizer } from '../text/tokenizer.js';
import { hashFile, RowAccount, type RowCounts } from './accounting.js';
import { type DataConfig, evalSource, minResponseOf } from './config.js';
import { promptKey, recordKey } from './fingerprint.js';
import { type Grown, type GrowSettings, growTree } from './grow-tree.js';
import { readRecords } from './read-records.js';
import { type RenderStyle, tokenizerAddsBos } from './render.js';
import { type DataShape, requireShape, shapeRecord } from './shape.js';
import { openSource, type SourceFormat } from './sources/open-source.js';
import { splitGroups } from './split.js';
import { TokenArena } from './token-arena.js';
import type { Tree } from './tree.js';

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
}

/** What was loaded, for `data.json` of a run. */
export interface DataReport {
  readonly files: readonly FileReport[];
  /** Trees on each side. */
  readonly train: number;
  readonly eval: number;
  /** Evaluation trees whose prompt is also trained on; 0 by construction when the rows were split. */
  readonly evalPromptsInTrain: number;
  readonly tokens: { readonly trunks: number; readonly responses: number };
}

export interface Dataset {
  readonly train: readonly Tree[];
  readonly eval: readonly Tree[];
  readonly report: DataReport;
}

/**
 * Loads, renders, cuts and splits the data of a run. The result is a function of the files, the configuration, the
 * model's text parts and the seed.
 *
 * @throws OrpoError `file`, `data` or `config`; `data` also when no row is left to train or evaluate on.
 */
export async function loadDataset(config: DataConfig, options: LoadOptions): Promise<Dataset> {
  const source = evalSource(config.eval);
  const paths = typeof config.train === 'string' ? [config.train] : config.train;
  const trained = new Collection();
  const files: FileReport[] = [];
  for (const path of paths) files.push(await loadFile(path, 'train', trained, config, options));
  requireSome(trained, paths.join(', '), 'train');
  let train = trained.trees;
  let evaluated: readonly Tree[] = [];
  let leaked = 0;
  if (source && 'share' in source) {
    const aside = splitGroups(trained.groups, source.share, options.seed ?? 0);
    train = trained.trees.filter((_, i) => !aside[i]);
    evaluated = trained.trees.filter((_, i) => aside[i]);
    if (evaluated.length === 0) {
      throw new OrpoError(
        'data',
        `${paths.join(', ')}: no row can be set aside for data.eval ${config.eval}, all have one prompt.`,
        'Give an evaluation file, or leave data.eval out.',
      );
    }
  } else if (source) {
    const separate = new Collection();
    files.push(await loadFile(source.file, 'eval', separate, config, options));
    requireSome(separate, source.file, 'evaluate');
    evaluated = separate.trees;
    leaked = separate.sharedPrompts(trained);
  }
  const all = [...train, ...evaluated];
  const report: DataReport = {
    files,
    train: train.length,
    eval: evaluated.length,
    evalPromptsInTrain: leaked,
    tokens: {
      trunks: all.reduce((sum, tree) => sum + tree.trunk.length, 0),
      responses: all.reduce((sum, tree) => sum + tree.branches.reduce((n, { ids }) => n + ids.length, 0), 0),
    },
  };
  return { train, eval: evaluated, report };
}

/** Trees of one role with what is needed to split them and to find repetitions. */
class Collection {
  readonly trees: Tree[] = [];
  /** Number of the prompt of each tree. */
  readonly groups: number[] = [];
  private readonly prompts = new Map<string, number>();
  private readonly records = new Set<string>();
  private readonly arena = new TokenArena();

  /** Whether a record with this key was seen before; remembers it. */
  repeats(key: string): boolean {
    if (this.records.has(key)) return true;
    this.records.add(key);
    return false;
  }

  add(grown: Grown, origin: Tree['origin'], prompt: string, label: boolean | undefined): void {
    const group = this.prompts.get(prompt) ?? this.prompts.size;
    this.prompts.set(prompt, group);
    this.groups.push(group);
    this.trees.push({
      trunk: this.arena.store(grown.trunk),
      branches: grown.responses.map((ids) => ({ ids: this.arena.store(ids) })),
      origin,
      ...(label === undefined ? {} : { label }),
    });
  }

  sharedPrompts(other: Collection): number {
    const shared = new Set<number>();
    for (const [prompt, group] of this.prompts) if (other.prompts.has(prompt)) shared.add(group);
    return this.groups.filter((group) => shared.has(group)).length;
  }
}

async function loadFile(
  path: string,
  role: 'train' | 'eval',
  into: Collection,
  config: DataConfig,
  options: LoadOptions,
): Promise<FileReport> {
  const source = await openSource(path);
  const { sha256, bytes } = await hashFile(path);
  const account = new RowAccount(path);
  const shape = options.shape ?? 'pair';
  const settings = growSettings(config, options);
  const cut = { prompts: 0, responses: 0 };
  let schemaName = '';
  let style: RenderStyle | undefined;
  let duplicates = 0;
  const records = readRecords(source, account, {
    columns: config.columns,
    onMalformed: config.onMalformed,
    onSchema: (schema) => {
      requireShape(path, schema, shape);
      schemaName = schema.name;
    },
  });
  for await (const { row, record, attempt } of records) {
    options.signal?.throwIfAborted();
    if (into.repeats(recordKey(record))) {
      duplicates++;
      if (config.dropDuplicates) {
        account.drop('duplicate', row);
        continue;
      }
    }
    const seedlings = shapeRecord(record, shape);
    if ('kind' in seedlings) {
      account.drop(seedlings.reason, row);
      continue;
    }
    const grown = attempt(() => seedlings.map((one) => growTree(one.prompt, one.responses, settings)));
    if (grown === undefined) continue;
    const failed = grown.find((one) => one.kind === 'withered');
    if (failed) {
      account.drop(failed.reason, row);
      continue;
    }
    grown.forEach((one, i) => {
      if (one.kind === 'withered') return;
      into.add(one, { file: path, row }, promptKey(record), seedlings[i]?.label);
      style ??= one.style;
      if (one.trunkCut > 0) cut.prompts++;
      cut.responses += one.responseCuts.filter((tokens) => tokens > 0).length;
    });
    account.take();
  }
  const format = source.format;
  return { path, role, sha256, bytes, format, schema: schemaName, style, duplicates, cut, ...account.close() };
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

function requireSome(collection: Collection, path: string, purpose: string): void {
  if (collection.trees.length > 0) return;
  throw new OrpoError('data', `${path}: no row is left to ${purpose} on.`, 'Look at the file with orpo inspect.');
}
