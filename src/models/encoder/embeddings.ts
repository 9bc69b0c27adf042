/** The vectors of some texts, in their order. */
export interface Embeddings {
  /** `[D]` each; undefined for a text that has no token to take one from. */
  readonly vectors: readonly (Float32Array | undefined)[];
  /** Texts that are longer than the model reads: their vectors stand for their beginnings. */
  readonly cut: number;
}

/** What turns texts into vectors: a sentence encoder, or the hidden states of a causal model. */
export type Embed = (texts: readonly string[]) => Embeddings;
