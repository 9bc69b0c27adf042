import type { ModelText } from '../text/model-text.js';
import type { Output } from './output.js';

/** Loads tokenizer and chat template of a model, and none of its weights. Throws as `resolveModel` and the tokenizers do. */
export async function loadModelText(model: string, output: Output): Promise<ModelText & { readonly path: string }> {
  const { resolveModel } = await import('../files/model-source.js');
  const { formatBytes } = await import('../text/format.js');
  const { kind, path } = await resolveModel(model, {
    onProgress: ({ what, done, total }) =>
      output.status(`${what}: ${formatBytes(done)}${total === undefined ? '' : ` of ${formatBytes(total)}`}`),
  });
  const { textOfFolder, textOfGguf } = await import('../text/model-text.js');
  if (kind === 'folder') return { ...textOfFolder(path), path };
  const { readGguf } = await import('../files/gguf.js');
  return { ...textOfGguf(readGguf(path).metadata, path), path };
}
