import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { contestsOf, readAnnotations, writeAnnotations } from './annotations.js';
import { pairAnswers, readAnswers, writeAnswers } from './answers.js';
import { contested, judgedPairs } from './from-annotations.js';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'orpo-alpaca-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function put(name: string, rows: unknown): string {
  const path = join(folder, name);
  writeFileSync(path, JSON.stringify(rows));
  return path;
}

const judged = { instruction: 'q', output_1: 'a', generator_1: 'base', output_2: 'b', generator_2: 'm' };

describe('annotations.json', () => {
  it('is read in all its preferences and written so that it reads the same', async () => {
    const preferences = [1, 2, 0, 1.5, 1.25, null];
    const path = put(
      'annotations.json',
      preferences.map((preference) => ({ ...judged, annotator: 'gpt4', dataset: 'koala', preference, price: 3 })),
    );
    const annotations = await readAnnotations(path);
    expect(annotations.map(({ score }) => score)).toEqual([0, 1, 0.5, 0.5, 0.25, undefined]);
    const copy = join(folder, 'copy.json');
    writeAnnotations(copy, annotations);
    expect(await readAnnotations(copy)).toEqual(annotations);
    const written: unknown = JSON.parse(readFileSync(copy, 'utf8'));
    expect(written).toContainEqual({ ...judged, annotator: 'gpt4', dataset: 'koala', preference: 1.5 });
  });

  it.each([
    [{ preference: 3 }, 'row 2 has the preference 3.'],
    [{ preference: -1 }, 'row 2 has the preference -1.'],
    [{ preference: 0.5 }, 'row 2 has the preference 0.5.'],
    [{ preference: 'A' }, 'row 2 has the preference "A".'],
    [{}, 'row 2 has no preference.'],
    [{ preference: 1, output_2: null }, 'row 2 has null for output_2.'],
    [{ preference: 1, generator_1: 7 }, 'row 2 has no text for generator_1.'],
  ])('names file and row of %j', async (fields, message) => {
    const path = put('bad.json', [
      { ...judged, preference: 1 },
      { ...judged, ...fields },
    ]);
    await expect(readAnnotations(path)).rejects.toThrow(`${path} ${message}`);
  });

  it('without a row is an error', async () => {
    await expect(readAnnotations(put('none.json', []))).rejects.toThrow('none.json has no rows.');
    await expect(readAnnotations(join(folder, 'absent.json'))).rejects.toThrow('absent.json does not exist.');
  });

  it('gives lengths and comparisons of what was judged', async () => {
    const path = put('lengths.json', [
      { ...judged, output_1: 'aé', output_2: '👍', preference: 2 },
      { ...judged, preference: null },
    ]);
    const annotations = await readAnnotations(path);
    expect(judgedPairs(annotations)).toEqual([
      { score: 1, baselineLength: 2, modelLength: 1 },
      { score: undefined, baselineLength: 1, modelLength: 1 },
    ]);
    expect(contested(annotations)).toEqual([{ prompt: 'q', a: 'm', b: 'base', score: 1 }]);
  });

  it('falls into contests by the two systems', async () => {
    const path = put('two.json', [
      { ...judged, preference: 1 },
      { ...judged, generator_2: 'n', preference: 2 },
      { ...judged, preference: 2 },
    ]);
    const contests = contestsOf(await readAnnotations(path));
    expect(contests.map(({ baseline, model, annotations }) => [baseline, model, annotations.length])).toEqual([
      ['base', 'm', 2],
      ['base', 'n', 1],
    ]);
  });
});

describe('model_outputs.json', () => {
  const answers = (generator: string, ...prompts: string[]) =>
    prompts.map((instruction) => ({ instruction, output: `${generator} on ${instruction}`, generator }));

  it('is written so that it reads the same, empty answers too', async () => {
    const path = join(folder, 'outputs.json');
    const rows = [
      { instruction: 'q', output: '', generator: 'm' },
      { instruction: 'r', output: 'yes', generator: 'm', dataset: 'koala' },
    ];
    writeAnswers(path, rows);
    expect((await readAnswers(path)).answers).toEqual(rows);
  });

  it('names file and row of a missing answer', async () => {
    const path = put('missing.json', [...answers('m', 'q'), { instruction: 'r', generator: 'm' }]);
    await expect(readAnswers(path)).rejects.toThrow(`${path} row 2 has no output.`);
  });

  it('is paired by prompt, whatever the order, repeated prompts one by one', async () => {
    const base = await readAnswers(put('base.json', answers('base', 'q', 'r', 'q')));
    const own = await readAnswers(
      put('own.json', [
        { instruction: 'r', output: '1', generator: 'm' },
        { instruction: 'q', output: '2', generator: 'm' },
        { instruction: 'q', output: '3', generator: 'm' },
      ]),
    );
    const { pairs } = pairAnswers(base, own, 'stop');
    expect(pairs.map(({ model }) => model.output)).toEqual(['2', '1', '3']);
  });

  it('with unequal prompts stops at the first, naming file and row, or counts what it leaves out', async () => {
    const base = await readAnswers(put('base.json', answers('base', 'q', 'r', 's')));
    const own = await readAnswers(put('own.json', answers('m', 't', 'q')));
    expect(() => pairAnswers(base, own, 'stop')).toThrow(
      `${own.path} has no answer to row 2 of ${base.path} ("r") and to 1 more.`,
    );
    const { pairs, onlyBaseline, onlyModel } = pairAnswers(base, own, 'drop');
    expect([pairs.length, onlyBaseline, onlyModel]).toEqual([1, 2, 1]);
    const strange = await readAnswers(put('strange.json', answers('m', 'z')));
    expect(() => pairAnswers(base, strange, 'drop')).toThrow('no prompt in common');
  });
});
