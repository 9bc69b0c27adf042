import { describe, expect, it } from 'vitest';
import { OrpoError } from '../errors.js';
import { Output } from './output.js';
import { performVerb } from './run-verb.js';

function collector(json: boolean, tty = false, env: Record<string, string> = {}) {
  const out: string[] = [];
  const err: string[] = [];
  const stdout = { write: (text: string) => out.push(text), isTTY: tty };
  const stderr = { write: (text: string) => err.push(text), isTTY: tty };
  return { output: new Output({ json, stdout, stderr, env }), out: () => out.join(''), err: () => err.join('') };
}

const fault = (code: 'data' | 'engine') => async () => {
  throw new OrpoError(code, 'Row 3 is wrong.', 'Mend it.');
};

describe('performVerb', () => {
  it('returns what the verb returns, and 0 for nothing', async () => {
    const { output, err } = collector(false);
    expect(await performVerb(output, async () => undefined, {})).toBe(0);
    expect(await performVerb(output, async () => 130, {})).toBe(130);
    expect(err()).toBe('');
  });

  it('tells an error with its hint on stderr; exit code 2 for the caller’s fault, 1 for the machine’s', async () => {
    const { output, out, err } = collector(false);
    expect(await performVerb(output, fault('data'), {})).toBe(2);
    expect(await performVerb(output, fault('engine'), {})).toBe(1);
    expect(out()).toBe('');
    expect(err()).toBe('error Row 3 is wrong.\n hint Mend it.\n'.repeat(2));
  });

  it('ends stdout with the error as JSON under --json', async () => {
    const { output, out, err } = collector(true);
    const code = await performVerb(
      output,
      async () => {
        output.text('for people');
        output.record({ type: 'step', step: 1, loss: Number.NaN });
        return await fault('data')();
      },
      {},
    );
    expect(code).toBe(2);
    expect(
      out()
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line)),
    ).toEqual([
      { type: 'step', step: 1, loss: null },
      { type: 'error', code: 'data', message: 'Row 3 is wrong.', hint: 'Mend it.' },
    ]);
    expect(err()).toContain('for people\n');
  });

  it('shortens what nobody expected, and shows the stack when asked', async () => {
    const crash = async () => {
      throw new TypeError('x is not a function\nmore', { cause: new Error('deep down') });
    };
    const short = collector(false);
    expect(await performVerb(short.output, crash, {})).toBe(1);
    expect(short.err()).toContain('TypeError: x is not a function\n');
    expect(short.err()).toContain('ORPO_DEBUG=1');
    expect(short.err()).not.toContain('at ');
    const long = collector(false);
    await performVerb(long.output, crash, { ORPO_DEBUG: '1' });
    expect(long.err()).toMatch(/\n\s+at /);
    expect(long.err()).toContain('deep down');
  });
});

describe('colours', () => {
  it.each([
    [true, {}, true],
    [true, { NO_COLOR: '1' }, false],
    [true, { NO_COLOR: '' }, true],
    [true, { TERM: 'dumb' }, false],
    [false, {}, false],
  ])('TTY %s with %o: %s', (tty, env, coloured) => {
    const { output } = collector(false, tty, env);
    expect(output.colours.red('x') !== 'x').toBe(coloured);
  });

  it('closes a colour at the end of every line', () => {
    const { output } = collector(false, true);
    expect(output.colours.green('a\n\nb')).toBe('\u001b[32ma\u001b[39m\n\n\u001b[32mb\u001b[39m');
  });
});
