import { dirname, join } from 'node:path';
import { loadPreloader } from '../binding.js';
import { keepFewKernels } from './kernel-caches.js';
import { waitPolitely } from './thread-pool.js';

/** The library beside the addon that loads it ahead. */
export const PRELOADER = 'preload.node';

/** Sets what libtorch reads from the environment as it is loaded. */
export function prepareEnvironment(): void {
  waitPolitely();
  keepFewKernels();
}

let begun = false;

/**
 * Begins to load the addon at `path` and libtorch with it, beside what JavaScript does meanwhile: reading a tokenizer takes
 * about as long. Whoever asks for the addon first waits for what is left.
 */
export function preload(path: string): void {
  if (begun) return;
  begun = true;
  prepareEnvironment();
  const preloader = loadPreloader(join(dirname(path), PRELOADER));
  preloader.preload(path);
  // a process that ends earlier must not take libraries apart that are being put together
  process.once('exit', () => preloader.settle());
}
