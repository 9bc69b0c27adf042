import { z } from 'zod';
import { OrpoError } from '../errors.js';
import type { AdapterConfig } from './config.js';
import type { LoraSet } from './lora-set.js';
import { shortName } from './targets.js';

const known = z.object({
  peft_type: z.literal('LORA'),
  task_type: z.enum(['CAUSAL_LM', 'SEQ_CLS']).nullish(),
  r: z.int().min(1),
  lora_alpha: z.number().positive(),
  lora_dropout: z.number().min(0).lt(1).default(0),
  use_rslora: z.boolean().default(false),
  // some of PEFT's ways to start change the base weights as well, and a saved adapter is only half of those
  init_lora_weights: z.union([z.boolean(), z.enum(['gaussian', 'eva', 'orthogonal'])]).nullish(),
  target_modules: z.union([z.literal('all-linear'), z.array(z.string().min(1)).min(1)]),
  bias: z.literal('none').default('none'),
  // a reward model's scalar head is trained whole
  modules_to_save: z.union([z.tuple([]), z.tuple([z.literal('score')])]).nullish(),
});

/** What the adapted model is for: writing, or giving a reward. */
export type AdapterTask = 'CAUSAL_LM' | 'SEQ_CLS';

/** Keys that say nothing about what the adapter computes, or that only matter together with one that is refused. */
const SILENT: ReadonlySet<string> = new Set([
  'arrow_config',
  'auto_mapping',
  'base_model_name_or_path',
  'ensure_weight_tying',
  'eva_config',
  'fan_in_fan_out',
  'inference_mode',
  'megatron_core',
  'peft_version',
  'qalora_group_size',
  'revision',
  'runtime_config',
]);

/**
 * Reads the text of an adapter_config.json. A key that would change what is computed is refused unless it is off.
 *
 * @throws OrpoError `adapter` naming the key.
 */
export function parsePeftConfig(
  text: string,
  path: string,
): { readonly config: AdapterConfig; readonly task: AdapterTask } {
  const values = z.record(z.string(), z.unknown()).safeParse(parseJson(text, path));
  if (!values.success) throw refused(path, 'it is not a JSON object');
  const read = known.safeParse(values.data);
  if (!read.success) {
    const [issue] = read.error.issues;
    const key = String(issue?.path[0] ?? '');
    throw refused(
      path,
      `"${key}" is ${JSON.stringify(values.data[key]) ?? 'missing'}: ${issue?.message ?? 'unknown fault'}`,
    );
  }
  for (const [key, value] of Object.entries(values.data)) {
    if (!(key in known.shape) && !SILENT.has(key) && !isOff(value)) {
      throw refused(path, `"${key}" is ${JSON.stringify(value)}, which is not supported`);
    }
  }
  const { r, lora_alpha, lora_dropout, use_rslora, target_modules, task_type, modules_to_save } = read.data;
  const task = task_type ?? 'CAUSAL_LM';
  if ((task === 'SEQ_CLS') !== (modules_to_save?.length === 1)) {
    const saved = `"modules_to_save" is ${JSON.stringify(modules_to_save ?? null)}`;
    throw refused(path, `${saved}, which does not go with task_type ${task}`);
  }
  return {
    config: { rank: r, alpha: lora_alpha, dropout: lora_dropout, rankStabilised: use_rslora, targets: target_modules },
    task,
  };
}

/** The adapter_config.json of a set, with every key that PEFT 0.21 writes, in its order. */
export function formatPeftConfig(set: LoraSet, base: string, task: AdapterTask): string {
  const { rank, alpha, dropout, targets, rankStabilised } = set.config;
  const linears = set.adapters.map(({ linear }) => linear);
  const config = {
    alora_invocation_tokens: null,
    alpha_pattern: {},
    arrow_config: null,
    auto_mapping: null,
    base_model_name_or_path: base,
    bias: 'none',
    corda_config: null,
    ensure_weight_tying: false,
    eva_config: null,
    exclude_modules: null,
    fan_in_fan_out: linears.some(({ transposed }) => transposed),
    inference_mode: true,
    init_lora_weights: true,
    kasa_config: null,
    layer_replication: null,
    layers_pattern: null,
    layers_to_transform: null,
    loftq_config: {},
    lora_alpha: alpha,
    lora_bias: false,
    lora_dropout: dropout,
    lora_ga_config: null,
    megatron_config: null,
    megatron_core: 'megatron.core',
    modules_to_save: task === 'SEQ_CLS' ? ['score'] : null,
    monteclora_config: null,
    peft_type: 'LORA',
    peft_version: '0.21.0',
    qalora_group_size: 16,
    r: rank,
    rank_pattern: {},
    revision: null,
    target_modules: targets === 'all-linear' ? [...new Set(linears.map(shortName))].sort() : [...targets].sort(),
    target_parameters: null,
    task_type: task,
    trainable_token_indices: null,
    use_bdlora: null,
    use_dora: false,
    use_qalora: false,
    use_rslora: rankStabilised,
    velora_config: null,
  };
  return `${JSON.stringify(config, undefined, 2)}\n`;
}

function parseJson(text: string, path: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new OrpoError('adapter', `${path} is not JSON.`, 'The file is damaged; save or fetch the adapter again.', {
      cause: error,
    });
  }
}

function isOff(value: unknown): boolean {
  if (value === null || value === false) return true;
  return typeof value === 'object' && Object.keys(value).length === 0;
}

function refused(path: string, what: string): OrpoError {
  return new OrpoError(
    'adapter',
    `${path}: ${what}.`,
    'Plain LoRA adapters of causal language models can be read; merge others into their base model with PEFT.',
  );
}
