import { TorchError } from './torch-error.js';

/** Runs a native call; a failure becomes a TorchError that names the operator and describes its inputs. */
export function guard<T>(op: string, inputs: readonly unknown[], body: () => T): T {
  try {
    return body();
  } catch (error) {
    throw asTorchError(op, inputs, error);
  }
}

export function asTorchError(op: string, inputs: readonly unknown[], error: unknown): unknown {
  if (!(error instanceof Error) || !('code' in error) || error instanceof TorchError) return error;
  if (error.code !== 'misuse' && error.code !== 'torch' && error.code !== 'memory') return error;
  return new TorchError(op, inputs.map(describe), error.message, { cause: error });
}

function describe(value: unknown): string {
  if (typeof value === 'object' && value !== null) {
    if (Array.isArray(value)) return `[${value.slice(0, 8).map(describe).join(', ')}${value.length > 8 ? ', …' : ''}]`;
    if ('describe' in value && typeof value.describe === 'function') {
      try {
        return String(value.describe());
      } catch {
        return 'freed tensor';
      }
    }
    return 'object';
  }
  return String(value);
}
