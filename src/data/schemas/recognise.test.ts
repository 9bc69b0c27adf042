import { describe, expect, it } from 'vitest';
import type { DataRecord, Unusable } from '../records.js';
import { RowProblem } from '../sources/source-row.js';
import { applyColumns } from './columns.js';
import { recognise } from './recognise.js';

const user = (content: string) => ({ role: 'user', content });
const assistant = (content: string) => ({ role: 'assistant', content });
const system = (content: string) => ({ role: 'system', content });

function read(row: Record<string, unknown>): { schema: string; record: DataRecord | Unusable } {
  const schema = recognise(row);
  return { schema: schema.name, record: schema.read(row) };
}

function problemOf(row: Record<string, unknown>): RowProblem {
  try {
    read(row);
  } catch (error) {
    if (error instanceof RowProblem) return error;
    throw error;
  }
  throw new Error('the row was read');
}

describe('recognise', () => {
  const chat = { prompt: [user('Q')], chosen: [assistant('good')], rejected: [assistant('bad')] };

  it.each<[string, string, Record<string, unknown>, Record<string, unknown>]>([
    ['text', 'preference', { prompt: 'Q', chosen: 'good', rejected: 'bad' }, { prompt: 'Q', chosen: 'good' }],
    ['an empty prompt', 'preference', { prompt: '', chosen: 'good', rejected: 'bad' }, { prompt: '' }],
    ['messages', 'preference', chat, chat],
    ['text prompt, message answers', 'preference', { ...chat, prompt: 'Q' }, chat],
    ['one message as an object', 'preference', { ...chat, chosen: assistant('good') }, chat],
    ['message prompt, text answers', 'preference', { ...chat, chosen: 'good', rejected: 'bad' }, chat],
    [
      'answers that repeat the prompt',
      'preference',
      { ...chat, chosen: [user('Q'), assistant('good')], rejected: [user('Q'), assistant('bad')] },
      chat,
    ],
    [
      'one answer that repeats the prompt',
      'preference',
      { ...chat, prompt: 'Q', chosen: [user('Q'), assistant('good')] },
      chat,
    ],
    [
      'text prompt repeated behind a system message',
      'preference',
      {
        prompt: 'Q',
        chosen: [system('S'), user('Q'), assistant('good')],
        rejected: [system('S'), user('Q'), assistant('bad')],
      },
      { ...chat, prompt: [system('S'), user('Q')] },
    ],
    [
      'keys that are null',
      'preference-implicit-prompt',
      { prompt: null, ...{ chosen: 'one two', rejected: 'one three' } },
      { prompt: 'one', chosen: ' two', rejected: ' three' },
    ],
    [
      'dialogues as text',
      'preference-implicit-prompt',
      {
        chosen: '\n\nHuman: Hi\n\nAssistant: Hello\n\nHuman: Q\n\nAssistant: good',
        rejected: '\n\nHuman: Hi\n\nAssistant: Hello\n\nHuman: Q\n\nAssistant: bad',
      },
      { ...chat, prompt: [user('Hi'), assistant('Hello'), user('Q')] },
    ],
    [
      'whole conversations',
      'preference-implicit-prompt',
      { chosen: [user('Q'), assistant('good')], rejected: [user('Q'), assistant('bad')], score: 1 },
      chat,
    ],
    [
      'ShareGPT pairs',
      'sharegpt-preference',
      {
        conversations: [{ from: 'human', value: 'Q' }],
        chosen: { from: 'gpt', value: 'good' },
        rejected: { from: 'gpt', value: 'bad' },
      },
      chat,
    ],
    [
      'ShareGPT pairs under messages',
      'sharegpt-preference',
      { messages: [user('Q')], chosen: assistant('good'), rejected: assistant('bad'), system: 'S' },
      { ...chat, prompt: [system('S'), user('Q')] },
    ],
    ['Alpaca pairs', 'alpaca-preference', { instruction: 'Q', input: '', chosen: 'good', rejected: 'bad' }, chat],
    [
      'the preference format of OpenAI',
      'openai-preference',
      {
        input: { messages: [user('Q')], tools: [], parallel_tool_calls: true },
        preferred_output: [assistant('good')],
        non_preferred_output: [assistant('bad')],
      },
      chat,
    ],
    [
      'content in parts',
      'preference',
      { ...chat, prompt: [{ role: 'user', content: [{ type: 'text', text: 'Q' }] }] },
      chat,
    ],
    [
      'Alpaca',
      'alpaca',
      { instruction: 'Add', input: '1 2', output: '3', system: 'S', history: [['Hi', 'Hello']] },
      { prompt: [system('S'), user('Hi'), assistant('Hello'), user('Add\n1 2')], response: [assistant('3')] },
    ],
    ['prompt and completion', 'prompt-completion', { prompt: 'Q', completion: 'A' }, { prompt: 'Q', response: 'A' }],
    [
      'ShareGPT conversations',
      'sharegpt',
      {
        conversations: [
          { from: 'human', value: 'Q' },
          { from: 'gpt', value: 'A' },
        ],
        system: 'S',
      },
      { prompt: [system('S'), user('Q')], response: [assistant('A')] },
    ],
    [
      'chat conversations',
      'messages',
      { messages: [user('Q'), assistant('A'), user('R'), assistant('B')] },
      { prompt: [user('Q'), assistant('A'), user('R')], response: [assistant('B')] },
    ],
    ['a conversation without a prompt', 'messages', { messages: [assistant('A')] }, { prompt: '', response: 'A' }],
    ['plain text', 'text', { text: 'Once upon', meta: 3 }, { prompt: '', response: 'Once upon' }],
    [
      'labelled conversations',
      'labelled',
      { messages: [user('Q'), assistant('A')], label: false },
      { prompt: [user('Q')], response: [assistant('A')], label: false },
    ],
    ['labelled completions', 'labelled', { prompt: 'Q', completion: 'A', kto_tag: 1 }, { label: true, response: 'A' }],
  ])('knows %s', (_, name, row, expected) => {
    const { schema, record } = read(row);
    expect(schema).toBe(name);
    expect(record).toMatchObject(expected);
  });

  it.each<[string, Record<string, unknown>]>([
    ['no response', { chosen: [user('Q'), assistant('A'), user('R')], rejected: [user('Q'), assistant('B')] }],
    ['no response', { messages: [user('Q')] }],
    ['no response', { conversations: [{ from: 'human', value: 'Q' }] }],
    ['no response', { prompt: [user('Q')], completion: [user('Q')] }],
    [
      'different prompts',
      { chosen: [user('Q'), assistant('A'), user('R'), assistant('B')], rejected: [user('Q'), assistant('C')] },
    ],
    ['different prompts', { chosen: '\n\nHuman: Q\n\nAssistant: A', rejected: '\n\nHuman: Q?\n\nAssistant: B' }],
  ])('finds %s to learn from', (reason, row) => {
    expect(read(row).record).toEqual({ kind: 'unusable', reason });
  });

  it.each<[string, Record<string, unknown>, RegExp]>([
    ['keys of no schema', { question: 'Q', best: 'A' }, /no schema is known for a row with the keys question, best/],
    ['no keys at all', {}, /no keys/],
    ['a prompt with half a pair', { prompt: 'Q', chosen: 'good' }, /the keys prompt, chosen/],
    ['a number for text', { prompt: 'Q', chosen: 42, rejected: 'x' }, /"chosen" is a number, not text or messages/],
    ['a list of texts', { prompt: 'Q', chosen: ['a'], rejected: 'x' }, /"chosen\[0\]" is a string, not a message/],
    ['an empty list', { prompt: [], chosen: 'a', rejected: 'b' }, /"prompt" is an empty list/],
    ['a message without role', { messages: [{ content: 'x' }] }, /"messages\[0\]" has no role/],
    ['a message without content', { messages: [{ role: 'user' }] }, /the content of "messages\[0\]" is missing/],
    ['an image', { messages: [{ role: 'user', content: [{ type: 'image' }] }] }, /a part that is not text/],
    [
      'a tool call',
      { messages: [{ role: 'assistant', content: null, tool_calls: [{ id: 1 }] }] },
      /"messages\[0\]" calls tools/,
    ],
    ['messages that are text', { messages: 'hello' }, /"messages" is a string, not a list of messages/],
    ['a NUL', { text: 'a\0b' }, /"text" holds a NUL character/],
    ['half a surrogate pair', { text: 'a\ud83d' }, /"text" holds half a surrogate pair/],
    [
      'another prompt in the answers',
      { prompt: 'Q', chosen: [user('R'), assistant('a')], rejected: [user('R'), assistant('b')] },
      /"prompt" is none of the messages/,
    ],
    [
      'another prompt in one answer',
      { prompt: [user('Q')], chosen: [user('R'), assistant('a')], rejected: 'b' },
      /"chosen" begins with another conversation than "prompt"/,
    ],
    ['text and messages', { chosen: 'a', rejected: [assistant('b')] }, /one of "chosen" and "rejected" is text/],
    [
      'tools',
      { input: { messages: [user('Q')], tools: [{}] }, preferred_output: [], non_preferred_output: [] },
      /"input.tools" is not empty/,
    ],
    ['input as text', { input: 'Q', preferred_output: [], non_preferred_output: [] }, /"input" is not an object/],
    ['a wrong label', { prompt: 'Q', completion: 'A', label: 'perhaps' }, /"label" is neither true nor false/],
    ['a wrong history', { instruction: 'Q', output: 'A', history: [['one']] }, /"history" is not a list/],
    [
      'a finished conversation as the prompt',
      { conversations: [{ from: 'gpt', value: 'A' }], chosen: assistant('a'), rejected: assistant('b') },
      /"conversations" ends with an answer/,
    ],
  ])('says what is wrong with %s', (_, row, message) => {
    const problem = problemOf(row);
    expect(problem.message).toMatch(message);
    expect(problem.hint).not.toBe('');
  });

  it.each([
    ['I can help.', 'I cannot help.', 'I'],
    ['Q: why?\nA: this', 'Q: why?\nA: that', 'Q: why?\nA:'],
    ['same', 'same again', ''],
    ['one two', 'one two three', 'one'],
    ['abc', 'xyz', ''],
    ['', 'xyz', ''],
    ['one two', 'one two', 'one'],
  ])('takes whole words as the prompt of %j and %j', (chosen, rejected, prompt) => {
    expect(read({ chosen, rejected }).record).toEqual({
      kind: 'preference',
      prompt,
      chosen: chosen.slice(prompt.length),
      rejected: rejected.slice(prompt.length),
    });
  });
});

describe('applyColumns', () => {
  it('puts columns where the schemas look for them', () => {
    const row = { question: 'Q', better: 'a', worse: 'b', prompt: 'unused' };
    const mapped = applyColumns(row, { prompt: 'question', chosen: 'better', rejected: 'worse' });
    expect(mapped).toEqual({ prompt: 'Q', chosen: 'a', rejected: 'b' });
    expect(applyColumns({ chosen: 'b', rejected: 'a' }, { chosen: 'rejected', rejected: 'chosen' })).toEqual({
      chosen: 'a',
      rejected: 'b',
    });
  });

  it('names a column that is missing', () => {
    expect(() => applyColumns({ question: 'Q' }, { prompt: 'qestion' })).toThrow(
      /the column "qestion", mapped to prompt/,
    );
  });
});
