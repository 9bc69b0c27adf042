import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { getPriority } from 'node:os';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';

const DIST = new URL('../../../dist/', import.meta.url);
const NICE = 10;
const linux = process.platform === 'linux';
const able = linux && getPriority() < NICE;

/** In a process of its own, since what is set stays: its threads and their priorities, at three times. */
const SCRIPT = `
const { readdirSync } = await import('node:fs');
const { getPriority } = await import('node:os');
const { yieldToComputation } = await import('${new URL('torch/engine/thread-priority.js', DIST).href}');
const { ensureEngine } = await import('${new URL('torch/engine/ensure-engine.js', DIST).href}');
const { threads, zeros } = await import('${new URL('torch/index.js', DIST).href}');
const priorities = () => Object.fromEntries(readdirSync('/proc/self/task').map((id) => [id, getPriority(Number(id))]));
yieldToComputation();
const begun = priorities();
await ensureEngine({ install: false });
zeros([1]).dispose();
const loaded = priorities();
threads(3);
zeros([1 << 22]).add(1).dispose();
console.log(JSON.stringify({ main: String(process.pid), begun, loaded, working: priorities() }));
`;

const priorities = z.record(z.string(), z.number());

describe.skipIf(!able)('yieldToComputation (needs Linux and no lower priority of its own, skipped without)', () => {
  it('lowers the threads that are there, neither the main one nor the pool of libtorch', () => {
    const output = execFileSync(process.execPath, ['--input-type=module', '-e', SCRIPT], { encoding: 'utf8' });
    const { main, begun, loaded, working } = z
      .object({ main: z.string(), begun: priorities, loaded: priorities, working: priorities })
      .parse(JSON.parse(output));
    const own = getPriority();
    expect(Object.keys(begun).length).toBeGreaterThan(1);
    for (const [id, priority] of Object.entries(begun)) expect(priority).toBe(id === main ? own : NICE);
    const pool = Object.keys(working).filter((id) => !(id in loaded));
    expect(pool.length).toBeGreaterThanOrEqual(2);
    expect(pool.map((id) => working[id])).toEqual(pool.map(() => own));
  });

  it('is what the command line does first', async () => {
    const command = fileURLToPath(new URL('cli/main.js', DIST));
    const child = spawn(process.execPath, [command, 'chat', '--model', 'none'], {
      stdio: ['pipe', 'ignore', 'ignore'],
    });
    const ended = once(child, 'exit');
    const yielding = () =>
      readdirSync(`/proc/${child.pid}/task`).filter((id) => {
        try {
          return getPriority(Number(id)) === NICE;
        } catch {
          return false;
        }
      });
    let most = 0;
    while (child.exitCode === null && most === 0) {
      try {
        most = yielding().length;
      } catch {
        break;
      }
      await new Promise((later) => setTimeout(later, 2));
    }
    child.kill();
    await ended;
    expect(most).toBeGreaterThan(0);
  });
});
