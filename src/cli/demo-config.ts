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

/**
 * Numbers of the model that is pretrained when there is none. Small batches, because it learns from the number of updates
 * more than from anything else; all of it in fp32, so that it comes out alike on every machine.
 */
export const TINY = {
  merges: 3765,
  model: {
    architectures: ['LlamaForCausalLM'],
    model_type: 'llama',
    hidden_size: 128,
    intermediate_size: 352,
    num_hidden_layers: 2,
    num_attention_heads: 4,
    num_key_value_heads: 4,
    max_position_embeddings: 1024,
    rms_norm_eps: 1e-5,
    rope_theta: 10_000,
    tie_word_embeddings: true,
    hidden_act: 'silu',
    initializer_range: 0.02,
  },
  maxLength: 512,
  precision: 'fp32',
  /** How often each answer is read in an epoch: mostly the bad ones, so that there is something to align. */
  readings: { chosen: 1, rejected: 3 },
  pretraining: {
    epochs: 5,
    batch: 2,
    learningRate: 5e-3,
    beta2: 0.98,
    schedule: 'cosine',
    warmup: 0.05,
    microTokens: 2048,
    seed: 42,
    checkpointEvery: 250,
  },
  /** Where its alignment differs from the demo's. */
  alignment: { epochs: 2, learningRate: 2e-3 },
} as const;

/** A file or folder of this package, relative to the working folder when it lies within. */
export function packagePath(path: string): string {
  const absolute = fileURLToPath(new URL(`../../${path}`, import.meta.url));
  const near = relative(process.cwd(), absolute);
  return near.startsWith('..') ? absolute : near;
}

export const trainFile = (): string => packagePath('examples/support/train.jsonl');
export const heldOutFile = (): string => packagePath('examples/support/held-out.jsonl');

export interface DemoRun {
  readonly model: string;
  /** Whether it is the model that was pretrained on the spot. */
  readonly tiny: boolean;
  readonly output: string;
  /** Ends training early. */
  readonly steps?: number | undefined;
}

/** The configuration of the demo's run. */
export function demoConfig({ model, tiny, output, steps }: DemoRun): RunConfigInput {
  return {
    method: 'orpo',
    model,
    adapter: { ...DEMO.adapter },
    data: { train: trainFile(), maxLength: DEMO.maxLength },
    objective: { ...DEMO.objective },
    training: {
      ...DEMO.training,
      ...(tiny ? { ...TINY.alignment, precision: TINY.precision } : {}),
      checkpointEvery: DEMO.checkpointEvery,
      ...(steps === undefined ? {} : { maxSteps: steps }),
    },
    output,
  };
}
