import type { OnlineRunConfig, RunConfig } from '../config.js';
import type { TrainOptions } from '../events.js';
import type { LoopPlan } from './loop.js';
import { planOffline } from './plan-offline.js';
import { planOnline } from './plan-online.js';

/** How a configured method learns. @throws OrpoError `config` for settings that do not go together */
export function planLoop(config: RunConfig, options: TrainOptions): LoopPlan {
  return isOnline(config) ? planOnline(config, options) : planOffline(config, options);
}

/** Whether a method learns from what it samples. */
export function isOnline(config: RunConfig): config is OnlineRunConfig {
  return 'rollout' in config;
}
