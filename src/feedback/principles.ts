import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import { z } from 'zod';
import { createRandom } from '../data/random.js';
import { OrpoError, reasonOf } from '../errors.js';
import { randomStreams } from './random-streams.js';

const text = z.string().trim().min(1);

const list = z
  .array(
    z.strictObject({
      name: text,
      /** Asks what is wrong with a response. */
      critique: text,
      /** Asks for the response anew. */
      revision: text,
      /** Says which of two responses to prefer. */
      preference: text,
    }),
  )
  .min(1);

/** One rule of a constitution (Constitutional AI, arXiv 2212.08073). */
export type Principle = z.infer<typeof list>[number];

/** The list that comes with the package. */
export const OWN_PRINCIPLES = fileURLToPath(new URL('./principles.yaml', import.meta.url));

/**
 * Reads a list of principles, YAML or JSON.
 *
 * @throws OrpoError `config` naming file and entry
 */
export function readPrinciples(path = OWN_PRINCIPLES): Principle[] {
  let value: unknown;
  try {
    value = parse(readFileSync(path, 'utf8'));
  } catch (error) {
    const reason = reasonOf(error).split('\n')[0] ?? '';
    throw new OrpoError('config', `The principles ${path} cannot be read: ${reason}.`, 'Give a YAML or JSON file.');
  }
  const parsed = list.safeParse(value);
  if (parsed.success) return parsed.data;
  const where = parsed.error.issues[0]?.path ?? [];
  const entry = typeof where[0] === 'number' ? ` entry ${where[0] + 1}` : '';
  throw new OrpoError(
    'config',
    `The principles ${path}${entry}: ${where.slice(1).join('.') || 'the list'}: ${parsed.error.issues[0]?.message}.`,
    'Each entry needs name, critique, revision and preference, all text.',
  );
}

/** The principle of row number `index`: drawn at random, the same for the same seed. */
export function principleOf(principles: readonly Principle[], seed: number, index: number): Principle | undefined {
  return principles[createRandom(seed, randomStreams.principles, index).below(principles.length)];
}
