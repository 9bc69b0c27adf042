import { OrpoError } from '../errors.js';
import type { GgufFile, GgufValue } from '../files/gguf.js';
import { ModelConfig } from './model-config.js';

/**
 * The Hugging Face config that a GGUF file's metadata stands for.
 *
 * @throws OrpoError `model` for an architecture other than llama, a rotary scaling, or a key that is missing
 */
export function configFromGguf(file: GgufFile): ModelConfig {
  const { metadata, tensors, path } = file;
  const architecture = metadata.get('general.architecture');
  if (architecture !== 'llama')
    throw new OrpoError(
      'model',
      `${path} holds the architecture "${String(architecture)}"; of GGUF files only llama is read.`,
      'Use the Hugging Face folder of the model, with config.json and safetensors.',
    );
  const read = (key: string, fallback?: number): number => {
    const value = toNumber(metadata.get(key)) ?? fallback;
    if (value !== undefined) return value;
    throw new OrpoError('model', `${path} has no number "${key}" in its metadata.`, 'Convert the model to GGUF again.');
  };
  refuseScaling(file);
  const hidden = read('llama.embedding_length');
  const heads = read('llama.attention.head_count');
  const headSize = read('llama.attention.key_length', hidden / heads);
  const token = (name: string): Record<string, number> => {
    const id = toNumber(metadata.get(`tokenizer.ggml.${name === 'pad' ? 'padding' : name}_token_id`));
    return id === undefined ? {} : { [`${name}_token_id`]: id };
  };
  return new ModelConfig(
    {
      architectures: ['LlamaForCausalLM'],
      attention_bias: tensors.has('blk.0.attn_q.bias'),
      ...token('bos'),
      ...token('eos'),
      ...token('pad'),
      torch_dtype: 'float32',
      head_dim: headSize,
      hidden_act: 'silu',
      hidden_size: hidden,
      initializer_range: 0.02,
      intermediate_size: read('llama.feed_forward_length'),
      max_position_embeddings: read('llama.context_length'),
      mlp_bias: false,
      model_type: 'llama',
      num_attention_heads: heads,
      num_hidden_layers: read('llama.block_count'),
      num_key_value_heads: read('llama.attention.head_count_kv', heads),
      // stored in single precision: 1e-5 reads as 9.9999997e-6
      rms_norm_eps: Number(read('llama.attention.layer_norm_rms_epsilon').toPrecision(7)),
      rope_theta: Number(read('llama.rope.freq_base', 10_000).toPrecision(7)),
      tie_word_embeddings: !tensors.has('output.weight'),
      vocab_size: tensors.get('token_embd.weight')?.shape[0] ?? read('llama.vocab_size'),
    },
    path,
  );
}

function refuseScaling({ metadata, tensors, path }: GgufFile): void {
  const type = metadata.get('llama.rope.scaling.type');
  if ((type === undefined || type === 'none') && !tensors.has('rope_freqs.weight')) return;
  throw new OrpoError(
    'model',
    `${path} scales its rotary positions${typeof type === 'string' ? ` ("${type}")` : ''}, which is not read from GGUF files.`,
    'Use the Hugging Face folder of the model, with config.json and safetensors.',
  );
}

function toNumber(value: GgufValue | undefined): number | undefined {
  return typeof value === 'number' || typeof value === 'bigint' ? Number(value) : undefined;
}
