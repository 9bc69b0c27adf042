import type { CausalLM } from '../../models/causal-lm.js';
import type { Embed } from '../../models/encoder/embeddings.js';
import { lengthBatches } from '../../models/encoder/length-batches.js';
import { meanRows } from '../../models/encoder/mean-pooling.js';
import { TOKENS_AT_ONCE } from '../../models/encoder/sentence-encoder.js';
import { framedRows } from '../../models/encoder/token-frame.js';
import { ForestAttention } from '../../nn/forest-attention.js';
import { leadingIds } from '../../text/encode-split.js';
import type { Tokenizer } from '../../text/tokenizer.js';
import { fromIndices, noGrad, scope } from '../../torch/index.js';

/**
 * Vectors of texts from a causal model itself, where no sentence encoder can be had: the mean of the last hidden states,
 * those the head reads, over the text's own tokens. BOS stands before them where the tokenizer puts it, and is left out
 * of the mean. A text without a token has no vector. Hidden states of causal models all point about one way: cosines are
 * high, and can be compared within one model only.
 */
export function hiddenStateEmbedder({ model, tokenizer }: { model: CausalLM; tokenizer: Tokenizer }): Embed {
  const before = leadingIds(tokenizer);
  return (texts) => {
    const { rows, cut } = framedRows(tokenizer, { before, after: [] }, texts, model.sizes.positions);
    const vectors = new Array<Float32Array | undefined>(rows.length).fill(undefined);
    const lengths = rows.map(({ length }) => (length > before.length ? length : 0));
    for (const batch of lengthBatches(lengths, TOKENS_AT_ONCE)) {
      const means = meansOf(
        model,
        batch.map((at) => rows[at] ?? []),
        before.length,
      );
      batch.forEach((at, i) => {
        vectors[at] = means[i];
      });
    }
    return { vectors, cut };
  };
}

function meansOf(model: CausalLM, rows: readonly (readonly number[])[], skip: number): Float32Array[] {
  const lengths = rows.map(({ length }) => length);
  let begin = 0;
  const trees = lengths.map((length) => {
    begin += length;
    return { trunkBegin: begin - length, trunkLength: length, branches: [] };
  });
  const positions = rows.flatMap((row) => [...row.keys()]);
  return noGrad(() =>
    scope(() => {
      const context = new ForestAttention(trees, fromIndices(positions));
      return meanRows(model.hidden(fromIndices(rows.flat()), context), lengths, skip);
    }),
  );
}
