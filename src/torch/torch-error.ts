import { OrpoError } from '../errors.js';

/** A wrong call of an operator: what was called, with what, and libtorch's reason. */
export class TorchError extends OrpoError {
  readonly op: string;
  /** One line an argument: `float32 [2, 3]` for tensors, the value otherwise. */
  readonly inputs: readonly string[];

  constructor(op: string, inputs: readonly string[], reason: string, options?: ErrorOptions) {
    const firstLine = reason.split('\n')[0] ?? reason;
    super(
      'torch',
      `${op}(${inputs.join(', ')}): ${firstLine}`,
      'Check shapes, dtypes and that no input was freed.',
      options,
    );
    this.name = 'TorchError';
    this.op = op;
    this.inputs = inputs;
  }
}
