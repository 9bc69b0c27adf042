import type { PairedTest } from '../../statistics/paired-t.js';
import type { MeanFigure } from '../diversity/figure.js';
import type { LexicalDiversity } from '../diversity/lexical-diversity.js';
import type { RewardDistributions } from '../reward-distribution.js';
import type { Strengths } from '../win-rate/bradley-terry.js';
import type { LengthControlled } from '../win-rate/length-controlled.js';
import type { WinRate } from '../win-rate/win-rate.js';

/**
 * Everything a comparison of systems found: what `report.json` holds, and all that its page, its text and the table on a
 * terminal are drawn from. A part that could not be had is absent, and `missing` says why. A number that does not exist
 * is NaN here and null in the file. Texts come from data and models: they are to be shown, never obeyed.
 */
export interface Comparison {
  readonly version: 1;
  /** What the systems answered; absent where nothing was answered, only pairs scored. */
  readonly prompts?: RowSource;
  /** Held-out pairs behind the preference figures. */
  readonly pairs?: RowSource;
  /** How answers were generated; absent where all systems are files of answers. */
  readonly generation?: GenerationReport;
  /** Who says which answer is better; absent where nobody does. */
  readonly judge?: JudgeReport;
  /** In the order they were given; the first is the base that others are held against. At least one. */
  readonly systems: readonly SystemReport[];
  /** Two systems each, as far as they were judged. Empty without a judge or with one system. */
  readonly contests: readonly ContestReport[];
  /** Bradley-Terry strengths, of more than two systems only. */
  readonly strengths?: Strengths;
  /** Where the judge gives numbers: one a prompt, the mean over its samples. Named as the systems are. */
  readonly rewards?: RewardDistributions;
  /** The first prompts in their order, each with every system's first answer. */
  readonly rows: readonly SampleRow[];
  readonly verdict: VerdictReport;
  /** What could not be said, and why, as sentences for people; empty when nothing is missing. */
  readonly missing: readonly string[];
}

/** Rows of a file that figures rest on. */
export interface RowSource {
  readonly path: string;
  /** Of the file's bytes, in hexadecimal. */
  readonly sha256: string;
  /** Rows used. */
  readonly n: number;
  /** Rows left out, by reason; empty when none was. */
  readonly dropped: Readonly<Record<string, number>>;
}

export interface GenerationReport {
  readonly maxTokens: number;
  /** 0: the likeliest token each time. */
  readonly temperature: number;
  readonly topK: number;
  readonly topP: number;
  readonly repetitionPenalty: number;
  readonly stop: readonly string[];
  readonly seed: number;
  /** Answers to each prompt. */
  readonly samples: number;
  readonly precision: 'fp32' | 'bf16';
}

export interface JudgeReport {
  readonly kind: 'reward' | 'model' | 'endpoint' | 'rule' | 'human';
  /** The model, module, address or file that judges. */
  readonly name: string;
  /** In words, such as `the reward model runs/rm/model`. */
  readonly words: string;
  /** Pairs of answers it judged, and those it failed on. Answers that are word for word the same tie without it. */
  readonly judged: number;
  readonly failed: number;
  /** Of a judge that sees both orders: how far its choice hangs on the order. */
  readonly position?: {
    /** Share of pairs where both orders prefer the same answer. */
    readonly consistent: Estimate;
    /** Mean probability of whichever answer stands first; .5 has no leaning. */
    readonly first: Estimate;
  };
}

/** A figure with its 95% interval, which is absent where there is none, and how many values it stands for. */
export interface Estimate {
  readonly value: number;
  readonly low?: number;
  readonly high?: number;
  readonly n: number;
}

export interface SystemReport {
  /** Unique in a comparison; no more than 40 characters. */
  readonly name: string;
  /** A run of `orpo train`, a model, or a file of answers written before. */
  readonly kind: 'run' | 'model' | 'answers';
  /** The folder, file or name it was given by. */
  readonly source: string;
  readonly base: boolean;
  /** The model a run started from, or the model itself. */
  readonly model?: string;
  /** How a run trained, such as `orpo`; and whether it trained an adapter. */
  readonly method?: string;
  readonly adapter?: boolean;
  readonly preference?: PreferenceReport;
  /** Answers it has, of prompts × samples. */
  readonly answers: number;
  /** Tokens of an answer, an end token included; absent for files of answers. */
  readonly tokens?: MeanFigure;
  /** Lengths, repetition, empty and cut answers are its `shape`. Absent without an answer. */
  readonly diversity?: LexicalDiversity;
  /** Where the vectors of `diversity.similarity` come from: `minilm`, or `hidden` states of the system itself. */
  readonly embeddings?: 'minilm' | 'hidden';
  /** What training took; of runs. */
  readonly cost?: CostReport;
  /** What answering took when it was done; absent for files of answers. */
  readonly answering?: { readonly tokens: number; readonly seconds: number };
  readonly training?: TrainingReport;
}

/** What a system thinks of the held-out pairs. Log-probs are natural. */
export interface PreferenceReport {
  /** Pairs scored. */
  readonly n: number;
  /** Share of pairs whose chosen response has the higher sum of log-probs, mean log-prob, or log-odds of the mean. */
  readonly accuracy: Readonly<Record<Score, Estimate>>;
  /** Mean of chosen less rejected, of the same three. */
  readonly margin: Readonly<Record<Score, Estimate>>;
  /** Mean over pairs of the mean log-prob a token. */
  readonly logProb: Readonly<Record<Response, Estimate>>;
  /** e^(-log-prob a token), over all tokens of all pairs together. */
  readonly perplexity: Readonly<Record<Response, Estimate>>;
  /** The same pairs, this system against the base; the base itself has none. */
  readonly against?: {
    /** Difference of the accuracies by mean, with McNemar's exact p over pairs that one of the two gets right. */
    readonly accuracy: PairedTest & { readonly mcnemar: number };
    /** Difference of the margins by mean. */
    readonly margin: PairedTest;
  };
}

export type Score = 'sum' | 'mean' | 'odds';
export type Response = 'chosen' | 'rejected';

/** What a run took, as far as its files say it. */
export interface CostReport {
  readonly steps?: number;
  readonly seconds?: number;
  readonly tokens?: number;
  readonly flops?: number;
  /** Forward passes over an example, of the policy and of a reference. */
  readonly forwards?: number;
  readonly peakBytes?: number;
  /** Size of what was trained: the model's or the adapter's files. */
  readonly diskBytes?: number;
  /** Folders of other runs that all figures but the last hold: whose model it began at, and whose reward model it asked. */
  readonly runs?: readonly string[];
}

/** A run's metrics over its updates, thinned out to what a chart can show; values that are not finite are left out. */
export interface TrainingReport {
  /** Updates of the run. */
  readonly steps: number;
  /** `logps/chosen` and `logps/rejected` among them where the method measures them, the main ones first. */
  readonly curves: readonly TrainingCurve[];
}

export interface TrainingCurve {
  /** Name in `metrics.jsonl`. */
  readonly metric: string;
  /** `x` is the update. */
  readonly updates: readonly { readonly x: number; readonly y: number }[];
  readonly heldOut: readonly { readonly x: number; readonly y: number }[];
}

/** How often `a`'s answers are preferred to `b`'s; a prompt's score is the mean over its samples. */
export interface ContestReport {
  readonly a: string;
  readonly b: string;
  /** `p` is of the exact sign test on prompts. */
  readonly winRate: WinRate;
  /** Of the scores less ½: whether their mean differs from a tie. */
  readonly paired: PairedTest;
  /** Absent where there are too few prompts, or all lengths differ by the same. */
  readonly lengthControlled?: LengthControlled;
}

/** One prompt with what every system answered. */
export interface SampleRow {
  /** Row of the prompts file, from 1. */
  readonly row: number;
  /** Its plain text; the contents of messages with a blank line between two. */
  readonly prompt: string;
  /** One for each system, in their order. */
  readonly answers: readonly SampleAnswer[];
  /** The judge's choices between these answers. */
  readonly choices: readonly SampleChoice[];
}

export interface SampleAnswer {
  /** Absent where the system has none. */
  readonly text?: string;
  readonly tokens?: number;
  /** Whether it ended at the limit of tokens; absent where that is not known. */
  readonly cut?: boolean;
  readonly reward?: number;
}

export interface SampleChoice {
  readonly a: string;
  readonly b: string;
  /** 1 where `a`'s answer is preferred, 0 where `b`'s is, .5 for a tie; absent where the judge failed. */
  readonly score?: number;
  /** Why it failed. */
  readonly failure?: string;
}

/** What can be concluded, all comparisons taken together. */
export interface VerdictReport {
  /** For people: who is better and how sure that is, or that nothing can be concluded and why. */
  readonly sentence: string;
  /** The figure it rests on: answers preferred by the judge, pairs told apart, or nothing. */
  readonly basis: 'win rate' | 'accuracy' | 'none';
  /** The system that is better than each other one; absent where there is none. */
  readonly winner?: string;
  /** Chance that a test finds a difference where there is none, over all tests together: .05. */
  readonly level: number;
  /** How p is corrected for the number of tests. */
  readonly correction: 'holm';
  /** One for each pair of systems. */
  readonly tests: readonly VerdictTest[];
  /** What should be known beside the sentence, each a sentence. */
  readonly caveats: readonly string[];
}

export interface VerdictTest {
  readonly a: string;
  readonly b: string;
  /** By win rate: wins and half the ties of `a`. By accuracy: `a`'s less `b`'s. With a 95% interval. */
  readonly estimate: Estimate;
  /** Of the exact sign test, or McNemar's. */
  readonly p: number;
  /** By Holm's method over all tests. */
  readonly adjusted: number;
  /** The better of the two, where `adjusted` is below the level. */
  readonly better?: string;
}
