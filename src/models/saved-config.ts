import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import type { ModelConfig } from './model-config.js';

/**
 * The text of `config.json` for weights of `dtype`. That of the folder the model came from is kept to the letter but for
 * what changed: transformers tells `3.0` from `3`, which parsed numbers do not.
 */
export function savedConfigText(config: ModelConfig, from: string, dtype: string): string {
  const key = config.has('torch_dtype') ? 'torch_dtype' : 'dtype';
  const values = { ...config.values, [key]: dtype };
  const path = join(from, 'config.json');
  if (config.origin === path && existsSync(path)) {
    const text = changedText(readFileSync(path, 'utf8').replace(/^\uFEFF/, ''), values);
    if (isDeepStrictEqual(JSON.parse(text), JSON.parse(JSON.stringify(values)))) return text;
  }
  return `${JSON.stringify(values, undefined, 2)}\n`;
}

/** The text with each value that differs written over, or added in front. */
function changedText(text: string, values: Readonly<Record<string, unknown>>): string {
  const before = new Map<string, unknown>(Object.entries(JSON.parse(text)));
  let changed = text;
  for (const [key, value] of Object.entries(values)) {
    if (isDeepStrictEqual(before.get(key), value)) continue;
    const entry = `"${key}": ${JSON.stringify(value)}`;
    const simple = new RegExp(`"${key}"\\s*:\\s*(?:"[^"]*"|\\[[^\\]]*\\]|\\{[^{}]*\\}|[^\\s",{}[\\]]+)`);
    changed = before.has(key) ? changed.replace(simple, () => entry) : changed.replace('{', () => `{\n  ${entry},`);
  }
  return changed;
}
