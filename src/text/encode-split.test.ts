import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { compileChatTemplate } from './chat-template.js';
import { encodeSplit, leadingIds } from './encode-split.js';
import { closeResponse, endOfTurn, endOfTurnIds, stopIds } from './end-of-turn.js';
import { tokenizerFromGguf } from './gguf-tokenizer.js';
import { byteTokenizerJson } from './testdata/byte-tokenizer.js';
import { tokenizerFromJson } from './tokenizer-json.js';

const tokenizer = tokenizerFromJson({
  tokenizerJson: byteTokenizerJson([
    ['a', 'b'],
    ['Ġ', 'b'],
    ['Ġ', 'ab'],
  ]),
  tokenizerConfig: { bos_token: '<s>', eos_token: '</s>' },
});
const pieces = (ids: readonly number[]) => ids.map((id) => tokenizer.tokenText(id));

const fixture: Record<string, unknown> = JSON.parse(
  readFileSync(new URL('testdata/sentencepiece-bpe.json', import.meta.url), 'utf8'),
);
const spaced = tokenizerFromGguf(
  new Map<string, unknown>([
    ['tokenizer.ggml.model', 'llama'],
    ['tokenizer.ggml.tokens', fixture.tokens],
    ['tokenizer.ggml.scores', fixture.scores],
    ['tokenizer.ggml.token_type', fixture.kinds],
    ['tokenizer.ggml.unknown_token_id', 0],
    ['tokenizer.ggml.bos_token_id', 1],
    ['tokenizer.ggml.eos_token_id', 2],
  ]),
);

describe('encodeSplit', () => {
  it('encodes prompt and response together', () => {
    const { prompt, response } = encodeSplit(tokenizer, 'x', ' ab');
    expect([pieces(prompt), pieces(response)]).toEqual([['x'], ['Ġab']]);
  });

  it('keeps the prompt as it is where a merge would cross the seam', () => {
    expect(pieces(tokenizer.encode('xa' + 'b'))).toEqual(['x', 'ab']);
    const { prompt, response } = encodeSplit(tokenizer, 'xa', 'b');
    expect([pieces(prompt), pieces(response)]).toEqual([['x', 'a'], ['b']]);
    expect(pieces(encodeSplit(tokenizer, 'x ', 'ab').response)).toEqual(['ab']);
  });

  it('gives one trunk to all responses', () => {
    const prompts = ['b', ' ab', '', 'abab', '<|im_end|>'].map((text) => encodeSplit(tokenizer, 'say: a', text).prompt);
    for (const prompt of prompts) expect(prompt).toEqual(tokenizer.encode('say: a'));
  });

  it('puts BOS before the prompt when asked', () => {
    expect(encodeSplit(tokenizer, 'x', 'y', { addSpecialTokens: true }).prompt).toEqual([256, 120]);
    expect(leadingIds(tokenizer)).toEqual([256]);
    expect(leadingIds(spaced)).toEqual([1]);
  });

  it('takes empty sides', () => {
    expect(encodeSplit(tokenizer, '', 'ab')).toEqual({ prompt: [], response: tokenizer.encode('ab') });
    expect(encodeSplit(tokenizer, 'ab', '')).toEqual({ prompt: tokenizer.encode('ab'), response: [] });
  });

  it('puts no space between where SentencePiece would', () => {
    const whole = 'hello';
    for (let at = 1; at < whole.length; at++) {
      const { prompt, response } = encodeSplit(spaced, whole.slice(0, at), whole.slice(at));
      expect(prompt).toEqual(spaced.encode(whole.slice(0, at)));
      expect(spaced.decode([...prompt, ...response])).toBe(whole);
    }
  });
});

const chat = compileChatTemplate(
  '{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}',
);
const bare = compileChatTemplate('{% for m in messages %}{{ m.role }}: {{ m.content }}\n{% endfor %}');

describe('ends of turns', () => {
  it('are what the template writes after the assistant', () => {
    expect(endOfTurn(chat)).toBe('<|im_end|>\n');
    expect(pieces(endOfTurnIds(tokenizer, chat))).toEqual(['<|im_end|>', 'Ċ']);
    expect(() => endOfTurn(compileChatTemplate('nothing'))).toThrow(/leaves out/);
  });

  it('stop generation together with EOS', () => {
    expect([...stopIds(tokenizer, chat)].sort()).toEqual([257, 259]);
    expect([...stopIds(tokenizer, bare)]).toEqual([257]);
    expect([...stopIds(tokenizer, undefined)]).toEqual([257]);
    const without = tokenizerFromJson({ tokenizerJson: byteTokenizerJson([]) });
    expect(stopIds(without, undefined).size).toBe(0);
  });

  it('are not doubled by EOS', () => {
    const ended = tokenizer.encode('yes<|im_end|>\n');
    expect(closeResponse(tokenizer, chat, ended)).toEqual(ended);
    expect(closeResponse(tokenizer, undefined, [97, 257])).toEqual([97, 257]);
  });

  it('are EOS where the template has none of its own or has not written it', () => {
    expect(closeResponse(tokenizer, undefined, [97])).toEqual([97, 257]);
    expect(closeResponse(tokenizer, bare, tokenizer.encode('yes\n'))).toEqual([...tokenizer.encode('yes\n'), 257]);
    expect(closeResponse(tokenizer, chat, tokenizer.encode('cut off'))).toEqual([...tokenizer.encode('cut off'), 257]);
  });
});
