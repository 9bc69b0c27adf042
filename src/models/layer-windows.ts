import { OrpoError } from '../errors.js';
import type { ModelConfig } from './model-config.js';

export const SLIDING = 'sliding_attention';
export const FULL = 'full_attention';
export type LayerKind = typeof SLIDING | typeof FULL;

/**
 * The kind of each layer: `layer_types` of the config, else what `slides` says.
 *
 * @throws OrpoError `model` for a kind that is not known or a list of the wrong length
 */
export function layerKinds(
  config: ModelConfig,
  layers: number,
  slides: (layer: number) => boolean,
): readonly LayerKind[] {
  const named = config.texts('layer_types');
  if (named === undefined) return Array.from({ length: layers }, (_, layer) => (slides(layer) ? SLIDING : FULL));
  const kinds = named.filter((kind) => kind === SLIDING || kind === FULL);
  if (named.length === layers && kinds.length === layers) return kinds;
  throw new OrpoError(
    'model',
    `${config.origin}: "layer_types" is [${named.join(', ')}], ${layers} of ${SLIDING} or ${FULL} were expected.`,
    'Use the config.json that came with the weights.',
  );
}

/** The window of each layer in Qwen's spelling: `use_sliding_window`, from layer `max_window_layers` on. */
export function qwenWindow(config: ModelConfig, layers: number): (layer: number) => number | undefined {
  if (!config.flag('use_sliding_window', false)) return () => undefined;
  const window = config.has('sliding_window') ? config.optionalCount('sliding_window') : 4096;
  const first = config.number('max_window_layers', 28);
  const kinds = layerKinds(config, layers, (layer) => window !== undefined && layer >= first);
  return (layer) => (kinds[layer] === SLIDING ? window : undefined);
}
