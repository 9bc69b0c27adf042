/**
 * Which of two an answer names: `1` or `2` alone, a full stop or quotes around it allowed. Anything else is undefined:
 * an answer that must be interpreted is no answer.
 */
export function parseChoice(text: string): 1 | 2 | undefined {
  const found = bare(text);
  return found === '1' ? 1 : found === '2' ? 2 : undefined;
}

/** A grade of 1 to 10, whole or not, alone. */
export function parseGrade(text: string): number | undefined {
  const found = bare(text);
  if (!/^\d{1,2}(\.\d+)?$/.test(found)) return undefined;
  const grade = Number(found);
  return grade >= 1 && grade <= 10 ? grade : undefined;
}

function bare(text: string): string {
  return text.trim().replace(/^["'`*([]+|["'`*)\].]+$/g, '');
}

/** Tokens of one answer with their log-probabilities. */
export type FirstTokens = readonly { readonly token: string; readonly logprob: number }[];

/** p(1) against p(2) from the likeliest first tokens; undefined when neither is among them. */
export function softChoice(first: FirstTokens): number | undefined {
  const one = massOf(first, '1');
  const two = massOf(first, '2');
  return one + two > 0 ? one / (one + two) : undefined;
}

/** The expected grade from the likeliest first tokens; undefined when none is a grade. */
export function softGrade(first: FirstTokens): number | undefined {
  const grades = Array.from({ length: 10 }, (_, at) => ({ grade: at + 1, mass: massOf(first, String(at + 1)) }));
  const total = grades.reduce((sum, { mass }) => sum + mass, 0);
  return total > 0 ? grades.reduce((sum, { grade, mass }) => sum + grade * mass, 0) / total : undefined;
}

/** Probability of a label, with or without the space before it. */
function massOf(first: FirstTokens, label: string): number {
  return first.reduce((sum, { token, logprob }) => sum + (token.trim() === label ? Math.exp(logprob) : 0), 0);
}
