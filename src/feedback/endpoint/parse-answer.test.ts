import { describe, expect, it } from 'vitest';
import { parseChoice, parseGrade, softChoice, softGrade } from './parse-answer.js';

describe('parseChoice', () => {
  it.each([
    ['1', 1],
    [' 2\n', 2],
    ['"1".', 1],
    ['**2**', 2],
    ['(1)', 1],
  ])('reads %j', (text, choice) => expect(parseChoice(text)).toBe(choice));

  it.each(['', '3', '12', '1 or 2', 'Response 1', '1, because it is shorter', 'both', '-1', '1.5'])(
    'does not read %j',
    (text) => expect(parseChoice(text)).toBeUndefined(),
  );
});

describe('parseGrade', () => {
  it.each([
    ['7', 7],
    ['10.', 10],
    [' 8.5 ', 8.5],
  ])('reads %j', (text, grade) => expect(parseGrade(text)).toBe(grade));

  it.each(['0', '11', '7/10', 'seven', '', '1e1'])('does not read %j', (text) =>
    expect(parseGrade(text)).toBeUndefined(),
  );
});

describe('soft answers', () => {
  it('are normalised over the labels, with or without a space', () => {
    const first = [
      { token: '1', logprob: Math.log(0.3) },
      { token: ' 1', logprob: Math.log(0.3) },
      { token: '2', logprob: Math.log(0.2) },
      { token: 'The', logprob: Math.log(0.1) },
    ];
    expect(softChoice(first)).toBeCloseTo(0.75, 12);
    expect(softGrade(first)).toBeCloseTo((0.6 + 0.4) / 0.8, 12);
    expect(softChoice([{ token: 'The', logprob: -0.1 }])).toBeUndefined();
    expect(softGrade([])).toBeUndefined();
  });
});
