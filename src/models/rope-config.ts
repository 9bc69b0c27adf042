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
    section?.optionalPositive('rope_theta') ??
    config.optionalPositive('rope_theta') ??
    config.optionalPositive('rotary_emb_base') ??
    10_000;
  const rotated =
    section?.optionalPositive('partial_rotary_factor') ??
    config.optionalPositive('partial_rotary_factor') ??
    config.optionalPositive('rotary_pct') ??
    share;
  const dimensions = Math.floor(headSize * rotated);
  if (dimensions < 2 || dimensions > headSize || dimensions % 2 !== 0)
    throw new OrpoError(
      'model',
      `${config.origin}: rotary positions turn ${dimensions} of the ${headSize} dimensions of a head; an even number of them was expected.`,
      'Check head_dim and partial_rotary_factor: use the config.json that came with the weights.',
    );
  const plain = plainFrequencies(dimensions, theta);
  const type = section?.text('rope_type', section.text('type', 'default')) ?? 'default';
  switch (type) {
    case 'default':
      return { dimensions, frequencies: plain, attentionFactor: 1 };
    case 'linear': {
      const factor = section?.positive('factor') ?? 1;
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
  const factor = section.positive('factor');
  const low = section.positive('low_freq_factor');
  const high = section.positive('high_freq_factor');
  const original = section.positive('original_max_position_embeddings');
  return plain.map((frequency) => {
    const wavelength = (2 * Math.PI) / frequency;
    if (wavelength < original / high) return frequency;
    if (wavelength > original / low) return frequency / factor;
    const smooth = (original / wavelength - low) / (high - low);
    return (1 - smooth) * (frequency / factor) + smooth * frequency;
  });
}
