import { describe, expect, it } from 'vitest';
import type { SampleChoice } from '../comparison.js';
import { favourite, outcomeOf } from './outcome.js';

const rowOf = (...choices: readonly SampleChoice[]) => ({ row: 1, prompt: '', answers: [], choices });

describe('outcomeOf', () => {
  const row = rowOf(
    { a: 'orpo', b: 'base', score: 0.9 },
    { a: 'sft', b: 'orpo', score: 0.5 },
    { a: 'dpo', b: 'orpo', score: 0.7 },
    { a: 'kto', b: 'orpo', failure: 'timed out' },
  );

  it('says whom an answer beats, ties with and loses to, whichever is named first', () => {
    expect(outcomeOf(row, 'orpo')).toEqual({ over: ['base'], ties: ['sft'], under: ['dpo'] });
    expect(outcomeOf(row, 'base')).toEqual({ over: [], ties: [], under: ['orpo'] });
    expect(outcomeOf(row, 'kto')).toEqual({ over: [], ties: [], under: [] });
  });
});

describe('favourite', () => {
  it('is the answer that is preferred to each other one, and nobody where one is missing or ties', () => {
    const won = rowOf({ a: 'a', b: 'b', score: 0.2 }, { a: 'b', b: 'c', score: 1 }, { a: 'a', b: 'c', score: 1 });
    expect(favourite(won, ['a', 'b', 'c'])).toBe('b');
    expect(favourite(rowOf({ a: 'a', b: 'b', score: 0.5 }), ['a', 'b'])).toBeUndefined();
    expect(favourite(rowOf({ a: 'a', b: 'b', score: 1 }), ['a', 'b', 'c'])).toBeUndefined();
    expect(favourite(rowOf(), ['a'])).toBeUndefined();
  });
});
