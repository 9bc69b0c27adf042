/** How `Tokenizer.encode` treats the special tokens that the tokenizer itself puts around a text (BOS, EOS, …). */
export interface EncodeOptions {
  /** Add the tokens of the tokenizer's post-processor. Default false: a chat template writes its own. */
  readonly addSpecialTokens?: boolean;
}

export interface DecodeOptions {
  /** Leave special tokens out of the text. Default false. */
  readonly skipSpecialTokens?: boolean;
}

/**
 * Text to token ids and back. Knows nothing of chat templates or of models.
 * Special tokens written in a text are recognised as such; `decode` never tidies spaces unless the tokenizer's own
 * configuration asks for it.
 */
export interface Tokenizer {
  /** Highest id + 1. A model's embedding may have more rows. */
  readonly vocabularySize: number;
  readonly bos: number | undefined;
  readonly eos: number | undefined;
  readonly pad: number | undefined;
  encode(text: string, options?: EncodeOptions): number[];
  decode(ids: readonly number[], options?: DecodeOptions): string;
  tokenId(token: string): number | undefined;
  tokenText(id: number): string | undefined;
  specialIds(): ReadonlySet<number>;
}
