import { backward, gradOf, keep, noGrad, recording, scope, span, type Tensor } from '../torch/index.js';
import type { WorkCount } from './work.js';

interface Segment {
  readonly input: Tensor;
  /** A leaf, for whose gradient the layer is computed again. */
  readonly output: Tensor;
  run(input: Tensor): Tensor;
}

/**
 * Layers that are computed again in the backward pass instead of kept (arXiv 1604.06174): of each only its input lives on.
 * Loss and gradients are the same bit for bit, since a layer computes the same from the same input: dropout is a function of
 * seed and place.
 */
export class Recompute {
  /** How many layers, from the first on: by the time one of these needs its memory again, the others' is free. */
  layers = 0;
  readonly #work: WorkCount;
  #segments: Segment[] | undefined;

  /** `work` counts what is of use: a layer that is computed twice once. */
  constructor(work: WorkCount) {
    this.#work = work;
  }

  /**
   * Makes the loss and runs its backward pass, under the settings of the forward pass and in its scope. Elsewhere no layer is
   * computed twice.
   */
  backward(loss: () => Tensor): void {
    if (this.layers === 0) {
      const made = span('loss', loss);
      span('backward', () => backward(made));
      return;
    }
    const segments: Segment[] = [];
    const outer = this.#segments;
    try {
      this.#segments = segments;
      const made = span('loss', loss);
      this.#segments = outer;
      span('backward', () => {
        backward(made);
        for (const segment of [...segments].reverse()) again(segment);
      });
    } finally {
      this.#segments = outer;
      for (const { input, output } of segments) {
        input.dispose();
        output.dispose();
      }
    }
  }

  /** The output of layer `index`, which is `body`. It takes over its input. */
  run(index: number, input: Tensor, body: (input: Tensor) => Tensor): Tensor {
    const segments = this.#segments;
    if (segments === undefined || index >= this.layers || !recording()) {
      const output = scope(() => body(input));
      // where the backward pass of the layer before is still to come, its output is its own
      if (segments?.at(-1)?.output !== input) input.dispose();
      return output;
    }
    const output = keep(this.#work.without(() => scope(() => noGrad(() => body(input)).detach())));
    output.setRequiresGrad(true);
    segments.push({ input: keep(input), output, run: body });
    return output;
  }
}

function again({ input, output, run }: Segment): void {
  const gradient = gradOf(output);
  if (gradient === undefined) return;
  scope(() =>
    backward(
      scope(() => run(input)),
      gradient,
    ),
  );
  gradient.dispose();
  output.dispose();
}
