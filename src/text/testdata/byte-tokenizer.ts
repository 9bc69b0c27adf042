/** The printable stand-ins of the 256 bytes in byte-level vocabularies, in the order of the bytes. */
function byteAlphabet(): string[] {
  const printable = (byte: number) =>
    (byte >= 33 && byte <= 126) || (byte >= 161 && byte <= 172) || (byte >= 174 && byte <= 255);
  let next = 256;
  return Array.from({ length: 256 }, (_, byte) => String.fromCharCode(printable(byte) ? byte : next++));
}

/** Special tokens of the small tokenizers in tests; their ids follow the bytes'. */
export const SPECIAL = ['<s>', '</s>', '<|im_start|>', '<|im_end|>'] as const;

/** A small byte-level BPE `tokenizer.json`: bytes 0..255, `SPECIAL`, then the merged tokens. */
export function byteTokenizerJson(merges: readonly (readonly [string, string])[], preTokenizer?: object) {
  const tokens = [...byteAlphabet(), ...SPECIAL, ...merges.map(([left, right]) => left + right)];
  return {
    added_tokens: SPECIAL.map((content, i) => ({ id: 256 + i, content, normalized: false, special: true })),
    normalizer: null,
    pre_tokenizer: preTokenizer ?? { type: 'ByteLevel', add_prefix_space: false, use_regex: true },
    post_processor: {
      type: 'TemplateProcessing',
      single: [{ SpecialToken: { id: '<s>', type_id: 0 } }, { Sequence: { id: 'A', type_id: 0 } }],
      pair: [],
    },
    decoder: { type: 'ByteLevel' },
    model: { type: 'BPE', vocab: Object.fromEntries(tokens.map((token, id) => [token, id])), merges },
  };
}
