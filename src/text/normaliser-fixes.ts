/** Ideographs beyond 16 bits, as BERT's normaliser lists them. */
const WIDE_IDEOGRAPHS = String.raw`[\u{20000}-\u{2A6DF}\u{2A700}-\u{2B73F}\u{2B740}-\u{2B81F}\u{2B920}-\u{2CEAF}\u{2F800}-\u{2FA1F}]`;

/**
 * A `tokenizer.json` whose BERT normaliser does what the reference does. The JavaScript library looks at 16 bits at a time,
 * so it misses the ideographs beyond them, and lowers a text as a whole, so a Greek sigma that ends a word becomes ς.
 */
export function exactNormalisers(json: object): object {
  if (!('normalizer' in json)) return json;
  return { ...json, normalizer: exact(json.normalizer) };
}

function exact(part: unknown): unknown {
  if (typeof part !== 'object' || part === null || !('type' in part)) return part;
  if (part.type === 'Sequence' && 'normalizers' in part && Array.isArray(part.normalizers))
    return { ...part, normalizers: part.normalizers.map(exact) };
  if (part.type !== 'BertNormalizer') return part;
  const before: object[] = [];
  if ('handle_chinese_chars' in part && part.handle_chinese_chars === true)
    before.push({ type: 'Replace', pattern: { Regex: WIDE_IDEOGRAPHS }, content: ' $& ' });
  if ('lowercase' in part && part.lowercase === true)
    before.push({ type: 'Replace', pattern: { String: 'Σ' }, content: 'σ' });
  return { type: 'Sequence', normalizers: [...before, part] };
}
