import { existsSync, readFileSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

import { isCheckpointFolder } from './find-model.js';
import { readShardIndex } from './shard-index.js';

const LONGEST_ID = 96;

/** Whether a text can be a model's id on the Hugging Face hub: `name` or `organisation/name`. */
export function isHubId(text: string): boolean {
  if (text.length > LONGEST_ID || text.includes('--') || text.includes('..') || text.endsWith('.git')) return false;
  const parts = text.split('/');
  return parts.length <= 2 && parts.every((part) => /^[A-Za-z0-9_](?:[A-Za-z0-9._-]*[A-Za-z0-9_])?$/.test(part));
}

/** Whether a text can name a branch, a tag or a commit; such a name becomes a path in the cache. */
export function isRevision(text: string): boolean {
  return /^[A-Za-z0-9_][A-Za-z0-9._/-]*$/.test(text) && !text.includes('..') && text.length <= 255;
}

/** The folder where Hugging Face programs keep what they downloaded. */
export function hubCacheFolder(): string {
  const { HF_HUB_CACHE, HUGGINGFACE_HUB_CACHE, HF_HOME, XDG_CACHE_HOME } = process.env;
  if (HF_HUB_CACHE) return HF_HUB_CACHE;
  if (HUGGINGFACE_HUB_CACHE) return HUGGINGFACE_HUB_CACHE;
  return join(HF_HOME || join(XDG_CACHE_HOME || join(homedir(), '.cache'), 'huggingface'), 'hub');
}

/** The cache's folder of one model, whether it exists or not. */
export function hubModelFolder(id: string): string {
  return join(hubCacheFolder(), `models--${id.replace('/', '--')}`);
}

/** The cached snapshot of a model with all its weights, or undefined when it was never downloaded completely. */
export function findInHubCache(id: string, revision = 'main'): string | undefined {
  const model = hubModelFolder(id);
  const ref = join(model, 'refs', revision);
  const commit = isFile(ref) ? readFileSync(ref, 'utf8').trim() : revision;
  if (!/^[0-9A-Za-z._-]+$/.test(commit) || commit.startsWith('.')) return undefined;
  const snapshot = join(model, 'snapshots', commit);
  return isComplete(snapshot) ? snapshot : undefined;
}

function isComplete(snapshot: string): boolean {
  if (!isCheckpointFolder(snapshot)) return false;
  if (existsSync(join(snapshot, 'model.safetensors'))) return true;
  if (!existsSync(join(snapshot, 'model.safetensors.index.json'))) return true;
  return [...new Set(readShardIndex(snapshot).values())].every((file) => existsSync(join(snapshot, file)));
}

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() === true;
}
