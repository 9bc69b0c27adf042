import { describe, expect, it } from 'vitest';
import { heldOutFile, TINY, trainFile } from './demo-config.js';
import { pretrainingTexts } from './demo-pretrain.js';

describe('pretrainingTexts', () => {
  it('reads every answer as often as it should, after its question', async () => {
    const texts = await pretrainingTexts(trainFile());
    const times = new Map<string, number>();
    for (const turns of texts) {
      expect(turns.map(({ role }) => role)).toEqual(['system', 'user', 'assistant']);
      const answer = turns.at(-1)?.content ?? '';
      times.set(answer, (times.get(answer) ?? 0) + 1);
    }
    const { chosen, rejected } = TINY.readings;
    expect(texts).toHaveLength(216 * (chosen + rejected));
    expect(new Set(times.values())).toEqual(new Set([chosen, rejected]));
  });

  it('has no question that is asked of the model afterwards', async () => {
    const asked = async (path: string) => (await pretrainingTexts(path)).map((turns) => turns[1]?.content);
    const read = new Set(await asked(trainFile()));
    expect((await asked(heldOutFile())).filter((question) => read.has(question))).toEqual([]);
  });
});
