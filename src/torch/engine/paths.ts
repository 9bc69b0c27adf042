import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The torch version that is installed when none is found. */
export const ENGINE_VERSION = '2.13.0';

/** The folder of this package: the one that holds `native/`, whether the code runs from src/ or from dist/. */
export function packageRoot(): string {
  return join(dirname(fileURLToPath(import.meta.url)), '..', '..', '..');
}

/** Where everything that can be made again is kept: `ORPO_CACHE`, or `orpo` in the user's cache folder. */
export function cacheFolder(): string {
  const { ORPO_CACHE, XDG_CACHE_HOME } = process.env;
  return ORPO_CACHE || join(XDG_CACHE_HOME || join(homedir(), '.cache'), 'orpo');
}

/** Our own engine folder, laid out like Python's site-packages: torch lies in `torch/` inside it. */
export function engineFolder(): string {
  return join(cacheFolder(), 'engine', `torch-${ENGINE_VERSION}`);
}
