import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { ensureEngine } from '../torch/engine/ensure-engine.js';
import { memory } from '../torch/index.js';
import { type FeedbackConfigInput, parseFeedbackConfig } from './config.js';
import { type FeedbackEvent, giveFeedback } from './give-feedback.js';
import { readPrinciples } from './principles.js';
import { answer, type ChatServer, chatServer, longer, type Respond, reply } from './testing/chat-server.js';
import { temporaryFolder, tinyModel } from './testing/tiny-model.js';

const folder = temporaryFolder();
let names = 0;

function file(content: readonly unknown[], name = `rows-${names++}.jsonl`): string {
  const path = join(folder, name);
  writeFileSync(path, content.map((row) => (typeof row === 'string' ? row : JSON.stringify(row))).join('\n'));
  return path;
}

const rule = file(['export default (prompt, response) => response.length;'], 'rule.mjs');
const rows = Array.from({ length: 12 }, (_, i) => ({
  prompt: `Question ${i}?`,
  response1: 'x'.repeat(1 + ((i * 7) % 5)),
  response2: 'y'.repeat(1 + ((i * 3) % 5)),
  by: i % 3,
}));

type Settings = Omit<FeedbackConfigInput, 'output'> & { output?: string };

async function run(settings: Settings, signal?: AbortSignal): Promise<{ events: FeedbackEvent[]; output: string }> {
  const output = settings.output ?? join(folder, `out-${names++}`);
  const events: FeedbackEvent[] = [];
  for await (const event of giveFeedback(parseFeedbackConfig({ ...settings, output }), { signal })) events.push(event);
  return { events, output };
}

function linesOf(output: string, name: string): unknown[] {
  const text = readFileSync(join(output, name), 'utf8').trimEnd();
  return text === '' ? [] : text.split('\n').map((line): unknown => JSON.parse(line));
}

const bytesOf = (output: string, ...files: string[]): string[] =>
  files.map((name) => readFileSync(join(output, name), 'utf8'));

type EndpointConfig = Extract<FeedbackConfigInput['judge'], { kind: 'endpoint' }>;

async function endpoint(respond: Respond): Promise<{ server: ChatServer; judge: EndpointConfig }> {
  const server = await chatServer(respond);
  return { server, judge: { kind: 'endpoint', url: server.url, model: 'm', cache: join(folder, `cache-${names++}`) } };
}

describe('a rule', () => {
  const judge = { kind: 'rule', module: rule } as const;

  it('labels pairs, counts every row and compares with people', async () => {
    const data = file([...rows, { prompt: 'p', responses: ['a', ''] }, { prompt: 'p', responses: ['a', 'b', 'ccc'] }]);
    const { output, events } = await run({ data, judge, human: ['by'], onMalformed: 'drop' });
    // rows without the column of the people are malformed
    const result = events.at(-1);
    const ties = rows.filter(({ response1, response2 }) => response1.length === response2.length).length;
    expect(result).toMatchObject({
      type: 'result',
      rows: 14,
      used: 12 - ties,
      dropped: { undecided: ties, malformed: 2 },
      agreement: { rows: 12 },
    });
    expect(result).not.toHaveProperty('people');
    const [first] = linesOf(output, 'pairs.jsonl');
    expect(first).toEqual({ prompt: 'Question 1?', chosen: 'yyyy', rejected: 'xxx', probability: 1 });
    expect(JSON.parse(readFileSync(join(output, 'result.json'), 'utf8'))).toMatchObject({ rows: 14 });
  });

  it('ranks, takes the best and the worst, and scores', async () => {
    const data = file([{ prompt: 'p', responses: ['aa', 'b', 'cccc', 'ddd'] }]);
    expect(linesOf((await run({ data, judge })).output, 'pairs.jsonl')).toEqual([
      { prompt: 'p', chosen: 'cccc', rejected: 'b', probability: 1 },
    ]);
    expect(linesOf((await run({ data, judge, task: 'rankings' })).output, 'rankings.jsonl')).toEqual([
      { prompt: 'p', responses: ['aa', 'b', 'cccc', 'ddd'], scores: [2, 1, 4, 3] },
    ]);
    const scored = linesOf((await run({ data, judge, task: 'scores' })).output, 'scores.jsonl');
    expect(scored).toHaveLength(4);
    expect(scored[2]).toEqual({ prompt: 'p', response: 'cccc', score: 4, reward: 4 });
  });

  it('goes on where it was stopped, with the same bytes in the end', async () => {
    const data = file(Array.from({ length: 100 }, (_, i) => ({ ...rows[i % 12], prompt: `${i}` })));
    const whole = await run({ data, judge });
    const stop = new AbortController();
    const output = join(folder, 'stopped');
    const first = giveFeedback(parseFeedbackConfig({ data, judge, output }), { signal: stop.signal });
    for await (const event of first) {
      if (event.type === 'row' && event.row === 17) stop.abort();
      if (event.type !== 'interrupted') continue;
      expect(event.rows).toBeGreaterThan(16);
      expect(event.rows).toBeLessThan(100);
    }
    expect(existsSync(join(output, 'result.json'))).toBe(false);
    // lines of the data whose row is not in the log, and half a line of the log, are what a kill leaves behind
    writeFileSync(join(output, 'pairs.jsonl'), '{"prompt":"half done"}\n', { flag: 'a' });
    writeFileSync(join(output, 'judgements.jsonl'), '{"row":', { flag: 'a' });
    const { events } = await run({ data, judge, output });
    expect(events[0]).toMatchObject({ type: 'start', from: 32 });
    const files = ['pairs.jsonl', 'judgements.jsonl', 'result.json'];
    expect(bytesOf(output, ...files)).toEqual(bytesOf(whole.output, ...files));
    // a finished folder has nothing left to do
    expect((await run({ data, judge, output })).events.map(({ type }) => type)).toEqual(['result']);
  });

  it('refuses a folder of other settings or files, by the name of what differs', async () => {
    const data = file(rows);
    const { output } = await run({ data, judge });
    await expect(run({ data, judge, output, confidence: 0.9 })).rejects.toThrow(
      /"confidence" is 0.5 there and 0.9 now/,
    );
    writeFileSync(data, JSON.stringify(rows[0]));
    await expect(run({ data, judge, output })).rejects.toThrow(/other files: "data"/);
    await expect(run({ data, judge, output: folder })).rejects.toThrow(/is not empty/);
    await expect(run({ data: join(folder, 'none'), judge })).rejects.toThrow(/does not exist/);
  });

  it('counts a row on which the rule fails, or stops there', async () => {
    const module = file(
      ['export default (p, r) => { if (p === "Question 5?") throw new Error("no"); return r.length; };'],
      'bad.mjs',
    );
    const data = file(rows);
    const { events } = await run({ data, judge: { kind: 'rule', module } });
    expect(events.at(-1)).toMatchObject({
      rows: 12,
      dropped: { failed: 1 },
      failures: [{ row: 6, failure: expect.stringMatching(/bad\.mjs threw Error: no$/) }],
    });
    const output = join(folder, 'halted');
    const settings: Settings = { data, judge: { kind: 'rule', module }, onFailure: 'stop', output };
    await expect(run(settings)).rejects.toThrow(/^Row 6 of .*rows-\d+\.jsonl: the rule .*bad\.mjs threw Error: no\.$/);
    expect(linesOf(output, 'judgements.jsonl')).toHaveLength(5);
  });
});

describe('an endpoint', () => {
  it('is asked in both orders, pays nothing twice and knows what it cost', async () => {
    const { server, judge } = await endpoint((response, { text }) => answer(response, longer(text)));
    const data = file(rows);
    const settings: Settings = { data, judge: { ...judge, prices: { input: 10, output: 100 } }, human: ['by'] };
    const { output, events } = await run(settings);
    const asked = server.asked.length;
    expect(asked).toBe(24);
    expect(events.at(-1)).toMatchObject({
      rows: 12,
      tokens: { input: 2400, output: 48 },
      cost: (2400 * 10 + 48 * 100) / 1e6,
      position: { rows: 12 },
      requests: { requests: 24, cached: 0 },
    });
    for (const line of linesOf(output, 'pairs.jsonl')) {
      expect(line).toMatchObject({ probability: 1 });
    }
    const again = await run(settings);
    expect(server.asked).toHaveLength(asked);
    const files = ['pairs.jsonl', 'judgements.jsonl', 'result.json'];
    expect(bytesOf(again.output, ...files)).toEqual(bytesOf(output, ...files));
  });

  it('that always says 1 prefers nothing', async () => {
    const { judge } = await endpoint((response) => answer(response, '1'));
    const { events } = await run({ data: file(rows), judge });
    expect(events.at(-1)).toMatchObject({
      used: 0,
      dropped: { undecided: 12 },
      position: { consistent: { value: 0 }, firstPosition: 1 },
    });
  });

  it('gives soft labels where it gives log-probabilities', async () => {
    const { judge } = await endpoint((response, { text }) => {
      const one = longer(text) === '1' ? 0.75 : 0.5;
      const top = [
        { token: '1', logprob: Math.log(one) },
        { token: '2', logprob: Math.log(1 - one) },
      ];
      answer(response, '1', { logprobs: { content: [{ token: '1', logprob: 0, top_logprobs: top }] } });
    });
    const { output } = await run({ data: file(rows.slice(1, 2)), judge: { ...judge, labels: 'logprobs' } });
    // the second is longer: .5 shown second, and .75 shown first
    expect(linesOf(output, 'pairs.jsonl')).toMatchObject([{ chosen: 'yyyy', probability: 0.625 }]);
    const plain = await endpoint((response) => answer(response, '1'));
    await expect(run({ data: file(rows), judge: { ...plain.judge, labels: 'logprobs' } })).rejects.toThrow(
      /labels: text/,
    );
  });

  it('fails a row by an answer that is none, and goes on with the others', async () => {
    const { judge } = await endpoint((response, { text }) => {
      if (text.includes('Question 2?')) reply(response, 200, '<html></html>');
      else if (text.includes('Question 3?')) answer(response, 'The first one.');
      else if (text.includes('Question 4?')) reply(response, 400, '{"error":{"message":"too long"}}');
      else answer(response, longer(text));
    });
    const { events } = await run({ data: file(rows), judge });
    expect(events.at(-1)).toMatchObject({
      rows: 12,
      dropped: { failed: 3 },
      failures: [
        { row: 3, failure: 'the answer is an HTML page' },
        { row: 4, failure: 'the answer "The first one." is not 1 or 2' },
        { row: 5, failure: 'the endpoint answered 400 (too long)' },
      ],
    });
  });

  it('stops when nothing comes of it at all, leaving no row behind as failed', async () => {
    let broken = true;
    const { judge } = await endpoint((response, { text }) =>
      broken ? reply(response, 200, '<html></html>') : answer(response, longer(text)),
    );
    const data = file(rows);
    const output = join(folder, 'broken');
    await expect(run({ data, judge, output })).rejects.toThrow(/an HTML page, and 11 rows before it failed too/);
    expect(linesOf(output, 'judgements.jsonl')).toEqual([]);
    broken = false;
    expect((await run({ data, judge, output })).events.at(-1)).toMatchObject({ rows: 12 });

    const many = file(Array.from({ length: 60 }, (_, i) => ({ ...rows[1], prompt: i < 5 ? 'whole' : `${i}` })));
    const later = await endpoint((response, { text }) =>
      text.includes('whole') ? answer(response, longer(text)) : reply(response, 200, ''),
    );
    const settings: Settings = { data: many, judge: later.judge, output: join(folder, 'broke-later') };
    await expect(run(settings)).rejects.toThrow(/^Row 25 of .* 19 rows before it failed too/);
    expect(linesOf(join(folder, 'broke-later'), 'judgements.jsonl')).toHaveLength(5);
  });

  it('does not wait for other rows once one has stopped it', async () => {
    // the first row fails, no other is ever answered
    const { judge } = await endpoint((response, { text }) => {
      if (text.includes('Question 0?')) reply(response, 200, '');
    });
    const begun = performance.now();
    await expect(run({ data: file(rows), judge, onFailure: 'stop' })).rejects.toThrow(/^Row 1 .* the answer is empty/);
    expect(performance.now() - begun).toBeLessThan(10_000);
  });

  it('stops at 401 at once', async () => {
    const { server, judge } = await endpoint((response) => reply(response, 401, ''));
    await expect(run({ data: file(rows), judge })).rejects.toThrow(/401: the key is missing or wrong/);
    expect(server.asked.length).toBeLessThanOrEqual(8);
  });

  it('judges under principles drawn at random', async () => {
    const { server, judge } = await endpoint((response, { text }) => answer(response, longer(text)));
    const { output } = await run({ data: file(rows), judge, principles: true });
    const own = readPrinciples();
    const drawn = new Set<string>();
    for (const { text } of server.asked) {
      const principle = own.find(({ preference }) => text.includes(preference));
      if (principle === undefined) throw new Error('a question without a principle');
      drawn.add(principle.name);
    }
    expect(drawn.size).toBeGreaterThan(3);
    for (const line of linesOf(output, 'pairs.jsonl')) expect(line).toMatchObject({ principle: expect.any(String) });
  });

  it('criticises and revises', async () => {
    const { server, judge } = await endpoint((response, { text }) => {
      if (!text.includes('[critique]')) answer(response, 'It is rude.');
      else answer(response, text.includes('same') ? 'same' : 'Better.');
    });
    const principles = file(
      [[{ name: 'kind', critique: 'Is it kind?', revision: 'Make it kind.', preference: 'Prefer the kind one.' }]],
      'principles.json',
    );
    const messages = [{ role: 'user', content: 'Hi' }];
    const data = file(
      [
        { prompt: 'p', response: 'Go away.' },
        { prompt: messages, responses: [[{ role: 'assistant', content: 'What?' }]] },
        { prompt: 'p', response: 'same' },
      ].map(({ response, ...row }) => ({ ...row, ...(response === undefined ? {} : { responses: [response] }) })),
    );
    const { output, events } = await run({ data, judge, principles, task: 'revisions' });
    const more = { critique: 'It is rude.', principle: 'kind' };
    expect(linesOf(output, 'revisions.jsonl')).toEqual([
      { prompt: 'p', chosen: 'Better.', rejected: 'Go away.', ...more },
      {
        prompt: messages,
        chosen: [{ role: 'assistant', content: 'Better.' }],
        rejected: [{ role: 'assistant', content: 'What?' }],
        ...more,
      },
    ]);
    expect(events.at(-1)).toMatchObject({ used: 2, dropped: { undecided: 1 } });
    const [first] = server.asked.filter(({ text }) => text.includes('Go away.') && text.includes('[critique]'));
    expect(first?.text).toContain('Make it kind. Write the new response and nothing else.');
  });
});

describe('a model on this machine', () => {
  let model = '';
  beforeAll(async () => {
    await ensureEngine({ install: false });
    model = tinyModel(folder);
  });

  it('makes pairs from nothing but prompts, the same ones however often it is stopped', async () => {
    const prompts = file(['{"prompt":"one"}', '{"prompt":"two"}', '{"prompt":"three"}', '{"prompt":"four"}']);
    const judge = { kind: 'model', model } as const;
    const settings: Settings = { prompts, sample: { model, samples: 3, maxTokens: 8, batch: 4 }, judge };
    const { handles, bytes } = memory();
    const whole = await run(settings);
    expect(memory()).toMatchObject({ handles, bytes });
    const [first] = linesOf(whole.output, 'samples.jsonl');
    expect(first).toMatchObject({
      row: 1,
      prompt: 'one',
      responses: [expect.any(String), expect.any(String), expect.any(String)],
    });
    expect(whole.events.at(-1)).toMatchObject({ rows: 4 });
    expect(linesOf(whole.output, 'pairs.jsonl').length).toBeGreaterThan(0);

    const output = join(folder, 'stopped-samples');
    for (const stopAt of ['samples', 'row'] as const) {
      const stop = new AbortController();
      for await (const { type } of giveFeedback(parseFeedbackConfig({ ...settings, output }), { signal: stop.signal }))
        if (type === stopAt) stop.abort();
    }
    const { events } = await run({ ...settings, output });
    expect(events.find(({ type }) => type === 'start')).toMatchObject({ from: 1 });
    const files = ['samples.jsonl', 'pairs.jsonl', 'judgements.jsonl', 'result.json'];
    expect(bytesOf(output, ...files)).toEqual(bytesOf(whole.output, ...files));
    expect(memory()).toMatchObject({ handles, bytes });
  });

  it('counts prompts that leave no room, and revises', async () => {
    const small = tinyModel(folder, 64);
    const prompts = file(['{"prompt":"one"}', JSON.stringify({ prompt: 'far too long '.repeat(60) })]);
    const { events } = await run({
      prompts,
      task: 'revisions',
      sample: { model: small, samples: 1, maxTokens: 8 },
      judge: { kind: 'model', model, writeTokens: 8 },
    });
    expect(events.at(-1)).toMatchObject({ rows: 2, used: 1, dropped: { 'prompt too long': 1 } });
  });
});
