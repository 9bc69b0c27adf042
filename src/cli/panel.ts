import { formatBytes, formatDuration, formatNumber, formatShare, formatShort, printable } from '../text/format.js';
import { type Colours, withoutColours } from './colours.js';
import { cutTo } from './cut-to.js';
import { type RunView, secondsLeft, tokensPerSecond } from './run-view.js';
import { sampleLines } from './sample-lines.js';
import { sparkline } from './sparkline.js';

export interface PanelOptions {
  /** Columns of the terminal. */
  readonly width: number;
  /** Seconds since the run began. */
  readonly elapsed: number;
  readonly colours?: Colours;
}

const WIDEST = 100;
const CELL = 24;
const CELL_GAP = 2;
/** Samples shown; a panel must fit on a small terminal. */
const SAMPLES = 2;

/** The live panel as lines, none wider than the terminal. */
export function renderPanel(view: RunView, options: PanelOptions): string[] {
  const colours = options.colours ?? withoutColours;
  // the last column stays free: some terminals wrap when it is written
  const width = Math.max(20, Math.min(WIDEST, options.width - 1));
  const { start, last } = view;
  const lines: string[] = [];
  if (start !== undefined) lines.push(...heading(view, width, colours));
  if (last === undefined) {
    lines.push(cutTo(view.saving ? 'saving …' : (view.loading ?? 'starting …'), width));
    return lines;
  }
  lines.push(progress(view, options.elapsed, width, colours));
  lines.push(...table(cells(view), width, colours));
  const curve = (name: string, values: readonly number[], paint: (text: string) => string): void => {
    if (values.length > 1) lines.push(`${colours.dim(name.padEnd(8))}${paint(sparkline(values, width - 8))}`);
  };
  curve('loss', view.losses, colours.cyan);
  curve('margin', view.margins, colours.green);
  curve('reward', view.rewards, colours.green);
  if (view.evaluation !== undefined) lines.push(colours.dim(cutTo(describeEvaluation(view.evaluation), width)));
  if (view.samples !== undefined) lines.push(...sampleLines(view.samples, width).slice(0, SAMPLES).map(colours.dim));
  if (view.saving)
    lines.push(colours.yellow(cutTo('saving … (press Ctrl-C again to stop at once, without saving)', width)));
  return lines;
}

/** One line about an evaluation. */
export function describeEvaluation(event: { readonly step: number; readonly metrics: Metrics }): string {
  const parts = cellsOf(event.metrics).map(([name, value]) => `${name} ${value}`);
  return [`eval at ${event.step}`, ...parts].join('  ');
}

type Metrics = Readonly<Record<string, number>>;
type Cell = readonly [name: string, value: string];

function heading(view: RunView, width: number, { bold, dim }: Colours): string[] {
  const { start } = view;
  if (start === undefined) return [];
  const trained = start.trained === start.parameters ? 'all weights' : `${formatShort(start.trained)} trained`;
  const about = `${formatShort(start.parameters)} parameters, ${trained}, ${start.precision}`;
  const title = cutTo(printable(`${start.method}  ${start.model}`), width);
  return [
    bold(title),
    dim(cutTo(`${about}, ${formatShort(start.examples)} examples → ${printable(start.run)}`, width)),
  ];
}

function progress(view: RunView, elapsed: number, width: number, { cyan, dim }: Colours): string {
  const { step = 0, steps = 1 } = view.last ?? {};
  const left = secondsLeft(view);
  const times = `${formatDuration(elapsed)}, ${left === undefined ? '–' : formatDuration(left)} left`;
  const count = `step ${step}/${steps}`;
  const room = width - count.length - times.length - 4;
  if (room < 5) return cutTo(`${count}  ${times}`, width);
  const filled = Math.max(0, Math.min(room, Math.round((step / Math.max(1, steps)) * room)));
  return `${count}  ${cyan('█'.repeat(filled))}${dim('░'.repeat(room - filled))}  ${times}`;
}

function cells(view: RunView): Cell[] {
  const speed = tokensPerSecond(view);
  return [
    ...cellsOf(view.last?.metrics ?? {}),
    ['tokens/s', speed === undefined ? '–' : formatShort(speed)],
    ['peak memory', formatBytes(view.last?.peakBytes ?? 0)],
  ];
}

/** The metrics people look at, in the order of the panel; those a method does not have are left out. */
export function cellsOf(metrics: Metrics): Cell[] {
  const oddsRatio = metrics.log_odds_ratio;
  const found: [string, number | undefined, (value: number) => string][] = [
    ['reward', metrics.reward, formatNumber],
    ['KL', metrics.kl, (value) => formatNumber(value, 3)],
    ['loss', metrics.loss, formatNumber],
    ['nll', metrics.nll_loss, formatNumber],
    // the metric is the logarithm of a sigmoid; its negative is the part of the loss, before lambda
    ['odds ratio', oddsRatio === undefined ? undefined : -oddsRatio, formatNumber],
    ['margin', metrics['rewards/margins'], formatNumber],
    ['accuracy', metrics['rewards/accuracies'], formatShare],
    ['learning rate', metrics.learning_rate, (value) => formatNumber(value, 3)],
    ['grad norm', metrics.grad_norm, (value) => formatNumber(value, 3)],
  ];
  return found.flatMap(([name, value, format]) => (value === undefined ? [] : [[name, format(value)] as const]));
}

function table(items: readonly Cell[], width: number, { dim }: Colours): string[] {
  const columns = Math.max(1, Math.floor((width + CELL_GAP) / (CELL + CELL_GAP)));
  const lines: string[] = [];
  for (let i = 0; i < items.length; i += columns) {
    const row = items.slice(i, i + columns).map(([name, value]) => {
      const room = Math.min(CELL, width);
      const gap = ' '.repeat(Math.max(1, room - name.length - value.length));
      return `${dim(name)}${gap}${value}`;
    });
    lines.push(row.join(' '.repeat(CELL_GAP)));
  }
  return lines;
}
