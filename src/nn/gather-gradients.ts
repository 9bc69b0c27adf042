import { addGradients_, empty, noGrad, type Tensor } from '../torch/index.js';
import { boundedGroups } from './bounded-groups.js';
import { canFuse } from './can-fuse.js';
import type { Parameter } from './parameter.js';

/** A gradient to be added to those before it. */
interface Addition {
  readonly parameter: Parameter;
  readonly before: Tensor;
  readonly fresh: Tensor;
}

/**
 * Numbers whose sums are made together. Until they are, the wide ones lie beside the narrow ones they are made of; these are
 * freed then, and the next group's are written there while the memory is in the cache.
 */
const GROUP = 2 ** 20;

/**
 * Adds what the last backward pass left to the step's gradients, in float32, so that many micro-batches lose no digits to a
 * narrow dtype. The gradient of a single one stays as it is: it has no digits to lose, and takes half the memory.
 */
export function gatherGradients(parameters: readonly Parameter[]): void {
  const additions: Addition[] = [];
  for (const parameter of parameters) {
    const fresh = parameter.takeFresh();
    if (fresh === undefined) continue;
    const before = parameter.gradient;
    if (before === undefined) parameter.replaceGradient(fresh);
    else additions.push({ parameter, before, fresh });
  }
  for (const group of boundedGroups(additions, ({ fresh }) => fresh.count, GROUP)) noGrad(() => add(group));
}

function add(additions: readonly Addition[]): void {
  const fuses = additions.every(({ before, fresh }) =>
    [before, fresh].every((gradient) => canFuse('gradient sum', gradient)),
  );
  const totals = fuses
    ? fusedSums(additions)
    : additions.map(({ before, fresh }) => before.toDtype('float32').add_(fresh));
  additions.forEach(({ parameter, fresh }, i) => {
    const total = totals[i];
    if (total !== undefined) parameter.replaceGradient(total);
    fresh.dispose();
  });
}

/** Sums in float32: in place where there is one already, else read from two narrow gradients and written once. */
function fusedSums(additions: readonly Addition[]): Tensor[] {
  const totals = additions.map(({ before }) =>
    before.dtype === 'float32' ? before : empty(before.shape, { dtype: 'float32' }),
  );
  addGradients_(
    totals,
    additions.map(({ before }) => before),
    additions.map(({ fresh }) => fresh),
  );
  return totals;
}
