/** How GPT-2 splits text before byte-pair merging, with `\s` and `\p{N}` as Unicode has them. */
export const GPT2_SPLIT = String.raw`'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+`;

/** A `tokenizer.json` pre-tokenizer that cuts a text into its matches of `regex` and what lies between them. */
export function splitOn(regex: string): object {
  return { type: 'Split', pattern: { Regex: regex }, behavior: 'Isolated', invert: false };
}

/** The pre-tokenizer that only maps bytes to their printable stand-ins. */
export const BYTES_ONLY = { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: false };

/**
 * A `tokenizer.json` with the pre-tokenizers replaced in which the JavaScript library differs from the reference:
 * its `Digits` knows ASCII digits only, and its `ByteLevel` splits at JavaScript's white space (U+FEFF, but not U+0085).
 */
export function exactPreTokenizers(json: object): object {
  if (!('pre_tokenizer' in json)) return json;
  return { ...json, pre_tokenizer: exact(json.pre_tokenizer) };
}

function exact(part: unknown): unknown {
  if (typeof part !== 'object' || part === null || !('type' in part)) return part;
  if (part.type === 'Sequence' && 'pretokenizers' in part && Array.isArray(part.pretokenizers)) {
    return { ...part, pretokenizers: part.pretokenizers.map(exact) };
  }
  if (part.type === 'Digits') {
    const single = 'individual_digits' in part && part.individual_digits === true;
    return splitOn(single ? String.raw`\p{N}` : String.raw`\p{N}+`);
  }
  const splits = !('use_regex' in part) || part.use_regex !== false;
  const prefixes = 'add_prefix_space' in part && part.add_prefix_space === true;
  if (part.type === 'ByteLevel' && splits && !prefixes) {
    return { type: 'Sequence', pretokenizers: [splitOn(GPT2_SPLIT), BYTES_ONLY] };
  }
  return part;
}
