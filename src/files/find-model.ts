import { existsSync, readdirSync } from 'node:fs';
import { join, relative } from 'node:path';

import { OrpoError } from '../errors.js';

/** A model that lies on this machine. */
export interface ModelPath {
  readonly kind: 'folder' | 'gguf';
  readonly path: string;
}

const DEEPEST = 6;
const WEIGHTS = [
  'model.safetensors',
  'model.safetensors.index.json',
  'pytorch_model.bin',
  'pytorch_model.bin.index.json',
];

/** Whether a folder is a Hugging Face checkpoint: a config and weights, read by this package or not. */
export function isCheckpointFolder(folder: string): boolean {
  return existsSync(join(folder, 'config.json')) && WEIGHTS.some((name) => existsSync(join(folder, name)));
}

/** The one model inside a folder, at any depth: a checkpoint folder or a GGUF file. Throws `model` for none or several. */
export function findModel(folder: string, origin: string): ModelPath {
  const found = collect(folder, 0);
  const [model] = found;
  if (model !== undefined && found.length === 1) return model;
  if (model === undefined) {
    throw new OrpoError(
      'model',
      `${origin} holds no model.`,
      'A model is a folder with config.json and model.safetensors, or a .gguf file.',
    );
  }
  const names = found.map(({ path }) => relative(folder, path)).sort();
  throw new OrpoError(
    'model',
    `${origin} holds ${found.length} models: ${names.slice(0, 10).join(', ')}.`,
    `Name one of them by its path, such as ${join(folder, names[0] ?? '')}.`,
  );
}

function collect(folder: string, depth: number): ModelPath[] {
  if (isCheckpointFolder(folder)) return [{ kind: 'folder', path: folder }];
  const models: ModelPath[] = [];
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) {
      if (depth < DEEPEST) models.push(...collect(path, depth + 1));
    } else if (entry.name.endsWith('.gguf')) {
      models.push({ kind: 'gguf', path });
    }
  }
  return models;
}
