import type { LexicalDiversity } from '../diversity/lexical-diversity.js';
import type { JudgeReport, RowSource } from './comparison.js';
import type { CompareConfig } from './config.js';
import type { Contest } from './contests.js';
import type { HeldOutScore } from './preference.js';
import type { AskedPrompt } from './prompts.js';
import type { System } from './system.js';

/** One answer of a system. */
export interface FoundAnswer {
  readonly text: string;
  /** Absent for files of answers, as all that follows. */
  readonly tokens?: number;
  readonly cut?: boolean;
  /** Its share of the time of its batch. */
  readonly seconds?: number;
  /** Given before: a file has fewer answers to the prompt than others drew, and this one stands beside another sample. */
  readonly again?: true;
}

/** Answers of a system: of each prompt one for each sample, undefined where there is none. */
export type FoundAnswers = readonly (readonly (FoundAnswer | undefined)[])[];

/** What was answered to each prompt, each answer once. */
export function ownAnswers(answers: FoundAnswers): readonly (readonly FoundAnswer[])[] {
  return answers.map((own) => own.flatMap((answer) => (answer === undefined || answer.again ? [] : [answer])));
}

/** What was found of one system, as it came. */
export interface SystemFindings {
  readonly system: System;
  readonly answers: FoundAnswers;
  /** Empty where no pairs were scored. */
  readonly heldOut: readonly HeldOutScore[];
  readonly diversity?: LexicalDiversity;
}

/** What was judged, before any figure is made of it. */
export interface JudgedAnswers {
  readonly contests: readonly Contest[];
  /** Of each system, prompt and sample; undefined where the judge gave none. Absent where it only compares. */
  readonly rewards?: readonly (readonly (readonly (number | undefined)[])[])[];
  /** Pairs the judge decided, and those it failed on. */
  readonly judged: number;
  readonly failed: number;
  /** Probability of the first answer, shown first and shown second, of each pair judged in both orders. */
  readonly orders: readonly (readonly [number, number])[];
}

/** Everything that was found, before any figure is made of it. */
export interface Findings {
  readonly config: CompareConfig;
  readonly precision: 'fp32' | 'bf16';
  readonly prompts?: { readonly source: RowSource; readonly prompts: readonly AskedPrompt[] };
  readonly pairs?: RowSource;
  readonly systems: readonly SystemFindings[];
  readonly judge?: Pick<JudgeReport, 'kind' | 'name' | 'words'>;
  readonly judged?: JudgedAnswers;
  /** Of the prompts, in their order; undefined where one has none. */
  readonly difficulties?: readonly (number | undefined)[];
  readonly missing: readonly string[];
}
