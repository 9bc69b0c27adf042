import { mkdirSync, readdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { cacheFolder } from '../../src/cache-folder.js';
import { readyEngine } from '../../src/torch/engine/ensure-engine.js';

/** Runs a test with an empty cache of references in `folder`, whose path it is given; the engine stays where it is. */
export async function withOwnCache(folder: string, body: (references: string) => Promise<void>): Promise<void> {
  const { ORPO_CACHE, ORPO_TORCH } = process.env;
  const { torch } = readyEngine();
  const real = cacheFolder();
  const own = join(folder, 'cache');
  mkdirSync(own);
  for (const name of readdirSync(real)) if (name !== 'reference') symlinkSync(join(real, name), join(own, name));
  process.env.ORPO_TORCH = torch.folder;
  process.env.ORPO_CACHE = own;
  try {
    await body(join(own, 'reference'));
  } finally {
    restore('ORPO_CACHE', ORPO_CACHE);
    restore('ORPO_TORCH', ORPO_TORCH);
  }
}

function restore(name: string, value: string | undefined): void {
  if (value === undefined) delete process.env[name];
  else process.env[name] = value;
}
