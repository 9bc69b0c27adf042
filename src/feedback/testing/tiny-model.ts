import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll } from 'vitest';

const llama = fileURLToPath(new URL('../../../test/fixtures/golden/models/llama', import.meta.url));

/** A folder for the files of one test file, removed when its tests are done. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'orpo-feedback-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** The tiny Llama with room for a judge's questions: its positions are rotary, so they need no weights. */
export function tinyModel(folder: string, positions = 4096): string {
  const path = join(folder, `llama-${positions}`);
  cpSync(llama, path, { recursive: true });
  const config: unknown = JSON.parse(readFileSync(join(path, 'config.json'), 'utf8'));
  writeFileSync(join(path, 'config.json'), JSON.stringify({ ...Object(config), max_position_embeddings: positions }));
  return path;
}
