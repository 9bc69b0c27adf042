import { readdirSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { hashFile } from '../../files/manifest.js';
import { digestOf } from './content-cache.js';

/** Files of a model's folder that say nothing of what it computes. */
const SILENT = /^(README\b.*|LICENSE.*|NOTICE.*|USE_POLICY.*|manifest\.json|.*\.(md|html|png|jpe?g|gif|pdf|log))$/i;

/** A digest of a model's files and of its adapter's: weights, configuration, tokenizer and chat template. */
export function modelFingerprint(path: string, adapter: string | undefined): string {
  const folders = adapter === undefined ? [path] : [path, adapter];
  return digestOf(...folders.map((folder) => filesOf(folder).map((file) => [basename(file), hashFile(file).sha256])));
}

/** Links count as what they lead to: a hub's snapshot is made of them. */
function filesOf(path: string): string[] {
  if (!statSync(path).isDirectory()) return [path];
  return readdirSync(path)
    .filter((name) => !SILENT.test(name) && !name.startsWith('.'))
    .sort()
    .map((name) => join(path, name))
    .filter((file) => statSync(file).isFile());
}
