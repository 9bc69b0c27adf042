import type { SampleRow } from '../comparison.js';

/** What a system's answer to a prompt came to. */
export interface Outcome {
  readonly over: readonly string[];
  readonly ties: readonly string[];
  readonly under: readonly string[];
}

/** How one answer fared against the others to its prompt, as far as they were judged. */
export function outcomeOf({ choices }: SampleRow, system: string): Outcome {
  const over: string[] = [];
  const ties: string[] = [];
  const under: string[] = [];
  for (const { a, b, score } of choices) {
    if (score === undefined || (a !== system && b !== system)) continue;
    const other = a === system ? b : a;
    const own = a === system ? score : 1 - score;
    (own > 0.5 ? over : own < 0.5 ? under : ties).push(other);
  }
  return { over, ties, under };
}

/** The answer that is preferred to each other one; undefined where there is none. */
export function favourite(row: SampleRow, systems: readonly string[]): string | undefined {
  return systems.find((system) => systems.length > 1 && outcomeOf(row, system).over.length === systems.length - 1);
}
