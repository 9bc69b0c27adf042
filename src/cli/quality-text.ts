import type { Finding } from '../evaluation/data-quality/finding.js';
import type { DataQuality } from '../evaluation/data-quality/inspect-quality.js';
import type { LabelNoise } from '../evaluation/data-quality/label-noise.js';
import type { LanguageCounts } from '../evaluation/data-quality/language-table.js';
import type { LengthBias } from '../evaluation/data-quality/length-bias.js';
import type { MarginKind } from '../evaluation/data-quality/margin-kinds.js';
import type { Interval } from '../statistics/interval.js';
import { formatCount, formatNumber, formatShare, printable } from '../text/format.js';
import type { Colours } from './colours.js';

const LANGUAGES_NAMED = 5;

/** What is wrong with a data set, as lines for people. */
export function describeQuality(quality: DataQuality, colours: Colours): string[] {
  const { duplicates, conflicts, leaks, lengthBias, languages, controlTokens, turns, similarity, rows } = quality;
  const line = (name: string, finding: Finding, meaning: string): string => describe(name, finding, meaning, colours);
  const { bold, dim } = colours;
  const near = `prompts and responses ${formatShare(similarity)} alike`;
  return [
    `${bold('quality')} ${dim(`of ${formatCount(rows)} rows`)}`,
    line('duplicates', duplicates.exact, 'rows repeat an earlier one'),
    line('near duplicates', duplicates.near, `rows repeat an earlier one, ${near}`),
    line('contradictions', conflicts.pairs, 'rows prefer what another row rejects, of the same two'),
    line('both chosen and rejected', conflicts.responses, 'rows hold a response that another row labels the other way'),
    ...(leaks === undefined
      ? []
      : [
          dim(`held out: ${formatCount(leaks.rows)} rows of ${printable(leaks.file)}`),
          line('leaked prompts', leaks.prompts.exact, 'rows have a held-out prompt'),
          line('near-leaked prompts', leaks.prompts.near, 'rows have nearly a held-out prompt'),
          line('leaked responses', leaks.responses.exact, 'rows have a held-out response of ten words or more'),
          line('near-leaked responses', leaks.responses.near, 'rows have nearly a held-out response'),
        ]),
    line('control tokens', controlTokens, 'rows spell a control token or the marker of a chat template'),
    line('broken turns', turns, 'rows have turns that do not alternate, or a response that speaks for another'),
    languageLine('prompts in', languages.prompts, colours),
    languageLine('responses in', languages.responses, colours),
    line('mixed languages', languages.mixed, 'rows have a response in another language than the prompt'),
    ...(lengthBias === undefined ? [] : biasLines(lengthBias.characters, 'characters', colours)),
    ...(lengthBias?.tokens === undefined ? [] : biasLines(lengthBias.tokens, 'tokens', colours)),
  ].filter((text) => text !== '');
}

/** What a model's margins say of the labels, as lines for people. */
export function describeNoise(noise: LabelNoise, kind: MarginKind, colours: Colours): string[] {
  const { bold, dim, yellow } = colours;
  const { rows, agreed, median, below, suspected } = noise;
  const lines = [
    `${bold('label noise')} ${dim(`by the model's ${marginNames[kind]}, of ${formatCount(rows)} rows`)}`,
    named(
      'model agrees',
      `${withInterval(agreed)} ${dim(`of the labels; median margin ${formatNumber(median)}`)}`,
      dim,
    ),
    describe('suspected labels', suspected, `rows have a margin under ${formatNumber(below)}`, colours),
  ];
  // such a model cannot tell chosen from rejected at all
  if (agreed.low <= 0.5)
    lines.push(yellow('the model agrees with the labels no more than chance: it cannot tell noise'));
  return lines;
}

const marginNames: Record<MarginKind, string> = {
  mean: 'mean log-probabilities',
  reward: 'rewards',
  implicit: 'implicit rewards',
};

function describe(name: string, { count, first }: Finding, meaning: string, { dim, yellow }: Colours): string {
  if (count === 0) return named(name, '0', dim);
  const rows = first.map(({ row, of, detail }) => {
    const why = of === undefined ? detail : `${of.row}`;
    return why === undefined ? `${row}` : `${row} (${printable(why)})`;
  });
  return named(
    name,
    `${yellow(formatCount(count))} ${dim(meaning)}: ${rows.join(', ')}${count > first.length ? ', …' : ''}`,
    dim,
  );
}

function languageLine(name: string, counts: LanguageCounts, { dim }: Colours): string {
  const entries = Object.entries(counts);
  if (entries.length === 0) return '';
  const shown = entries.slice(0, LANGUAGES_NAMED).map(([language, count]) => `${formatCount(count)} ${language}`);
  return named(name, `${shown.join(', ')}${entries.length > LANGUAGES_NAMED ? ', …' : ''}`, dim);
}

function biasLines(bias: LengthBias, unit: string, { dim, yellow }: Colours): string[] {
  const { longerChosen, accuracy, pairs, equal } = bias;
  const share = longerChosen === undefined ? '–' : withInterval(longerChosen);
  const biased = accuracy.low > 0.5 || accuracy.high < 0.5;
  const right = Math.max(accuracy.value, 1 - accuracy.value);
  const rule = `"the ${accuracy.value < 0.5 ? 'shorter' : 'longer'} is better" is right in ${formatShare(right)}`;
  return [
    named(
      'longer chosen',
      `${biased ? yellow(share) : share} ${dim(`in ${unit}, of ${formatCount(pairs - equal)} pairs; ${rule}`)}`,
      dim,
    ),
  ];
}

function withInterval({ value, low, high }: Interval): string {
  return `${formatShare(value)} (${formatShare(low)} to ${formatShare(high)})`;
}

function named(name: string, text: string, dim: (text: string) => string): string {
  return `${dim(name.padEnd(25))}${text}`;
}
