import { scrolling } from '../../../drawing/layout.js';
import { html, type Markup } from '../../../drawing/markup.js';
import { type Dot, scatterChart } from '../../../drawing/scatter-chart.js';
import { formatBytes, formatCount, formatDuration, formatShort } from '../../../text/format.js';
import type { Comparison, Estimate } from '../comparison.js';
import { baseOf, costColumns, costWords, standing } from '../words.js';
import { figure, systemHead, tableHead } from './parts.js';
import { looks } from './tones.js';

/** What a system's training took, against what came of it. */
export function costSection(comparison: Comparison): Markup | undefined {
  const { systems } = comparison;
  if (systems.every(({ cost, answering }) => cost === undefined && answering === undefined)) return undefined;
  const charts = ([FLOPS, SECONDS] as const).map((measure) => scatter(comparison, measure));
  return html`<div class="figures">
${charts}
${table(comparison)}
</div>`;
}

interface Measure {
  readonly key: 'flops' | 'seconds';
  readonly name: string;
  /** Units that numbers of any size can be told in, the largest first. */
  readonly units: readonly (readonly [string, number])[];
}

const FLOPS: Measure = {
  key: 'flops',
  name: 'computation of the training',
  units: [
    ['EFLOP', 1e18],
    ['PFLOP', 1e15],
    ['TFLOP', 1e12],
    ['GFLOP', 1e9],
    ['MFLOP', 1e6],
    ['FLOP', 1],
  ],
};
const SECONDS: Measure = {
  key: 'seconds',
  name: 'time of the training',
  units: [
    ['hours', 3600],
    ['minutes', 60],
    ['seconds', 1],
  ],
};

/** Quality against one measure of cost; undefined where fewer than two systems have both. */
function scatter(comparison: Comparison, { key, name, units }: Measure): Markup | undefined {
  const quality = qualityOf(comparison);
  if (quality === undefined) return undefined;
  const look = looks(comparison);
  const known = comparison.systems.flatMap(({ name: system, cost }) => {
    const amount = cost?.[key] ?? 0;
    const of = quality.of(system);
    return amount > 0 && of !== undefined && Number.isFinite(of.value) ? [{ system, amount, of }] : [];
  });
  if (known.length < 2) return undefined;
  const most = Math.max(...known.map(({ amount }) => amount));
  const [unit, size] = units.find(([, one]) => most >= 2 * one) ?? units.at(-1) ?? ['', 1];
  const dots = known.map(({ system, amount, of: { value, low, high } }): Dot => {
    const reach = low === undefined || high === undefined ? undefined : ([low, high] as const);
    return { name: system, tone: look(system).tone, x: amount / size, y: value, reach };
  });
  const chart = scatterChart({
    title: `${quality.name} against ${name}`,
    across: `${unit}, logarithmic`,
    up: quality.name,
    share: true,
    dots,
    level: quality.level,
  });
  return figure(
    `Quality against ${key === 'flops' ? 'computation' : 'time'}`,
    'Further up is better, further left cheaper. Lines are 95% intervals.',
    chart,
  );
}

interface Quality {
  readonly name: string;
  readonly of: (system: string) => Estimate | undefined;
  readonly level: { readonly y: number; readonly name: string } | undefined;
}

/** Win rate against the base where there is one, else accuracy on held-out pairs. */
function qualityOf(comparison: Comparison): Quality | undefined {
  const base = baseOf(comparison);
  if (base === undefined) return undefined;
  if (comparison.contests.length > 0) {
    return {
      name: `win rate against ${base.name}`,
      of: (system) => standing(comparison, system, base.name)?.rate,
      level: { y: 0.5, name: base.name },
    };
  }
  const accuracy = base.preference?.accuracy.mean.value;
  return {
    name: 'accuracy on held-out pairs',
    of: (system) => comparison.systems.find(({ name }) => name === system)?.preference?.accuracy.mean,
    level: accuracy === undefined || base.cost !== undefined ? undefined : { y: accuracy, name: base.name },
  };
}

const FORMATS = { count: formatShort, seconds: formatDuration, bytes: formatBytes } as const;

function table(comparison: Comparison): Markup {
  const { systems } = comparison;
  const look = looks(comparison);
  const columns = costColumns.filter(({ key }) => systems.some(({ cost }) => cost?.[key] !== undefined));
  const answered = systems.some(({ answering }) => answering !== undefined);
  const rows = systems.map(({ name, cost, answering }) => {
    const cells = columns.map(({ key, unit }) => {
      const value = cost?.[key];
      return html`<td>${value === undefined ? '–' : FORMATS[unit](value)}</td>`;
    });
    const speed =
      answering === undefined || !(answering.seconds > 0) ? '–' : formatCount(answering.tokens / answering.seconds);
    return html`<tr>${systemHead(name, look(name).tone)}${cells}${answered ? html`<td>${speed}</td>` : undefined}</tr>`;
  });
  const heads = [...columns.map(({ name }) => name), ...(answered ? ['answering, tokens/s'] : [])];
  return figure(
    'In numbers',
    ['What the updates of a run took; systems that were not trained here have none.', costWords(systems) ?? ''].join(
      ' ',
    ),
    scrolling('Cost in numbers', html`<table>${tableHead(['system', ...heads])}<tbody>${rows}</tbody></table>`),
  );
}
