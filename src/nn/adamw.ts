import { keep, noGrad, scope, type Tensor, zeros } from '../torch/index.js';
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
    this.#moments = zeroMoments(parameters);
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

/** All moments lie in one stretch of memory, on the parameters' device: threads that clear many tensors wait for one another at each. */
function zeroMoments(parameters: readonly Parameter[]): Moments[] {
  const options = { dtype: 'float32', device: parameters[0]?.device ?? 'cpu' } as const;
  const total = parameters.reduce((sum, { count }) => sum + count, 0);
  return scope(() => {
    const all = zeros([2, total], options);
    let at = 0;
    return parameters.map(({ shape, count }) => {
      const piece = (kind: number): Tensor => keep(all.select(0, kind).narrow(0, at, count).view(shape));
      const moments = { first: piece(0), second: piece(1), count: keep(zeros([], options)) };
      at += count;
      return moments;
    });
  });
}
