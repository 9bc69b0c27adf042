import { OrpoError } from '../errors.js';
import { GPT2_SPLIT } from './pre-tokenizer-fixes.js';

/**
 * How the byte-pair tokenizers of GGUF files split text before merging, by the name in `tokenizer.ggml.pre`.
 * Regexes apply one after another, each to the pieces the one before left. Facts: llama.cpp's vocabulary loader.
 */
export interface PreTokenizer {
  readonly splits: readonly string[];
  /** A piece that is a token as a whole is taken without merging. */
  readonly ignoreMerges: boolean;
  /** Whether BOS is added when the file does not say. */
  readonly addBos: boolean;
}

const ANY_CASE_CONTRACTION = "'[sS]|'[tT]|'[rR][eE]|'[vV][eE]|'[mM]|'[lL][lL]|'[dD]";
const SPACES = String.raw`\s*[\r\n]+|\s+(?!\S)|\s+`;

/** The split of the GPT-4 family; `digits` says how many digits stay together. */
function wordsAndDigits(digits: string): string {
  return [
    `(?:${ANY_CASE_CONTRACTION})`,
    String.raw`[^\r\n\p{L}\p{N}]?\p{L}+`,
    digits,
    String.raw` ?[^\s\p{L}\p{N}]+[\r\n]*`,
    SPACES,
  ].join('|');
}

/** The split of GPT-4o and its kin, which also cuts between lower and upper case. */
function casedWords(suffix: string, digits: string): string {
  const upper = String.raw`[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]`;
  const lower = String.raw`[\p{Ll}\p{Lm}\p{Lo}\p{M}]`;
  const lead = String.raw`[^\r\n\p{L}\p{N}]?`;
  return [
    `${lead}${upper}*${lower}+${suffix}`,
    `${lead}${upper}+${lower}*${suffix}`,
    digits,
    String.raw` ?[^\s\p{L}\p{N}]+[\r\n/]*`,
    SPACES,
  ].join('|');
}

const plain = (...splits: string[]): PreTokenizer => ({ splits, ignoreMerges: false, addBos: false });

const GPT2 = plain(GPT2_SPLIT);
const SINGLE_DIGITS = plain(String.raw`\p{N}`, GPT2_SPLIT);
const QWEN2 = plain(wordsAndDigits(String.raw`\p{N}`));
const TRIPLE_DIGITS = plain(wordsAndDigits(String.raw`\p{N}{1,3}`));
const LLAMA3: PreTokenizer = { ...TRIPLE_DIGITS, ignoreMerges: true, addBos: true };
const DEEPSEEK3 = plain(
  String.raw`\p{N}{1,3}`,
  '[一-龥぀-ゟ゠-ヿ]+',
  [
    String.raw`[!"#$%&'()*+,\-./:;<=>?@\[\\\]^_\`{|}~][A-Za-z]+`,
    String.raw`[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+`,
    String.raw` ?[\p{P}\p{S}]+[\r\n]*`,
    SPACES,
  ].join('|'),
);

const PRE_TOKENIZERS: ReadonlyMap<string, PreTokenizer> = new Map([
  ['default', plain(String.raw`[\p{P}\$\+<=>\^~\|]+`, GPT2_SPLIT, String.raw`\p{N}+`, '[0-9][0-9][0-9]')],
  ...named(GPT2, 'gpt-2', 'phi-2', 'mpt', 'olmo', 'jais', 'trillion', 'exaone4', 'roberta-bpe', 'jina-es', 'jina-de'),
  ...named(SINGLE_DIGITS, 'smollm', 'starcoder', 'refact', 'command-r', 'codeshell', 'exaone', 'minerva-7b'),
  ...named(LLAMA3, 'llama-bpe', 'llama3', 'llama-v3', 'falcon3', 'falcon-h1', 'pixtral', 'midm-2.0', 'lfm2'),
  ...named(TRIPLE_DIGITS, 'dbrx', 'smaug-bpe', 'glm4', 'chatglm-bpe'),
  ...named(QWEN2, 'qwen2', 'stablelm2', 'deepseek-r1-qwen', 'hunyuan', 'megrez', 'solar-open', 'grok-2'),
  ...named(DEEPSEEK3, 'deepseek-v3', 'hunyuan-dense'),
  ['falcon', plain(String.raw`[\p{P}\$\+<=>\^~\|\`]+`, GPT2_SPLIT, '[0-9][0-9][0-9]')],
  [
    'deepseek-coder',
    plain(String.raw`[\r\n]`, String.raw`\s?\p{L}+`, String.raw`\s?\p{P}+`, '[一-龥ࠀ-一가-퟿]+', String.raw`\p{N}`),
  ],
  ['tekken', { splits: [casedWords('', String.raw`\p{N}`)], ignoreMerges: true, addBos: true }],
  ...named(plain(casedWords(`(?:${ANY_CASE_CONTRACTION})?`, String.raw`\p{N}{1,3}`)), 'gpt-4o', 'llama4'),
]);

function named(pre: PreTokenizer, ...names: string[]): [string, PreTokenizer][] {
  return names.map((name) => [name, pre]);
}

/** Every regular expression of the table. */
export function knownSplits(): readonly string[] {
  return [...PRE_TOKENIZERS.values()].flatMap(({ splits }) => splits);
}

/** Looks a pre-tokenizer up by name. Errors: `OrpoError('tokenizer')` naming an unknown one. */
export function preTokenizerNamed(name: string, origin: string): PreTokenizer {
  const found = PRE_TOKENIZERS.get(name);
  if (found !== undefined) return found;
  throw new OrpoError(
    'tokenizer',
    `${origin} splits text by the pre-tokenizer "${name}", which is not known here.`,
    `Put the model's tokenizer.json beside the weights. Known: ${[...PRE_TOKENIZERS.keys()].join(', ')}.`,
  );
}
