import { join, resolve } from 'node:path';

import { OrpoError } from '../../errors.js';
import { engineFolder } from './paths.js';
import { pythonSearchPath } from './python-path.js';
import { isSupported, readTorchFolder, SUPPORTED, type TorchFolder } from './torch-folder.js';

/** A torch of a supported version, and how it was found. */
export interface FoundTorch extends TorchFolder {
  readonly origin: 'ORPO_TORCH' | 'python' | 'engine folder';
}

/**
 * The torch to use, without loading it: the folder ORPO_TORCH names, else the torch of the `python3` on PATH, else the one in
 * our engine folder; undefined when there is none. Throws `engine` when ORPO_TORCH names something that cannot be used; a
 * torch of Python's that cannot be used is passed over.
 */
export function findTorch(): FoundTorch | undefined {
  const wanted = process.env.ORPO_TORCH;
  if (wanted) return namedTorch(resolve(wanted));
  return pythonTorch() ?? installedTorch();
}

/** The torch in our own engine folder, or undefined. */
export function installedTorch(): FoundTorch | undefined {
  const torch = readTorchFolder(join(engineFolder(), 'torch'));
  return torch && { ...torch, origin: 'engine folder' };
}

function namedTorch(folder: string): FoundTorch {
  const torch = readTorchFolder(folder) ?? readTorchFolder(join(folder, 'torch'));
  if (torch === undefined) {
    throw new OrpoError(
      'engine',
      `ORPO_TORCH names ${folder}, which is not a torch folder with libraries, headers and a version.`,
      'Set it to the folder that holds torch/version.py and torch/lib, or unset it to let one be found.',
    );
  }
  if (!isSupported(torch.version)) {
    throw new OrpoError(
      'engine',
      `ORPO_TORCH names torch ${torch.version} in ${torch.folder}, but this package works with ${SUPPORTED}.`,
      'Name another torch, or unset ORPO_TORCH and run `npx orpo setup`, which installs one.',
    );
  }
  return { ...torch, origin: 'ORPO_TORCH' };
}

function pythonTorch(): FoundTorch | undefined {
  for (const place of pythonSearchPath()) {
    const torch = readTorchFolder(join(place, 'torch'));
    // only the first counts, as it does in Python: those behind it may lack what they need
    if (torch !== undefined) return isSupported(torch.version) ? { ...torch, origin: 'python' } : undefined;
  }
  return undefined;
}
