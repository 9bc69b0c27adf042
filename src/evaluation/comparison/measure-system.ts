import type { AdaptedModel } from '../../adapters/load-adapted.js';
import { OrpoError } from '../../errors.js';
import { openLocal } from '../../feedback/open-judge.js';
import { resolveModel } from '../../files/model-source.js';
import type { Embed } from '../../models/encoder/embeddings.js';
import { hiddenStateEmbedder } from '../diversity/hidden-state-vectors.js';
import { type LexicalDiversity, lexicalDiversity } from '../diversity/lexical-diversity.js';
import { answerPrompts } from './answer-prompts.js';
import type { RowSource } from './comparison.js';
import type { CompareConfig } from './config.js';
import type { CompareEvent, CompareOptions } from './events.js';
import { type FoundAnswer, type FoundAnswers, ownAnswers, type SystemFindings } from './findings.js';
import { modelFingerprint } from './fingerprint.js';
import type { Missing } from './missing.js';
import type { AskedPrompt } from './prompts.js';
import type { AnswersFile } from './read-answers.js';
import { scoreHeldOut } from './score-held-out.js';
import type { Store } from './store.js';
import type { System } from './system.js';

export interface MeasureInputs {
  readonly config: CompareConfig;
  readonly precision: 'fp32' | 'bf16';
  /** Version of libtorch, which has a say in the last digits. */
  readonly torch: string;
  /** Absent where nothing is answered. */
  readonly prompts?: readonly AskedPrompt[];
  readonly pairs?: RowSource;
  readonly store: Store;
  readonly missing: Missing;
}

type Progress = Extract<CompareEvent, { readonly type: 'answers' | 'pairs' }>;

/** Lets a model answer all prompts and score all pairs, as far as that is not known; it is loaded only where it is not. */
export async function* measureModel(
  system: System & { readonly weights: NonNullable<System['weights']> },
  { config, precision, torch, prompts, pairs, store, missing }: MeasureInputs,
  options: CompareOptions,
): AsyncGenerator<Progress, SystemFindings> {
  const { name, weights, seed = config.generation.seed } = system;
  const { signal, onProgress } = options;
  const { path } = await resolveModel(weights.model, {
    offline: config.offline,
    signal,
    ...(onProgress && { onProgress }),
  });
  const decides = [modelFingerprint(path, weights.adapter), precision, torch];
  let opened: AdaptedModel | undefined;
  const load = async () => {
    opened ??= await openLocal({ ...weights, precision, offline: config.offline }, { onProgress });
    return opened.loaded;
  };
  try {
    let answers: FoundAnswers = [];
    if (prompts !== undefined) {
      const cache = store.answers(...decides);
      const { generation } = config;
      const work = answerPrompts({ prompts, generation, seed, cache, load, signal });
      let step = await work.next();
      for (; step.done !== true; step = await work.next())
        yield { type: 'answers', system: name, total: prompts.length, ...step.value };
      answers = step.value;
      const without = answers.filter((own) => own.every((answer) => answer === undefined)).length;
      if (without > 0) missing.noteOf(name, `${without} of ${prompts.length} prompts are too long, and have no answer`);
    }
    let heldOut: SystemFindings['heldOut'] = [];
    if (pairs !== undefined) {
      const cache = store.scores(...decides);
      const work = scoreHeldOut({ ...pairs, config, cache, load, signal });
      let step = await work.next();
      for (; step.done !== true; step = await work.next()) yield { type: 'pairs', system: name, ...step.value };
      heldOut = step.value.scores;
      const left = Object.entries(step.value.dropped).map(([reason, count]) => `${count} ${reason}`);
      if (left.length > 0) missing.noteOf(name, `${left.join(', ')} left out of ${pairs.path}`);
    }
    const embed = config.embeddings === 'hidden' && hasAnswer(answers) ? hiddenStateEmbedder(await load()) : undefined;
    return { system, answers, heldOut, ...diversityOf(answers, config, embed) };
  } finally {
    opened?.dispose();
  }
}

/**
 * A file's answers to the prompts.
 *
 * @throws OrpoError `data` when it has none
 */
export function measureAnswers(
  system: System,
  file: AnswersFile,
  { config, prompts, missing }: Pick<MeasureInputs, 'config' | 'prompts' | 'missing'>,
): SystemFindings {
  if (prompts === undefined) return { system, answers: [], heldOut: [] };
  const { samples } = config.generation;
  const answers = prompts.map(({ text }): (FoundAnswer | undefined)[] => {
    const own = file.answers.get(text);
    // one answer stands beside every sample of the others
    return Array.from({ length: samples }, (_, sample) => {
      const text = own?.[sample % own.length];
      return text === undefined ? undefined : { text, ...(sample >= (own?.length ?? 0) && { again: true as const }) };
    });
  });
  const without = answers.filter(([first]) => first === undefined).length;
  if (without === prompts.length)
    throw new OrpoError(
      'data',
      `${file.path} has no answer to any of the ${prompts.length} prompts.`,
      'Give answers to the same prompts, word for word.',
    );
  if (without > 0) missing.noteOf(system.name, `no answer to ${without} of ${prompts.length} prompts`);
  const surplus = file.prompts.length - (prompts.length - without);
  if (surplus > 0) missing.noteOf(system.name, `${surplus} prompts of ${file.path} were not asked`);
  return { system, answers, heldOut: [], ...diversityOf(answers, config, undefined) };
}

/** Diversity by words, and by vectors where there are any. */
export function diversityOf(
  answers: FoundAnswers,
  { metrics }: Pick<CompareConfig, 'metrics'>,
  embed: Embed | undefined,
): { diversity?: LexicalDiversity } {
  if (!metrics.includes('diversity') || !hasAnswer(answers)) return {};
  const known = ownAnswers(answers).map((own) => own.map(({ text, cut }) => ({ text, cut })));
  return { diversity: lexicalDiversity(known, { embed }) };
}

function hasAnswer(answers: FoundAnswers): boolean {
  return answers.some((own) => own.some((answer) => answer !== undefined));
}
