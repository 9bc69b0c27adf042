import { OrpoError } from '../errors.js';

/** What checkpoints carry besides their parameters: buffers of old exporters, and the head of a tied model. */
const HARMLESS = [
  /(^|\.)rotary_emb\.(inv_freq|cos_cached|sin_cached)$/,
  /(^|\.)(attn|attention)\.(bias|masked_bias)$/,
  /(^|\.)position_ids$/,
];
const HEADS: ReadonlySet<string> = new Set(['lm_head.weight', 'embed_out.weight', 'output.weight']);
const LISTED = 8;

/**
 * Refuses a checkpoint with tensors that the model does not use: it would compute something else than it was made for.
 *
 * @throws OrpoError `model` listing them
 */
export function refuseUnused(names: readonly string[], modelType: string, tied: boolean, origin: string): void {
  const unknown = names.filter((name) => !HARMLESS.some((form) => form.test(name)) && !(tied && HEADS.has(name)));
  if (unknown.length === 0) return;
  const listed = unknown.slice(0, LISTED).join(', ');
  throw new OrpoError(
    'model',
    `${origin} holds ${unknown.length} tensors that a "${modelType}" model does not use: ${listed}${unknown.length > LISTED ? ', …' : ''}.`,
    'Check model_type and the flags of config.json (biases, norms, layers): they must belong to the weights.',
  );
}
