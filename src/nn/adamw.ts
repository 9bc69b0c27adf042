import { adamw_, fusedAdamw_, keep, noGrad, scope, type Tensor, zeros } from '../torch/index.js';
import { canFuse } from './can-fuse.js';
import type { Parameter } from './parameter.js';

export interface AdamWOptions {
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
  readonly weightDecay: number;
}

/** What one parameter's update reads and writes beside it: moments `[...]` and the number of updates `[]`, all float32. */
export interface Moments {
  readonly first: Tensor;
  readonly second: Tensor;
  readonly count: Tensor;
}

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
    this.parameters.forEach((parameter, i) => {
      const moments = this.#moments[i];
      if (parameter.gradient === undefined || moments === undefined) return;
      (canFuse('optimiser', parameter.value) ? fusedUpdate : plainUpdate)(
        parameter,
        parameter.gradient,
        moments,
        update,
      );
    });
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

/** How far one update goes, and the factor its gradients are taken by. */
export interface AdamWUpdate extends AdamWOptions {
  readonly learningRate: number;
  readonly factor: number;
}

function fusedUpdate(
  { value, rest }: Parameter,
  gradient: Tensor,
  { first, second, count }: Moments,
  { learningRate: lr, beta1, beta2, epsilon: eps, weightDecay, factor }: AdamWUpdate,
): void {
  noGrad(() => adamw_(value, rest, gradient, first, second, count, { lr, beta1, beta2, weightDecay, eps, factor }));
}

/** What the fused operator is tested against, and what other dtypes and devices take. */
export function plainUpdate(
  parameter: Parameter,
  gradient: Tensor,
  { first, second, count }: Moments,
  { learningRate: lr, beta1, beta2, epsilon: eps, weightDecay, factor }: AdamWUpdate,
): void {
  scope(() =>
    noGrad(() => {
      count.add_(1);
      const weights = parameter.wide();
      fusedAdamw_([weights], [gradient.toDtype('float32').mul(factor)], [first], [second], [], [count], {
        lr,
        beta1,
        beta2,
        weightDecay,
        eps,
        amsgrad: false,
        maximize: false,
      });
      if (weights !== parameter.value) parameter.restore(weights);
    }),
  );
}
