import { escapeMarkdown, markdownTable } from '../../drawing/markdown.js';
import { formatBytes, formatCount, formatDuration, formatShare, formatShort } from '../../text/format.js';
import type { Figure } from '../diversity/figure.js';
import type { Comparison, Estimate } from './comparison.js';
import {
  costColumns,
  costWords,
  interval,
  judgeWords,
  minus,
  probability,
  short,
  sourceWords,
  standing,
  systemWords,
} from './words.js';

/** A comparison as text for a pull request or a diary: the verdict, what limits it, and every figure with its interval and n. */
export function comparisonMarkdown(comparison: Comparison): string {
  const { verdict, systems, missing } = comparison;
  const parts = [
    `# ${escapeMarkdown(systems.map(({ name }) => name).join(', '))}`,
    `**${escapeMarkdown(verdict.sentence)}**`,
    ...list('To be kept in mind', verdict.caveats),
    ...list('Missing', missing),
    ...systemsPart(comparison),
    ...winRates(comparison),
    ...strengths(comparison),
    ...rewards(comparison),
    ...pairs(comparison),
    ...answers(comparison),
    ...costs(comparison),
    ...method(comparison),
  ];
  return `${parts.join('\n\n')}\n`;
}

function list(name: string, sentences: readonly string[]): string[] {
  if (sentences.length === 0) return [];
  return [`${name}:`, sentences.map((sentence) => `- ${escapeMarkdown(sentence)}`).join('\n')];
}

function systemsPart({ systems }: Comparison): string[] {
  const rows = systems.map((system) => [
    system.name,
    `${systemWords(system)}${system.base ? ', the base' : ''}`,
    system.source,
    formatCount(system.answers),
  ]);
  return ['## Systems', markdownTable(['system', 'what it is', 'given as', 'answers'], rows)];
}

function winRates(comparison: Comparison): string[] {
  const { contests, judge, verdict } = comparison;
  if (contests.length === 0) return [];
  const rows = contests.map(({ a, b, winRate }) => {
    const of = standing(comparison, a, b);
    const test = verdict.tests.find((one) => (one.a === a && one.b === b) || (one.a === b && one.b === a));
    const so = test?.better === undefined ? '' : `${test.better} is better`;
    return [
      `${a} against ${b}`,
      ...withInterval(of?.rate, formatShare),
      formatCount(winRate.ties),
      equalLengths(of?.lengthControlled),
      probability(winRate.p),
      so,
    ];
  });
  const head = ['', 'win rate', '95%', 'n', 'ties', 'at equal lengths', 'p', ''];
  return [
    '## Win rates',
    ...(judge === undefined ? [] : [escapeMarkdown(judgeWords(judge))]),
    markdownTable(head, rows),
    'Wins and half the ties, with Wilson’s interval; p of the exact sign test, each test alone.',
  ];
}

function strengths({ strengths: found }: Comparison): string[] {
  if (found === undefined) return [];
  const rows = found.systems.map(({ system, score, n }) => [system, ...withInterval({ ...score, n }, short)]);
  return ['## Strength among all', markdownTable(['system', 'log-odds', '95%', 'n'], rows)];
}

function rewards({ rewards: found }: Comparison): string[] {
  if (found === undefined) return [];
  const rows = found.systems.map(({ system, n, mean, sd, quantiles, against }) => [
    system,
    formatCount(n),
    short(mean),
    short(sd),
    short(quantiles['0.5']),
    short(against?.paired.difference.value),
    against === undefined ? '–' : interval(against.paired.difference, short) || '–',
    short(against?.cohensD),
    share(against?.lowTail?.value),
  ]);
  const head = ['system', 'n', 'mean', 'sd', 'median', 'gain', '95%', 'd', 'low tail'];
  return [
    '## Rewards',
    markdownTable(head, rows),
    `Gain: the mean difference from ${escapeMarkdown(found.base)} on the same prompts. Low tail: the share under its 5th percentile.`,
  ];
}

function pairs({ systems }: Comparison): string[] {
  const rows = systems.flatMap(({ name, preference }) => {
    if (preference === undefined) return [];
    const { accuracy, margin, logProb, perplexity } = preference;
    const p = preference.against?.accuracy.mcnemar;
    return [
      [
        name,
        ...withInterval(accuracy.mean, formatShare),
        p === undefined ? '–' : probability(p),
        short(margin.mean.value),
        short(logProb.chosen.value),
        short(logProb.rejected.value),
        short(perplexity.chosen.value),
      ],
    ];
  });
  if (rows.length === 0) return [];
  const head = ['system', 'accuracy', '95%', 'n', 'p', 'margin', 'chosen', 'rejected', 'perplexity'];
  return [
    '## Held-out pairs',
    markdownTable(head, rows),
    'By the mean log-prob a token. p: against the base, McNemar’s exact test. Perplexity of chosen answers.',
  ];
}

function answers({ systems }: Comparison): string[] {
  const rows = systems.flatMap(({ name, diversity }) => {
    if (diversity === undefined) return [];
    const { shape, perInput, acrossInputs, mtld } = diversity;
    return [
      [
        name,
        formatCount(shape.answers),
        short(shape.words.value),
        share(shape.repetition.value),
        share(shape.empty.value),
        share(shape.cut.value),
        ...[perInput.similarity, acrossInputs.similarity, acrossInputs.distinct, mtld].map(counted),
      ],
    ];
  });
  if (rows.length === 0) return [];
  const head = [
    'system',
    'n',
    'words',
    'repeated',
    'empty',
    'cut off',
    'similar, one prompt',
    'similar, all prompts',
    'distinct',
    'MTLD',
  ];
  return ['## Answers', markdownTable(head, rows)];
}

const FORMATS = { count: formatShort, seconds: formatDuration, bytes: formatBytes } as const;

function costs({ systems }: Comparison): string[] {
  const columns = costColumns.filter(({ key }) => systems.some(({ cost }) => cost?.[key] !== undefined));
  if (columns.length === 0) return [];
  const rows = systems
    .filter(({ cost }) => cost !== undefined)
    .map(({ name, cost }) => [
      name,
      ...columns.map(({ key, unit }) => {
        const value = cost?.[key];
        return value === undefined ? '–' : FORMATS[unit](value);
      }),
    ]);
  const words = costWords(systems);
  return [
    '## Cost of the training',
    markdownTable(['system', ...columns.map(({ name }) => name)], rows),
    ...(words === undefined ? [] : [words]),
  ];
}

function method({ prompts, pairs: heldOut, generation }: Comparison): string[] {
  const lines = [
    ...(prompts === undefined ? [] : [`prompts: ${prompts.path}, ${sourceWords(prompts)}`]),
    ...(heldOut === undefined ? [] : [`held-out pairs: ${heldOut.path}, ${sourceWords(heldOut)}`]),
    ...(generation === undefined
      ? []
      : [
          `answers: ${generation.samples} a prompt, at most ${generation.maxTokens} tokens, temperature ${generation.temperature}, seed ${generation.seed}`,
        ]),
  ];
  return lines.length === 0 ? [] : ['## Measured on', lines.map((line) => `- ${escapeMarkdown(line)}`).join('\n')];
}

function counted(figure: Figure | undefined): string {
  return figure?.value === undefined ? '–' : `${short(figure.value)} (n ${formatCount(figure.n)})`;
}

function withInterval(estimate: Estimate | undefined, format: (value: number) => string): [string, string, string] {
  if (estimate === undefined || !Number.isFinite(estimate.value)) return ['–', '–', '–'];
  return [minus(format(estimate.value)), interval(estimate, format) || '–', formatCount(estimate.n)];
}

function equalLengths(estimate: Estimate | undefined): string {
  if (estimate === undefined || !Number.isFinite(estimate.value)) return '–';
  const between = interval(estimate, formatShare);
  return `${share(estimate.value)}${between === '' ? '' : ` (${between})`}`;
}

function share(value: number | undefined): string {
  return minus(formatShare(value));
}
