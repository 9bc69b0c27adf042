import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { cohensKappa } from '../statistics/cohens-kappa.js';
import { wilson } from '../statistics/wilson.js';
import { agreement, type Choice, choiceOf, majority, positionBias } from './agreement.js';
import { humanChoice, readCandidates } from './candidates.js';

const PANDALM = resolve(process.env.ORPO_DATA_DIR ?? '../shared/data', 'pandalm-human-judgements.json');

describe('cohensKappa', () => {
  it('is the textbook number', () => {
    // 20 both yes, 15 both no, 5 and 10 apart: p_o .7, p_e .5
    const of = (...counts: number[]): Choice[] =>
      counts.flatMap((count, at) => new Array<Choice>(count).fill(at % 2 === 0 ? 'first' : 'second'));
    expect(cohensKappa([...of(25), ...of(0, 25)], [...of(20, 5), ...of(10, 15)])).toBeCloseTo(0.4, 12);
  });

  it('is 1 for raters that agree, 0 for one that is always of one mind, and none where both are', () => {
    expect(cohensKappa(['first', 'second', 'tie'], ['first', 'second', 'tie'])).toBe(1);
    expect(cohensKappa(['first', 'second'], ['first', 'first'])).toBe(0);
    expect(cohensKappa(['first'], ['first'])).toBeNaN();
  });
});

it("gives Wilson's interval as scipy does", () => {
  const { value, low, high } = wilson(559, 939);
  expect(value).toBeCloseTo(0.5953141640042598, 14);
  expect(low).toBeCloseTo(0.563593380828467, 12);
  expect(high).toBeCloseTo(0.6262582621231412, 12);
  expect(wilson(0, 10).low).toBe(0);
  expect(wilson(10, 10).high).toBeCloseTo(1, 12);
});

it('takes the choice of most annotators', () => {
  expect(majority(['first', 'tie', 'first'])).toBe('first');
  expect(majority(['first', 'tie', 'second'])).toBeUndefined();
  expect(majority(['tie'])).toBe('tie');
});

it('measures how much a judge looks at positions', () => {
  const { consistent, firstPosition } = positionBias([
    [0.9, 0.8],
    [0.9, 0.1],
    [0.5, 0.5],
    [0.2, 0.4],
  ]);
  expect(consistent.value).toBe(0.75);
  expect(firstPosition).toBeCloseTo((0.55 + 0.9 + 0.5 + 0.4) / 4, 12);
  expect([0.6, 0.4, 0.5].map(choiceOf)).toEqual(['first', 'second', 'tie']);
});

describe.skipIf(!existsSync(PANDALM))(`people's judgements${existsSync(PANDALM) ? '' : ' (skipped: no data)'}`, () => {
  const options = {
    onMalformed: 'drop' as const,
    least: 2,
    human: ['annotator1', 'annotator2', 'annotator3'],
    seed: 1,
  };

  it('compare with the longer response as scikit-learn and scipy say', async () => {
    const people: Choice[] = [];
    const judge: Choice[] = [];
    let dropped = 0;
    for await (const found of readCandidates(PANDALM, options)) {
      if ('dropped' in found) {
        dropped++;
        continue;
      }
      const choice = humanChoice(found);
      const [first = '', second = ''] = found.responses;
      if (choice === undefined || first === second) continue;
      people.push(choice);
      judge.push(choiceOf(0.5 + Math.sign(first.length - second.length) / 2));
    }
    expect(dropped).toBe(60);
    const { rows, accuracy, kappa, decided } = agreement(people, judge, 42);
    expect(rows).toBe(939);
    expect(accuracy.value).toBeCloseTo(559 / 939, 14);
    expect(kappa.value).toBeCloseTo(0.2787449896001989, 12);
    // 4,000 resamples by numpy: .2257 to .3306
    expect(kappa.low).toBeCloseTo(0.226, 2);
    expect(kappa.high).toBeCloseTo(0.331, 2);
    expect(decided.rows).toBe(836);
    expect(decided.accuracy.value).toBeCloseTo(0.6555023923444976, 14);
  });

  it('compare with each other as scikit-learn says', async () => {
    const [one, two]: [Choice[], Choice[]] = [[], []];
    for await (const found of readCandidates(PANDALM, { ...options, least: 1 })) {
      const [a, b] = 'dropped' in found ? [] : found.human;
      if (a !== undefined && b !== undefined) {
        one.push(a);
        two.push(b);
      }
    }
    expect(one.length).toBe(939);
    expect(cohensKappa(one, two)).toBeCloseTo(0.845211967637007, 12);
  });
});
