import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import type { ModelConfig } from './model-config.js';

/**
 * The text of `config.json` for weights of `dtype`. That of the folder the model came from is kept to the letter but for
 * the dtype: transformers tells `3.0` from `3`, which parsed numbers do not.
 */
export function savedConfigText(config: ModelConfig, from: string, dtype: string): string {
  const key = config.has('torch_dtype') ? 'torch_dtype' : 'dtype';
  const values = { ...config.values, [key]: dtype };
  const path = join(from, 'config.json');
  if (config.origin === path && existsSync(path)) {
    const text = readFileSync(path, 'utf8');
    for (const candidate of [text, ...withDtype(text, key, dtype)]) {
      if (isDeepStrictEqual(JSON.parse(candidate.replace(/^\uFEFF/, '')), values)) return candidate;
    }
  }
  return `${JSON.stringify(values, undefined, 2)}\n`;
}

/** The text with the dtype written over, and with it added. */
function withDtype(text: string, key: string, dtype: string): string[] {
  const entry = `"${key}": ${JSON.stringify(dtype)}`;
  return [text.replace(new RegExp(`"${key}"\\s*:\\s*(?:"[^"]*"|null)`), entry), text.replace('{', `{\n  ${entry},`)];
}
