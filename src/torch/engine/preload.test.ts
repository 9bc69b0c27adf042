import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { findTorch } from './find-torch.js';
import { packageRoot } from './paths.js';

/** Runs `body` in a process of its own, right after the engine began to load. */
function afterAsking(body: string): { status: number | null; stdout: string } {
  const file = (path: string) => JSON.stringify(join(packageRoot(), 'dist', path));
  const program = `
    import { readFileSync } from 'node:fs';
    import { ensureEngine } from ${file('torch/engine/ensure-engine.js')};
    import { preload } from ${file('torch/engine/preload.js')};
    const mapped = () => readFileSync('/proc/self/maps', 'utf8').includes('libtorch_cpu');
    preload((await ensureEngine({ install: false })).addon);
    ${body}`;
  return spawnSync(process.execPath, ['--input-type=module', '-e', program], { encoding: 'utf8' });
}

describe.skipIf(findTorch() === undefined)('preload (needs a torch: `npx orpo setup`, or ORPO_TORCH)', () => {
  it.skipIf(process.platform !== 'linux')('loads libtorch before anything asks for it', () => {
    const waits = `
      const begin = performance.now();
      while (!mapped() && performance.now() - begin < 30_000);
      console.log(mapped());`;
    expect(afterAsking(waits)).toMatchObject({ status: 0, stdout: 'true\n' });
  });

  it('hands over to who asks for it meanwhile', () => {
    const { href } = new URL(`file://${join(packageRoot(), 'dist/torch/index.js')}`);
    const asks = `
      const { scope, zeros } = await import(${JSON.stringify(href)});
      console.log(scope(() => zeros([3], { dtype: 'float32' }).sum().item()));`;
    expect(afterAsking(asks)).toMatchObject({ status: 0, stdout: '0\n' });
  });

  it('does not change how a process ends that ends meanwhile', () => {
    for (let i = 0; i < 5; i++) expect(afterAsking('process.exit(7);')).toMatchObject({ status: 7, stdout: '' });
    expect(afterAsking(`throw new Error('of its own');`).status).toBe(1);
  });
});
