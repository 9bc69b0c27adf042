import { OrpoError } from '../errors.js';
import { plainFrequencies, type RotarySpec } from '../nn/rotary.js';
import type { ModelConfig } from './model-config.js';

/**
 * Reads rotary embedding settings in the spellings of transformers 4 (`rope_theta`, `rope_scaling`) and 5
 * (`rope_parameters`, whole or per kind of layer). `kind` names the section of `rope_parameters` when layers differ, as
 * in Gemma 3; `share` is the rotated part of a head where the config names none.
 *
 * @throws OrpoError `model` for a scaling that is not known
 */
export function rotaryFromConfig(
  config: ModelConfig,
  headSize: number,
  { kind, share = 1 }: { kind?: string; share?: number } = {},
): RotarySpec {
  const whole = config.section('rope_parameters');
  const section = (kind === undefined ? undefined : whole?.section(kind)) ?? whole ?? config.section('rope_scaling');
  const theta =
    section?.optionalNumber('rope_theta') ??
    config.optionalNumber('rope_theta') ??
    config.optionalNumber('rotary_emb_base') ??
    10_000;
  const rotated =
    section?.optionalNumber('partial_rotary_factor') ??
    config.optionalNumber('partial_rotary_factor') ??
    config.optionalNumber('rotary_pct') ??
    share;
  const dimensions = Math.floor(headSize * rotated);
  const plain = plainFrequencies(dimensions, theta);
  const type = section?.text('rope_type', section.text('type', 'default')) ?? 'default';
  switch (type) {
    case 'default':
      return { dimensions, frequencies: plain, attentionFactor: 1 };
    case 'linear': {
      const factor = section?.number('factor') ?? 1;
      return { dimensions, frequencies: plain.map((frequency) => frequency / factor), attentionFactor: 1 };
    }
    case 'llama3':
      return { dimensions, frequencies: llama3Frequencies(plain, section ?? config), attentionFactor: 1 };
    default:
      throw new OrpoError(
        'model',
        `${config.origin}: rotary scaling "${type}" is not known.`,
        'Known: default, linear, llama3. Remove the scaling to use the model within its original length.',
      );
  }
}

/** Llama 3.1's scaling: long wavelengths are stretched by `factor`, short ones kept, those between interpolated. */
function llama3Frequencies(plain: Float32Array, section: ModelConfig): Float32Array {
  const factor = section.number('factor');
  const low = section.number('low_freq_factor');
  const high = section.number('high_freq_factor');
  const original = section.number('original_max_position_embeddings');
  return plain.map((frequency) => {
    const wavelength = (2 * Math.PI) / frequency;
    if (wavelength < original / high) return frequency;
    if (wavelength > original / low) return frequency / factor;
    const smooth = (original / wavelength - low) / (high - low);
    return (1 - smooth) * (frequency / factor) + smooth * frequency;
  });
}
