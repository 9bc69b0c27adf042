import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { inTemporaryFolder, smallConfig } from './small-run.js';

const cli = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));
const model = fileURLToPath(new URL('../fixtures/golden/models/llama', import.meta.url));

interface Failure {
  readonly status: number | null;
  readonly code: string;
  readonly message: string;
  readonly hint: string;
}

/** Runs `orpo train` on a configuration that is a small one with `change` applied; returns the JSON error it ends with. */
function fail(folder: string, change: (config: Record<string, unknown>) => void, ...more: string[]): Failure {
  const config: Record<string, unknown> = JSON.parse(JSON.stringify(smallConfig(folder, 'run')));
  change(config);
  const path = join(folder, 'config.yaml');
  writeFileSync(path, stringify(config));
  const { status, stdout } = spawnSync(process.execPath, [cli, 'train', path, '--json', ...more], { encoding: 'utf8' });
  const last: unknown = JSON.parse(stdout.trim().split('\n').at(-1) ?? '');
  expect(last).toMatchObject({
    type: 'error',
    code: expect.any(String),
    message: expect.any(String),
    hint: expect.any(String),
  });
  return { status, code: '', message: '', hint: '', ...(typeof last === 'object' ? last : {}) };
}

/** The tiny model with one of its files changed. */
function damagedModel(folder: string, damage: (copy: string) => void): string {
  const copy = join(folder, 'model');
  cpSync(model, copy, { recursive: true });
  damage(copy);
  return copy;
}

describe.runIf(existsSync(cli))('bad input ends with exit code 2 and an error that names it', () => {
  const cases: readonly [
    what: string,
    change: (config: Record<string, unknown>, folder: string) => void,
    names: RegExp,
  ][] = [
    [
      'an unknown key',
      (config) => {
        config.objective = { lamda: 1 };
      },
      /lamda/,
    ],
    [
      'a value out of range',
      (config) => {
        config.training = { batch: -2 };
      },
      /training\.batch/,
    ],
    [
      'a value of the wrong type',
      (config) => {
        config.training = { learningRate: 'fast' };
      },
      /learningRate/,
    ],
    [
      'an unknown method',
      (config) => {
        config.method = 'orpoo';
      },
      /method/,
    ],
    [
      'a missing data file',
      (config) => {
        config.data = { train: '/nowhere/pairs.jsonl' };
      },
      /nowhere\/pairs\.jsonl/,
    ],
    [
      'a missing model',
      (config) => {
        config.model = './no-such-model';
      },
      /no-such-model/,
    ],
    [
      'a rank larger than a layer',
      (config) => {
        config.adapter = { rank: 4096 };
      },
      /rank/i,
    ],
    [
      'targets that match nothing',
      (config) => {
        config.adapter = { targets: ['q_prj'] };
      },
      /q_prj/,
    ],
    [
      'an unknown architecture',
      (config, folder) => {
        config.model = damagedModel(folder, (copy) => {
          const path = join(copy, 'config.json');
          writeFileSync(path, readFileSync(path, 'utf8').replace('"llama"', '"lama"'));
        });
      },
      /lama.*did you mean "llama"/,
    ],
    [
      'truncated weights',
      (config, folder) => {
        config.model = damagedModel(folder, (copy) => truncateSync(join(copy, 'model.safetensors'), 90_000));
      },
      /model\.safetensors/,
    ],
    [
      'a shard index that points outside its folder',
      (config, folder) => {
        config.model = damagedModel(folder, (copy) => {
          truncateSync(join(copy, 'model.safetensors'), 0);
          cpSync(join(model, 'model.safetensors'), join(folder, 'outside.safetensors'));
          writeFileSync(
            join(copy, 'model.safetensors.index.json'),
            JSON.stringify({ weight_map: { 'lm_head.weight': '../outside.safetensors' } }),
          );
        });
      },
      /safetensors/,
    ],
    [
      'columns that are not there',
      (config, folder) => {
        const path = join(folder, 'other.jsonl');
        writeFileSync(path, '{"question": "a", "good": "b", "bad": "c"}\n');
        config.data = { train: path };
      },
      /question/,
    ],
    [
      'a malformed row',
      (config, folder) => {
        const path = join(folder, 'broken.jsonl');
        writeFileSync(path, '{"prompt": "a", "chosen": "b", "rejected": "c"}\n{"prompt": "a", "chosen": \n');
        config.data = { train: path };
      },
      /broken\.jsonl.*2/,
    ],
    [
      'no usable row',
      (config, folder) => {
        const path = join(folder, 'equal.jsonl');
        writeFileSync(path, '{"prompt": "a", "chosen": "b", "rejected": "b"}\n');
        config.data = { train: path };
      },
      /equal\.jsonl/,
    ],
  ];
  it.each(cases)('%s', (_what, change, names) =>
    inTemporaryFolder(async (folder) => {
      const failure = fail(folder, (config) => change(config, folder));
      expect(`${failure.message} ${failure.hint}`).toMatch(names);
      expect(failure.status).toBe(2);
    }),
  );
});
