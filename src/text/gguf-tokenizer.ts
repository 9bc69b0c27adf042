import { ggufTokenizerJson } from './gguf-tokenizer-json.js';
import { type GgufMetadata, readGgufVocabulary } from './gguf-vocabulary.js';
import { libraryTokenizer } from './library-tokenizer.js';
import { scoreTokenizer } from './score-tokenizer.js';
import type { Tokenizer } from './tokenizer.js';

/**
 * The tokenizer inside a GGUF file's metadata: `gpt2` (byte-level byte pairs) or `llama` (SentencePiece by scores).
 * `origin` names the file in messages. Errors: `OrpoError('tokenizer')` naming the key.
 */
export function tokenizerFromGguf(metadata: GgufMetadata, origin = 'the GGUF file'): Tokenizer {
  const found = readGgufVocabulary(metadata, origin);
  if (found.model === 'llama') return scoreTokenizer(found.vocabulary);
  const { bos, eos, pad } = found.vocabulary;
  return libraryTokenizer(ggufTokenizerJson(found), origin, () => ({ bos, eos, pad, cleanUpSpaces: false }));
}
