import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { createRandom } from '../../src/data/random.js';
import { answer, chatServer, longer, reply } from '../../src/feedback/testing/chat-server.js';
import { inTemporaryFolder } from './small-run.js';

const cli = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));
const KEY = 'sk-never-written-4f7a1c';
const KILLS = Number(process.env.ORPO_KILLS ?? 5);
const ROWS = 60;

interface Ended {
  readonly code: number | string;
  readonly said: string;
}

/** Runs `orpo judge` with a key in its environment; ends it with SIGKILL, or interrupts it, after `lifetime` milliseconds. */
function judge(
  folder: string,
  args: readonly string[],
  lifetime?: number,
  signal: 'SIGKILL' | 'SIGINT' = 'SIGKILL',
): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [cli, 'judge', ...args, '--key', 'JUDGE_KEY', '--json'], {
      cwd: folder,
      env: { ...process.env, JUDGE_KEY: KEY, ORPO_CACHE: join(folder, 'cache'), ORPO_DEBUG: '1' },
    });
    let said = '';
    child.stdout.on('data', (chunk: Buffer) => {
      said += chunk.toString('utf8');
    });
    child.stderr.on('data', (chunk: Buffer) => {
      said += chunk.toString('utf8');
    });
    const timer = lifetime === undefined ? undefined : setTimeout(() => child.kill(signal), lifetime);
    child.on('error', reject);
    child.on('close', (code, killed) => {
      clearTimeout(timer);
      resolve({ code: killed ?? code ?? 'none', said });
    });
  });
}

function everyFile(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}

function writeRows(folder: string): void {
  mkdirSync(folder, { recursive: true });
  const rows = Array.from({ length: ROWS }, (_, i) => ({
    prompt: `Question ${i}?`,
    responses: ['x'.repeat(1 + ((i * 7) % 11)), 'y'.repeat(1 + ((i * 5) % 13))],
  }));
  writeFileSync(join(folder, 'rows.jsonl'), rows.map((row) => JSON.stringify(row)).join('\n'));
}

const results = ['pairs.jsonl', 'judgements.jsonl', 'result.json'];

describe.runIf(existsSync(cli))('orpo judge', () => {
  it(
    `comes to the same bytes after ${KILLS} kills, pays nothing twice and writes the key nowhere`,
    { timeout: 600_000 },
    () =>
      inTemporaryFolder(async (folder) => {
        // a server that repeats the key it was sent wherever it can
        const server = await chatServer((response, { text, headers }, number) => {
          if (number % 29 === 0)
            reply(response, 429, `{"error":{"message":"${headers.authorization}"}}`, { 'retry-after': '0' });
          else setTimeout(() => answer(response, longer(text), { echo: headers.authorization }), 20);
        });
        const args = ['--data', 'rows.jsonl', '--judge', server.url, '--judge-model', 'm'];
        const [calm, rough] = [join(folder, 'calm'), join(folder, 'rough')];
        for (const place of [calm, rough]) writeRows(place);
        const begun = performance.now();
        const whole = await judge(calm, [...args, '--output', 'judged']);
        const duration = performance.now() - begun;
        expect(whole.code, whole.said).toBe(0);
        const answered = (): number => server.asked.length - Math.floor(server.asked.length / 29);
        expect(answered()).toBe(2 * ROWS);

        const random = createRandom(5, 98);
        let said = whole.said;
        let kills = 0;
        while (kills < KILLS) {
          const signal = kills % 2 === 0 ? 'SIGKILL' : 'SIGINT';
          const ended = await judge(
            rough,
            [...args, '--output', 'judged'],
            duration * (0.3 + random.below(60) / 100),
            signal,
          );
          said += ended.said;
          kills++;
          if (ended.code === 0) break;
          expect(['SIGKILL', 130, 'SIGINT']).toContain(ended.code);
        }
        const last = await judge(rough, [...args, '--output', 'judged']);
        said += last.said;
        expect(last.code, last.said).toBe(0);
        for (const name of results) {
          expect(readFileSync(join(rough, 'judged', name), 'utf8')).toBe(
            readFileSync(join(calm, 'judged', name), 'utf8'),
          );
        }
        // what was under way when a process was killed is all that is asked again
        expect(answered()).toBeLessThanOrEqual(4 * ROWS + kills * 4);

        const before = server.asked.length;
        expect((await judge(calm, [...args, '--output', 'again'])).code).toBe(0);
        expect(server.asked).toHaveLength(before);
        expect(server.asked.every(({ headers }) => headers.authorization === `Bearer ${KEY}`)).toBe(true);
        expect(said).not.toContain(KEY);
        const files = everyFile(folder);
        expect(files.length).toBeGreaterThan(2 * ROWS);
        for (const path of files) expect(readFileSync(path, 'utf8'), path).not.toContain(KEY);
      }),
  );

  it('ends with what to do where the key is refused, and leaves it out', () =>
    inTemporaryFolder(async (folder) => {
      const server = await chatServer((response, { headers }) => reply(response, 401, `${headers.authorization}`));
      writeRows(folder);
      const { code, said } = await judge(folder, [
        ...['--data', 'rows.jsonl', '--judge', server.url, '--judge-model', 'm', '--output', 'judged'],
      ]);
      expect(code).toBe(2);
      expect(said).toContain('"code":"config"');
      expect(said).toContain('JUDGE_KEY');
      expect(said).not.toContain(KEY);
      for (const path of everyFile(folder)) expect(readFileSync(path, 'utf8')).not.toContain(KEY);
    }));
});
