import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type ChatTemplate, type ChatTemplateOptions, compileChatTemplate } from './chat-template.js';
import { templateError } from './template-limits.js';
import type { Tokenizer } from './tokenizer.js';
import { readJson } from './tokenizer-json.js';

/**
 * The source of a model folder's chat template: `chat_template.jinja`, else `chat_template` in `tokenizer_config.json`,
 * else in `chat_template.json`; undefined when the model has none.
 * Errors: `OrpoError('template')` for a template that is no text, `OrpoError('tokenizer')` for unreadable JSON.
 */
export function chatTemplateSource(folder: string): string | undefined {
  const path = join(folder, 'chat_template.jinja');
  if (existsSync(path)) return readFileSync(path, 'utf8');
  for (const name of ['tokenizer_config.json', 'chat_template.json']) {
    const source = templateOfConfig(readJson(join(folder, name)), join(folder, name));
    if (source !== undefined) return source;
  }
  return undefined;
}

/**
 * The chat template in the contents of a `tokenizer_config.json`: a text, or a list of named texts of which `default` is
 * taken (the only one, if there is just one).
 */
export function templateOfConfig(config: unknown, origin = 'tokenizer_config.json'): string | undefined {
  if (typeof config !== 'object' || config === null || !('chat_template' in config)) return undefined;
  const value = config.chat_template;
  if (value === null || value === undefined) return undefined;
  if (typeof value === 'string') return value;
  const named = namedTemplates(value);
  const source = named?.get('default') ?? (named?.size === 1 ? [...named.values()][0] : undefined);
  if (source !== undefined) return source;
  throw templateError(
    `${origin} holds no chat template named "default"${named ? ` but ${[...named.keys()].join(', ')}` : ''}.`,
    'Save the template to use as chat_template.jinja in the folder of the model.',
  );
}

function namedTemplates(value: unknown): ReadonlyMap<string, string> | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const entries: [string, unknown][] = Array.isArray(value)
    ? value.flatMap((item: unknown) => (isNamed(item) ? [[item.name, item.template]] : []))
    : Object.entries(value);
  return new Map(entries.filter((entry): entry is [string, string] => typeof entry[1] === 'string'));
}

const isNamed = (item: unknown): item is { name: string; template: unknown } =>
  typeof item === 'object' && item !== null && 'name' in item && typeof item.name === 'string' && 'template' in item;

/** The chat template in a GGUF file's metadata, or undefined. */
export function templateOfGguf(metadata: ReadonlyMap<string, unknown>): string | undefined {
  const source = metadata.get('tokenizer.chat_template');
  return typeof source === 'string' && source !== '' ? source : undefined;
}

/** Compiles a template for a tokenizer: the template's `bos_token` and `eos_token` are the tokenizer's. */
export function chatTemplateFor(tokenizer: Tokenizer, source: string, options: ChatTemplateOptions = {}): ChatTemplate {
  const text = (id: number | undefined) => (id === undefined ? undefined : tokenizer.tokenText(id));
  return compileChatTemplate(source, { bosToken: text(tokenizer.bos), eosToken: text(tokenizer.eos), ...options });
}

/** The compiled chat template of a model folder, or undefined when it has none. */
export function loadChatTemplate(folder: string, tokenizer: Tokenizer): ChatTemplate | undefined {
  const source = chatTemplateSource(folder);
  return source === undefined ? undefined : chatTemplateFor(tokenizer, source);
}
