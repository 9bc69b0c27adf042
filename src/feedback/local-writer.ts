import type { Side } from '../data/records.js';
import { parseGenerateOptions } from '../generation/config.js';
import { encodePrompt } from '../generation/encode-prompt.js';
import type { TextModel } from '../generation/generate.js';
import { respond } from '../generation/respond.js';
import type { Judged, Writer } from './judge.js';

/** A language model on this machine as a writer. The model stays the caller's. */
export class LocalWriter implements Writer {
  readonly batch = 8;
  readonly concurrency = 1;
  readonly #loaded: TextModel;
  readonly #options: { readonly maxTokens: number; readonly seed: number };

  constructor(loaded: TextModel, options: { readonly maxTokens: number; readonly seed: number }) {
    this.#loaded = loaded;
    this.#options = options;
  }

  async write(conversations: readonly Side[], keys: readonly number[]): Promise<Judged<string>[]> {
    const encoded = conversations.map((side) => encodePrompt(side, this.#loaded));
    const { positions } = this.#loaded.model.sizes;
    const fitting = encoded.map(({ ids }) => ids.length < positions);
    const settings = parseGenerateOptions({ ...this.#options, temperature: 1 });
    const streams = keys.filter((_, at) => fitting[at]);
    const texts = respond(
      this.#loaded,
      encoded.filter((_, at) => fitting[at]),
      { ...settings, streams },
    ).values();
    return fitting.map((fits, at): Judged<string> => {
      if (!fits) {
        return { failure: `the question has ${encoded[at]?.ids.length} tokens and leaves no room in ${positions}` };
      }
      return { value: texts.next().value?.text.trim() ?? '' };
    });
  }

  async dispose(): Promise<void> {}
}
