import { isAbort, OrpoError } from '../../errors.js';
import { hashFile } from '../../files/manifest.js';
import { loadEncoder } from '../../models/encoder/load-encoder.js';
import { cpuFeatures } from '../../torch/engine/cpu.js';
import { ensureEngine } from '../../torch/engine/ensure-engine.js';
import { choosePrecision } from '../../torch/engine/precision.js';
import { assemble } from './assemble.js';
import type { RowSource } from './comparison.js';
import { claimComparison, writeComparison } from './comparison-folder.js';
import { type CompareConfig, type CompareConfigInput, parseCompareConfig } from './config.js';
import type { CompareEvent, CompareOptions } from './events.js';
import type { Findings, JudgedAnswers, SystemFindings } from './findings.js';
import { judgeAnswers } from './judge-answers.js';
import { diversityOf, type MeasureInputs, measureAnswers, measureModel } from './measure-system.js';
import { Missing } from './missing.js';
import {
  byScoresOf,
  type ComparisonJudge,
  judgeFingerprint,
  judgeName,
  openComparisonJudge,
} from './open-comparison-judge.js';
import { type AskedPrompts, holdsPairs, promptsOfAnswers, readAskedPrompts } from './prompts.js';
import { type AnswersFile, readAnswersFile } from './read-answers.js';
import { readDifficulties } from './read-difficulties.js';
import { Store } from './store.js';
import { type System, systemsOf } from './system.js';

/**
 * Compares systems on the same prompts and pairs: lets them answer, judges, measures, and writes the report where an
 * output is asked for. Answers and judgements are kept as they come, so that the same comparison, stopped at any moment,
 * goes on where it was, and one with another system more computes that one only.
 *
 * @throws OrpoError `config`, `data`, `file`, `run`, and as models, judges and the disk do
 */
export async function* compare(
  input: CompareConfigInput,
  options: CompareOptions = {},
): AsyncGenerator<CompareEvent, void> {
  const config = parseCompareConfig(input);
  const { signal } = options;
  const systems = systemsOf(config);
  const release = config.output === undefined ? undefined : claimComparison(config.output);
  const store = new Store(config.cache);
  try {
    const findings = yield* find(config, systems, store, options);
    const comparison = assemble(findings);
    const report = config.output === undefined ? undefined : writeComparison(config.output, comparison, findings);
    yield { type: 'result', comparison, ...(report !== undefined && { report }) };
  } catch (error) {
    if (!isAbort(error, signal)) throw error;
    yield { type: 'interrupted' };
  } finally {
    store.close();
    release?.();
  }
}

async function* find(
  config: CompareConfig,
  systems: readonly System[],
  store: Store,
  options: CompareOptions,
): AsyncGenerator<CompareEvent, Findings> {
  const { signal } = options;
  const missing = new Missing();
  const note = (what: string): void => missing.note(what);
  const files = new Map<System, AnswersFile>();
  for (const system of systems) if (system.kind === 'answers') files.set(system, await readAnswersFile(system.source));
  const prompts = await promptsFor(config, [...files.values()]);
  const pairs = await pairsFor(config);
  const known = config.difficulties === undefined ? undefined : await readDifficulties(config.difficulties);
  if (prompts === undefined && pairs === undefined)
    throw new OrpoError(
      'config',
      'There is nothing to measure the systems on.',
      'Name a file of prompts (--prompts), or of held-out pairs (--pairs).',
    );
  yield {
    type: 'start',
    systems: systems.map(({ name, kind }) => ({ name, kind })),
    prompts: prompts?.prompts.length ?? 0,
  };
  const { torch } = await ensureEngine({ install: false });
  const { precision } = choosePrecision(config.generation.precision, cpuFeatures(), false);
  const inputs: MeasureInputs = {
    config,
    precision,
    torch: torch.version,
    store,
    missing,
    ...(prompts && { prompts: prompts.prompts }),
    ...(pairs && { pairs }),
  };
  const found: SystemFindings[] = [];
  for (const system of systems) {
    signal?.throwIfAborted();
    const { weights } = system;
    const file = files.get(system);
    if (weights !== undefined) found.push(yield* measureModel({ ...system, weights }, inputs, options));
    else if (file !== undefined) found.push(measureAnswers(system, file, inputs));
  }
  if (pairs !== undefined)
    for (const { system, heldOut } of found)
      if (heldOut.length === 0) missing.noteOf(system.name, 'no scored pairs, so no preference figures');
  const judged = prompts && (yield* judge(config, prompts, found, store, options, note));
  const measured = await withSentences(config, found, options);
  const scored = Math.max(0, ...found.map(({ heldOut }) => heldOut.length));
  return {
    config,
    precision,
    systems: measured,
    missing: missing.sentences,
    ...(prompts && { prompts }),
    ...(pairs && scored > 0 && { pairs: { ...pairs, n: scored } }),
    ...(config.judge && { judge: judgeName(config.judge) }),
    ...(judged && { judged }),
    ...(known && { difficulties: (prompts?.prompts ?? []).map(({ text }) => known.get(text)) }),
  };
}

async function promptsFor(config: CompareConfig, files: readonly AnswersFile[]): Promise<AskedPrompts | undefined> {
  if (!config.metrics.some((metric) => metric === 'win-rate' || metric === 'rewards' || metric === 'diversity'))
    return undefined;
  if (config.prompts !== undefined) return await readAskedPrompts(config.prompts, config);
  const [first] = files;
  return first === undefined ? undefined : await promptsOfAnswers(first, config.limit);
}

async function pairsFor(config: CompareConfig): Promise<RowSource | undefined> {
  if (!config.metrics.includes('preference')) return undefined;
  const { prompts } = config;
  const path = config.pairs ?? (prompts !== undefined && (await holdsPairs(prompts, config)) ? prompts : undefined);
  return path === undefined ? undefined : { path, sha256: hashFile(path).sha256, n: 0, dropped: {} };
}

async function* judge(
  config: CompareConfig,
  { prompts }: AskedPrompts,
  found: readonly SystemFindings[],
  store: Store,
  options: CompareOptions,
  note: (what: string) => void,
): AsyncGenerator<CompareEvent, JudgedAnswers | undefined> {
  const { judge: by, metrics, against, generation } = config;
  const { signal, onProgress, env } = options;
  if (by === undefined || !metrics.some((metric) => metric === 'win-rate' || metric === 'rewards')) return undefined;
  let opened: ComparisonJudge | undefined;
  try {
    const byScores = byScoresOf(by);
    const work = judgeAnswers({
      prompts,
      systems: found.map(({ system, answers }) => ({ name: system.name, answers })),
      samples: generation.samples,
      against,
      byScores,
      gaps: by.kind === 'human',
      remote: by.kind === 'endpoint',
      cache: store.judgements(await judgeFingerprint(by, { offline: config.offline, signal })),
      open: async () => {
        opened ??= await openComparisonJudge(by, { seed: config.seed, onProgress, env });
        return opened.judge;
      },
      signal,
    });
    let step = await work.next();
    for (; step.done !== true; step = await work.next()) yield { type: 'judged', ...step.value };
    const judged = step.value;
    if (judged.failed > 0)
      note(`The judge has no choice for ${judged.failed} of ${judged.failed + judged.judged} pairs of answers.`);
    if (byScores === undefined && metrics.includes('rewards'))
      note('The judge compares answers and gives no rewards, so there is no distribution of them.');
    const unused = opened?.unused?.();
    if (unused !== undefined && unused.unused > 0)
      note(`${unused.unused} of ${unused.pairs} pairs of ${judgeName(by).name} are of other answers.`);
    return judged;
  } finally {
    await opened?.dispose();
  }
}

/** Similarities by a sentence encoder, the same for all systems. */
async function withSentences(
  config: CompareConfig,
  found: readonly SystemFindings[],
  { onProgress, signal }: CompareOptions,
): Promise<readonly SystemFindings[]> {
  if (config.embeddings !== 'minilm' || found.every(({ diversity }) => diversity === undefined)) return found;
  const { offline, encoder } = config;
  const opened = await loadEncoder(encoder, { offline, signal, ...(onProgress && { onProgress }) });
  try {
    return found.map((one) => ({ ...one, ...diversityOf(one.answers, config, opened.embed) }));
  } finally {
    opened.dispose();
  }
}
