import { OrpoError } from '../errors.js';

/** Element types by the names safetensors and people use, with c10's codes. */
const CODES = {
  uint8: 0,
  int8: 1,
  int16: 2,
  int32: 3,
  int64: 4,
  float16: 5,
  float32: 6,
  float64: 7,
  bool: 11,
  bfloat16: 15,
} as const;

export type DType = keyof typeof CODES;

const NAMES = new Map<number, DType>();
for (const name of dtypes()) NAMES.set(CODES[name], name);

export function dtypes(): readonly DType[] {
  return ['uint8', 'int8', 'int16', 'int32', 'int64', 'float16', 'float32', 'float64', 'bool', 'bfloat16'];
}

export function dtypeCode(dtype: DType): number {
  return CODES[dtype];
}

export function optionalDtypeCode(dtype: DType | undefined): number | undefined {
  return dtype === undefined ? undefined : CODES[dtype];
}

export function dtypeName(code: number): DType {
  const name = NAMES.get(code);
  if (name === undefined)
    throw new OrpoError('torch', `dtype code ${code} is not supported.`, 'Convert the tensor with toDtype first.');
  return name;
}
