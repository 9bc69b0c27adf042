import { OrpoError } from '../errors.js';
import { Collection } from './collection.js';
import { type DataConfig, type EvalSource, evalSource } from './config.js';
import { filterFiles } from './filters/filter-files.js';
import type { FileRulings } from './filters/ruling.js';
import { loadHeldOut } from './held-out.js';
import { type FileReport, type LoadOptions, loadFile } from './load-file.js';
import { requireSome } from './require-some.js';
import { splitGroups } from './split.js';
import type { StreamReport } from './stream/streamed-file.js';
import type { Tree } from './tree.js';

/** What was loaded, for `data.json` of a run. */
export interface DataReport {
  readonly files: readonly FileReport[];
  /** Training files that are read as they are needed; absent where all are loaded. */
  readonly streamed?: readonly StreamReport[];
  /** Trees on each side; of streamed data the rows. */
  readonly train: number;
  readonly eval: number;
  /** Evaluation trees whose prompt is also trained on; 0 by construction when the rows were split, not known of streamed data. */
  readonly evalPromptsInTrain?: number;
  /** Of all that is loaded. */
  readonly tokens: TokenCounts;
}

export interface TokenCounts {
  readonly trunks: number;
  readonly responses: number;
}

export interface Dataset {
  readonly train: readonly Tree[];
  readonly eval: readonly Tree[];
  readonly report: DataReport;
}

/**
 * Loads, renders, cuts and splits the data of a run, whatever `stream` says. The result is a function of the files, the
 * configuration, the model's text parts and the seed.
 *
 * @throws OrpoError `file`, `data` or `config`; `data` also when no row is left to train or evaluate on.
 */
export async function loadDataset(config: DataConfig, options: LoadOptions): Promise<Dataset> {
  const source = evalSource(config.eval);
  const paths = typeof config.train === 'string' ? [config.train] : config.train;
  const trained = new Collection();
  const files: FileReport[] = [];
  const trainRules = await trainRulings(paths, source, config, options);
  for (const [i, path] of paths.entries()) {
    files.push(await loadFile(path, 'train', trained, config, options, trainRules?.[i]));
  }
  requireSome(trained, files, paths.join(', '), 'train');
  if (options.shape === 'labelled') requireBothLabels(trained, paths.join(', '));
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
    const { collection, report } = await loadHeldOut(source.file, config, options);
    files.push(report);
    evaluated = collection.trees;
    leaked = collection.sharedPrompts(trained);
  }
  const report: DataReport = {
    files,
    train: train.length,
    eval: evaluated.length,
    evalPromptsInTrain: leaked,
    tokens: countTokens([...train, ...evaluated]),
  };
  return { train, eval: evaluated, report };
}

export function countTokens(trees: readonly Tree[]): TokenCounts {
  return {
    trunks: trees.reduce((sum, tree) => sum + tree.trunk.length, 0),
    responses: trees.reduce((sum, tree) => sum + tree.branches.reduce((n, { ids }) => n + ids.length, 0), 0),
  };
}

/** What the filters say of the training files. @throws OrpoError `config` for a filter that has nothing to compare with */
async function trainRulings(
  paths: readonly string[],
  source: EvalSource,
  config: DataConfig,
  options: LoadOptions,
): Promise<readonly FileRulings[] | undefined> {
  const { filters, columns, onMalformed } = config;
  if (filters === undefined) return undefined;
  const share = source !== undefined && 'share' in source;
  const needsFile = filters.responseLeaks !== undefined ? 'responseLeaks' : 'promptLeaks';
  const lacking = filters.responseLeaks !== undefined ? source === undefined || share : source === undefined;
  if (lacking && (filters.responseLeaks !== undefined || filters.promptLeaks !== undefined)) {
    throw new OrpoError(
      'config',
      `data.filters.${needsFile} looks for held-out rows, but data.eval ${share ? 'is a share' : 'is not given'}.`,
      share ? 'Give data.eval as a file, or leave the filter out.' : 'Give data.eval, or leave the filter out.',
    );
  }
  const heldOut = source !== undefined && 'file' in source ? [source.file] : undefined;
  const { tokenizer, signal } = options;
  return await filterFiles(paths, filters, { tokenizer, columns, onMalformed, heldOut, grouped: share, signal });
}

/** @throws OrpoError `data` when all training responses have one label: nothing could be told apart. */
function requireBothLabels({ trees }: Collection, path: string): void {
  const [first] = trees;
  if (first === undefined || trees.some(({ label }) => label !== first.label)) return;
  throw new OrpoError(
    'data',
    `${path}: every response is labelled ${first.label === true ? 'good' : 'bad'}, so there is nothing to tell apart.`,
    'Add responses with the other label, or train on the good ones alone with method: sft.',
  );
}
