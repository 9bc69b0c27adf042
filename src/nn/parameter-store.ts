import type { LinearLayer } from './linear.js';
import type { Parameter } from './parameter.js';
import type { Initial, ParameterSource } from './parameter-source.js';
import { WorkCount } from './work.js';

/** All parameters and linear layers of one model, by their Hugging Face names, in the order they were built. */
export class ParameterStore {
  readonly #source: ParameterSource;
  /** What the model computes is counted here. */
  readonly work: WorkCount;
  readonly parameters = new Map<string, Parameter>();
  readonly linears = new Map<string, LinearLayer>();

  /** `work`: a count that several models share. */
  constructor(source: ParameterSource, work: WorkCount = new WorkCount()) {
    this.#source = source;
    this.work = work;
  }

  take(name: string, shape: readonly number[], initial: Initial = 'normal'): Parameter {
    const known = this.parameters.get(name);
    if (known !== undefined) return known;
    const parameter = this.#source.take(name, shape, initial);
    this.parameters.set(name, parameter);
    return parameter;
  }

  add(linear: LinearLayer): void {
    this.linears.set(linear.name, linear);
  }

  dispose(): void {
    for (const parameter of this.parameters.values()) parameter.dispose();
    this.parameters.clear();
  }
}
