import { grpo } from './grpo.js';
import { onlineDpo } from './online-dpo.js';
import { onlineOrpo } from './online-orpo.js';
import { ppo } from './ppo.js';
import { reinforce } from './reinforce.js';
import { rloo } from './rloo.js';

/** Every method that learns from its own samples, by name. */
export const onlineMethods = {
  grpo,
  'online-dpo': onlineDpo,
  'online-orpo': onlineOrpo,
  ppo,
  reinforce,
  rloo,
} as const;

export type OnlineMethodName = keyof typeof onlineMethods;
