import { z } from 'zod';

/** The `adapter` part of a configuration: low-rank updates instead of all weights (LoRA, arXiv 2106.09685). */
export const adapterConfig = z.strictObject({
  rank: z.int().min(1).default(16).describe('Inner size of the update of one layer'),
  alpha: z.number().positive().default(32).describe('The update is scaled by alpha / rank'),
  dropout: z.number().min(0).lt(1).default(0).describe('Share of the inputs that the update does not see in training'),
  targets: z
    .union([z.literal('all-linear'), z.array(z.string().min(1)).min(1)])
    .default('all-linear')
    .describe('Layers to adapt, by the ends of their names such as q_proj; all-linear: all but the head'),
  rankStabilised: z.boolean().default(false).describe('Scale by alpha / sqrt(rank) instead (arXiv 2312.03732)'),
});

/** The `adapter` part with its defaults filled in. */
export type AdapterConfig = z.output<typeof adapterConfig>;

/** The `adapter` part as people write it. */
export type AdapterConfigInput = z.input<typeof adapterConfig>;

/** The factor on the low-rank product. */
export function scaleOf(config: Pick<AdapterConfig, 'rank' | 'alpha' | 'rankStabilised'>): number {
  return config.alpha / (config.rankStabilised ? Math.sqrt(config.rank) : config.rank);
}
