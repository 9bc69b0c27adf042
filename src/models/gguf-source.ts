import { OrpoError } from '../errors.js';
import type { GgufFile, GgufTensor } from '../files/gguf.js';
import { isPlainType, type PlainType } from '../files/gguf-types.js';
import { isPackedKind, PackedWeight } from '../nn/packed-weight.js';
import { Parameter } from '../nn/parameter.js';
import type { ParameterSource } from '../nn/parameter-source.js';
import { type DType, dequantise, MappedFile, scope, type Tensor } from '../torch/index.js';
import type { ModelConfig } from './model-config.js';

const ENDS: ReadonlyMap<string, string> = new Map([
  ['model.embed_tokens', 'token_embd'],
  ['model.norm', 'output_norm'],
  ['lm_head', 'output'],
]);

const IN_LAYER: ReadonlyMap<string, string> = new Map([
  ['input_layernorm', 'attn_norm'],
  ['self_attn.q_proj', 'attn_q'],
  ['self_attn.k_proj', 'attn_k'],
  ['self_attn.v_proj', 'attn_v'],
  ['self_attn.o_proj', 'attn_output'],
  ['post_attention_layernorm', 'ffn_norm'],
  ['mlp.gate_proj', 'ffn_gate'],
  ['mlp.up_proj', 'ffn_up'],
  ['mlp.down_proj', 'ffn_down'],
]);

const PLAIN_DTYPES: Readonly<Record<PlainType, DType>> = { F32: 'float32', F16: 'float16', BF16: 'bfloat16' };

/** The GGUF name of a Llama parameter's Hugging Face name, or undefined when there is none. */
export function ggufName(name: string): string | undefined {
  const parts = /^(?:model\.layers\.(\d+)\.)?(.+)\.(weight|bias)$/.exec(name);
  if (parts === null) return undefined;
  const [, layer, module = '', kind = ''] = parts;
  const found = layer === undefined ? ENDS.get(module) : IN_LAYER.get(module);
  if (found === undefined) return undefined;
  return layer === undefined ? `${found}.${kind}` : `blk.${layer}.${found}.${kind}`;
}

/** Weights of a GGUF file of the architecture llama, dequantised as they are taken, or left in the width they have there. */
export class GgufSource implements ParameterSource {
  readonly #file: GgufFile;
  readonly #dtype: DType;
  readonly #bytes: MappedFile;
  readonly #packed: boolean;
  readonly #heads: ReadonlyMap<string, number>;
  readonly #taken = new Set<string>();

  /** `packed`: matrices stay in their blocks where products can be computed from them. */
  constructor(file: GgufFile, config: ModelConfig, dtype: DType, packed = false) {
    this.#file = file;
    this.#dtype = dtype;
    this.#packed = packed;
    this.#bytes = new MappedFile(file.path);
    const heads = config.number('num_attention_heads');
    this.#heads = new Map([
      ['q_proj', heads],
      ['k_proj', config.number('num_key_value_heads', heads)],
    ]);
  }

  take(name: string, shape: readonly number[]): Parameter {
    const stored = this.#file.tensors.get(ggufName(name) ?? '');
    if (stored === undefined)
      throw new OrpoError(
        'model',
        `${this.#file.path} has no tensor for "${name}"${ggufName(name) === undefined ? '' : ` (${ggufName(name)})`}.`,
        'The file is incomplete or of another kind of model; convert it again.',
      );
    if (stored.shape.join() !== shape.join())
      throw new OrpoError(
        'model',
        `${this.#file.path}: "${stored.name}" has shape [${stored.shape.join(', ')}], its metadata asks for [${shape.join(', ')}].`,
        'The file is damaged; fetch or convert it again.',
      );
    this.#taken.add(stored.name);
    const packed = this.#packed ? this.#pack(name, stored) : undefined;
    return new Parameter(name, packed ?? scope(() => this.#arrange(name, this.#read(stored), shape)));
  }

  /** The matrix in its own blocks, or undefined where products cannot be computed from them. */
  #pack(name: string, { type, shape, offset, length }: GgufTensor): PackedWeight | undefined {
    const [rows = 0, columns = 0] = shape;
    if (shape.length !== 2 || !isPackedKind(type) || rows === 0 || columns === 0) return undefined;
    if (this.#dtype !== 'float32' && this.#dtype !== 'bfloat16') return undefined;
    const pairedHeads = this.#pairedHeads(name) ?? 0;
    const bytes = this.#bytes.tensor(offset, [length], 'uint8');
    try {
      return new PackedWeight(bytes, { kind: type, rows, columns, pairedHeads }, this.#dtype);
    } finally {
      bytes.dispose();
    }
  }

  /** The tensor as it stands in the file, in the dtype wanted; libtorch's threads read it out of the mapped file. */
  #read({ type, shape, offset, length }: GgufTensor): Tensor {
    if (isPlainType(type)) {
      // a copy, not a view that keeps the file mapped
      const wide = this.#bytes.tensor(offset, shape, PLAIN_DTYPES[type]);
      return wide.dtype === this.#dtype ? wide.clone() : wide.toDtype(this.#dtype);
    }
    const dtype = this.#dtype === 'bfloat16' ? 'bfloat16' : 'float32';
    const weights = dequantise(this.#bytes.tensor(offset, [length], 'uint8'), type, { dtype });
    return weights.reshape(shape).toDtype(this.#dtype);
  }

  /** Heads of a weight whose rows are rotated. */
  #pairedHeads(name: string): number | undefined {
    return this.#heads.get(/\.self_attn\.([qk]_proj)\./.exec(name)?.[1] ?? '');
  }

  has(name: string): boolean {
    return this.#file.tensors.has(ggufName(name) ?? '');
  }

  /** Stored names that no module asked for. */
  unused(): string[] {
    return [...this.#file.tensors.keys()].filter((name) => !this.#taken.has(name));
  }

  dispose(): void {
    this.#bytes.dispose();
  }

  /**
   * GGUF keeps rotated rows as pairs (0, 1), (2, 3), … of each head; Hugging Face pairs row i with row i + K/2.
   */
  #arrange(name: string, values: Tensor, shape: readonly number[]): Tensor {
    const heads = this.#pairedHeads(name);
    if (heads === undefined) return values;
    const [rows = 0, ...rest] = shape;
    return values
      .reshape([heads, rows / heads / 2, 2, ...rest])
      .transpose(1, 2)
      .reshape(shape);
  }
}
