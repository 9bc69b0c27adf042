/** Tensor formats of GGUF that this package reads: numbers as they stand, and blocks of weights around common scales. */
export type GgufType = PlainType | BlockType;
export type PlainType = 'F32' | 'F16' | 'BF16';
export type BlockType = 'Q4_0' | 'Q4_1' | 'Q5_0' | 'Q5_1' | 'Q8_0' | 'Q2_K' | 'Q3_K' | 'Q4_K' | 'Q5_K' | 'Q6_K';

/** Size of a format's block: how many elements it packs into how many bytes. */
export interface GgufBlock {
  readonly elements: number;
  readonly bytes: number;
}

export const GGUF_BLOCKS: Readonly<Record<GgufType, GgufBlock>> = {
  F32: { elements: 1, bytes: 4 },
  F16: { elements: 1, bytes: 2 },
  BF16: { elements: 1, bytes: 2 },
  Q4_0: { elements: 32, bytes: 18 },
  Q4_1: { elements: 32, bytes: 20 },
  Q5_0: { elements: 32, bytes: 22 },
  Q5_1: { elements: 32, bytes: 24 },
  Q8_0: { elements: 32, bytes: 34 },
  Q2_K: { elements: 256, bytes: 84 },
  Q3_K: { elements: 256, bytes: 110 },
  Q4_K: { elements: 256, bytes: 144 },
  Q5_K: { elements: 256, bytes: 176 },
  Q6_K: { elements: 256, bytes: 210 },
};

// the numbers that stand for the formats in a file; those below are named only for messages
const TYPE_NAMES: readonly (string | undefined)[] = [
  ...['F32', 'F16', 'Q4_0', 'Q4_1', undefined, undefined, 'Q5_0', 'Q5_1', 'Q8_0', 'Q8_1'],
  ...['Q2_K', 'Q3_K', 'Q4_K', 'Q5_K', 'Q6_K', 'Q8_K', 'IQ2_XXS', 'IQ2_XS', 'IQ3_XXS', 'IQ1_S'],
  ...['IQ4_NL', 'IQ3_S', 'IQ2_S', 'IQ4_XS', 'I8', 'I16', 'I32', 'I64', 'F64', 'IQ1_M'],
  ...['BF16', undefined, undefined, undefined, 'TQ1_0', 'TQ2_0', undefined, undefined, undefined, 'MXFP4'],
];

/** The format's name for its number in a file, known to this package or not; undefined when nobody uses the number. */
export function ggufTypeName(id: number): string | undefined {
  return TYPE_NAMES[id];
}

/** Whether a format can be read. */
export function isGgufType(name: string | undefined): name is GgufType {
  return name !== undefined && Object.hasOwn(GGUF_BLOCKS, name);
}

/** Whether a format has no blocks. */
export function isPlainType(type: GgufType): type is PlainType {
  return GGUF_BLOCKS[type].elements === 1;
}
