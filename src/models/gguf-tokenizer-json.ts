import { OrpoError } from '../errors.js';
import { type PreTokenizer, preTokenizerNamed } from '../text/gguf-pre-tokenizers.js';
import type { GgufMetadata } from '../text/gguf-tokenizer.js';
import { BYTES_ONLY, splitOn } from '../text/pre-tokenizer-fixes.js';
import { TOKEN_KIND } from '../text/score-tokenizer.js';
import type { Tokenizer } from '../text/tokenizer.js';
import { scoredMerges } from './scored-merges.js';

/** Both kinds merge pairs; what is left out has no part in it. */
const MERGING = {
  type: 'BPE',
  dropout: null,
  unk_token: null,
  continuing_subword_prefix: null,
  end_of_word_suffix: null,
  fuse_unk: false,
  byte_fallback: false,
  ignore_merges: false,
};
const SPACE = '▁';

/**
 * The contents of a `tokenizer.json` that does what the tokenizer inside a GGUF file does.
 *
 * @throws OrpoError `tokenizer` for a kind of tokenizer that is not known
 */
export function ggufTokenizerJson(metadata: GgufMetadata, tokenizer: Tokenizer, origin: string): object {
  const model = metadata.get('tokenizer.ggml.model');
  const tokens = texts(metadata.get('tokenizer.ggml.tokens'));
  const common = {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: addedTokens(tokens, numbers(metadata.get('tokenizer.ggml.token_type'))),
  };
  const vocab = Object.fromEntries(tokens.map((token, id) => [token, id]));
  if (model === 'gpt2') {
    const name = metadata.get('tokenizer.ggml.pre');
    const pre = preTokenizerNamed(typeof name === 'string' ? name : 'default', origin);
    return { ...common, ...bytePair(metadata, pre, vocab), post_processor: wrapping(tokenizer) };
  }
  if (model === 'llama') return { ...common, ...sentencePiece(metadata, vocab), post_processor: wrapping(tokenizer) };
  throw new OrpoError(
    'tokenizer',
    `${origin} has a tokenizer of the kind "${String(model)}", which cannot be written as tokenizer.json.`,
    "Put the model's own tokenizer.json beside the saved weights.",
  );
}

function bytePair(metadata: GgufMetadata, pre: PreTokenizer, vocab: Readonly<Record<string, number>>) {
  return {
    normalizer: null,
    pre_tokenizer: { type: 'Sequence', pretokenizers: [...pre.splits.map(splitOn), BYTES_ONLY] },
    decoder: { type: 'ByteLevel', add_prefix_space: true, trim_offsets: true, use_regex: true },
    model: {
      ...MERGING,
      ignore_merges: pre.ignoreMerges,
      vocab,
      merges: texts(metadata.get('tokenizer.ggml.merges')).map((merge) => {
        const space = merge.indexOf(' ', 1);
        return [merge.slice(0, space), merge.slice(space + 1)];
      }),
    },
  };
}

/** SentencePiece: spaces become `▁`, pairs merge by the score of what they make, the rest falls back to bytes. */
function sentencePiece(metadata: GgufMetadata, vocab: Readonly<Record<string, number>>) {
  const prefixed = metadata.get('tokenizer.ggml.add_space_prefix') !== false;
  const tokens = texts(metadata.get('tokenizer.ggml.tokens'));
  const kinds = numbers(metadata.get('tokenizer.ggml.token_type'));
  const unknown = tokens[kinds.indexOf(TOKEN_KIND.unknown)] ?? null;
  const spaced = { type: 'Replace', pattern: { String: ' ' }, content: SPACE };
  const prepended = { type: 'Prepend', prepend: SPACE };
  const decoders = [
    { type: 'Replace', pattern: { String: SPACE }, content: ' ' },
    { type: 'ByteFallback' },
    { type: 'Fuse' },
    ...(prefixed ? [{ type: 'Strip', content: ' ', start: 1, stop: 0 }] : []),
  ];
  return {
    normalizer: { type: 'Sequence', normalizers: prefixed ? [prepended, spaced] : [spaced] },
    pre_tokenizer: null,
    decoder: { type: 'Sequence', decoders },
    model: {
      ...MERGING,
      unk_token: unknown,
      fuse_unk: true,
      byte_fallback: true,
      vocab,
      merges: scoredMerges(tokens, numbers(metadata.get('tokenizer.ggml.scores'))),
    },
  };
}

function addedTokens(tokens: readonly string[], kinds: readonly number[]): object[] {
  const added: readonly (number | undefined)[] = [TOKEN_KIND.unknown, TOKEN_KIND.control, TOKEN_KIND.userDefined];
  return tokens.flatMap((content, id) =>
    content !== '' && added.includes(kinds[id])
      ? [
          {
            id,
            content,
            single_word: false,
            lstrip: false,
            rstrip: false,
            normalized: false,
            special: kinds[id] !== TOKEN_KIND.userDefined,
          },
        ]
      : [],
  );
}

/** What the tokenizer puts around a text, seen from what it puts around a probe. */
function wrapping(tokenizer: Tokenizer): object {
  const plain = tokenizer.encode('a');
  const wrapped = tokenizer.encode('a', { addSpecialTokens: true });
  const before = wrapped.length > plain.length && wrapped[0] === tokenizer.bos && wrapped[0] !== plain[0];
  const after = wrapped.length - plain.length === (before ? 2 : 1);
  const special = (id: number | undefined) => (id === undefined ? undefined : tokenizer.tokenText(id));
  const [bos, eos] = [before ? special(tokenizer.bos) : undefined, after ? special(tokenizer.eos) : undefined];
  const piece = (id: string | undefined) => (id === undefined ? [] : [{ SpecialToken: { id, type_id: 0 } }]);
  const around = (sequence: string) => [...piece(bos), { Sequence: { id: sequence, type_id: 0 } }, ...piece(eos)];
  const named = [bos, eos].filter((token) => token !== undefined);
  return {
    type: 'TemplateProcessing',
    single: around('A'),
    pair: [...around('A'), ...around('B')],
    special_tokens: Object.fromEntries(
      named.map((token) => [token, { id: token, ids: [tokenizer.tokenId(token)], tokens: [token] }]),
    ),
  };
}

const texts = (value: unknown): readonly string[] =>
  Array.isArray(value) ? value.filter((item) => typeof item === 'string') : [];
const numbers = (value: unknown): readonly number[] => (Array.isArray(value) ? value.map(Number) : []);
