import { relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { RunConfigInput } from '../training/config.js';

/** Every number of the demo. Chosen so that training fits into 6 minutes on two slow cores. */
export const DEMO = {
  adapter: { rank: 16, alpha: 32 },
  objective: { lambda: 1 },
  maxLength: 512,
  training: { epochs: 1, batch: 4, learningRate: 5e-4, schedule: 'cosine', warmup: 0.1, microTokens: 1024, seed: 42 },
  /** Saves often enough that an interruption costs little. */
  checkpointEvery: 27,
  /** Held-out questions answered before and after, by their place in the file. */
  questions: [0, 11, 24, 32],
  answer: { maxTokens: 120, temperature: 0 },
} as const;

/** Numbers of the model that is pretrained when there is none; its training should take about a minute. */
export const TINY = {
  merges: 765,
  model: {
    architectures: ['LlamaForCausalLM'],
    model_type: 'llama',
    hidden_size: 192,
    intermediate_size: 512,
    num_hidden_layers: 4,
    num_attention_heads: 6,
    num_key_value_heads: 3,
    max_position_embeddings: 1024,
    rms_norm_eps: 1e-5,
    rope_theta: 10_000,
    tie_word_embeddings: true,
    hidden_act: 'silu',
    initializer_range: 0.02,
  },
  maxLength: 512,
  training: { epochs: 3, batch: 8, learningRate: 2e-3, schedule: 'cosine', warmup: 0.05, seed: 42 },
} as const;

/** A file or folder of this package, relative to the working folder when it lies within. */
export function packagePath(path: string): string {
  const absolute = fileURLToPath(new URL(`../../${path}`, import.meta.url));
  const near = relative(process.cwd(), absolute);
  return near.startsWith('..') ? absolute : near;
}

export const trainFile = (): string => packagePath('examples/support/train.jsonl');
export const heldOutFile = (): string => packagePath('examples/support/held-out.jsonl');

/** The configuration of the demo's run; `steps` ends it early. */
export function demoConfig(model: string, output: string, steps?: number): RunConfigInput {
  return {
    method: 'orpo',
    model,
    adapter: { ...DEMO.adapter },
    data: { train: trainFile(), maxLength: DEMO.maxLength },
    objective: { ...DEMO.objective },
    training: {
      ...DEMO.training,
      checkpointEvery: DEMO.checkpointEvery,
      ...(steps === undefined ? {} : { maxSteps: steps }),
    },
    output,
  };
}
