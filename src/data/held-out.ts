import { Collection } from './collection.js';
import type { DataConfig } from './config.js';
import { filterFiles } from './filters/filter-files.js';
import { type FileReport, type LoadOptions, loadFile } from './load-file.js';
import { requireSome } from './require-some.js';

/** A file that is evaluated on, loaded as training data is. */
export interface HeldOut {
  readonly collection: Collection;
  readonly report: FileReport;
}

/** @throws OrpoError as `loadFile`; `data` also when no row is left to evaluate on */
export async function loadHeldOut(file: string, config: DataConfig, options: LoadOptions): Promise<HeldOut> {
  const collection = new Collection();
  const { filters, columns, onMalformed } = config;
  const { tokenizer, signal } = options;
  const rulings = filters && (await filterFiles([file], filters, { tokenizer, columns, onMalformed, signal }));
  const report = await loadFile(file, 'eval', collection, config, options, rulings?.[0]);
  requireSome(collection, [report], file, 'evaluate');
  return { collection, report };
}
