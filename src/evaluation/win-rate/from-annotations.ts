import type { Annotation } from './annotations.js';
import type { Contested } from './bradley-terry.js';
import { characters, type JudgedPair } from './length-controlled.js';

/** Annotations as pairs for a length-controlled win rate, lengths in characters as AlpacaEval counts them. */
export function judgedPairs(annotations: readonly Annotation[]): JudgedPair[] {
  return annotations.map(({ score, baseline, model }) => ({
    score,
    baselineLength: characters(baseline.output),
    modelLength: characters(model.output),
  }));
}

/** Annotations as comparisons for strengths of many systems; those without a judgement are left out. */
export function contested(annotations: readonly Annotation[]): Contested[] {
  return annotations.flatMap(({ instruction, score, baseline, model }): Contested[] =>
    score === undefined ? [] : [{ prompt: instruction, a: model.generator, b: baseline.generator, score }],
  );
}
