import { SequenceAttention } from '../../nn/sequence-attention.js';
import type { Tokenizer } from '../../text/tokenizer.js';
import { fromIndices, noGrad, scope } from '../../torch/index.js';
import type { Encoder } from './bert.js';
import type { Embed } from './embeddings.js';
import { lengthBatches } from './length-batches.js';
import { meanRows } from './mean-pooling.js';
import type { SentenceConfig } from './sentence-config.js';
import { framedRows, tokenFrame } from './token-frame.js';

/** Below this a vector is not lengthened further, as in torch's `normalize`. */
const SHORTEST = 1e-12;

/** Tokens computed at once: enough for full speed, little memory. */
export const TOKENS_AT_ONCE = 4096;

/**
 * Texts to sentence vectors `[D]`, as sentence-transformers makes them: special tokens around the text, the mean of all
 * hidden states, length 1 where the model asks for it. An empty text has a vector too, that of the special tokens.
 */
export function sentenceEmbedder(encoder: Encoder, tokenizer: Tokenizer, config: SentenceConfig): Embed {
  const frame = tokenFrame(tokenizer);
  return (texts) => {
    const read = config.lowerCase ? texts.map((text) => text.toLowerCase()) : texts;
    const { rows, cut } = framedRows(tokenizer, frame, read, config.mostTokens);
    const vectors = new Array<Float32Array | undefined>(rows.length).fill(undefined);
    const lengths = rows.map(({ length }) => length);
    for (const batch of lengthBatches(lengths, TOKENS_AT_ONCE)) {
      const chosen = batch.map((at) => rows[at] ?? []);
      const means = meansOf(encoder, chosen);
      batch.forEach((at, i) => {
        const mean = means[i];
        if (mean !== undefined) vectors[at] = config.normalise ? unit(mean) : mean;
      });
    }
    return { vectors, cut };
  };
}

function meansOf(encoder: Encoder, rows: readonly (readonly number[])[]): Float32Array[] {
  const lengths = rows.map(({ length }) => length);
  return noGrad(() =>
    scope(() => meanRows(encoder.hidden(fromIndices(rows.flat()), new SequenceAttention(lengths)), lengths)),
  );
}

function unit(vector: Float32Array): Float32Array {
  const length = Math.sqrt(vector.reduce((sum, value) => sum + value * value, 0));
  return vector.map((value) => value / Math.max(length, SHORTEST));
}
