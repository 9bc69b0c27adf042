export const schedules = ['constant', 'linear', 'cosine', 'inverse_sqrt'] as const;
export type ScheduleName = (typeof schedules)[number];

/**
 * Factor on the learning rate before update `step` (0-based) of `total`: rises linearly from 0 over `warmup` updates,
 * then follows the named curve, as transformers' schedulers do.
 */
export function scheduleFactor(name: ScheduleName, step: number, warmup: number, total: number): number {
  if (step < warmup) return step / Math.max(1, warmup);
  const progress = (step - warmup) / Math.max(1, total - warmup);
  switch (name) {
    case 'constant':
      return 1;
    case 'linear':
      return Math.max(0, 1 - progress);
    case 'cosine':
      return Math.max(0, 0.5 * (1 + Math.cos(Math.PI * progress)));
    case 'inverse_sqrt': {
      const scale = warmup > 0 ? warmup : 10_000;
      return 1 / Math.sqrt((step - warmup + scale) / scale);
    }
  }
}
