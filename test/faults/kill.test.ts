import { spawn } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { createRandom } from '../../src/data/random.js';
import { fingerprint, inTemporaryFolder, smallConfig } from './small-run.js';

const cli = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));
const KILLS = Number(process.env.ORPO_KILLS ?? 8);

/** Runs the command line; ends it with SIGKILL after `lifetime` milliseconds. Resolves with its exit code or signal. */
function run(args: readonly string[], lifetime?: number): Promise<number | string> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [cli, ...args, '--json'], { stdio: ['ignore', 'ignore', 'inherit'] });
    const timer = lifetime === undefined ? undefined : setTimeout(() => child.kill('SIGKILL'), lifetime);
    child.on('error', reject);
    child.on('exit', (code, signal) => {
      clearTimeout(timer);
      resolve(signal ?? code ?? 'none');
    });
  });
}

describe.runIf(existsSync(cli))('SIGKILL', () => {
  it(`${KILLS} times at random moments changes nothing of what comes out`, { timeout: 1_800_000 }, () =>
    inTemporaryFolder(async (folder) => {
      const config = (name: string): string => {
        const path = join(folder, `${name}.yaml`);
        writeFileSync(path, stringify(smallConfig(folder, name, { maxSteps: 12 })));
        return path;
      };
      const begun = performance.now();
      expect(await run(['train', config('whole')])).toBe(0);
      const whole = performance.now() - begun;
      const random = createRandom(11, 99);
      let kills = 0;
      let runs = 0;
      while (kills < KILLS) {
        const name = `killed-${runs++}`;
        const output = join(folder, name);
        let code = await run(['train', config(name)], random.below(Math.ceil(whole)));
        while (code === 'SIGKILL') {
          kills++;
          // killed after its last act, a run is finished all the same
          if (existsSync(join(output, 'result.json'))) break;
          const begin = existsSync(join(output, 'config.json')) ? ['resume', output] : ['train', config(name)];
          code = await run(begin, kills < KILLS ? random.below(Math.ceil(whole)) : undefined);
        }
        expect(existsSync(join(output, 'result.json')), `the last command ended with ${code}`).toBe(true);
        expect(fingerprint(join(folder, name))).toEqual(fingerprint(join(folder, 'whole')));
      }
    }),
  );
});
