import type { Tokenizer } from '../text/tokenizer.js';
import { StopStrings } from './stop.js';
import { TextStream } from './text-stream.js';

export interface ResponseTextOptions {
  /** Tokens that the text goes on from; empty when it stands on its own. */
  readonly before: ArrayLike<number>;
  /** Leaves out a space at the very start, which only parts the response from its markup. */
  readonly dropLeadingSpace: boolean;
  /** Texts that end the response and are not part of it. */
  readonly stop: readonly string[];
}

/** The text of one response while its tokens come. */
export class ResponseText {
  readonly #stream: TextStream;
  readonly #stops: StopStrings;
  #dropSpace: boolean;
  #text = '';

  constructor(tokenizer: Tokenizer, { before, dropLeadingSpace, stop }: ResponseTextOptions) {
    this.#stream = new TextStream(tokenizer, before);
    this.#stops = new StopStrings(stop);
    this.#dropSpace = dropLeadingSpace;
  }

  /** All that has been passed on. */
  get text(): string {
    return this.#text;
  }

  /** Whether a text to stop at has occurred. */
  get stopped(): boolean {
    return this.#stops.found;
  }

  /** Takes the next token, never an end token; returns the text that may be passed on now. */
  push(id: number): string {
    return this.#pass(this.#stops.push(this.#trimmed(this.#stream.push(id))));
  }

  /** What is left when no more tokens come. */
  finish(): string {
    const last = this.#stops.push(this.#trimmed(this.#stream.finish()));
    return this.#pass(last + this.#stops.finish());
  }

  #trimmed(piece: string): string {
    if (!this.#dropSpace || piece === '') return piece;
    this.#dropSpace = false;
    return piece.startsWith(' ') ? piece.slice(1) : piece;
  }

  #pass(piece: string): string {
    this.#text += piece;
    return piece;
  }
}
