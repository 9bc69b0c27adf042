import { OrpoError } from '../errors.js';

/** A `tokenizer.json`, of which the parts that give ids to tokens have been looked at. */
export interface TokenizerJson {
  /** Ids by token, or tokens with scores in the order of their ids. */
  readonly model: { readonly vocab: object; readonly [setting: string]: unknown };
  readonly added_tokens?: readonly { readonly id: number; readonly content: string }[] | undefined;
  readonly [part: string]: unknown;
}

/**
 * Highest id + 1. Ids are looked at one by one: a file may leave gaps, and the size of a gap may not cost time.
 * Errors: `OrpoError('tokenizer')` naming a token whose id is no whole number from 0 on.
 */
export function vocabularySizeOf({ model, added_tokens = [] }: TokenizerJson, origin: string): number {
  let size = Array.isArray(model.vocab) ? model.vocab.length : 0;
  const count = (token: string, id: unknown): void => {
    if (typeof id !== 'number' || !Number.isSafeInteger(id) || id < 0) throw badId(token, id, origin);
    size = Math.max(size, id + 1);
  };
  if (!Array.isArray(model.vocab)) for (const [token, id] of Object.entries(model.vocab)) count(token, id);
  for (const { content, id } of added_tokens) count(content, id);
  return size;
}

function badId(token: string, id: unknown, origin: string): OrpoError {
  return new OrpoError(
    'tokenizer',
    `${origin}: the token ${JSON.stringify(token.slice(0, 40))} has the id ${JSON.stringify(id)}, a whole number from 0 on was expected.`,
    'Take tokenizer.json from the folder of the model.',
  );
}
