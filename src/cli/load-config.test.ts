import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { OrpoError } from '../errors.js';
import { loadConfig } from './load-config.js';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'orpo-config-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function file(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

async function faultOf(path: string): Promise<OrpoError> {
  try {
    await loadConfig(path);
  } catch (error) {
    if (error instanceof OrpoError) return error;
    throw error;
  }
  throw new Error(`${path} was accepted`);
}

describe('loadConfig', () => {
  it('reads YAML, JSON and modules alike', async () => {
    const yaml = file('a.yaml', 'method: orpo\ntraining: { learningRate: 5e-6 }\ndata: { eval: 5% }\n');
    const json = file(
      'a.json',
      '{\n\t"method": "orpo",\n\t"training": {"learningRate": 5e-6}, "data": {"eval": "5%"}}',
    );
    const module = file(
      'a.mjs',
      'export default { method: "orpo", training: { learningRate: 5e-6 }, data: { eval: "5%" } };',
    );
    const expected = { method: 'orpo', training: { learningRate: 5e-6 }, data: { eval: '5%' } };
    for (const path of [yaml, json, module]) expect(await loadConfig(path)).toEqual(expected);
  });

  it('names file and line of a mistake', async () => {
    const path = file('b.yaml', 'method: orpo\ndata:\n  train: [a\nmodel: m\n');
    const error = await faultOf(path);
    expect(error.code).toBe('config');
    expect(error.message).toMatch(new RegExp(`^${path}:[345]: `));
    expect(error.message).not.toContain('\n');
  });

  it('refuses a key given twice', async () => {
    const path = file('c.yaml', 'method: orpo\ndata: {}\nmethod: sft\n');
    expect((await faultOf(path)).message).toBe(`${path}:3: a key is given twice.`);
    const json = file('c.json', '{"a": 1,\n"a": 2}');
    expect((await faultOf(json)).message).toBe(`${json}:2: a key is given twice.`);
  });

  it('refuses aliases that blow up', async () => {
    const levels = Array.from({ length: 9 }, (_, i) => `k${i + 1}: &k${i + 1} [${Array(9).fill(`*k${i}`).join(', ')}]`);
    const path = file('d.yaml', `k0: &k0 [a]\n${levels.join('\n')}\n`);
    expect((await faultOf(path)).code).toBe('config');
  });

  it('says what is wrong with a file that is no configuration', async () => {
    expect((await faultOf(join(folder, 'none.yaml'))).message).toContain('none.yaml');
    expect((await faultOf(file('e.toml', ''))).hint).toContain('.yaml');
    expect((await faultOf(file('f.mjs', 'export const a = 1;'))).message).toContain('no default export');
    expect((await faultOf(file('g.mjs', 'throw new Error("at work");'))).message).toContain('at work');
  });

  it('reads TypeScript with types, an enum, and a neighbour imported as TypeScript wants it', async () => {
    file('rates.ts', 'export enum Rate { Slow = 2 }\nexport const scaled = (rate: Rate): number => rate / 1e6;\n');
    const path = file(
      'h.ts',
      'import { Rate, scaled } from "./rates.js";\ninterface Config { readonly method: string }\n' +
        'const config: Config & { training: object } = { method: "orpo", training: { learningRate: scaled(Rate.Slow) } };\n' +
        'export default config satisfies Config;\n',
    );
    expect(await loadConfig(path)).toEqual({ method: 'orpo', training: { learningRate: 2e-6 } });
    expect((await faultOf(file('i.ts', 'export const a: number = 1;'))).message).toContain('no default export');
    expect((await faultOf(file('j.mts', 'const a: number = 1;\nthrow new Error("at work");'))).message).toContain(
      'at work',
    );
    expect((await faultOf(file('k.ts', 'export default {\n  a: 1,,\n};'))).message).toMatch(
      /k\.ts cannot be imported: /,
    );
  });
});
