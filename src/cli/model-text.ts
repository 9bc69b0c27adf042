import type { ChatTemplate } from '../text/chat-template.js';
import type { Tokenizer } from '../text/tokenizer.js';
import type { Output } from './output.js';

/** The parts of a model that turn records into tokens. */
export interface ModelText {
  readonly tokenizer: Tokenizer;
  readonly template: ChatTemplate | undefined;
  /** Where they lie. */
  readonly path: string;
}

/** Loads tokenizer and chat template of a model, and none of its weights. Throws as `resolveModel` and the tokenizers do. */
export async function loadModelText(model: string, output: Output): Promise<ModelText> {
  const { resolveModel } = await import('../files/model-source.js');
  const { formatBytes } = await import('../text/format.js');
  const { kind, path } = await resolveModel(model, {
    onProgress: ({ what, done, total }) =>
      output.status(`${what}: ${formatBytes(done)}${total === undefined ? '' : ` of ${formatBytes(total)}`}`),
  });
  const { chatTemplateFor, loadChatTemplate, templateOfGguf } = await import('../text/find-chat-template.js');
  if (kind === 'folder') {
    const { loadTokenizerFolder } = await import('../text/tokenizer-json.js');
    const tokenizer = loadTokenizerFolder(path);
    return { tokenizer, template: loadChatTemplate(path, tokenizer), path };
  }
  const { readGguf } = await import('../files/gguf.js');
  const { tokenizerFromGguf } = await import('../text/gguf-tokenizer.js');
  const { metadata } = readGguf(path);
  const tokenizer = tokenizerFromGguf(metadata, path);
  const source = templateOfGguf(metadata);
  return { tokenizer, template: source === undefined ? undefined : chatTemplateFor(tokenizer, source), path };
}
