import { keep, noGrad, type Tensor, zeros } from '../torch/index.js';
import { type AdamWOptions, fusedUpdate, type Moments, type Move, plainUpdate } from './adamw-update.js';
import { canFuse } from './can-fuse.js';
import type { Parameter } from './parameter.js';

/** AdamW (arXiv 1711.05101) as torch computes it, on float32 weights. */
export class AdamW {
  readonly parameters: readonly Parameter[];
  readonly #options: AdamWOptions;
  readonly #moments: readonly Moments[];
  #steps = 0;

  constructor(parameters: readonly Parameter[], options: AdamWOptions) {
    this.parameters = parameters;
    this.#options = options;
    this.#moments = parameters.map(({ shape, value: { device } }) => {
      const make = (size: readonly number[]) => keep(zeros(size, { dtype: 'float32', device }));
      return { first: make(shape), second: make(shape), count: make([]) };
    });
  }

  get steps(): number {
    return this.#steps;
  }

  /** One update from each parameter's gradient times `factor`; a parameter without one stays as it is. */
  step(learningRate: number, factor = 1): void {
    const update = { ...this.#options, learningRate, factor };
    const [fused, plain]: [Move[], Move[]] = [[], []];
    this.parameters.forEach(({ value, rest, gradient }, i) => {
      const moments = this.#moments[i];
      if (gradient === undefined || moments === undefined) return;
      (canFuse('optimiser', value) ? fused : plain).push({ value, rest, gradient, moments });
    });
    if (fused.length > 0) fusedUpdate(fused, update);
    plainUpdate(plain, update);
    this.#steps++;
  }

  /** Everything a resumed run needs, by parameter name: first and second moments, and the step count. */
  state(): Map<string, Tensor> {
    const state = new Map<string, Tensor>();
    this.parameters.forEach(({ name }, i) => {
      for (const [part, tensor] of Object.entries(this.#moments[i] ?? {})) state.set(`${name}.${part}`, tensor);
    });
    return state;
  }

  restore(state: ReadonlyMap<string, Tensor>, steps: number): void {
    for (const [name, mine] of this.state()) {
      const saved = state.get(name);
      if (saved === undefined) throw new RangeError(`the optimiser's state lacks ${name}`);
      noGrad(() => mine.copy_(saved));
    }
    this.#steps = steps;
  }

  dispose(): void {
    for (const moments of this.#moments) for (const tensor of Object.values(moments)) tensor.dispose();
  }
}
