import { positionBias } from '../../feedback/agreement.js';
import { meanOf } from '../diversity/figure.js';
import { type RewardDistributions, rewardDistributions } from '../reward-distribution.js';
import { caveatsOf } from './caveats.js';
import type { Comparison, JudgeReport, SampleRow, SystemReport } from './comparison.js';
import { contestReport, orMissing, strengthsOf } from './contests.js';
import { estimate, meanEstimate } from './estimate.js';
import { type Findings, type JudgedAnswers, ownAnswers, type SystemFindings } from './findings.js';
import { preferenceReport } from './preference.js';
import { costReport, trainingReport } from './run-facts.js';
import { verdictOf } from './verdict.js';

/** Makes every figure of what was found. Nothing is computed by a model here: the same findings give the same figures. */
export function assemble(findings: Findings): Comparison {
  const { config, systems, judged, judge, prompts, pairs } = findings;
  const missing = [...findings.missing];
  const note = (what: string): void => void missing.push(what);
  const difficulties = requireAll(findings.difficulties, note);
  const contests = (judged?.contests ?? []).flatMap(
    (contest) => contestReport(contest, { seed: config.seed, difficulties }, note) ?? [],
  );
  const strengths = judged && strengthsOf(judged.contests, note);
  const rewards = judged?.rewards && rewardsOf(systems, judged.rewards, note);
  const generates = prompts !== undefined && systems.some(({ system }) => system.weights !== undefined);
  const reports = systems.map((one, at) => systemReport(one, at === 0, findings));
  const judgeReport = judge && judged && { ...judge, ...judgeCounts(judged) };
  const heldOut = new Map(
    systems.flatMap(({ system, heldOut: scores }) => (scores.length === 0 ? [] : [[system.name, scores] as const])),
  );
  const { batch: _, precision: __, ...generation } = config.generation;
  return {
    version: 1,
    ...(prompts && { prompts: prompts.source }),
    ...(pairs && { pairs }),
    ...(generates && { generation: { ...generation, precision: findings.precision } }),
    ...(judgeReport && { judge: judgeReport }),
    systems: reports,
    contests,
    ...(strengths && { strengths }),
    ...(rewards && { rewards }),
    rows: rowsOf(findings),
    verdict: verdictOf({
      systems: systems.map(({ system }) => system.name),
      contests,
      heldOut,
      caveats: caveatsOf(reports, contests, judgeReport, config.generation.maxTokens),
    }),
    missing: [...missing, ...(rewards?.missing ?? [])],
  };
}

/** The regression has the term for all prompts or for none. */
function requireAll(
  difficulties: Findings['difficulties'],
  note: (what: string) => void,
): readonly number[] | undefined {
  if (difficulties === undefined) return undefined;
  const known = difficulties.flatMap((difficulty) => difficulty ?? []);
  if (known.length === difficulties.length) return known;
  note(
    `${difficulties.length - known.length} of ${difficulties.length} prompts have no difficulty, so the length-controlled win rates are without that term.`,
  );
  return undefined;
}

function systemReport({ system, ...found }: SystemFindings, isBase: boolean, findings: Findings): SystemReport {
  const { config, systems } = findings;
  const { name, kind, source, run, weights } = system;
  const answers = ownAnswers(found.answers).flat();
  const base = isBase ? undefined : systems[0]?.heldOut;
  const training = run && trainingReport(run.folder);
  const told = answers.flatMap(({ tokens, seconds }) =>
    tokens === undefined ? [] : [{ tokens, seconds: seconds ?? 0 }],
  );
  const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
  const embeddings =
    found.diversity?.perInput.similarity && config.embeddings !== 'none' ? config.embeddings : undefined;
  return {
    name,
    kind,
    source,
    base: isBase,
    ...(run ? { model: run.model, method: run.method, adapter: run.adapter } : weights && { model: weights.model }),
    ...(found.heldOut.length > 0 && {
      preference: preferenceReport(found.heldOut, base?.length === 0 ? undefined : base, config.seed),
    }),
    answers: answers.length,
    ...(told.length > 0 && {
      tokens: meanOf(told.map(({ tokens }) => tokens)),
      answering: { tokens: sum(told.map(({ tokens }) => tokens)), seconds: sum(told.map(({ seconds }) => seconds)) },
    }),
    ...(found.diversity && { diversity: found.diversity }),
    ...(embeddings && { embeddings }),
    ...(run && config.metrics.includes('cost') && { cost: costReport(run.folder) }),
    ...(training && { training }),
  };
}

function judgeCounts({ judged, failed, orders }: JudgedAnswers): Pick<JudgeReport, 'judged' | 'failed' | 'position'> {
  if (orders.length === 0) return { judged, failed };
  const { consistent, rows } = positionBias(orders);
  const first = meanEstimate(orders.map(([shownFirst, shownSecond]) => (shownFirst + 1 - shownSecond) / 2));
  return { judged, failed, position: { consistent: estimate(consistent, rows), first } };
}

/** One reward a prompt, the mean over its samples, of the prompts that every system has one for. */
function rewardsOf(
  systems: readonly SystemFindings[],
  rewards: NonNullable<JudgedAnswers['rewards']>,
  note: (what: string) => void,
): RewardDistributions | undefined {
  const means = rewards.map((own) => own.map((samples) => meanOf(samples).value));
  const prompts = means[0]?.length ?? 0;
  const shared = Array.from({ length: prompts }, (_, at) => at).filter((at) =>
    means.every((own) => own[at] !== undefined),
  );
  if (shared.length < prompts)
    note(
      `${prompts - shared.length} of ${prompts} prompts lack a reward of some system, and stand in no distribution.`,
    );
  return orMissing(
    () =>
      rewardDistributions(
        systems.map(({ system }, at) => ({
          system: system.name,
          rewards: shared.flatMap((prompt) => means[at]?.[prompt] ?? []),
        })),
      ),
    (why) => note(`There is no distribution of rewards: ${why}`),
  );
}

function rowsOf({ config, prompts, systems, judged }: Findings): SampleRow[] {
  return (prompts?.prompts ?? []).slice(0, config.rows).map(({ row, text }, at): SampleRow => {
    const answers = systems.map(({ answers: own }, system) => {
      const answer = own[at]?.[0];
      const reward = judged?.rewards?.[system]?.[at]?.[0];
      const { text: words, tokens, cut } = answer ?? {};
      return {
        ...(words !== undefined && { text: words }),
        ...(tokens !== undefined && { tokens }),
        ...(cut !== undefined && { cut }),
        ...(reward !== undefined && { reward }),
      };
    });
    const choices = (judged?.contests ?? []).flatMap(({ a, b, choices: own }) => {
      const choice = own[at]?.[0];
      return choice === undefined ? [] : [{ a, b, ...choice }];
    });
    return { row, prompt: text, answers, choices };
  });
}
