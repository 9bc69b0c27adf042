import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { isBuilt, runCli } from './command-line.js';
import {
  fingerprint,
  inTemporaryFolder,
  leftovers,
  type OnlineKind,
  readLines,
  smallOnlineConfig,
} from './small-run.js';

/** A rule in TypeScript that notes each call and ends its own process at call `KILL_AT`. */
const RULE = `import { appendFileSync, readFileSync } from 'node:fs';
const calls: string = process.env.CALLS ?? '';
export default (prompt: unknown, response: string): number => {
  appendFileSync(calls, JSON.stringify({ prompt, response }) + '\\n');
  const count = readFileSync(calls, 'utf8').trimEnd().split('\\n').length;
  if (count === Number(process.env.KILL_AT)) process.kill(process.pid, 'SIGKILL');
  return response.length / 8;
};
`;

const kinds: readonly (OnlineKind & { readonly adapter: boolean })[] = [
  { method: 'ppo', rollout: { epochs: 2 }, adapter: true },
  { method: 'online-orpo', adapter: false },
];

describe.runIf(isBuilt)('SIGKILL while rewards are waited for, and during a rollout', () => {
  it.each(kinds)(
    '$method, adapter $adapter: the same comes out, and no finished rollout is paid for twice',
    ({ adapter, ...kind }) =>
      inTemporaryFolder(async (folder) => {
        writeFileSync(join(folder, 'rule.ts'), RULE);
        const config = (name: string): string => {
          const path = join(folder, `${name}.json`);
          const reward = join(folder, 'rule.ts');
          writeFileSync(path, JSON.stringify({ ...smallOnlineConfig(folder, name, kind, adapter), reward }));
          return path;
        };
        const [whole, ours] = [join(folder, 'whole'), join(folder, 'killed')];
        const calls = (name: string): string => join(folder, `${name}.calls`);
        const env = (name: string, at = 0) => ({ CALLS: calls(name), KILL_AT: String(at) });
        const full = await runCli(['train', config('whole')], { env: env('whole') });
        expect(full.code, full.stderr).toBe(0);
        expect(readLines(calls('whole'))).toHaveLength(1 + 4 * 6 + 1);

        // at the fourth response of the second update
        const first = await runCli(['train', config('killed')], { env: env('killed', 1 + 6 + 4) });
        expect(first.signal).toBe('SIGKILL');
        const kept = readFileSync(join(ours, 'rollouts.jsonl'), 'utf8');
        expect(kept.trimEnd().split('\n')).toHaveLength(3);
        // as soon as the second update is told: the third rollout is sampled then
        const second = await runCli(['resume', ours], {
          env: env('killed'),
          onRecord: ({ type, step }, child) => {
            if (type === 'step' && step === 2) child.kill('SIGKILL');
          },
        });
        expect(second.signal).toBe('SIGKILL');
        expect(existsSync(join(ours, 'result.json'))).toBe(false);
        const third = await runCli(['resume', ours], { env: env('killed') });
        expect(third.code, third.stderr).toBe(0);

        expect(readFileSync(join(ours, 'rollouts.jsonl'), 'utf8').startsWith(kept)).toBe(true);
        expect(fingerprint(ours)).toEqual(fingerprint(whole));
        expect(leftovers(ours)).toEqual([]);
        // what had been answered of the rollouts that were not finished is asked again, nothing else
        const [paid, twice] = [readLines(calls('whole')).length, readLines(calls('killed')).length];
        expect(twice - paid).toBeGreaterThanOrEqual(4);
        expect(twice - paid).toBeLessThanOrEqual(4 + 6);
      }),
  );
});
