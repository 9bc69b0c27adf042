import { OrpoError } from '../../errors.js';
import { type Interval, normalInterval } from '../../statistics/interval.js';
import { invertMatrix } from '../../statistics/invert-matrix.js';
import { logistic } from '../../statistics/logistic-regression.js';

/** Two systems' answers to one prompt and how they fared. */
export interface Contested {
  readonly prompt: string;
  readonly a: string;
  readonly b: string;
  /** 1 where `a` wins, 0 where `b` does, .5 for a tie, between them the judge's probability. */
  readonly score: number;
}

/** How strong a system is among the others. */
export interface Strength {
  readonly system: string;
  /** In natural log-odds, all scores sum to 0; P(a beats b) = σ(a - b). With a 95% interval. */
  readonly score: Interval;
  readonly standardError: number;
  /** Comparisons it took part in. */
  readonly n: number;
}

export interface Strengths {
  /** Comparisons. */
  readonly n: number;
  readonly prompts: number;
  /** The strongest first. */
  readonly systems: readonly Strength[];
}

/**
 * Strengths of systems that were compared two by two (Bradley and Terry 1952), by maximum likelihood, a tie being half a
 * win to either. Comparisons on one prompt are not independent, so errors are clustered by prompt (Liang and Zeger
 * 1986); with few prompts, below some thirty, they come out too small.
 *
 * @throws OrpoError `data` when there are fewer than two systems or prompts, a score is not from 0 to 1, or some systems
 *   never lose a point to the rest, so that no finite strengths exist
 */
export function bradleyTerry(comparisons: readonly Contested[]): Strengths {
  const names = [...new Set(comparisons.flatMap(({ a, b }) => [a, b]))];
  const place = new Map(names.map((name, at) => [name, at]));
  const rows = comparisons.map(({ a, b, score, prompt }) => ({
    i: place.get(a) ?? 0,
    j: place.get(b) ?? 0,
    score,
    prompt,
  }));
  check(comparisons, names);
  checkConnected(rows, names);
  const scores = maximise(rows, names.length);
  const errors = clusteredErrors(rows, scores);
  const systems = names.map((system, at): Strength => {
    const standardError = errors[at] ?? Number.NaN;
    const n = rows.filter(({ i, j }) => i === at || j === at).length;
    return { system, score: normalInterval(scores[at] ?? Number.NaN, standardError), standardError, n };
  });
  return {
    n: rows.length,
    prompts: new Set(comparisons.map(({ prompt }) => prompt)).size,
    systems: systems.sort((a, b) => b.score.value - a.score.value),
  };
}

interface Row {
  readonly i: number;
  readonly j: number;
  readonly score: number;
  readonly prompt: string;
}

/** Newton's method; the likelihood of a connected tournament has one maximum. */
function maximise(rows: readonly Row[], count: number): number[] {
  let scores = new Array<number>(count).fill(0);
  let likelihood = logLikelihood(rows, scores);
  for (let round = 0; round < 100; round++) {
    const gradient = new Array<number>(count).fill(0);
    for (const { i, j, score } of rows) {
      const surplus = score - chance(scores, i, j);
      gradient[i] = (gradient[i] ?? 0) + surplus;
      gradient[j] = (gradient[j] ?? 0) - surplus;
    }
    const step = covariance(rows, scores).map((line) => line.reduce((sum, c, j) => sum + c * (gradient[j] ?? 0), 0));
    let scale = 1;
    let next = scores.map((score, at) => score + (step[at] ?? 0));
    while (logLikelihood(rows, next) < likelihood - 1e-12 * Math.abs(likelihood) && scale > 1e-9) {
      scale /= 2;
      next = scores.map((score, at) => score + scale * (step[at] ?? 0));
    }
    scores = next;
    likelihood = logLikelihood(rows, scores);
    if (Math.max(...step.map(Math.abs)) < 1e-12) break;
  }
  const centre = scores.reduce((sum, score) => sum + score, 0) / count;
  return scores.map((score) => score - centre);
}

function chance(scores: readonly number[], i: number, j: number): number {
  return logistic((scores[i] ?? 0) - (scores[j] ?? 0));
}

function logLikelihood(rows: readonly Row[], scores: readonly number[]): number {
  return rows.reduce((sum, { i, j, score }) => {
    const lead = (scores[i] ?? 0) - (scores[j] ?? 0);
    return sum + score * lead - Math.max(lead, 0) - Math.log1p(Math.exp(-Math.abs(lead)));
  }, 0);
}

/** The pseudo-inverse of the information, a Laplacian: that of the matrix made whole along (1, …, 1), less that part. */
function covariance(rows: readonly Row[], scores: readonly number[]): number[][] {
  const count = scores.length;
  const information = Array.from({ length: count }, () => new Array<number>(count).fill(1 / count));
  const add = (i: number, j: number, amount: number): void => {
    const line = information[i] ?? [];
    line[j] = (line[j] ?? 0) + amount;
  };
  for (const { i, j } of rows) {
    const p = chance(scores, i, j);
    const weight = p * (1 - p);
    add(i, i, weight);
    add(j, j, weight);
    add(i, j, -weight);
    add(j, i, -weight);
  }
  const inverse = invertMatrix(information) ?? [];
  return inverse.map((line) => line.map((value) => value - 1 / count));
}

function clusteredErrors(rows: readonly Row[], scores: readonly number[]): number[] {
  const surpluses = new Map<string, number[]>();
  for (const { i, j, score, prompt } of rows) {
    const surplus = score - chance(scores, i, j);
    const of = surpluses.get(prompt) ?? scores.map(() => 0);
    of[i] = (of[i] ?? 0) + surplus;
    of[j] = (of[j] ?? 0) - surplus;
    surpluses.set(prompt, of);
  }
  const bread = covariance(rows, scores);
  return bread.map((line) => {
    let variance = 0;
    for (const of of surpluses.values()) variance += line.reduce((sum, c, at) => sum + c * (of[at] ?? 0), 0) ** 2;
    return Math.sqrt(variance);
  });
}

function check(comparisons: readonly Contested[], names: readonly string[]): void {
  const fault = (what: string, hint: string): OrpoError => new OrpoError('data', what, hint);
  for (const [at, { a, b, score }] of comparisons.entries()) {
    if (a === b) throw fault(`Comparison ${at + 1} is of ${a} with itself.`, 'Compare different systems.');
    if (!(score >= 0 && score <= 1))
      throw fault(`Comparison ${at + 1} has the score ${score}.`, 'A score is 0 to 1, .5 for a tie.');
  }
  if (names.length < 2) throw fault('There are no two systems to compare.', 'Give comparisons of two or more.');
  const prompts = new Set(comparisons.map(({ prompt }) => prompt)).size;
  if (prompts < 2) throw fault(`${prompts} prompt says nothing of the spread.`, 'Compare on more prompts.');
}

/** Finite strengths exist if from each system a way of points won leads to each other one (Ford 1957). */
function checkConnected(rows: readonly Row[], names: readonly string[]): void {
  const beats = names.map(() => new Set<number>());
  for (const { i, j, score } of rows) {
    if (score > 0) beats[i]?.add(j);
    if (score < 1) beats[j]?.add(i);
  }
  for (const [from] of names.entries()) {
    const reached = new Set([from]);
    for (const one of reached) for (const other of beats[one] ?? []) reached.add(other);
    if (reached.size === names.length) continue;
    const inside = [...reached].map((at) => names[at]).join(', ');
    const rest = names.filter((_, at) => !reached.has(at)).join(', ');
    throw new OrpoError(
      'data',
      `${inside} never won a point from ${rest} in ${rows.length} comparisons, so strengths have no bound.`,
      'Compare on more prompts, or leave out systems that win or lose always.',
    );
  }
}
