import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const cli = fileURLToPath(new URL('../dist/cli/main.js', import.meta.url));
const model = fileURLToPath(new URL('fixtures/golden/models/llama', import.meta.url));

/** Pipes lines into `orpo chat`. */
function chat(lines: readonly string[], ...options: string[]) {
  const args = [cli, 'chat', '--model', model, '--precision', 'fp32', '--max-tokens', '4', ...options];
  return spawnSync(process.execPath, args, { encoding: 'utf8', input: `${lines.join('\n')}\n` });
}

function recordsOf(stdout: string): unknown[] {
  return stdout
    .trim()
    .split('\n')
    .map((line): unknown => JSON.parse(line));
}

describe.runIf(existsSync(cli))('orpo chat on a pipe', () => {
  it('answers line by line, in JSON lines alone under --json', () => {
    const { status, stdout } = chat(['hello', '', '/reset', 'you', '/exit', 'never'], '--json');
    expect(status).toBe(0);
    expect(recordsOf(stdout)).toEqual([
      { type: 'answer', prompt: 'hello', text: expect.any(String) },
      { type: 'answer', prompt: 'you', text: expect.any(String) },
      { type: 'result', turns: 2 },
    ]);
  });

  it('forgets the oldest part of a conversation that the model has no positions for', () => {
    const { status, stdout, stderr } = chat(Array(6).fill('hello'), '--json', '--temperature', '0');
    expect(status).toBe(0);
    expect(recordsOf(stdout)).toHaveLength(7);
    expect(stderr).toContain('its oldest part is forgotten');
  });

  it('says when a single message is too long', () => {
    const { status, stdout } = chat(['hello '.repeat(60)], '--json');
    expect(status).toBe(2);
    expect(recordsOf(stdout).at(-1)).toMatchObject({ type: 'error', message: expect.stringContaining('takes 48') });
  });
});
