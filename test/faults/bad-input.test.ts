import { cpSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { built, type Failure, failingCommand } from './failing-command.js';
import { inTemporaryFolder, smallConfig } from './small-run.js';

const model = fileURLToPath(new URL('../fixtures/golden/models/llama', import.meta.url));

/** What `orpo train` says to a configuration that is a small one with `change` applied. */
function fail(folder: string, change: (config: Record<string, unknown>) => void): Failure {
  const config: Record<string, unknown> = JSON.parse(JSON.stringify(smallConfig(folder, 'run')));
  change(config);
  const path = join(folder, 'config.yaml');
  writeFileSync(path, stringify(config));
  return failingCommand(['train', path]);
}

/** The tiny model with one of its files changed. */
function damagedModel(folder: string, damage: (copy: string) => void): string {
  const copy = join(folder, 'model');
  cpSync(model, copy, { recursive: true });
  damage(copy);
  return copy;
}

function edit(path: string, from: string, to: string): void {
  const text = readFileSync(path, 'utf8');
  expect(text).toContain(from);
  writeFileSync(path, text.replace(from, to));
}

/** A GGUF file, version 3, without metadata, with one tensor of type 77. */
function oddGguf(): Buffer {
  const header = Buffer.alloc(24 + 8 + 1 + 4 + 8 + 4 + 8);
  header.write('GGUF');
  header.writeUInt32LE(3, 4);
  header.writeBigUInt64LE(1n, 8);
  header.writeBigUInt64LE(1n, 24);
  header.write('w', 32);
  header.writeUInt32LE(1, 33);
  header.writeBigUInt64LE(32n, 37);
  header.writeUInt32LE(77, 45);
  return Buffer.concat([header, Buffer.alloc(512)]);
}

describe.runIf(built)('bad input ends with exit code 2 and an error that names it', () => {
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
      /unknown key "objective\.lamda".*Did you mean "objective\.lambda"/,
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
      /"method" is "orpoo".*Did you mean "orpo"/,
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
      /lama.*did you mean "llama".*Known architectures: .*qwen3/,
    ],
    [
      'truncated weights',
      (config, folder) => {
        config.model = damagedModel(folder, (copy) => truncateSync(join(copy, 'model.safetensors'), 90_000));
      },
      /model\.safetensors/,
    ],
    [
      'tampered weights',
      (config, folder) => {
        config.model = damagedModel(folder, (copy) => {
          const path = join(copy, 'model.safetensors');
          const bytes = readFileSync(path);
          bytes.write('"F99"', bytes.indexOf('"F32"'));
          writeFileSync(path, bytes);
        });
      },
      /model\.safetensors.*F99/,
    ],
    [
      'a tokenizer with more tokens than the vocabulary',
      (config, folder) => {
        config.model = damagedModel(folder, (copy) =>
          edit(join(copy, 'tokenizer.json'), '"id": 317', '"id": 4000000000'),
        );
      },
      /ids up to 4000000000, the model's vocabulary has 320/,
    ],
    [
      'sizes that are none',
      (config, folder) => {
        config.model = damagedModel(folder, (copy) =>
          edit(join(copy, 'config.json'), '"head_dim": 8', '"head_dim": 1e9'),
        );
      },
      /config\.json: "head_dim" is 1000000000/,
    ],
    [
      'a chat template without end',
      (config, folder) => {
        config.model = damagedModel(folder, (copy) =>
          writeFileSync(
            join(copy, 'chat_template.jinja'),
            '{% macro f(n) %}{% if n %}{{ f(n - 1) }}{{ f(n - 1) }}{% endif %}{% endmacro %}{{ f(60) }}',
          ),
        );
      },
      /chat template/,
    ],
    [
      'a GGUF file with a tensor of an unknown type',
      (config, folder) => {
        const path = join(folder, 'odd.gguf');
        writeFileSync(path, oddGguf());
        config.model = path;
      },
      /"w" of .*odd\.gguf.*number 77/,
    ],
    [
      'a shard index that points outside its folder',
      (config, folder) => {
        config.model = damagedModel(folder, (copy) => {
          rmSync(join(copy, 'model.safetensors'));
          cpSync(join(model, 'model.safetensors'), join(folder, 'outside.safetensors'));
          writeFileSync(
            join(copy, 'model.safetensors.index.json'),
            JSON.stringify({ weight_map: { 'lm_head.weight': '../outside.safetensors' } }),
          );
        });
      },
      /model\.safetensors\.index\.json.*outside\.safetensors/,
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
      'rows longer than the positions a model has learnt',
      (config) => {
        config.model = fileURLToPath(new URL('../fixtures/golden/models/gpt2', import.meta.url));
      },
      /pairs\.jsonl: row \d+ has \d+ tokens, the model has positions for 48.*maxLength/,
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
      expect(failure.text).toMatch(names);
      expect(failure.status).toBe(2);
    }),
  );
});
