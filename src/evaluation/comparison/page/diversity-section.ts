import { scrolling } from '../../../drawing/layout.js';
import { html, type Markup } from '../../../drawing/markup.js';
import { formatCount, formatShare } from '../../../text/format.js';
import type { Figure } from '../../diversity/figure.js';
import type { LexicalDiversity } from '../../diversity/lexical-diversity.js';
import type { Comparison } from '../comparison.js';
import { short } from '../words.js';
import { figure, systemHead, tableHead } from './parts.js';
import { looks } from './tones.js';

interface Column {
  readonly name: string;
  readonly of: (diversity: LexicalDiversity) => Figure | undefined;
  readonly format: (value: number | undefined) => string;
}

const MEASURES: readonly Column[] = [
  { name: 'similar, one prompt', of: ({ perInput }) => perInput.similarity, format: short },
  { name: 'similar, all prompts', of: ({ acrossInputs }) => acrossInputs.similarity, format: short },
  { name: 'distinct n-grams', of: ({ acrossInputs }) => acrossInputs.distinct, format: short },
  { name: 'distinct, by length', of: ({ acrossInputs }) => acrossInputs.expectedDistinct, format: short },
  { name: 'self-BLEU', of: ({ acrossInputs }) => acrossInputs.selfBleu, format: short },
  { name: 'MTLD', of: ({ mtld }) => mtld, format: short },
];

const SHAPE: readonly Column[] = [
  { name: 'words', of: ({ shape }) => shape.words, format: short },
  { name: 'characters', of: ({ shape }) => shape.characters, format: short },
  { name: 'repeated 4-grams', of: ({ shape }) => shape.repetition, format: formatShare },
  { name: 'empty', of: ({ shape }) => shape.empty, format: formatShare },
  { name: 'cut off', of: ({ shape }) => shape.cut, format: formatShare },
];

/** Tables of more columns have the whole width. */
const MOST_BESIDE = 5;

/** How different the answers of each system are, and what they look like. */
export function diversitySection(comparison: Comparison): Markup | undefined {
  const { systems } = comparison;
  if (systems.every(({ diversity }) => diversity === undefined)) return undefined;
  const embedded = new Set(systems.flatMap(({ embeddings }) => embeddings ?? []));
  const vectors = [
    ...(embedded.has('minilm') ? ['Similarities are cosines of MiniLM’s sentence vectors.'] : []),
    ...(embedded.has('hidden')
      ? ['Similarities are cosines of each model’s own hidden states, which should not be compared between models.']
      : []),
  ];
  const tables = [knownOf(comparison, MEASURES), knownOf(comparison, SHAPE)] as const;
  const whole = tables.some(({ length }) => length > MOST_BESIDE);
  return html`<div class="figures">
${figure(
  'Lexical diversity',
  'Less similar, more distinct, lower self-BLEU and higher MTLD mean more diverse. Longer bars are larger numbers.',
  bars(comparison, 'Lexical diversity', tables[0]),
  [...vectors, 'n counts prompts for one prompt, answers for the others.'].join(' '),
  whole,
)}
${figure(
  'Length and form',
  'Short, broken or repeating answers look diverse, and long ones please judges.',
  bars(comparison, 'Length and form of the answers', tables[1]),
  '',
  whole,
)}
</div>`;
}

interface KnownColumn extends Column {
  readonly figures: readonly (Figure | undefined)[];
}

/** The measures that some system has. */
function knownOf({ systems }: Comparison, columns: readonly Column[]): KnownColumn[] {
  return columns
    .map((column) => ({
      ...column,
      figures: systems.map(({ diversity }) => (diversity === undefined ? undefined : column.of(diversity))),
    }))
    .filter(({ figures }) => figures.some((one) => one?.value !== undefined));
}

/** A table whose cells have bars as long as their numbers, against the largest of the column. */
function bars(comparison: Comparison, name: string, known: readonly KnownColumn[]): Markup {
  const { systems } = comparison;
  const look = looks(comparison);
  const rows = systems.map((system, at) => {
    const { tone } = look(system.name);
    const cells = known.map(({ figures, format }) => {
      const most = Math.max(...figures.map((one) => Math.abs(one?.value ?? 0)));
      return barCell(figures[at], most, format);
    });
    return html`<tr class="${tone}">${systemHead(system.name, tone)}${cells}</tr>`;
  });
  return scrolling(
    name,
    html`<table class="bars">${tableHead(['system', ...known.map((column) => column.name)])}<tbody>${rows}</tbody></table>`,
  );
}

function barCell(figure: Figure | undefined, most: number, format: Column['format']): Markup {
  if (figure?.value === undefined) return html`<td>–</td>`;
  const length = most > 0 ? Math.round((1000 * Math.abs(figure.value)) / most) / 10 : 0;
  return html`<td><b>${format(figure.value)}</b><i class="bar" style="--length:${length}%"></i><span class="soft">n ${formatCount(figure.n)}</span></td>`;
}
