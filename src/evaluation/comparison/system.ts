import { existsSync, statSync } from 'node:fs';
import { basename, extname, join } from 'node:path';
import { z } from 'zod';
import { OrpoError } from '../../errors.js';
import { readJson } from '../../files/json-file.js';
import { runFolder } from '../../training/run-folder.js';
import { type CompareConfig, LONGEST_NAME } from './config.js';

/** A system to compare: something that answers, or a file of what it answered. */
export interface System {
  readonly name: string;
  readonly kind: 'run' | 'model' | 'answers';
  /** As it was given. */
  readonly source: string;
  /** What is loaded; absent for files of answers. */
  readonly weights?: { readonly model: string; readonly adapter: string | undefined };
  /** Where its training started, how it trained, and its folder; of runs. */
  readonly run?: {
    readonly folder: string;
    readonly model: string;
    readonly method: string;
    readonly adapter: boolean;
  };
  /** Draws its answers instead of the seed of all. */
  readonly seed?: number;
}

const ANSWER_FILES: ReadonlySet<string> = new Set(['.json', '.jsonl', '.ndjson', '.csv', '.tsv', '.parquet']);

const runConfig = z.looseObject({ method: z.string(), model: z.string() });
const adapterConfig = z.looseObject({ base_model_name_or_path: z.string().min(1) });

/**
 * What the sources of a configuration are, with a name for each; a reference stands first.
 *
 * @throws OrpoError `run` for a run that is not finished, `adapter` for an adapter of no known base, `config` for two of
 *   one name
 */
export function systemsOf({ systems, reference }: Pick<CompareConfig, 'systems' | 'reference'>): System[] {
  const given = systems.map((one) => (typeof one === 'string' ? { source: one } : one));
  const all = reference === undefined ? given : [{ source: reference, name: 'reference' }, ...given];
  const taken = new Set<string>();
  for (const { name } of all) {
    if (name === undefined) continue;
    if (taken.has(name))
      throw new OrpoError('config', `Two systems are called ${name}.`, 'Give each a name of its own: name=source.');
    taken.add(name);
  }
  return all.map(({ source, name, adapter, seed }) => {
    const named = name ?? freeName(shortName(source), taken);
    taken.add(named);
    return { ...identify(source, adapter), name: named, source, ...(seed === undefined ? {} : { seed }) };
  });
}

/** `name=source` of a command line; a file that exists under the whole text is meant itself. */
export function parseSystem(text: string): string | { source: string; name: string } {
  const at = text.indexOf('=');
  if (at < 1 || existsSync(text) || text.slice(0, at).includes('/') || text[at + 1] === '=') return text;
  return { name: text.slice(0, at), source: text.slice(at + 1) };
}

function identify(source: string, adapter: string | undefined): Pick<System, 'kind' | 'weights' | 'run'> {
  const found = statSync(source, { throwIfNoEntry: false });
  if (found?.isFile() && ANSWER_FILES.has(extname(source).toLowerCase())) {
    if (adapter === undefined) return { kind: 'answers' };
    throw new OrpoError('config', `${source} is a file of answers, and takes no adapter.`, 'Name the model.');
  }
  if (found?.isDirectory()) {
    if (existsSync(join(source, 'recipe.json')))
      throw new OrpoError('run', `${source} is a recipe of several runs.`, 'Name the folders of its runs inside it.');
    const run = readRun(source);
    if (run !== undefined) return run;
    if (existsSync(join(source, 'adapter_config.json'))) {
      const config = adapterConfig.safeParse(readJson(join(source, 'adapter_config.json')));
      if (config.success)
        return { kind: 'model', weights: { model: config.data.base_model_name_or_path, adapter: source } };
      const hint = 'Name the base with the adapter beside it: { source: BASE, adapter: FOLDER }.';
      throw new OrpoError('adapter', `${source} is an adapter that does not say on which model.`, hint);
    }
  }
  return { kind: 'model', weights: { model: source, adapter } };
}

function readRun(source: string): Pick<System, 'kind' | 'weights' | 'run'> | undefined {
  const folder = runFolder(source);
  if (!existsSync(folder.config)) return undefined;
  const config = runConfig.safeParse(readJson(folder.config));
  if (!config.success) return undefined;
  if (!existsSync(folder.result))
    throw new OrpoError('run', `${source} holds a run that is not finished.`, `Go on with \`orpo resume ${source}\`.`);
  const { method, model } = config.data;
  const adapted = existsSync(folder.adapter);
  return {
    kind: 'run',
    weights: adapted ? { model, adapter: folder.adapter } : { model: folder.model, adapter: undefined },
    run: { folder: folder.path, model, method, adapter: adapted },
  };
}

/** The last part of a path or an id, without what tells the kind of a file. */
function shortName(source: string): string {
  const last = basename(source.replace(/^(pypi|hub):/, '').replace(/[@=].*$/, ''));
  const plain = last.replace(/\.(jsonl?|ndjson|csv|tsv|parquet|gguf)$/i, '').replace(/[^\p{L}\p{N} ._+-]+/gu, '-');
  return plain.replace(/^[^\p{L}\p{N}]+/u, '').slice(0, LONGEST_NAME - 4) || 'system';
}

function freeName(name: string, taken: ReadonlySet<string>): string {
  for (let number = 1; ; number++) {
    const candidate = number === 1 ? name : `${name} ${number}`;
    if (!taken.has(candidate)) return candidate;
  }
}
