import type { ChatTemplate } from './chat-template.js';
import { chatTemplateFor, loadChatTemplate, templateOfGguf } from './find-chat-template.js';
import { tokenizerFromGguf } from './gguf-tokenizer.js';
import type { GgufMetadata } from './gguf-vocabulary.js';
import type { Tokenizer } from './tokenizer.js';
import { loadTokenizerFolder } from './tokenizer-json.js';

/** The parts of a model that turn records into tokens. */
export interface ModelText {
  readonly tokenizer: Tokenizer;
  readonly template: ChatTemplate | undefined;
}

/** Tokenizer and chat template of a model folder. Errors: `OrpoError` `tokenizer` or `template` naming the file. */
export function textOfFolder(folder: string): ModelText {
  const tokenizer = loadTokenizerFolder(folder);
  return { tokenizer, template: loadChatTemplate(folder, tokenizer) };
}

/** The same of a GGUF file's metadata; `origin` names the file in messages. */
export function textOfGguf(metadata: GgufMetadata, origin: string): ModelText {
  const tokenizer = tokenizerFromGguf(metadata, origin);
  const source = templateOfGguf(metadata);
  return { tokenizer, template: source === undefined ? undefined : chatTemplateFor(tokenizer, source) };
}
