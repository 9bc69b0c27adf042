import type { LinearLayer } from './linear.js';
import type { Parameter } from './parameter.js';
import type { Initial, ParameterSource } from './parameter-source.js';

/** All parameters and linear layers of one model, by their Hugging Face names, in the order they were built. */
export class ParameterStore {
  readonly #source: ParameterSource;
  readonly parameters = new Map<string, Parameter>();
  readonly linears = new Map<string, LinearLayer>();

  constructor(source: ParameterSource) {
    this.#source = source;
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
