import { countOf, nGrams, type Tokens } from './n-grams.js';

/** What nltk's `SmoothingFunction.method1` puts for matches that are none. */
const SMOOTHING = 0.1;

/** The two highest counts of an n-gram over all texts, and the text that has the first. */
interface Most {
  readonly first: number;
  readonly holder: number;
  readonly second: number;
}

/**
 * Self-BLEU (Texygen, arXiv 1802.01886): the mean BLEU of each text against all others, from 0 to 1, lower = more
 * diverse. BLEU as nltk's `sentence_bleu` defines it: n-grams of 1 to `order` with equal weights, the reference closest
 * in length (the shorter one of two), `method1` smoothing, 0 where not even a word is shared. Undefined for fewer than
 * two texts. Counts are shared, so the cost grows with the texts, not with their pairs.
 */
export function selfBleu(texts: readonly Tokens[], order = 4): number | undefined {
  if (texts.length < 2) return undefined;
  const scores = selfBleuScores(texts, order);
  return scores.reduce((sum, score) => sum + score, 0) / scores.length;
}

/** The BLEU of each text against all others. */
export function selfBleuScores(texts: readonly Tokens[], order = 4): number[] {
  const logSums = new Array<number>(texts.length).fill(0);
  const nothingShared = new Set<number>();
  for (let n = 1; n <= order; n++) {
    const counts = texts.map((tokens) => countOf(nGrams(tokens, n)));
    const most = highestCounts(counts);
    counts.forEach((own, text) => {
      let matches = 0;
      let total = 0;
      for (const [gram, count] of own) {
        total += count;
        matches += Math.min(count, elsewhere(most.get(gram), text));
      }
      if (n === 1 && matches === 0) nothingShared.add(text);
      const precision = (matches === 0 ? SMOOTHING : matches) / Math.max(1, total);
      logSums[text] = (logSums[text] ?? 0) + Math.log(precision) / order;
    });
  }
  const lengths = texts.map(({ length }) => length);
  return logSums.map((sum, text) => {
    if (nothingShared.has(text)) return 0;
    const own = lengths[text] ?? 0;
    return Math.exp(sum) * brevity(own, closest(own, lengths, text));
  });
}

function highestCounts(counts: readonly ReadonlyMap<string, number>[]): Map<string, Most> {
  const most = new Map<string, Most>();
  counts.forEach((own, holder) => {
    for (const [gram, count] of own) {
      const { first = 0, second = 0, holder: before = -1 } = most.get(gram) ?? {};
      most.set(
        gram,
        count > first
          ? { first: count, holder, second: first }
          : { first, holder: before, second: Math.max(second, count) },
      );
    }
  });
  return most;
}

/** The highest count in any other text. */
function elsewhere(most: Most | undefined, text: number): number {
  if (most === undefined) return 0;
  return most.holder === text ? most.second : most.first;
}

function closest(own: number, lengths: readonly number[], self: number): number {
  let best = Number.POSITIVE_INFINITY;
  lengths.forEach((length, text) => {
    if (text === self) return;
    const nearer = Math.abs(length - own) - Math.abs(best - own);
    if (nearer < 0 || (nearer === 0 && length < best)) best = length;
  });
  return best;
}

const brevity = (own: number, reference: number): number => (own > reference ? 1 : Math.exp(1 - reference / own));
