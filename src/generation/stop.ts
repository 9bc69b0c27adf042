/** Why a response ended: an end token, the token limit, or a text to stop at. */
export type StopReason = 'end' | 'length' | 'stop string';

/** Whether a response ends with its newest token. */
export function stopReason(
  id: number,
  length: number,
  rules: { readonly endIds: ReadonlySet<number>; readonly maxTokens: number },
): StopReason | undefined {
  if (rules.endIds.has(id)) return 'end';
  return length >= rules.maxTokens ? 'length' : undefined;
}

/**
 * Watches text that comes in pieces for texts to stop at, of which the one that begins first counts. What might still
 * become one is held back, so nothing of it is ever passed on.
 */
export class StopStrings {
  readonly #strings: readonly string[];
  #held = '';
  #found = false;

  /** Strings must not be empty. */
  constructor(strings: readonly string[]) {
    this.#strings = strings;
  }

  /** Whether one has occurred; nothing is passed on from then on. */
  get found(): boolean {
    return this.#found;
  }

  /** Takes the next piece and returns the text that is safe to pass on. */
  push(piece: string): string {
    if (this.#found) return '';
    const text = this.#held + piece;
    const begins = this.#strings.map((string) => text.indexOf(string)).filter((at) => at !== -1);
    if (begins.length > 0) {
      this.#found = true;
      this.#held = '';
      return text.slice(0, Math.min(...begins));
    }
    const held = Math.max(0, ...this.#strings.map((string) => overlap(text, string)));
    this.#held = text.slice(text.length - held);
    return text.slice(0, text.length - held);
  }

  /** What is still held when the response ends otherwise. */
  finish(): string {
    const rest = this.#held;
    this.#held = '';
    return rest;
  }
}

/** Length of the longest proper beginning of `string` at the end of `text`. */
function overlap(text: string, string: string): number {
  for (let length = Math.min(text.length, string.length - 1); length > 0; length--) {
    if (text.endsWith(string.slice(0, length))) return length;
  }
  return 0;
}
