import { type LoadedModel, type LoadModelOptions, loadModel } from '../models/load-model.js';
import type { LoraSet } from './lora-set.js';
import { loadAdapter } from './peft-folder.js';

/** A model with the adapter that hangs on it, if one does. */
export interface AdaptedModel {
  readonly loaded: LoadedModel;
  readonly lora: LoraSet | undefined;
  dispose(): void;
}

/** Loads a model and, where a folder is given, its adapter. @throws OrpoError as `loadModel` and `loadAdapter` do */
export async function loadAdapted(
  model: string,
  adapter: string | undefined,
  options: Omit<LoadModelOptions, 'freshScore'> = {},
): Promise<AdaptedModel> {
  // an adapter brings its own scalar head
  const fresh = adapter === undefined ? {} : { freshScore: { seed: 0 } };
  const loaded = await loadModel(model, { ...options, ...fresh });
  try {
    const lora = adapter === undefined ? undefined : loadAdapter(loaded.model.store, adapter, loaded.model.score);
    return {
      loaded,
      lora,
      dispose: () => {
        lora?.dispose();
        loaded.dispose();
      },
    };
  } catch (error) {
    loaded.dispose();
    throw error;
  }
}
