import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { temporaryFolder, tinyModel } from '../../feedback/testing/tiny-model.js';
import { readJsonlLog } from '../../files/jsonl-log.js';
import { ensureEngine } from '../../torch/engine/ensure-engine.js';
import { memory } from '../../torch/index.js';
import { answersFolder } from './answers-folder.js';
import { answersConfig } from './config.js';
import { type AnswersEvent, writeAnswers } from './write-answers.js';

const folder = temporaryFolder();
const model = tinyModel(folder, 512);
let outputs = 0;

function write(name: string, rows: readonly unknown[]): string {
  const path = join(folder, name);
  writeFileSync(path, rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
  return path;
}

const rows = Array.from({ length: 12 }, (_, i) => ({ prompt: `What is ${i % 6}?`, completion: `It is ${i}.` }));
const demonstrations = write('demonstrations.jsonl', rows);

function configured(settings: object) {
  return answersConfig.parse({
    data: demonstrations,
    sample: { model, maxTokens: 6, batch: 4 },
    seed: 3,
    round: 1,
    onMalformed: 'stop',
    output: join(folder, `answers-${outputs++}`),
    ...settings,
  });
}

async function run(settings: object = {}, signal?: AbortSignal) {
  const config = configured(settings);
  const events: AnswersEvent[] = [];
  for await (const event of writeAnswers(config, { signal })) events.push(event);
  const places = answersFolder(config.output);
  return { config, events, pairs: [...readJsonlLog(places.pairs)], heldOut: [...readJsonlLog(places.heldOut)] };
}

beforeAll(async () => {
  await ensureEngine({ install: false });
});

describe('real answers beside the model’s own', () => {
  it('every row has both, drawn anew in every round, and leaves no tensor', async () => {
    const before = memory().handles;
    const first = await run();
    const second = await run({ round: 2 });
    expect(memory().handles).toBe(before);
    expect(first.pairs.map(({ prompt, chosen }) => ({ prompt, completion: chosen }))).toEqual(rows);
    expect(first.events.at(-1)).toMatchObject({
      type: 'result',
      rows: 12,
      used: 12,
      dropped: {},
      pairs: 12,
      heldOut: 0,
    });
    const own = (pairs: readonly Record<string, unknown>[]) => pairs.map(({ rejected }) => rejected);
    expect(own(second.pairs)).not.toEqual(own(first.pairs));
    expect(own((await run()).pairs)).toEqual(own(first.pairs));
  });

  it('holds out the same prompts in every round, each with all of its rows', async () => {
    const prompts = (pairs: readonly Record<string, unknown>[]) => pairs.map(({ prompt }) => prompt);
    const first = await run({ eval: '30%' });
    expect(first.heldOut).toHaveLength(4);
    expect(first.pairs).toHaveLength(8);
    for (const prompt of prompts(first.heldOut)) expect(prompts(first.pairs)).not.toContain(prompt);
    expect(prompts((await run({ eval: '30%', round: 2 })).heldOut)).toEqual(prompts(first.heldOut));
  });

  it('answers held-out rows of a file of their own', async () => {
    const held = write('held.jsonl', [
      {
        messages: [
          { role: 'user', content: 'Who?' },
          { role: 'assistant', content: 'I.' },
        ],
      },
    ]);
    const { heldOut } = await run({ eval: held, limit: 2 });
    expect(heldOut).toMatchObject([{ prompt: [{ role: 'user', content: 'Who?' }], rejected: [{ role: 'assistant' }] }]);
  });

  it('counts rows that cannot be answered, and reads no further than the limit', async () => {
    const long = { prompt: 'why '.repeat(600), completion: 'Because.' };
    const data = write('mixed.jsonl', [rows[0], long, { prompt: 'no answer' }, rows[1], rows[2]]);
    const { events, pairs } = await run({ data, limit: 4, onMalformed: 'drop' });
    expect(events.at(-1)).toMatchObject({ rows: 4, used: 2, dropped: { 'prompt too long': 1, 'no response': 1 } });
    expect(pairs).toHaveLength(2);
  });

  it('reads pairs and other column names', async () => {
    const data = write('pairs.jsonl', [{ q: 'Why?', chosen: 'So.', rejected: 'No.' }]);
    const { pairs } = await run({ data, columns: { prompt: 'q' } });
    expect(pairs).toMatchObject([{ prompt: 'Why?', chosen: 'So.' }]);
  });
});

describe('work that was stopped', () => {
  it('goes on in the middle of the answers, to the same bytes', async () => {
    const whole = await run();
    const controller = new AbortController();
    const config = configured({});
    const partly = async () => {
      for await (const event of writeAnswers(config, { signal: controller.signal }))
        if (event.type === 'samples') controller.abort();
    };
    await expect(partly()).rejects.toThrow('aborted');
    const { samples, pairs } = answersFolder(config.output);
    const drawn = readFileSync(samples, 'utf8');
    expect(drawn.split('\n')).toHaveLength(4 + 1);
    // a process that was killed while it wrote leaves a part of a line
    writeFileSync(samples, `${drawn}{"row": 5, "pro`);
    for await (const _ of writeAnswers(config));
    expect(readFileSync(pairs, 'utf8')).toBe(readFileSync(answersFolder(whole.config.output).pairs, 'utf8'));
    expect(readFileSync(samples, 'utf8').startsWith(drawn)).toBe(true);
  });

  it('refuses other settings and other data', async () => {
    const data = join(folder, 'changing.jsonl');
    copyFileSync(demonstrations, data);
    const { config } = await run({ data });
    const other = async (settings: object) => {
      for await (const _ of writeAnswers({ ...config, ...settings }));
    };
    await expect(other({ seed: 4 })).rejects.toThrow('was begun with other settings or other data');
    await other({});
    writeFileSync(data, `${JSON.stringify(rows[0])}\n`);
    await expect(other({})).rejects.toThrow('was begun with other settings or other data');
    const taken = join(folder, 'taken');
    mkdirSync(taken);
    writeFileSync(join(taken, 'notes.txt'), 'mine');
    await expect(other({ output: taken })).rejects.toThrow('is not empty');
  });
});
