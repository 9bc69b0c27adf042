import { readFileSync, statSync } from 'node:fs';
import { extname, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseDocument } from 'yaml';
import { OrpoError, reasonOf } from '../errors.js';

/**
 * Reads a configuration file: YAML or JSON as data, a module by its default export. What it holds is not checked yet.
 *
 * @throws OrpoError `config` naming the file, and the line where there is one
 */
export async function loadConfig(path: string): Promise<unknown> {
  if (statSync(path, { throwIfNoEntry: false })?.isFile() !== true) {
    throw new OrpoError('config', `There is no configuration file ${path}.`, 'Name a .yaml, .json, .mjs or .ts file.');
  }
  switch (extname(path).toLowerCase()) {
    case '.yaml':
    case '.yml':
    case '.json':
      return parseYaml(readFileSync(path, 'utf8'), path);
    case '.js':
    case '.mjs':
    case '.ts':
    case '.mts':
      return await importConfig(path);
    default:
      throw new OrpoError('config', `${path} is of no known kind.`, 'Name a .yaml, .json, .mjs or .ts file.');
  }
}

/** Parses YAML, of which JSON is a part; a key given twice is refused. */
export function parseYaml(text: string, path: string): unknown {
  const document = parseDocument(text.replace(/^\uFEFF/, ''), { uniqueKeys: true, prettyErrors: true });
  const [fault] = document.errors;
  if (fault !== undefined) {
    const line = fault.linePos?.[0].line;
    const reason = fault.code === 'DUPLICATE_KEY' ? 'a key is given twice' : (fault.message.split('\n')[0] ?? '');
    const tidy = reason.replace(/ at line \d+, column \d+:?$/, '');
    throw new OrpoError(
      'config',
      `${path}${line === undefined ? '' : `:${line}`}: ${tidy}.`,
      fault.code === 'DUPLICATE_KEY' ? 'Keep one of the two.' : 'Mend the file at that line; it must be valid YAML.',
    );
  }
  try {
    return document.toJS({ maxAliasCount: 100 });
  } catch (error) {
    throw new OrpoError('config', `${path}: ${reasonOf(error)}.`, 'Write the values out instead of using aliases.', {
      cause: error,
    });
  }
}

async function importConfig(path: string): Promise<unknown> {
  let module: unknown;
  try {
    module = await imported(pathToFileURL(resolve(path)).href);
  } catch (error) {
    throw importFault(path, error);
  }
  const config = typeof module === 'object' && module !== null && 'default' in module ? module.default : undefined;
  if (config !== undefined) return config;
  throw new OrpoError(
    'config',
    `${path} has no default export.`,
    "Write: import { defineConfig } from 'orpo'; export default defineConfig({ … });",
  );
}

/** Node 20 knows no types: jiti takes them out, and takes what Node can import as it is. */
async function imported(url: string): Promise<unknown> {
  if (!/\.m?ts$/i.test(url)) return await import(url);
  const { createJiti } = await import('jiti');
  return await createJiti(import.meta.url, { fsCache: false, tryNative: true }).import(url);
}

function importFault(path: string, error: unknown): OrpoError {
  const reason = error instanceof Error ? `${error.name}: ${error.message.split('\n')[0]}` : String(error);
  const hint = 'Run the file with node to see where it fails; ORPO_DEBUG=1 prints the stack.';
  return new OrpoError('config', `${path} cannot be imported: ${reason.replace(/\.$/, '')}.`, hint, { cause: error });
}
