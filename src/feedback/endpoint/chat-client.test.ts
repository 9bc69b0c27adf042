import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { OrpoError } from '../../errors.js';
import { answer, type ChatServer, chatServer, type Respond, reply } from '../testing/chat-server.js';
import { temporaryFolder } from '../testing/tiny-model.js';
import { ChatClient, type ChatClientOptions } from './chat-client.js';

const KEY = 'sk-secret-0123456789';
const folder = temporaryFolder();
const hello = [{ role: 'user', content: 'Hello?' }];

async function open(
  respond: Respond,
  options: Partial<ChatClientOptions> = {},
): Promise<{ server: ChatServer; client: ChatClient }> {
  const server = await chatServer(respond);
  const client = new ChatClient({
    url: server.url,
    model: 'm',
    parameters: { temperature: 0 },
    keyVariable: 'TEST_KEY',
    concurrency: 4,
    retries: 3,
    timeout: 5,
    firstWait: 0.01,
    cache: undefined,
    env: { TEST_KEY: KEY },
    ...options,
  });
  return { server, client };
}

async function faultOf(promise: Promise<unknown>): Promise<OrpoError> {
  const fault = await promise.then(
    () => undefined,
    (error: unknown) => error,
  );
  if (fault instanceof OrpoError) return fault;
  throw new Error('an OrpoError was expected', { cause: fault });
}

describe('ChatClient', () => {
  it('asks with model, messages, parameters and the key, and counts tokens', async () => {
    const { server, client } = await open((response) => answer(response, ' fine '), {
      parameters: { temperature: 0, max_tokens: null, top_p: 0.5 },
    });
    expect(await client.ask(hello, { max_tokens: 8 })).toEqual({ text: ' fine ', tokens: { input: 100, output: 2 } });
    expect(server.asked).toMatchObject([{ path: '/v1/chat/completions', headers: { authorization: `Bearer ${KEY}` } }]);
    expect(server.asked[0]?.body).toEqual({ model: 'm', messages: hello, temperature: 0, top_p: 0.5 });
    expect(client.counts).toEqual({ requests: 1, retries: 0, cached: 0, input: 100, output: 2 });
  });

  it('sends no key where none is named', async () => {
    const { server, client } = await open((response) => answer(response, 'x'), { keyVariable: undefined });
    await client.ask(hello);
    expect(server.asked[0]?.headers.authorization).toBeUndefined();
  });

  it.each([401, 403])('stops at once at %i, says what to do and never the key', async (status) => {
    const { server, client } = await open((response) =>
      reply(response, status, JSON.stringify({ error: { message: `Incorrect API key provided: ${KEY}` } })),
    );
    const fault = await faultOf(client.ask(hello));
    expect(server.asked).toHaveLength(1);
    expect(fault.hint).toContain('TEST_KEY');
    expect(`${fault.message} ${fault.hint} ${fault.stack} ${fault.cause}`).not.toContain(KEY);
  });

  it('stops at once at 404 and at a redirect', async () => {
    const { client } = await open((response) => reply(response, 404, 'no such model'));
    expect((await faultOf(client.ask(hello))).hint).toContain('judge.url');
    const moved = await open((response) => reply(response, 301, '', { location: 'http://127.0.0.1:1/' }));
    expect((await faultOf(moved.client.ask(hello))).message).toContain('another address');
  });

  it('tries again after 500 and after 429, which it waits for as long as it is told', async () => {
    const begun = performance.now();
    const { server, client } = await open((response, _asked, number) => {
      if (number === 1) reply(response, 500, '<html>oops</html>');
      else if (number === 2) reply(response, 429, '{}', { 'retry-after': '1' });
      else answer(response, 'at last');
    });
    expect(await client.ask(hello)).toMatchObject({ text: 'at last' });
    expect(server.asked).toHaveLength(3);
    expect(client.counts.retries).toBe(2);
    expect(performance.now() - begun).toBeGreaterThan(990);
  });

  it('holds all requests back while a server asks one to wait', async () => {
    const times: number[] = [];
    const { client } = await open(
      (response, _asked, number) => {
        times.push(performance.now());
        if (number === 1) reply(response, 429, '{}', { 'retry-after': '1' });
        else answer(response, 'x');
      },
      { concurrency: 1 },
    );
    const first = client.ask(hello);
    await Promise.all([first, client.ask([{ role: 'user', content: 'Another?' }])]);
    expect((times[1] ?? 0) - (times[0] ?? 0)).toBeGreaterThan(980);
  });

  it('gives up after the tries it has, as a failure of this request', async () => {
    const { server, client } = await open((response) => reply(response, 503, ''), { retries: 2 });
    expect(await client.ask(hello)).toEqual({ failure: 'the endpoint answered 503, 3 times' });
    expect(server.asked).toHaveLength(3);
  });

  it('does not wait for hours', async () => {
    const { client } = await open((response) => reply(response, 429, '', { 'retry-after': '7200' }));
    expect((await faultOf(client.ask(hello))).message).toContain('7200 s');
  });

  it('tries again when no answer comes, and when the connection breaks', async () => {
    const { client } = await open(
      (response, _asked, number) => {
        if (number === 1) response.destroy();
        else if (number === 2) response.writeHead(200).write('{"choices":');
        else if (number > 3) answer(response, 'there');
      },
      { timeout: 0.2 },
    );
    expect(await client.ask(hello)).toMatchObject({ text: 'there' });
    expect(client.counts.requests).toBe(4);
  });

  it.each([
    ['<!doctype html><p>Welcome', 'an HTML page'],
    ['{"choices": [{"mess', 'no whole JSON'],
    ['', 'empty'],
    ['{"ok": true}', 'no chat completion'],
    ['{"choices": []}', 'no chat completion'],
    ['{"choices": [{"message": {"content": null}}]}', 'no text'],
  ])('takes %j for a failure and does not ask again', async (body, what) => {
    const cache = join(folder, `none-${what}`);
    const { server, client } = await open((response) => reply(response, 200, body), { cache });
    expect(await client.ask(hello)).toEqual({ failure: expect.stringContaining(what) });
    expect(server.asked).toHaveLength(1);
    expect(readdirSync(folder)).not.toContain(`none-${what}`);
  });

  it('passes on what a server says of a request it refuses, without the key', async () => {
    const body = JSON.stringify({ error: { message: `context too long for ${KEY}` } });
    const { client } = await open((response) => reply(response, 400, body));
    expect(await client.ask(hello)).toEqual({ failure: 'the endpoint answered 400 (context too long for …)' });
  });

  it('pays nothing twice: not for the same question at a time, nor later', async () => {
    const cache = join(folder, 'paid');
    const { server, client } = await open((response) => setTimeout(() => answer(response, `for ${KEY}`), 20), {
      cache,
    });
    const all = await Promise.all([client.ask(hello), client.ask(hello)]);
    expect(server.asked).toHaveLength(1);
    const again = new ChatClient({
      url: server.url,
      model: 'm',
      parameters: { temperature: 0 },
      keyVariable: undefined,
      concurrency: 1,
      retries: 0,
      timeout: 1,
      cache,
    });
    expect(await again.ask(hello)).toEqual(all[0]);
    expect(again.counts).toEqual({ requests: 0, retries: 0, cached: 1, input: 0, output: 0 });
    const files = readdirSync(cache, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.json'));
    expect(files).toHaveLength(1);
    for (const name of files) expect(readFileSync(join(cache, name), 'utf8')).not.toContain(KEY);
    // a damaged answer is asked for again
    writeFileSync(join(cache, files[0] ?? ''), '{"text": "ha');
    await again.ask(hello);
    expect(again.counts.requests).toBe(1);
  });

  it('has no more requests open than allowed', async () => {
    const { server, client } = await open((response) => setTimeout(() => answer(response, 'x'), 15), {
      concurrency: 3,
    });
    await Promise.all(Array.from({ length: 12 }, (_, i) => client.ask([{ role: 'user', content: `${i}` }])));
    expect(server.asked).toHaveLength(12);
    expect(server.most()).toBe(3);
  });

  it('ends when it is told to, waits included', async () => {
    const { client } = await open((response) => reply(response, 429, '', { 'retry-after': '60' }));
    const stop = new AbortController();
    const asked = client.ask(hello, {}, stop.signal);
    setTimeout(() => stop.abort(), 50);
    await expect(asked).rejects.toThrow(/abort/i);
  });

  it('needs the key it was told of', () => {
    mkdirSync(join(folder, 'unused'), { recursive: true });
    const options = { url: 'http://127.0.0.1:1', model: 'm', parameters: {}, concurrency: 1, retries: 0, timeout: 1 };
    const make = (env: NodeJS.ProcessEnv) => () =>
      new ChatClient({ ...options, keyVariable: 'TEST_KEY', cache: undefined, env });
    expect(make({})).toThrow(/TEST_KEY, named by judge.key, is not set/);
    expect(make({ TEST_KEY: 'two words' })).toThrow(/holds no key/);
  });
});
