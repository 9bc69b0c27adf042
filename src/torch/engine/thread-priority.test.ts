import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';

const HERE = new URL('./', import.meta.url);
const DIST = new URL('../../../dist/torch/', import.meta.url);

/** In a process of its own, since what is set stays: the priorities of its threads before, after, and once libtorch works. */
const SCRIPT = `
const { readdirSync } = await import('node:fs');
const { getPriority } = await import('node:os');
const { yieldToComputation } = await import('${new URL('engine/thread-priority.js', DIST).href}');
const { ensureEngine } = await import('${new URL('engine/ensure-engine.js', DIST).href}');
const { threads, zeros } = await import('${new URL('index.js', DIST).href}');
const priorities = () => readdirSync('/proc/self/task').map((id) => [Number(id) === process.pid, getPriority(Number(id))]);
const before = priorities();
yieldToComputation();
const after = priorities();
await ensureEngine({ install: false });
threads(3);
zeros([1 << 22]).add(1).dispose();
console.log(JSON.stringify({ before, after, working: priorities() }));
`;

const thread = z.tuple([z.boolean(), z.number()]);

describe.skipIf(process.platform !== 'linux')('yieldToComputation', () => {
  it('lowers the threads that are there, neither the main one nor libtorch’s', () => {
    const output = execFileSync(process.execPath, ['--input-type=module', '-e', SCRIPT], {
      cwd: HERE,
      encoding: 'utf8',
    });
    const { before, after, working } = z
      .object({ before: z.array(thread), after: z.array(thread), working: z.array(thread) })
      .parse(JSON.parse(output));
    const own = before.find(([main]) => main)?.[1] ?? 0;
    expect(before.length).toBeGreaterThan(1);
    for (const [, priority] of before) expect(priority).toBe(own);
    for (const [main, priority] of after) expect(priority).toBe(main ? own : 19);
    expect(working.filter(([main, priority]) => !main && priority === own).length).toBeGreaterThanOrEqual(2);
  });
});
