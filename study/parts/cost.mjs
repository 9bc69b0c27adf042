import { SUPPORT } from '../data.mjs';
import { lines } from '../figure.mjs';
import { chatModel } from '../models.mjs';
import { meanOf, table } from '../page.mjs';

export const about = {
  title: 'What a margin costs: operations, memory, seconds',
  claim:
    'ORPO needs no reference model and half of the forward passes of DPO, so it takes fewer operations and less memory (section 7.3); nothing was measured.',
};

/** Systems as rows of stages; a stage starts from what the last one trained. */
const SYSTEMS = [
  { name: 'ORPO', stages: [{ method: 'orpo', objective: { lambda: 1 } }] },
  { name: 'SFT, DPO', stages: [{ method: 'sft' }, { method: 'dpo', reference: 'model' }] },
  { name: 'SFT, DPO with cached reference', stages: [{ method: 'sft' }, { method: 'dpo', reference: 'cached' }] },
  { name: 'SFT, IPO', stages: [{ method: 'sft' }, { method: 'ipo', reference: 'cached' }] },
  { name: 'SFT, KTO', stages: [{ method: 'sft' }, { method: 'kto', reference: 'cached' }] },
];
/** Mean log-prob a token of chosen less rejected, over the held-out pairs. */
const MARGIN = 0.5;

export async function study(workshop) {
  const { steps, seeds } = workshop.scale;
  const before = await workshop.score(['--model', chatModel.model], SUPPORT.heldOut);
  const found = [];
  for (const { name, stages } of SYSTEMS) {
    const points = [[0, meanOf(before.margins).mean]];
    let peakBytes = 0;
    let complete = true;
    for (const length of [1, 2]) {
      if (!workshop.allows(`${name} of ${2 * length * steps} updates`)) {
        complete = false;
        break;
      }
      const runs = [];
      for (const stage of stages) {
        const from = runs.at(-1);
        runs.push(
          await workshop.train(`cost-${name}-${length}-${stage.method}`.toLowerCase().replaceAll(/[ ,]+/g, '-'), {
            ...stage,
            model: from === undefined ? chatModel.model : `${from.output}/model`,
            data: { train: SUPPORT.train, maxLength: 384 },
            training: {
              epochs: 100,
              // all systems make as many updates, whatever their stages
              maxSteps: Math.round((2 * length * steps) / stages.length),
              batch: stage.method === 'kto' ? 16 : 8,
              learningRate: 2e-5,
              schedule: 'constant',
              warmup: 0,
              samples: 0,
              seed: seeds[0],
            },
          }),
        );
      }
      const { margins } = await workshop.score(runs.at(-1).model, SUPPORT.heldOut);
      const costs = runs.map(({ result }) => result.cost);
      const sum = (key) =>
        costs.reduce((total, { updates, reference }) => total + updates[key] + (reference?.[key] ?? 0), 0);
      peakBytes = Math.max(peakBytes, ...costs.map((cost) => cost.peakBytes));
      points.push([sum('flops'), meanOf(margins).mean, sum('seconds'), sum('forwards')]);
    }
    if (complete) found.push({ name, points, peakBytes, reached: costOf(points) });
  }
  const orpo = found.find(({ name }) => name === 'ORPO');
  const times = (row) =>
    row.reached === undefined || orpo?.reached === undefined ? '' : (row.reached.flops / orpo.reached.flops).toFixed(2);
  return {
    figures: [
      lines(
        'cost.svg',
        'Held-out margin by operations of the updates (10¹² multiply-adds and additions)',
        'teraFLOP',
        found.map(({ name, points }) => ({ name, points: points.map(([flops, margin]) => [flops / 1e12, margin]) })),
      ),
    ],
    tables: [
      table(
        [
          'system',
          'updates',
          'margin',
          'teraFLOP',
          'forwards',
          'seconds',
          'peak memory',
          `teraFLOP to ${MARGIN}`,
          'in units of ORPO',
        ],
        found.map((row) => {
          const [flops, margin, seconds, forwards] = row.points.at(-1);
          return [
            row.name,
            4 * steps,
            margin.toFixed(2),
            (flops / 1e12).toFixed(1),
            forwards,
            seconds.toFixed(0),
            `${(row.peakBytes / 2 ** 30).toFixed(2)} GiB`,
            row.reached === undefined ? 'not reached' : (row.reached.flops / 1e12).toFixed(1),
            times(row),
          ];
        }),
      ),
    ],
    found: [
      `A held-out margin of ${MARGIN} took ${found.map((row) => `${row.name} ${row.reached === undefined ? 'more than it had' : `${times(row)} times ORPO's operations`}`).join('; ')}.`,
    ],
    limits: [
      'One learning rate for all, one seed; between the two lengths of each system the margin is taken to grow evenly. Seconds are of a machine that may have done other things too; operations and memory are not.',
      'Stages share the updates evenly. PPO and SPIN, which sample, are in the table of stages of their recipes and not here.',
    ],
    numbers: { found },
  };
}

/** Operations to the margin, on the line between the two lengths around it; undefined where it is not reached. */
function costOf(points) {
  const at = points.findIndex(([, margin]) => margin >= MARGIN);
  if (at <= 0) return undefined;
  const [from, to] = [points[at - 1], points[at]];
  const part = (MARGIN - from[1]) / (to[1] - from[1]);
  return { flops: from[0] + part * (to[0] - from[0]) };
}
