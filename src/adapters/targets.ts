import { nearest, OrpoError } from '../errors.js';
import type { LinearLayer } from '../nn/linear.js';
import type { ParameterStore } from '../nn/parameter-store.js';
import type { AdapterConfig } from './config.js';

/** The last part of a layer's name, such as `q_proj`. */
export function shortName(linear: LinearLayer): string {
  return linear.name.slice(linear.name.lastIndexOf('.') + 1);
}

/** Whether PEFT would count the layer among a target: the whole name, or its end after a dot. */
export function isTarget(linear: LinearLayer, target: string): boolean {
  return linear.name === target || linear.name.endsWith(`.${target}`);
}

/**
 * The linear layers a configuration names, in the model's order.
 *
 * @throws OrpoError `adapter` for a target that no layer bears.
 */
export function findTargets(store: ParameterStore, targets: AdapterConfig['targets']): readonly LinearLayer[] {
  const linears = [...store.linears.values()];
  if (linears.length === 0) {
    throw new OrpoError('adapter', 'The model has no linear layer to adapt.', 'Train all weights: leave adapter out.');
  }
  if (targets === 'all-linear') return linears;
  for (const target of targets) {
    if (!linears.some((linear) => isTarget(linear, target))) throw unknownTarget(target, linears);
  }
  return linears.filter((linear) => targets.some((target) => isTarget(linear, target)));
}

/** @throws OrpoError `adapter` when a layer is too small for the rank, or adapted already. */
export function checkLayers(linears: readonly LinearLayer[], rank: number): void {
  for (const linear of linears) {
    const most = Math.min(linear.in, linear.out);
    if (rank > most) {
      throw new OrpoError(
        'adapter',
        `Rank ${rank} exceeds what "${linear.name}" can hold: it maps ${linear.in} to ${linear.out}.`,
        `Use a rank of at most ${most}, or leave that layer out of the targets.`,
      );
    }
    if (linear.adapter !== undefined) {
      throw new OrpoError(
        'adapter',
        `"${linear.name}" bears an adapter already.`,
        'Merge or detach it before another one is attached.',
      );
    }
  }
}

function unknownTarget(target: string, linears: readonly LinearLayer[]): OrpoError {
  const names = [...new Set(linears.map(shortName))];
  const near = nearest(target, target.includes('.') ? linears.map(({ name }) => name) : names);
  const meant = near === undefined ? '' : `; did you mean "${near}"?`;
  return new OrpoError(
    'adapter',
    `No linear layer is called "${target}"${meant === '' ? '.' : meant}`,
    `The layers of this model: ${names.join(', ')}; the head takes no adapter.`,
  );
}
