import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { openWeights, writeWeights } from './checkpoint-weights.js';
import type { TensorBytes } from './safetensors.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'orpo-weights-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const tensors: TensorBytes[] = ['a', 'b', 'c', '__proto__'].map((name, i) => ({
  name,
  dtype: 'F32',
  shape: [2],
  bytes: () => new Uint8Array(8).fill(i + 1),
}));

function stored(place = folder): Record<string, number[]> {
  const entries = [...openWeights(place).values()].map((tensor) => [
    `${tensor.name}.`,
    [...readFileSync(tensor.file).subarray(tensor.offset, tensor.offset + tensor.length)],
  ]);
  return Object.fromEntries(entries);
}

const all = {
  'a.': Array(8).fill(1),
  'b.': Array(8).fill(2),
  'c.': Array(8).fill(3),
  '__proto__.': Array(8).fill(4),
};

/** Two shards of one tensor each, with this index. */
function shards(index: string): void {
  writeWeights(folder, tensors.slice(0, 2), { maxShardBytes: 8 });
  writeFileSync(join(folder, 'model.safetensors.index.json'), index);
}

const map = (file: string) => JSON.stringify({ weight_map: { a: file } });

describe('writeWeights and openWeights', () => {
  it('go through a single file', () => {
    writeWeights(folder, tensors, { metadata: { note: 'x' } });
    expect(readdirSync(folder)).toEqual(['model.safetensors']);
    expect(stored()).toEqual(all);
    expect(readFileSync(join(folder, 'model.safetensors'), 'latin1')).toContain('"format":"pt","note":"x"');
  });

  it('go through shards with an index as other readers expect it', () => {
    writeWeights(folder, tensors, { maxShardBytes: 23 });
    const names = ['model-00001-of-00002.safetensors', 'model-00002-of-00002.safetensors'];
    expect(readdirSync(folder).sort()).toEqual([...names, 'model.safetensors.index.json']);
    expect(stored()).toEqual(all);
    const index = JSON.parse(readFileSync(join(folder, 'model.safetensors.index.json'), 'utf8'));
    expect(index.metadata).toEqual({ total_size: 32 });
    expect(Object.entries(index.weight_map).sort()).toEqual([
      ['__proto__', names[1]],
      ['a', names[0]],
      ['b', names[0]],
      ['c', names[1]],
    ]);
  });

  it.each([
    [31, 3],
    [32, 1],
    [1, 5],
  ])('make the right number of files for shards of %d bytes', (maxShardBytes, files) => {
    writeWeights(folder, tensors, { maxShardBytes });
    expect(readdirSync(folder).length).toBe(files);
    expect(stored()).toEqual(all);
  });

  it('leave nothing of an earlier save in the other layout', () => {
    writeWeights(folder, tensors, { maxShardBytes: 8 });
    writeWeights(folder, tensors.slice(0, 1));
    expect(readdirSync(folder)).toEqual(['model.safetensors']);
    writeFileSync(join(folder, 'config.json'), '{}');
    writeWeights(folder, tensors, { maxShardBytes: 16 });
    expect(readdirSync(folder).length).toBe(4);
    expect(stored()).toEqual(all);
  });

  it('open a folder laid out as the Hugging Face cache does, with links into its blobs', () => {
    const snapshot = join(folder, 'models--o--n', 'snapshots', 'f00');
    const blobs = join(folder, 'models--o--n', 'blobs');
    mkdirSync(snapshot, { recursive: true });
    mkdirSync(blobs);
    writeWeights(snapshot, tensors, { maxShardBytes: 8 });
    for (const name of readdirSync(snapshot)) {
      renameSync(join(snapshot, name), join(blobs, `b-${name}`));
      symlinkSync(join('..', '..', 'blobs', `b-${name}`), join(snapshot, name));
    }
    expect(stored(snapshot)).toEqual(all);
  });
});

describe('openWeights', () => {
  it.each([
    '../model-00001-of-00002.safetensors',
    '/etc/x.safetensors',
    'a/b.safetensors',
    'a\\b.safetensors',
    '..',
    '.',
    '',
    '.hidden.safetensors',
    '..\\x.safetensors',
    'C:x.safetensors',
    'file:x.safetensors',
    'x\u0000.safetensors',
    'x\n.safetensors',
    'model-00001-of-00002.safetensors/',
    'model-00001-of-00002.bin',
    'pytorch_model.bin',
    'model.safetensors.bin',
    `${'x'.repeat(300)}.safetensors`,
  ])('refuses the shard name %j', (name) => {
    shards(map(name));
    expect(() => openWeights(folder)).toThrow(expect.objectContaining({ code: 'format' }));
    expect(() => openWeights(folder)).toThrow(/index\.json is not a valid index/);
  });

  it.each([
    ['no JSON', 'x', /not a valid index/],
    ['a list', '[]', /no "weight_map"/],
    ['no map', '{}', /no "weight_map"/],
    ['a map that is a list', '{"weight_map":[]}', /no "weight_map"/],
    ['a number as file', '{"weight_map":{"a":1}}', /not a text/],
    ['a tensor twice', '{"weight_map":{"a":"x.safetensors","a":"y.safetensors"}}', /given twice/],
    ['a file that is missing', map('gone.safetensors'), /gone\.safetensors.* is missing/],
    ['a tensor in the wrong file', map('model-00002-of-00002.safetensors'), /does not hold the tensor "a"/],
  ])('refuses an index with %s', (_, index, message) => {
    shards(index);
    expect(() => openWeights(folder)).toThrow(message);
  });

  it('accepts 10,000 files and refuses one more', () => {
    const index = (count: number) =>
      JSON.stringify({
        weight_map: Object.fromEntries(Array.from({ length: count }, (_, i) => [`t${i}`, `${i}.safetensors`])),
      });
    shards(index(10_000));
    expect(() => openWeights(folder)).toThrow(/0\.safetensors.* is missing/);
    shards(index(10_001));
    expect(() => openWeights(folder)).toThrow(/more than 10000 files/);
  });

  it('refuses a link that leads out of the folder', () => {
    const outside = mkdtempSync(join(tmpdir(), 'orpo-outside-'));
    try {
      writeWeights(outside, tensors);
      shards(map('link.safetensors'));
      symlinkSync(join(outside, 'model.safetensors'), join(folder, 'link.safetensors'));
      expect(() => openWeights(folder)).toThrow(/symbolic link that leads out/);
    } finally {
      rmSync(outside, { recursive: true });
    }
  });

  it.each([
    ['pytorch_model.bin', 'model', /pickle weights \(pytorch_model\.bin\)/],
    ['pytorch_model.bin.index.json', 'model', /pickle weights/],
    ['model.gguf', 'model', /no safetensors weights/],
    ['config.json', 'model', /neither model\.safetensors nor/],
  ])('says what to do with a folder that holds only %s', (name, code, message) => {
    writeFileSync(join(folder, name), '');
    expect(() => openWeights(folder)).toThrow(expect.objectContaining({ code }));
    expect(() => openWeights(folder)).toThrow(message);
  });

  it('names a folder that does not exist', () => {
    expect(() => openWeights(join(folder, 'no'))).toThrow(expect.objectContaining({ code: 'file' }));
  });
});
