import { densityChart } from '../../../drawing/density-chart.js';
import { scrolling } from '../../../drawing/layout.js';
import { html, type Markup } from '../../../drawing/markup.js';
import { formatCount, formatShare } from '../../../text/format.js';
import type { RewardDistributions } from '../../reward-distribution.js';
import type { Comparison } from '../comparison.js';
import { short } from '../words.js';
import { estimateCell, figure, systemHead, tableHead } from './parts.js';
import { looks } from './tones.js';

/** How the judge's rewards lie. */
export function rewardSection(comparison: Comparison): Markup | undefined {
  const { rewards } = comparison;
  if (rewards === undefined) return undefined;
  const look = looks(comparison);
  const chart = densityChart({
    title: 'Reward distributions',
    measure: 'reward',
    grid: rewards.grid,
    densities: rewards.systems.map(({ system, n, density, quantiles }) => {
      const { '0.05': low, '0.95': high } = quantiles;
      return {
        name: system,
        ...look(system),
        n,
        density,
        median: quantiles['0.5'],
        middle: [quantiles['0.25'], quantiles['0.75']],
        outer: low === undefined || high === undefined ? undefined : [low, high],
      };
    }),
  });
  return html`<div class="figures">
${figure(
  'Distribution',
  `Of ${formatCount(rewards.n)} prompts a system, each the mean over its answers. Below: median, the middle half and the middle nine tenths.`,
  chart,
)}
${shifts(comparison, rewards)}
</div>`;
}

function shifts(comparison: Comparison, { systems, base }: RewardDistributions): Markup {
  const look = looks(comparison);
  const rows = systems.map(({ system, n, mean, sd, against }) => {
    const { tone } = look(system);
    const own = html`${systemHead(system, tone)}<td>${formatCount(n)}</td><td><b>${short(mean)}</b></td><td>${short(sd)}</td>`;
    if (against === undefined) return html`<tr>${own}<td>–</td><td>–</td><td>–</td></tr>`;
    const { paired, cohensD, lowTail } = against;
    return html`<tr>${own}${estimateCell({ ...paired.difference, n: paired.n }, short)}<td>${short(cohensD)}</td>${estimateCell(lowTail && { ...lowTail, n }, formatShare)}</tr>`;
  });
  return figure(
    'In numbers',
    `Gain: the mean difference from ${base} on the same prompts, with its 95% interval. d: that of the two distributions, in standard deviations (sd).`,
    scrolling(
      'Rewards in numbers',
      html`<table>${tableHead(['system', 'n', 'mean', 'sd', 'gain', 'd', 'low tail'])}<tbody>${rows}</tbody></table>`,
    ),
    `Low tail: the share of rewards under the 5th percentile of ${base}; above 5% there are more bad answers than before.`,
  );
}
