import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { findTorch } from './find-torch.js';
import { packageRoot } from './paths.js';

/** A process that computes, says much and ends by itself with the code 5. */
function ended(quickly: boolean): { status: number | null; stdout: string } {
  const file = (path: string) => JSON.stringify(join(packageRoot(), 'dist', path));
  const program = `
    import { endQuickly } from ${file('torch/engine/quick-end.js')};
    import { scope, zeros } from ${file('torch/index.js')};
    if (${quickly}) endQuickly();
    scope(() => zeros([3], { dtype: 'float32' }).sum().item());
    process.stdout.write('x'.repeat(1 << 20));
    process.on('exit', () => console.log('|last'));
    process.exitCode = 5;`;
  return spawnSync(process.execPath, ['--input-type=module', '-e', program], { encoding: 'utf8', maxBuffer: 1 << 22 });
}

describe.skipIf(findTorch() === undefined)('endQuickly (needs a torch: `npx orpo setup`, or ORPO_TORCH)', () => {
  it.each([true, false])('keeps what a process says and the code it ends with (%s)', (quickly) => {
    const { status, stdout } = ended(quickly);
    expect(status).toBe(5);
    expect(stdout).toBe(`${'x'.repeat(1 << 20)}|last\n`);
  });
});
