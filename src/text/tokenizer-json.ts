import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { OrpoError, reasonOf } from '../errors.js';
import { libraryTokenizer } from './library-tokenizer.js';
import type { Tokenizer } from './tokenizer.js';

const tokenText = z.union([z.string(), z.looseObject({ content: z.string() })]).nullish();
const tokenizerConfigSchema = z.looseObject({
  bos_token: tokenText,
  eos_token: tokenText,
  pad_token: tokenText,
  clean_up_tokenization_spaces: z.boolean().nullish(),
});

const tokenIds = z.union([z.number().int(), z.array(z.number().int())]).nullish();
const modelConfigSchema = z.looseObject({ bos_token_id: tokenIds, eos_token_id: tokenIds, pad_token_id: tokenIds });

const vocabulary = z.custom<object>((value) => typeof value === 'object' && value !== null);
const tokenizerJsonSchema = z.looseObject({
  model: z.looseObject({ vocab: vocabulary }),
  added_tokens: z.array(z.looseObject({ id: z.number().int().nonnegative(), content: z.string() })).optional(),
});

/** The JSON contents of the files that make up a tokenizer. */
export interface TokenizerFiles {
  readonly tokenizerJson: unknown;
  readonly tokenizerConfig?: unknown;
  /** `generation_config.json` and `config.json`, first one first: their `*_token_id` fill in what the tokenizer leaves open. */
  readonly modelConfigs?: readonly unknown[];
  /** Where they come from, for messages. */
  readonly origin?: string;
}

/**
 * A tokenizer from the parsed contents of `tokenizer.json` and its companions.
 * Errors: `OrpoError('tokenizer')`.
 */
export function tokenizerFromJson(files: TokenizerFiles): Tokenizer {
  const origin = files.origin ?? 'tokenizer.json';
  const json = check(tokenizerJsonSchema, files.tokenizerJson, origin);
  const config = check(tokenizerConfigSchema, files.tokenizerConfig ?? {}, `the tokenizer_config.json of ${origin}`);
  const models = (files.modelConfigs ?? []).map((model) =>
    check(modelConfigSchema, model, `a model configuration of ${origin}`),
  );
  return libraryTokenizer(json, origin, (tokenId) => {
    const resolve = (name: 'bos' | 'eos' | 'pad'): number | undefined => {
      const token = config[`${name}_token`];
      const text = typeof token === 'string' ? token : token?.content;
      const id = text === undefined ? undefined : tokenId(text);
      if (id !== undefined) return id;
      for (const model of models) {
        const value = model[`${name}_token_id`];
        const first = Array.isArray(value) ? value[0] : value;
        // some configurations write -1 for none
        if (first !== undefined && first !== null && first >= 0) return first;
      }
      return undefined;
    };
    return {
      bos: resolve('bos'),
      eos: resolve('eos'),
      pad: resolve('pad'),
      cleanUpSpaces: config.clean_up_tokenization_spaces === true,
    };
  });
}

/**
 * The tokenizer of a model folder: `tokenizer.json`, with `tokenizer_config.json`, `generation_config.json` and
 * `config.json` where they exist. Errors: `OrpoError('tokenizer')` naming the file.
 */
export function loadTokenizerFolder(folder: string): Tokenizer {
  const path = join(folder, 'tokenizer.json');
  const tokenizerJson = readJson(path);
  if (tokenizerJson === undefined) {
    throw new OrpoError(
      'tokenizer',
      `There is no tokenizer.json in ${folder}.`,
      'Save the model with a fast tokenizer (transformers: AutoTokenizer.from_pretrained(…).save_pretrained(folder)).',
    );
  }
  return tokenizerFromJson({
    tokenizerJson,
    tokenizerConfig: readJson(join(folder, 'tokenizer_config.json')),
    modelConfigs: ['generation_config.json', 'config.json']
      .map((name) => readJson(join(folder, name)))
      .filter((config) => config !== undefined),
    origin: path,
  });
}

/** A parsed JSON file, or undefined when it does not exist. */
export function readJson(path: string): unknown {
  if (!existsSync(path)) return undefined;
  try {
    return JSON.parse(readFileSync(path, 'utf8').replace(/^\uFEFF/, ''));
  } catch (error) {
    throw new OrpoError(
      'tokenizer',
      `${path} is not readable JSON: ${reasonOf(error)}.`,
      'Download the file again: it is cut short or is not the file itself but a pointer to it.',
      { cause: error },
    );
  }
}

function check<T>(schema: z.ZodType<T>, value: unknown, what: string): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  throw new OrpoError(
    'tokenizer',
    `${what} is not a tokenizer file: ${issue?.path.join('.') || 'the whole'} ${issue?.message ?? 'is wrong'}.`,
    'Take tokenizer.json and tokenizer_config.json from the folder of the model.',
  );
}
