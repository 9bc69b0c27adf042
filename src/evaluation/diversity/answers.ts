import { OrpoError } from '../../errors.js';

/** One answer of a model. */
export interface Answer {
  readonly text: string;
  /** Whether it ended at the limit of tokens and not by itself; undefined where that is not known. */
  readonly cut?: boolean | undefined;
}

/** All answers that one system gave to each input, in order; an input may have none. */
export type AnswersByInput = readonly (readonly Answer[])[];

/** @throws OrpoError `data` where there is nothing to measure */
export function requireAnswers(inputs: AnswersByInput): void {
  if (inputs.some((answers) => answers.length > 0)) return;
  throw new OrpoError(
    'data',
    inputs.length === 0
      ? 'There are no inputs to measure answers of.'
      : `None of ${inputs.length} inputs has an answer.`,
    'Give at least one answer; similarity needs two.',
  );
}

/** The first of each input's items, of those that have one: what across-input measures look at. */
export function firstOfEach<T>(inputs: readonly (readonly T[])[]): T[] {
  return inputs.flatMap((items) => items.slice(0, 1));
}
