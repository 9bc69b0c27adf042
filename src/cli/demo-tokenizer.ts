import { BYTE_LEVEL_DECODER, bytePairJson } from '../text/byte-pair-json.js';
import { byteLetters, learnMerges } from './demo-bpe.js';

/** Special tokens of the tokenizer; their ids follow those of the 256 bytes. */
const SPECIAL = ['<|endoftext|>', '<|im_start|>', '<|im_end|>'] as const;

/** Conversations as ChatML. */
const TEMPLATE =
  "{% for message in messages %}{{ '<|im_start|>' + message['role'] + '\\n' + message['content'] + '<|im_end|>' + '\\n' }}{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}";

/** The contents of the files of a tokenizer, and how many tokens it has. */
export interface TokenizerContents {
  readonly vocabulary: number;
  readonly tokenizerJson: object;
  readonly tokenizerConfig: object;
}

/**
 * A byte-level tokenizer learnt from a text, with a chat template: bytes 0..255, the special tokens, then at most `merges`
 * merged tokens. It can write any text.
 */
export function learnTokenizer(text: string, merges: number): TokenizerContents {
  const learnt = learnMerges(text, merges);
  // two ways to merge may end in the same token
  const tokens = [...new Set([...byteLetters(), ...SPECIAL, ...learnt.map(([left, right]) => left + right)])];
  return {
    vocabulary: tokens.length,
    tokenizerJson: bytePairJson({
      tokens,
      merges: learnt,
      added: SPECIAL.map((content, i) => ({ id: 256 + i, content, special: true })),
      preTokenizer: { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: true },
      decoder: BYTE_LEVEL_DECODER,
    }),
    tokenizerConfig: {
      tokenizer_class: 'PreTrainedTokenizerFast',
      bos_token: '<|endoftext|>',
      eos_token: '<|im_end|>',
      pad_token: '<|endoftext|>',
      clean_up_tokenization_spaces: false,
      chat_template: TEMPLATE,
    },
  };
}
