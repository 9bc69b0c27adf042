import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';

const root = dirname(import.meta.dirname);
const report = z.object({
  summary: z.object({
    totalCruised: z.number(),
    violations: z.array(z.object({ from: z.string(), to: z.string(), rule: z.object({ name: z.string() }) })),
  }),
});

/** Cruises `folder`/src with its own configuration; violations as `rule: from → to`. */
function cruise(folder: string): { modules: number; violations: string[] } {
  const { stdout, stderr } = spawnSync(
    process.execPath,
    [
      join(root, 'node_modules/dependency-cruiser/bin/dependency-cruise.mjs'),
      'src',
      '--config',
      '.dependency-cruiser.cjs',
      '--output-type',
      'json',
    ],
    { cwd: folder, encoding: 'utf8', maxBuffer: 2 ** 28 },
  );
  if (stdout === '') throw new Error(`the checker printed nothing: ${stderr}`);
  const { summary } = report.parse(JSON.parse(stdout));
  return {
    modules: summary.totalCruised,
    violations: summary.violations.map(({ rule, from, to }) => `${rule.name}: ${from} → ${to}`),
  };
}

describe('floors', () => {
  let copy = '';

  beforeAll(() => {
    copy = mkdtempSync(join(tmpdir(), 'orpo-floors-'));
    for (const name of ['.dependency-cruiser.cjs', 'package.json', 'tsconfig.json', 'src']) {
      cpSync(join(root, name), join(copy, name), { recursive: true });
    }
    symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'));
  });

  afterAll(() => rmSync(copy, { recursive: true, force: true }));

  /** What the checker finds in the copy once these files are added; they are removed again. */
  function plant(files: Record<string, string>): string[] {
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(dirname(join(copy, path)), { recursive: true });
      writeFileSync(join(copy, path), text);
    }
    const { violations } = cruise(copy);
    for (const path of Object.keys(files)) rmSync(join(copy, path));
    return violations.filter((violation) => violation.includes('planted'));
  }

  it('hold in this tree', () => {
    const { modules, violations } = cruise(root);
    expect(violations).toEqual([]);
    expect(modules).toBeGreaterThan(1);
  });

  it('forbid an import from a higher floor, type-only ones too', () => {
    expect(
      plant({
        'src/nn/planted.ts': "import { lofty } from '../cli/planted.js';\nexport const low = lofty;\n",
        'src/torch/planted.ts': "import type { Lofty } from '../cli/planted.js';\nexport type Low = Lofty;\n",
        'src/cli/planted.ts': 'export const lofty = 1;\nexport type Lofty = number;\n',
      }).sort(),
    ).toEqual([
      'floor-nn: src/nn/planted.ts → src/cli/planted.ts',
      'floor-torch: src/torch/planted.ts → src/cli/planted.ts',
    ]);
  });

  it('allow imports from the same and lower floors, and anything in tests and what they share', () => {
    expect(
      plant({
        'src/cli/planted.ts': "import { one } from '../nn/planted.js';\nexport const two = one + 1;\n",
        'src/nn/planted.ts': "import { one } from './planted-one.js';\nexport { one };\n",
        'src/nn/planted-one.ts': 'export const one = 1;\n',
        'src/nn/planted.test.ts': "import { two } from '../cli/planted.js';\nconsole.log(two);\n",
        'src/nn/testing/planted.ts': "import { it } from 'vitest';\nexport const two = it;\n",
      }),
    ).toEqual([]);
  });

  it('keep text, files, data and statistics free of the engine, and text and files apart', () => {
    const from = (module: string) => `import { value } from '${module}';\nexport const other = value;\n`;
    const value = 'export const value = 1;\n';
    expect(
      plant({
        'src/torch/planted.ts': value,
        'src/nn/planted.ts': value,
        'src/text/planted.ts': from('../torch/planted.js'),
        'src/files/planted.ts': from('../text/planted-value.js'),
        'src/text/planted-value.ts': value,
        'src/data/planted.ts': from('../nn/planted.js'),
        'src/statistics/planted.ts': from('../torch/planted.js'),
      }).sort(),
    ).toEqual([
      'floor-data: src/data/planted.ts → src/nn/planted.ts',
      'floor-files: src/files/planted.ts → src/text/planted-value.ts',
      'floor-statistics: src/statistics/planted.ts → src/torch/planted.ts',
      'floor-text: src/text/planted.ts → src/torch/planted.ts',
    ]);
  });

  it('forbid cycles, type-only ones too', () => {
    expect(
      plant({
        'src/nn/planted-a.ts': "import type { B } from './planted-b.js';\nexport type A = B | 1;\n",
        'src/nn/planted-b.ts': "import type { A } from './planted-a.js';\nexport type B = A | 2;\n",
      }),
    ).toEqual(['no-cycles: src/nn/planted-a.ts → src/nn/planted-b.ts']);
  });

  it('forbid modules outside of the floors, imports of tests, and imports that lead nowhere', () => {
    expect(
      plant({
        'src/cellar/planted.ts': "import { one } from '../nn/planted.js';\nexport const two = one + 1;\n",
        'src/nn/planted.ts': "import { nothing } from './planted-nowhere.js';\nexport const one = nothing;\n",
        'src/torch/planted.ts': "import { two } from './planted.test.js';\nexport const one = two - 1;\n",
        'src/torch/planted.test.ts': 'export const two = 2;\n',
      }).sort(),
    ).toEqual([
      'known-floors-only: src/cellar/planted.ts → src/nn/planted.ts',
      'no-tests-in-code: src/torch/planted.ts → src/torch/planted.test.ts',
      'resolvable: src/nn/planted.ts → ./planted-nowhere.js',
    ]);
  });
});
