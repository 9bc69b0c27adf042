import type { Chart, Curve, Tone } from '../../../drawing/chart.js';
import { chartElement } from '../../../drawing/chart-element.js';
import { html, type Markup } from '../../../drawing/markup.js';
import type { Comparison, SystemReport, TrainingCurve } from '../comparison.js';
import { figure } from './parts.js';
import { looks } from './tones.js';

const SIDES = [
  { metric: 'logps/chosen', name: 'chosen', tone: 'green' },
  { metric: 'logps/rejected', name: 'rejected', tone: 'orange' },
] as const;
/** Metrics that mean the same for each method, so that its curves may stand on one grid. */
const SHARED = [
  {
    metric: 'rewards/accuracies',
    title: 'Preference accuracy',
    about: 'In how many pairs of an update the chosen answer has the higher reward.',
    share: true,
  },
  { metric: 'kl', title: 'Divergence from the reference', about: 'Nats an answer.', share: false },
  { metric: 'entropy', title: 'Entropy', about: 'Nats a token.', share: false },
] as const;

/** How the runs went: what can be held side by side, and chosen against rejected answers of each. */
export function trainingSection(comparison: Comparison): Markup | undefined {
  const { systems } = comparison;
  const look = looks(comparison);
  const shared = SHARED.flatMap(({ metric, title, about, share }) => {
    const curves = systems.flatMap(({ name, training }) => named(training?.curves, metric, name, look(name).tone));
    return curves.length === 0 ? [] : [chartFigure({ title, curves, trend: true, share }, about)];
  });
  const sides = systems.flatMap((system) => sidesOf(system));
  if (shared.length + sides.length === 0) return undefined;
  return html`<p class="soft">Thin lines are single updates, thick ones their trend, where there are enough. Point at a chart to read its values.</p>
<div class="charts">${shared}${sides}</div>`;
}

function sidesOf({ name, training, method }: SystemReport): Markup[] {
  const curves = SIDES.flatMap((side) => named(training?.curves, side.metric, side.name, side.tone));
  if (curves.length === 0) return [];
  const title = `Log-probs in ${name}`;
  const by = method === undefined ? 'the method' : method;
  return [
    chartFigure(
      { title, curves, trend: true, share: false },
      `Of ${curves.length > 1 ? 'chosen and rejected answers' : `${curves[0]?.name ?? ''} answers`}, by token or by answer as ${by} counts.`,
    ),
  ];
}

function named(curves: readonly TrainingCurve[] | undefined, metric: string, name: string, tone: Tone): Curve[] {
  const found = curves?.find((curve) => curve.metric === metric);
  if (found === undefined || found.updates.length + found.heldOut.length === 0) return [];
  return [{ name, tone, updates: found.updates, heldOut: found.heldOut }];
}

function chartFigure(chart: Chart, about: string): Markup {
  return figure(chart.title, about, chartElement(chart));
}
