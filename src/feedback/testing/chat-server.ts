import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { afterAll } from 'vitest';
import { z } from 'zod';

const question = z.looseObject({
  model: z.string(),
  messages: z.array(z.object({ role: z.string(), content: z.string() })).min(1),
});

/** A request as a server got it. */
export interface Asked {
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: z.infer<typeof question>;
  /** The last message. */
  readonly text: string;
}

/** How a server answers request number `number`, from 1 on. */
export type Respond = (response: ServerResponse, asked: Asked, number: number) => void;

export interface ChatServer {
  readonly url: string;
  readonly asked: Asked[];
  /** Most requests that were open at a time. */
  readonly most: () => number;
}

/** A chat endpoint on loopback, closed when the file's tests are done. */
export async function chatServer(respond: Respond): Promise<ChatServer> {
  const asked: Asked[] = [];
  let open = 0;
  let most = 0;
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      most = Math.max(most, ++open);
      response.on('close', () => open--);
      const body = question.parse(JSON.parse(Buffer.concat(chunks).toString('utf8')));
      const entry = {
        path: request.url ?? '',
        headers: request.headers,
        body,
        text: body.messages.at(-1)?.content ?? '',
      };
      asked.push(entry);
      respond(response, entry, asked.length);
    });
  });
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
  afterAll(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  if (typeof address !== 'object' || address === null) throw new Error('the server listens on a port');
  return { url: `http://127.0.0.1:${address.port}/v1`, asked, most: () => most };
}

/** A good answer with this text. */
export function answer(response: ServerResponse, content: string, more: object = {}): void {
  response.writeHead(200, { 'content-type': 'application/json' });
  response.end(
    JSON.stringify({
      choices: [{ message: { role: 'assistant', content }, finish_reason: 'stop', ...more }],
      usage: { prompt_tokens: 100, completion_tokens: 2 },
    }),
  );
}

/** Any other answer. */
export function reply(
  response: ServerResponse,
  status: number,
  body: string,
  headers: Readonly<Record<string, string>> = {},
): void {
  response.writeHead(status, headers);
  response.end(body);
}

/** The number of the response that is longer, as a judge without a mind of its own would say; ties go to 1. */
export function longer(text: string): '1' | '2' {
  const part = (name: string): number =>
    new RegExp(`\\[${name}\\]\\n([\\s\\S]*?)\\n\\[end of ${name}\\]`).exec(text)?.[1]?.length ?? 0;
  return part('response 2') > part('response 1') ? '2' : '1';
}
