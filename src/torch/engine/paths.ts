import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cacheFolder } from '../../cache-folder.js';

/** The torch version that is installed when none is found. */
export const ENGINE_VERSION = '2.13.0';

/** The folder of this package: the one that holds `native/`, whether the code runs from src/ or from dist/. */
export function packageRoot(): string {
  return join(dirname(fileURLToPath(import.meta.url)), '..', '..', '..');
}

/** Our own engine folder, laid out like Python's site-packages: torch lies in `torch/` inside it. */
export function engineFolder(): string {
  return join(cacheFolder(), 'engine', `torch-${ENGINE_VERSION}`);
}
