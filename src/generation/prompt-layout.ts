import type { TreeLayout } from '../nn/tree-layout.js';

/** A stretch of the token row, and the position its first token has in its prompt. */
export interface Stretch {
  readonly begin: number;
  readonly length: number;
  readonly position: number;
}

/** How prompts lie in one token row. */
export interface PromptLayout {
  /** `[N]` token ids. */
  readonly ids: readonly number[];
  /** `[N]`: each token's position in its prompt. */
  readonly positions: readonly number[];
  readonly trees: readonly TreeLayout[];
  /** The stretches that each prompt is made of, in order. */
  readonly stretches: readonly (readonly Stretch[])[];
  /** The place of each prompt's last token. */
  readonly ends: readonly number[];
}

/** A shorter beginning is not worth a layout of its own. */
const LEAST_SHARED = 16;

/**
 * Lays prompts end to end. A beginning that all of them share (a system message, a judge's instructions) is computed
 * once: the prompts are then branches of one tree.
 */
export function layPrompts(prompts: readonly Int32Array[]): PromptLayout {
  const common = prompts.length < 2 ? 0 : sharedLength(prompts);
  const shared = common < LEAST_SHARED ? 0 : common;
  const ids: number[] = Array.from(prompts[0]?.subarray(0, shared) ?? []);
  const positions = ids.map((_, i) => i);
  const stretches: Stretch[][] = [];
  for (const prompt of prompts) {
    const rest = prompt.subarray(shared);
    const own = { begin: ids.length, length: rest.length, position: shared };
    stretches.push(shared === 0 ? [own] : [{ begin: 0, length: shared, position: 0 }, own]);
    for (const [i, id] of rest.entries()) {
      ids.push(id);
      positions.push(shared + i);
    }
  }
  const own = stretches.flatMap((parts) => parts.slice(-1));
  const branches = own.map(({ begin, length }) => ({ begin, length }));
  const trees =
    shared === 0
      ? own.map(({ begin, length }) => ({ trunkBegin: begin, trunkLength: length, branches: [] }))
      : [{ trunkBegin: 0, trunkLength: shared, branches }];
  return { ids, positions, trees, stretches, ends: own.map(({ begin, length }) => begin + length - 1) };
}

/** Length of the beginning all prompts share; each keeps at least one token of its own. */
function sharedLength(prompts: readonly Int32Array[]): number {
  const [first, ...others] = prompts;
  const shortest = Math.min(...prompts.map(({ length }) => length));
  let length = 0;
  while (length < shortest - 1 && others.every((other) => other[length] === first?.[length])) length++;
  return length;
}
