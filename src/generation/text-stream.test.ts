import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadTokenizerFolder } from '../text/tokenizer-json.js';
import { ResponseText } from './response-text.js';
import { TextStream } from './text-stream.js';

const MODELS = join(import.meta.dirname, '../../test/fixtures/golden/models');
const TEXT = ' a café — 日本語 and 👩‍🚀 in\n  two  lines.';

describe.each(readdirSync(MODELS))('%s', (name) => {
  const tokenizer = loadTokenizerFolder(join(MODELS, name));

  it('passes on whole characters that make up the text', () => {
    const ids = tokenizer.encode(TEXT);
    const stream = new TextStream(tokenizer);
    const pieces = ids.map((id) => stream.push(id));
    const text = pieces.join('') + stream.finish();
    expect(text).toBe(tokenizer.decode(ids));
    expect(pieces.every((piece) => !/\p{Cs}/u.test(piece) && !piece.includes('\ufffd'))).toBe(true);
  });

  it('goes on from the text before', () => {
    const before = tokenizer.encode('Once upon');
    const whole = tokenizer.encode(`Once upon${TEXT}`);
    const stream = new TextStream(tokenizer, before);
    const text = whole.slice(before.length).map((id) => stream.push(id));
    expect(tokenizer.decode(before) + text.join('') + stream.finish()).toBe(tokenizer.decode(whole));
  });

  it('gives no text for ids that only pad the vocabulary', () => {
    const stream = new TextStream(tokenizer);
    const ids = [tokenizer.vocabularySize + 3, ...tokenizer.encode('so'), tokenizer.vocabularySize];
    expect(ids.map((id) => stream.push(id)).join('') + stream.finish()).toBe('so');
  });

  it('ends with what it has when a character is broken', () => {
    const ids = tokenizer.encode('x 👩');
    const stream = new TextStream(tokenizer);
    const text = ids.slice(0, -1).map((id) => stream.push(id));
    expect(text.join('') + stream.finish()).toBe(tokenizer.decode(ids.slice(0, -1)));
  });

  it('drops the space after markup and stops at a text', () => {
    const response = new ResponseText(tokenizer, {
      before: tokenizer.encode('A:'),
      dropLeadingSpace: true,
      stop: ['|'],
    });
    for (const id of tokenizer.encode('A: yes | no').slice(tokenizer.encode('A:').length)) response.push(id);
    response.finish();
    expect(response.text).toBe('yes ');
    expect(response.stopped).toBe(true);
  });
});
