import { formatCount, formatNumber, formatShare, printable } from '../../text/format.js';
import type { Comparison } from './comparison.js';
import { type FigureCell, figureRows } from './figure-table.js';

/** Rows shown with their answers. */
const SHOWN = 3;

/** A comparison as a page of text, in Markdown. What data and models wrote stands in blocks of code. */
export function comparisonMarkdown(comparison: Comparison): string {
  const { verdict, systems, missing } = comparison;
  return `${[
    `# ${systems.map(({ name }) => name).join(' · ')}`,
    `**${escaped(verdict.sentence)}**`,
    list(verdict.caveats.map(escaped)),
    sourcesOf(comparison),
    figures(comparison),
    contests(comparison),
    samples(comparison),
    missing.length === 0 ? '' : `## What is missing\n\n${list(missing.map(escaped))}`,
    'Intervals are of 95 %. Drawn from `report.json` by orpo.',
  ]
    .filter((part) => part !== '')
    .join('\n\n')}\n`;
}

function sourcesOf({ prompts, pairs, generation, judge, systems }: Comparison): string {
  const lines = [
    ...(prompts === undefined ? [] : [`Prompts: ${code(prompts.path)}, ${formatCount(prompts.n)}.`]),
    ...(pairs === undefined ? [] : [`Held-out pairs: ${code(pairs.path)}, ${formatCount(pairs.n)}.`]),
    ...(generation === undefined
      ? []
      : [
          `Answers: ${generation.samples} a prompt, at most ${generation.maxTokens} tokens, temperature ${generation.temperature}, seed ${generation.seed}.`,
        ]),
    ...(judge === undefined
      ? []
      : [
          `Judge: ${escaped(judge.words)}; ${formatCount(judge.judged)} pairs judged, ${formatCount(judge.failed)} failed.`,
        ]),
    ...systems.map(
      ({ name, kind, source, method, base }) =>
        `${name}: ${method === undefined ? kind : `${kind} of ${method}`}, ${code(source)}${base && systems.length > 1 ? ', the base' : ''}.`,
    ),
  ];
  return list(lines);
}

function figures(comparison: Comparison): string {
  const rows = figureRows(comparison);
  if (rows.length === 0) return '';
  const names = comparison.systems.map(({ name }) => escaped(name));
  return [
    '## Figures',
    '',
    `| | ${names.join(' | ')} |`,
    `|---|${names.map(() => '---:|').join('')}`,
    ...rows.map(({ group, label, cells }) => `| ${group}: ${escaped(label)} | ${cells.map(cellText).join(' | ')} |`),
  ].join('\n');
}

function cellText(cell: FigureCell | undefined): string {
  if (cell === undefined) return '–';
  const { value, interval, n } = cell;
  const notes = [...(interval === undefined ? [] : [interval]), ...(n === undefined ? [] : [`n ${formatCount(n)}`])];
  return notes.length === 0 ? value : `${value} (${notes.join('; ')})`;
}

function contests({ contests: found, verdict }: Comparison): string {
  if (found.length === 0) return '';
  return [
    '## Who is preferred to whom',
    '',
    '| | preferred | wins · ties · losses | n | at equal length | p | p after correction |',
    '|---|---:|---:|---:|---:|---:|---:|',
    ...found.map(({ a, b, winRate, lengthControlled }) => {
      const { discreteWinRate: rate, wins, ties, losses, n, p } = winRate;
      const adjusted = verdict.tests.find((test) => test.a === a && test.b === b)?.adjusted;
      const controlled = lengthControlled === undefined ? '–' : formatShare(lengthControlled.winRate.value);
      return `| ${escaped(a)} over ${escaped(b)} | ${formatShare(rate.value)} (${formatShare(rate.low)} to ${formatShare(rate.high)}) | ${wins} · ${ties} · ${losses} | ${formatCount(n)} | ${controlled} | ${formatNumber(p, 2)} | ${formatNumber(adjusted, 2)} |`;
    }),
  ].join('\n');
}

function samples({ rows, systems }: Comparison): string {
  const shown = rows.slice(0, SHOWN).map(({ prompt, answers }) =>
    [
      fenced(prompt),
      ...answers.map(({ text, reward, cut }, at) => {
        const notes = [...(reward === undefined ? [] : [`reward ${formatNumber(reward)}`]), ...(cut ? ['cut'] : [])];
        const title = `${escaped(systems[at]?.name ?? '')}${notes.length === 0 ? '' : ` (${notes.join(', ')})`}:`;
        return `${title}\n\n${text === undefined ? 'no answer' : fenced(text)}`;
      }),
    ].join('\n\n'),
  );
  return shown.length === 0 ? '' : `## The first prompts\n\n${shown.join('\n\n---\n\n')}`;
}

function list(lines: readonly string[]): string {
  return lines.map((line) => `- ${line}`).join('\n');
}

/** A block that nothing inside can end. */
function fenced(text: string): string {
  const longest = Math.max(2, ...(text.match(/`+/g) ?? []).map(({ length }) => length));
  const fence = '`'.repeat(longest + 1);
  return `${fence}text\n${printable(text)}\n${fence}`;
}

function code(text: string): string {
  const longest = Math.max(0, ...(text.match(/`+/g) ?? []).map(({ length }) => length));
  const fence = '`'.repeat(longest + 1);
  return `${fence}${printable(text).replaceAll('\n', ' ')}${fence}`;
}

function escaped(text: string): string {
  return printable(text)
    .replaceAll('\n', ' ')
    .replace(/[\\`*_[\]<>|#]/g, '\\$&');
}
