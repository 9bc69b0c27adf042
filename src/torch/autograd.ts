import { addon } from './addon.js';
import { guard } from './guard.js';
import { Tensor } from './ops.gen.js';

/** Accumulates d output / d leaf into every leaf that requires it; read it with `gradOf`. */
export function backward(output: Tensor, gradient?: Tensor): void {
  guard('backward', [output], () =>
    addon().backward([output.handle], gradient === undefined ? undefined : [gradient.handle]),
  );
}

/** Gradients of the sum of `outputs` with respect to `inputs`; undefined where none flows. */
export function grad(outputs: readonly Tensor[], inputs: readonly Tensor[]): (Tensor | undefined)[] {
  const handles = guard('grad', [outputs, inputs], () =>
    addon().grad(
      outputs.map(({ handle }) => handle),
      inputs.map(({ handle }) => handle),
    ),
  );
  return handles.map((handle) => (handle === null ? undefined : new Tensor(handle)));
}

/** What a leaf has accumulated since `clearGrad`. The result shares memory with the accumulator. */
export function gradOf(leaf: Tensor): Tensor | undefined {
  const handle = guard('gradOf', [leaf], () => addon().gradOf(leaf.handle));
  return handle === null ? undefined : new Tensor(handle);
}

/** Whether operators are recorded for gradients here. */
export function recording(): boolean {
  const now = addon().gradMode(false);
  addon().gradMode(now);
  return now;
}

/** Runs `body` without recording it for gradients. */
export function noGrad<T>(body: () => T extends PromiseLike<unknown> ? never : T): T {
  const before = addon().gradMode(false);
  try {
    return body();
  } finally {
    addon().gradMode(before);
  }
}
