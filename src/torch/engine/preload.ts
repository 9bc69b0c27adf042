import { dirname, join } from 'node:path';
import { loadPreloader, type Preloader } from '../binding.js';
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
 * Begins to load the addon at a path, and libtorch with it, beside what JavaScript does meanwhile: reading a tokenizer takes
 * about as long. Whoever asks for the addon first waits for what is left.
 */
export function preload(addon: string): void {
  if (begun) return;
  begun = true;
  prepareEnvironment();
  let preloader: Preloader;
  try {
    preloader = loadPreloader(join(dirname(addon), PRELOADER));
  } catch {
    return; // what stands in the way is said when the addon is asked for
  }
  preloader.preload(addon);
  // a process that ends earlier must not take libraries apart that are being put together
  process.once('exit', () => preloader.settle());
}
