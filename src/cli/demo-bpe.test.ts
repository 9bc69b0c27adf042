import { describe, expect, it } from 'vitest';
import { chatTemplateFor, templateOfConfig } from '../text/find-chat-template.js';
import { tokenizerFromJson } from '../text/tokenizer-json.js';
import { byteLetters, learnMerges } from './demo-bpe.js';
import { learnTokenizer } from './demo-tokenizer.js';

describe('learnMerges', () => {
  it('merges the most frequent pair first and stays within words', () => {
    // "low" 5 times, "lower" twice: l+o and o+w occur 7 times each, the first one seen wins
    expect(learnMerges('low low low low low lower lower', 3)).toEqual([
      ['l', 'o'],
      ['lo', 'w'],
      ['Ġ', 'low'],
    ]);
  });

  it('stops when no pair occurs twice', () => {
    expect(learnMerges('abc', 10)).toEqual([]);
    expect(learnMerges('', 10)).toEqual([]);
  });

  it('knows each byte by a letter of its own', () => {
    expect(new Set(byteLetters()).size).toBe(256);
    expect(byteLetters()[32]).toBe('Ġ');
  });
});

describe('learnTokenizer', () => {
  const contents = learnTokenizer(
    'Open the card and choose Move. Open the board menu and choose Trash. '.repeat(3),
    40,
  );
  const tokenizer = tokenizerFromJson(contents);

  it('writes and reads any text', () => {
    for (const text of ['Open the card.', 'für Ĝis 你好 🙂\n\n  x', "don't 12 %"]) {
      expect(tokenizer.decode(tokenizer.encode(text))).toBe(text);
    }
    expect(tokenizer.encode(' choose').length).toBeLessThan(4);
  });

  it('numbers its tokens without gaps and ends a turn with its end of sequence', () => {
    expect(tokenizer.vocabularySize).toBe(contents.vocabulary);
    expect(tokenizer.tokenText(tokenizer.eos ?? -1)).toBe('<|im_end|>');
    const template = chatTemplateFor(tokenizer, templateOfConfig(contents.tokenizerConfig) ?? '');
    expect(template.render([{ role: 'user', content: 'hi' }], { addGenerationPrompt: true })).toBe(
      '<|im_start|>user\nhi<|im_end|>\n<|im_start|>assistant\n',
    );
  });
});
