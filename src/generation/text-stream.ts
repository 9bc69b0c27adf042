import type { Tokenizer } from '../text/tokenizer.js';

/** What `decode` writes for bytes that are no whole character yet. */
const INCOMPLETE = '\ufffd';

/**
 * Text of tokens that come one at a time, passed on only up to whole characters: a token may hold a part of one.
 * Special tokens give no text, nor do ids the tokenizer does not know: a model's vocabulary may be padded.
 */
export class TextStream {
  readonly #tokenizer: Tokenizer;
  /** Tokens decoded along, for what a decoder does at the start of a text depends on them, then those waiting. */
  #ids: number[];
  #passed: number;

  /** `before`: tokens the text goes on from; left out when it stands on its own, as a reply in a chat does. */
  constructor(tokenizer: Tokenizer, before: ArrayLike<number> = []) {
    this.#tokenizer = tokenizer;
    this.#ids = Array.from(before);
    this.#passed = this.#ids.length;
  }

  /** Takes the next token and returns the text it completes, often its own. */
  push(id: number): string {
    if (this.#tokenizer.tokenText(id) === undefined) return '';
    this.#ids.push(id);
    const text = this.#waiting();
    return text === '' || text.endsWith(INCOMPLETE) ? '' : this.#pass(text);
  }

  /** What is left when no more tokens come, broken characters included. */
  finish(): string {
    return this.#pass(this.#waiting());
  }

  #waiting(): string {
    const before = this.#decode(this.#ids.slice(0, this.#passed));
    return this.#decode(this.#ids).slice(before.length);
  }

  #pass(text: string): string {
    // what is passed on now ends with a whole character and begins with one: context enough for what follows
    this.#ids = this.#ids.slice(this.#passed);
    this.#passed = this.#ids.length;
    return text;
  }

  #decode(ids: readonly number[]): string {
    return ids.length === 0 ? '' : this.#tokenizer.decode(ids, { skipSpecialTokens: true });
  }
}
