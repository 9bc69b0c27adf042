import type { FilterConfig } from '../data/filters/config.js';
import type { ColumnMap } from '../data/schemas/columns.js';
import { nearest, OrpoError } from '../errors.js';
import type { MarginKind } from '../evaluation/data-quality/margin-kinds.js';
import type { RunConfig } from '../training/config.js';

export interface InspectFlags {
  readonly config?: string;
  readonly model?: string;
  readonly maxLength?: number;
  readonly truncation?: 'trunk' | 'drop';
  readonly limit?: number;
  readonly examples?: number;
  readonly quick?: boolean;
  readonly heldOut?: string;
  readonly filters?: string;
  readonly margin?: MarginKind;
  readonly adapter?: string;
  readonly below?: number;
  readonly write?: string;
}

/** What to look at and how, out of the flags and a configuration. */
export interface InspectPlan {
  readonly files: readonly [string, ...string[]];
  readonly model: string | undefined;
  readonly maxLength: number | undefined;
  readonly truncation: 'trunk' | 'drop' | undefined;
  readonly columns: ColumnMap | undefined;
  readonly heldOut: string | undefined;
  /** Undefined: nothing is filtered. */
  readonly filters: FilterConfig | undefined;
}

/** @throws OrpoError `config` naming the flag or the key that does not fit */
export async function planInspection(file: string | undefined, flags: InspectFlags): Promise<InspectPlan> {
  const config = flags.config === undefined ? undefined : await readConfig(flags.config);
  const train = config?.data.train;
  const [first, ...others] = file !== undefined ? [file] : typeof train === 'string' ? [train] : (train ?? []);
  if (first === undefined) {
    throw new OrpoError('config', 'There is nothing to inspect.', 'Name a data file, or --config with one.');
  }
  const model = flags.model ?? config?.model;
  requireFlags(flags, model, 1 + others.length);
  const written = flags.filters === undefined ? config?.data.filters : await parseFilters(flags.filters);
  const heldOut = flags.heldOut ?? (await evalFile(config));
  const wantsFilters = flags.write !== undefined || flags.margin !== undefined;
  const filters = written ?? (wantsFilters ? await parseFilters('') : undefined);
  requireHeldOut(filters, heldOut, config);
  return {
    files: [first, ...others],
    model,
    maxLength: flags.maxLength ?? config?.data.maxLength,
    truncation: flags.truncation ?? config?.data.truncation,
    columns: config?.data.columns,
    heldOut,
    filters,
  };
}

async function readConfig(path: string): Promise<RunConfig> {
  const { loadConfig } = await import('./load-config.js');
  const { parseConfig } = await import('../training/parse-config.js');
  return parseConfig(await loadConfig(path), path);
}

async function evalFile(config: RunConfig | undefined): Promise<string | undefined> {
  const { evalSource } = await import('../data/config.js');
  const source = evalSource(config?.data.eval);
  return source !== undefined && 'file' in source ? source.file : undefined;
}

function requireFlags(flags: InspectFlags, model: string | undefined, files: number): void {
  const { margin, adapter, below, write } = flags;
  if (margin !== undefined && model === undefined) {
    throw new OrpoError('config', `--margin ${margin} is a model's, but there is none.`, 'Name a --model.');
  }
  if (margin === undefined && (adapter !== undefined || below !== undefined)) {
    const flag = adapter === undefined ? '--below' : '--adapter';
    throw new OrpoError(
      'config',
      `${flag} is for --margin, which is not given.`,
      'Add --margin mean, or leave it out.',
    );
  }
  if (files === 1) return;
  const single = write !== undefined ? '--write' : margin !== undefined ? '--margin' : undefined;
  if (single !== undefined) {
    throw new OrpoError('config', `${single} is for one file, but there are ${files}.`, 'Name the file to look at.');
  }
}

function requireHeldOut(filters: FilterConfig | undefined, heldOut: string | undefined, config?: RunConfig): void {
  const key = filters?.promptLeaks !== undefined ? 'promptLeaks' : filters?.responseLeaks && 'responseLeaks';
  // a share is set aside in training, where prompts that are alike stay together
  if (key === undefined || heldOut !== undefined || (config?.data.eval !== undefined && key === 'promptLeaks')) return;
  throw new OrpoError('config', `${key} looks for held-out rows, but there are none.`, 'Name their file: --held-out.');
}

/**
 * Filters written on the command line, as the inside of a YAML mapping.
 *
 * @throws OrpoError `config` naming the filter
 */
export async function parseFilters(text: string): Promise<FilterConfig> {
  const { filterConfig } = await import('../data/filters/config.js');
  const { parseYaml } = await import('./load-config.js');
  const inner = text.trim();
  const input = parseYaml(inner.startsWith('{') ? inner : `{${inner}}`, '--filters');
  const parsed = filterConfig.safeParse(input);
  if (parsed.success) return parsed.data;
  const known = Object.keys(filterConfig.shape);
  const [issue] = parsed.error.issues;
  if (issue?.code === 'unrecognized_keys') {
    const key = issue.keys[0] ?? '';
    const near = nearest(key, known);
    throw new OrpoError(
      'config',
      `--filters: there is no filter "${key}".`,
      near === undefined ? `Known are ${known.join(', ')}.` : `Did you mean "${near}"?`,
    );
  }
  const place = issue?.path.join('.') ?? '';
  throw new OrpoError(
    'config',
    `--filters: ${place === '' ? 'these are no filters' : `"${place}" does not fit`} (${issue?.message ?? 'unknown'}).`,
    `Write them as in data.filters, such as 'duplicates: near, turns: true'.`,
  );
}
