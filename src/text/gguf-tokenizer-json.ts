import { BYTE_LEVEL_DECODER, bytePairJson } from './byte-pair-json.js';
import type { BytePairVocabulary, GgufVocabulary } from './gguf-vocabulary.js';
import { BYTES_ONLY, splitOn } from './pre-tokenizer-fixes.js';
import { type ScoredVocabulary, TOKEN_KIND } from './score-tokenizer.js';
import { scoredMerges } from './scored-merges.js';
import type { TokenizerJson } from './vocabulary-size.js';

const SPACE = '▁';

/** The contents of a `tokenizer.json` that does what the vocabulary inside a GGUF file stands for. */
export function ggufTokenizerJson({ model, vocabulary }: GgufVocabulary): TokenizerJson {
  return model === 'gpt2' ? bytePairs(vocabulary) : sentencePiece(vocabulary);
}

function bytePairs(vocabulary: BytePairVocabulary): TokenizerJson {
  const { pre, tokens, merges } = vocabulary;
  return bytePairJson({
    tokens,
    merges,
    added: addedTokens(vocabulary),
    preTokenizer: { type: 'Sequence', pretokenizers: [...pre.splits.map(splitOn), BYTES_ONLY] },
    postProcessor: wrapping(vocabulary),
    decoder: BYTE_LEVEL_DECODER,
    ignoreMerges: pre.ignoreMerges,
  });
}

/** SentencePiece: spaces become `▁`, pairs merge by the score of what they make, the rest falls back to bytes. */
function sentencePiece(vocabulary: ScoredVocabulary): TokenizerJson {
  const { tokens, scores, kinds, addSpacePrefix } = vocabulary;
  const spaced = { type: 'Replace', pattern: { String: ' ' }, content: SPACE };
  const prepended = { type: 'Prepend', prepend: SPACE };
  const decoders = [
    { type: 'Replace', pattern: { String: SPACE }, content: ' ' },
    { type: 'ByteFallback' },
    { type: 'Fuse' },
    ...(addSpacePrefix ? [{ type: 'Strip', content: ' ', start: 1, stop: 0 }] : []),
  ];
  return bytePairJson({
    tokens,
    merges: scoredMerges(tokens, scores),
    added: addedTokens(vocabulary),
    normalizer: { type: 'Sequence', normalizers: addSpacePrefix ? [prepended, spaced] : [spaced] },
    postProcessor: wrapping(vocabulary),
    decoder: { type: 'Sequence', decoders },
    byteFallback: { unknown: tokens[vocabulary.unknown ?? kinds.indexOf(TOKEN_KIND.unknown)] },
  });
}

function addedTokens({ tokens, kinds }: Pick<ScoredVocabulary, 'tokens' | 'kinds'>) {
  const added: readonly (number | undefined)[] = [TOKEN_KIND.unknown, TOKEN_KIND.control, TOKEN_KIND.userDefined];
  return tokens.flatMap((content, id) =>
    content !== '' && added.includes(kinds[id]) ? [{ id, content, special: kinds[id] !== TOKEN_KIND.userDefined }] : [],
  );
}

/** BOS and EOS around a text, where the vocabulary asks for them. */
function wrapping(vocabulary: Pick<ScoredVocabulary, 'tokens' | 'bos' | 'eos' | 'addBos' | 'addEos'>): object {
  const { tokens, bos, eos, addBos, addEos } = vocabulary;
  const special = (wanted: boolean, id: number | undefined) => {
    const token = wanted && id !== undefined ? tokens[id] : undefined;
    return token === undefined ? [] : [{ id, token }];
  };
  const [before, after] = [special(addBos, bos), special(addEos, eos)];
  const piece = ({ token }: { token: string }) => ({ SpecialToken: { id: token, type_id: 0 } });
  const around = (sequence: string) => [
    ...before.map(piece),
    { Sequence: { id: sequence, type_id: 0 } },
    ...after.map(piece),
  ];
  return {
    type: 'TemplateProcessing',
    single: around('A'),
    pair: [...around('A'), ...around('B')],
    special_tokens: Object.fromEntries(
      [...before, ...after].map(({ id, token }) => [token, { id: token, ids: [id], tokens: [token] }]),
    ),
  };
}
