import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { OrpoError, reasonOf } from '../errors.js';
import type { Message } from '../text/chat-template.js';
import { parseJson } from './parse-json.js';

/** Text, or the messages of a conversation. */
export type Prompt = string | readonly Message[];

const messages = z.array(z.object({ role: z.string(), content: z.string() })).min(1);
const row = z.looseObject({ prompt: z.union([z.string(), messages]) });

/**
 * The prompts of a file: JSON objects with `prompt` (text or messages) when its first line is one, else one plain prompt a
 * line. Empty lines are left out.
 *
 * @throws OrpoError `file` when it cannot be read, `data` naming the line that has no prompt, or when there is none
 */
export function readPrompts(path: string): Prompt[] {
  const lines = readLines(path)
    .map((text, i) => ({ text: text.trimEnd(), number: i + 1 }))
    .filter(({ text }) => text.trim() !== '');
  const [first] = lines;
  if (first === undefined) throw new OrpoError('data', `${path} holds no prompt.`, 'Write one prompt a line.');
  if (!first.text.trimStart().startsWith('{')) return lines.map(({ text }) => text);
  return lines.map(({ text, number }) => {
    const parsed = row.safeParse(parseJson(text));
    if (parsed.success) return parsed.data.prompt;
    throw new OrpoError(
      'data',
      `${path} line ${number} is not a row with a prompt.`,
      'Each row needs "prompt": text, or a list of messages with "role" and "content".',
    );
  });
}

function readLines(path: string): string[] {
  try {
    return readFileSync(path, 'utf8')
      .replace(/^\uFEFF/, '')
      .split(/\r?\n/);
  } catch (error) {
    throw new OrpoError(
      'file',
      `${path} cannot be read: ${reasonOf(error)}.`,
      'Check the path of the file with prompts.',
    );
  }
}
