import { OrpoError } from '../../errors.js';
import { addonPath, compileAddon, type ProgressOptions } from './compile-addon.js';
import { type FoundTorch, findTorch } from './find-torch.js';
import { installTorch } from './install-torch.js';

/** What is needed to compute: libtorch, and the addon compiled for it. */
export interface Engine {
  readonly torch: FoundTorch;
  /** Path of the `.node` file. */
  readonly addon: string;
}

export interface EnsureOptions extends ProgressOptions {
  /** Install torch with pip when none is found. */
  readonly install: boolean;
}

const HINT = 'Run `npx orpo setup`, which prepares it (once, a few minutes); `npx orpo doctor` shows what is there.';

/** Finds torch, or installs it, and compiles the addon; returns at once when both are there. Throws `engine`. */
export async function ensureEngine(options: EnsureOptions): Promise<Engine> {
  const torch = findTorch() ?? (options.install ? await installTorch(options) : undefined);
  if (torch === undefined) throw noTorch();
  return { torch, addon: await compileAddon(torch, options) };
}

/** The engine that is ready to be loaded, in a few milliseconds. Throws `engine` when torch or the addon is missing. */
export function readyEngine(): Engine {
  const torch = findTorch();
  if (torch === undefined) throw noTorch();
  const addon = addonPath(torch);
  if (addon === undefined) {
    throw new OrpoError('engine', `The addon is not compiled yet for torch ${torch.version} in ${torch.folder}.`, HINT);
  }
  return { torch, addon };
}

function noTorch(): OrpoError {
  return new OrpoError('engine', 'No torch was found for the engine.', HINT);
}
