import { addon } from './addon.js';
import type { Argument, Handle, Result } from './binding.js';
import { asTorchError } from './guard.js';

/** An operator by name and overload; its id is asked for at the first call. */
export interface Operator {
  readonly name: string;
  readonly overload: string;
  id: number;
}

export function operator(name: string, overload: string): Operator {
  return { name, overload, id: -1 };
}

/** What owns a native object: a tensor or a generator. */
export interface Held {
  readonly handle: Handle;
}

/** What generated wrappers pass: tensors, and lists of them, are unwrapped here. */
export type Input = Held | number | boolean | string | undefined | readonly (Held | number | boolean | undefined)[];

function unwrap(input: Input): Argument {
  if (typeof input !== 'object') return input;
  if ('handle' in input) return input.handle;
  return input.map((element) => (typeof element === 'object' ? element.handle : (element ?? null)));
}

/**
 * Calls an operator with its arguments in the schema's order; `undefined` takes the schema's default.
 *
 * @throws TorchError for a wrong shape, dtype or type, a freed tensor, or lack of memory.
 */
export function call(op: Operator, ...inputs: Input[]): Result {
  try {
    const native = addon();
    if (op.id < 0) op.id = native.op(op.name, op.overload);
    const args: Argument[] = [];
    for (const input of inputs) args.push(unwrap(input));
    return native.call(op.id, ...args);
  } catch (error) {
    throw asTorchError(op.name, inputs, error);
  }
}
