import { fusedAdamw_, keep, noGrad, scope, type Tensor, zeros } from '../torch/index.js';
import type { Parameter } from './parameter.js';

export interface AdamWOptions {
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
  readonly weightDecay: number;
}

/** AdamW (arXiv 1711.05101) as torch computes it, on float32 masters. */
export class AdamW {
  readonly parameters: readonly Parameter[];
  readonly #options: AdamWOptions;
  readonly #first: Tensor[];
  readonly #second: Tensor[];
  readonly #count: Tensor[];
  #steps = 0;

  constructor(parameters: readonly Parameter[], options: AdamWOptions) {
    this.parameters = parameters;
    this.#options = options;
    this.#first = parameters.map(({ shape, master }) =>
      keep(zeros(shape, { dtype: 'float32', device: master.device })),
    );
    this.#second = parameters.map(({ shape, master }) =>
      keep(zeros(shape, { dtype: 'float32', device: master.device })),
    );
    this.#count = parameters.map(({ master }) => keep(zeros([], { dtype: 'float32', device: master.device })));
  }

  get steps(): number {
    return this.#steps;
  }

  /**
   * One update from each parameter's gradient times `factor`; a parameter without one stays as it is. Gradients are taken in
   * float32, one at a time where they are narrower.
   */
  step(learningRate: number, factor = 1): void {
    this.parameters.forEach((parameter, i) => {
      const { gradient } = parameter;
      const [first, second, count] = [this.#first[i], this.#second[i], this.#count[i]];
      if (gradient === undefined || first === undefined || second === undefined || count === undefined) return;
      scope(() =>
        noGrad(() => {
          count.add_(1);
          const wide = gradient.dtype === 'float32' ? gradient : gradient.toDtype('float32');
          if (factor !== 1) wide.mul_(factor);
          fusedAdamw_([parameter.master], [wide], [first], [second], [], [count], {
            lr: learningRate,
            beta1: this.#options.beta1,
            beta2: this.#options.beta2,
            weightDecay: this.#options.weightDecay,
            eps: this.#options.epsilon,
            amsgrad: false,
            maximize: false,
          });
          parameter.publish();
        }),
      );
    });
    this.#steps++;
  }

  /** Everything a resumed run needs, by parameter name: first and second moments, and the step count. */
  state(): Map<string, Tensor> {
    const state = new Map<string, Tensor>();
    this.parameters.forEach(({ name }, i) => {
      const [first, second, count] = [this.#first[i], this.#second[i], this.#count[i]];
      if (first === undefined || second === undefined || count === undefined) return;
      state.set(`${name}.first`, first).set(`${name}.second`, second).set(`${name}.count`, count);
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
    for (const tensor of [...this.#first, ...this.#second, ...this.#count]) tensor.dispose();
  }
}
