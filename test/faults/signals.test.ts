import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { createRandom } from '../../src/data/random.js';
import { verifyFolder } from '../../src/files/atomic.js';
import { readyEngine } from '../../src/torch/engine/ensure-engine.js';
import { cli, type Ending, isBuilt, runCli } from './command-line.js';
import { fingerprint, inTemporaryFolder, leftovers, writePairs, writeSmallConfig } from './small-run.js';
import { stories } from './stories.js';

/** Signals at random moments; `npm run soak:kill` sends more. */
const ROUNDS = Number(process.env.ORPO_KILLS ?? 1);
const SIGNALS = [
  { signal: 'SIGINT', code: 130, adapter: true },
  { signal: 'SIGTERM', code: 143, adapter: false },
] as const;

const interrupted = z.object({ type: z.literal('error'), code: z.literal('interrupted'), hint: z.string() });

/** The command that a stopped run tells people to type. */
function advice({ last }: Ending): string {
  return interrupted.parse(last).hint.replace(/^Go on with: /, '');
}

/** Types `orpo …` into a shell. */
function typeIntoShell(command: string): void {
  const orpo = `orpo() { '${process.execPath}' '${cli}' "$@" --json; }`;
  execFileSync('sh', ['-c', `${orpo}; ${command}`], { stdio: ['ignore', 'ignore', 'pipe'] });
}

/** Exit code as a shell shows it. */
function shellCode({ code, signal }: Ending): number | undefined {
  return code ?? { SIGINT: 130, SIGTERM: 143 }[signal === 'SIGINT' ? 'SIGINT' : 'SIGTERM'];
}

/** Sends a signal as soon as a condition holds. */
function whenever(child: ChildProcess, condition: () => boolean, signal: NodeJS.Signals): void {
  const timer = setInterval(() => {
    if (!condition()) return;
    clearInterval(timer);
    child.kill(signal);
  }, 2);
  child.on('exit', () => clearInterval(timer));
}

function hasOpen({ pid }: ChildProcess, path: string): boolean {
  const folder = `/proc/${pid}/fd`;
  try {
    return readdirSync(folder).some((fd) => readlinkSync(join(folder, fd)) === path);
  } catch {
    // a descriptor may be closed between the listing and the look
    return false;
  }
}

/** Runs a program and answers its lines with signals, a moment later; returns its exit code and all its lines. */
function converse(
  program: string,
  answers: Readonly<Record<string, readonly NodeJS.Signals[]>>,
): Promise<{ readonly code: number | null; readonly lines: readonly string[] }> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ['--input-type=module', '--eval', program], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const lines: string[] = [];
    createInterface({ input: child.stdout }).on('line', (line) => {
      lines.push(line);
      setTimeout(() => {
        for (const signal of answers[line] ?? []) child.kill(signal);
      }, 150);
    });
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, lines }));
  });
}

describe.runIf(isBuilt).each(SIGNALS)('$signal', ({ signal, code, adapter }) => {
  // long enough for the last checkpoints to be those of the whole run
  const kind = { model: stories, adapter, maxSteps: 24 };

  it('saves at the end of the step and tells the command that comes to the same end', () =>
    inTemporaryFolder(async (folder) => {
      const name = "it's mine";
      const run = join(folder, name);
      const stopped = await runCli(['train', writeSmallConfig(folder, name, kind)], {
        onRecord: ({ type, step }, child) => {
          if (type === 'step' && step === 5) child.kill(signal);
        },
      });
      expect(stopped.code, stopped.stderr).toBe(code);
      expect(stopped.stderr).toContain('saving …');
      const steps = stopped.records.filter(({ type }) => type === 'step').length;
      expect(steps).toBeLessThan(24);
      verifyFolder(join(run, 'checkpoints', `step-${steps}`));
      expect(leftovers(run)).toEqual([]);
      typeIntoShell(advice(stopped));
      const whole = await runCli(['train', writeSmallConfig(folder, 'whole', kind)]);
      expect(whole.code, whole.stderr).toBe(0);
      expect(fingerprint(run)).toEqual(fingerprint(join(folder, 'whole')));
    }));

  it('while a model is downloaded ends the download', () =>
    inTemporaryFolder(async (folder) => {
      const bin = join(folder, 'bin');
      mkdirSync(bin);
      const begun = join(folder, 'begun');
      writeFileSync(join(bin, 'python3'), `#!/bin/sh\necho $$ > '${begun}'\nexec sleep 60\n`, { mode: 0o755 });
      const config = writeSmallConfig(folder, 'run', { model: 'pypi:orpo-test-never' });
      const ending = await runCli(['train', config], {
        env: { ORPO_TORCH: readyEngine().torch.folder, PATH: `${bin}:${process.env.PATH}` },
        onStart: (child) => whenever(child, () => existsSync(begun) && readFileSync(begun, 'utf8') !== '', signal),
      });
      expect(ending.code, ending.stderr).toBe(code);
      expect(ending.stderr).toContain('stopping …');
      expect(ending.last).toMatchObject({ code: 'interrupted', hint: 'Start the run again.' });
      expect(() => process.kill(Number(readFileSync(begun, 'utf8')), 0)).toThrow(/ESRCH/);
    }));

  it.runIf(existsSync('/proc/self/fd'))('while the data is read ends the run before it is one', () =>
    inTemporaryFolder(async (folder) => {
      const config = writeSmallConfig(folder, 'run', { model: stories });
      const data = join(folder, 'pairs.jsonl');
      writePairs(data, 40_000);
      const ending = await runCli(['train', config], {
        onStart: (child) => whenever(child, () => hasOpen(child, data), signal),
      });
      expect(ending.code, ending.stderr).toBe(code);
      expect(ending.records).toHaveLength(1);
      expect(ending.last).toMatchObject({ code: 'interrupted', hint: 'Start the run again.' });
      // nothing is in the way of starting it again
      writePairs(data, 22);
      expect((await runCli(['train', config])).code).toBe(0);
    }),
  );

  it('at random moments changes nothing of what comes out', { timeout: 900_000 }, () =>
    inTemporaryFolder(async (folder) => {
      const config = (name: string) => writeSmallConfig(folder, name, { ...kind, maxSteps: 12 });
      const whole = await runCli(['train', config('whole')]);
      const random = createRandom(code, 99);
      for (let round = 0; round < ROUNDS; round++) {
        const run = join(folder, `stopped-${round}`);
        const lifetime = random.below(Math.ceil(whole.milliseconds));
        let ending = await runCli(['train', config(`stopped-${round}`)], {
          onStart: (child) => setTimeout(() => child.kill(signal), lifetime),
        });
        // the signal may come before anything listens for it, and after the run's last act
        if (ending.code !== 0) expect(shellCode(ending), ending.stderr).toBe(code);
        if (!existsSync(join(run, 'result.json'))) {
          const begin = existsSync(join(run, 'config.json')) ? ['resume', run] : ['train', config(`stopped-${round}`)];
          ending = await runCli(begin);
          expect(ending.code, ending.stderr).toBe(0);
        }
        const ours = fingerprint(run);
        for (const [path, hash] of Object.entries(fingerprint(join(folder, 'whole'))))
          if (!path.startsWith('checkpoints')) expect(ours[path], path).toBe(hash);
      }
    }),
  );
});

describe.runIf(isBuilt)('a second signal', () => {
  const source = new URL('../../dist/cli/interrupt-signals.js', import.meta.url).href;
  const program = (blocked: number) => `
    import { InterruptSignals } from '${source}';
    new InterruptSignals(() => console.log('told'));
    console.log('ready');
    setTimeout(() => { const until = performance.now() + ${blocked}; while (performance.now() < until); }, 50);
    setInterval(() => {}, 1000);`;
  it('ends the process at once', async () => {
    const ending = await converse(program(0), { ready: ['SIGTERM'], told: ['SIGINT'] });
    expect(ending).toEqual({ code: 130, lines: ['ready', 'told'] });
  });

  it('counts as the first when nobody had been told of that one', async () => {
    // both come while the process computes; a third one ends it
    const ending = await converse(program(400), { ready: ['SIGINT', 'SIGINT'], told: ['SIGTERM'] });
    expect(ending).toEqual({ code: 143, lines: ['ready', 'told'] });
  });
});
