import { expect, it } from 'vitest';
import { sampleLines } from './sample-lines.js';

const sample = {
  row: 12,
  prompt: 'user\nHow do I export a board?\n',
  text: 'Open the board menu.',
  stop: 'end',
} as const;

it('shows a prompt and its answer on one line', () => {
  expect(sampleLines({ samples: [sample] }, 80)).toEqual([
    'row 12 user How do I export a board? → Open the board menu.',
  ]);
});

it('cuts the prompt at its beginning and the answer at its end, and keeps to its width', () => {
  const [line = ''] = sampleLines({ samples: [{ ...sample, text: 'Open '.repeat(40) }] }, 40);
  expect(line).toBe('row 12 …export a board? → Open Open Ope…');
  expect(line).toHaveLength(40);
});

it('obeys no control character of a prompt or an answer', () => {
  const [line] = sampleLines({ samples: [{ ...sample, prompt: 'a\u001b[2Jb', text: 'c\rd\u202ee' }] }, 80);
  expect(line).toBe('row 12 a␛[2Jb → c␍d\\u202ee');
});
