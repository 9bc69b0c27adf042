import { rowsOf, SUPPORT } from '../data.mjs';
import { lines } from '../figure.mjs';
import { chatModel } from '../models.mjs';
import { meanOf, table } from '../page.mjs';
import { selfPlay } from '../self-play.mjs';

export const about = {
  title: 'What a margin costs: operations, memory, seconds',
  claim:
    'ORPO needs no reference model and half of the forward passes of DPO, so it takes fewer operations and less memory (section 7.3); nothing was measured.',
};

const sft = { method: 'sft' };
/** Systems as rows of stages; a stage starts from what the last one trained, but for a reward model that is only asked. */
const SYSTEMS = [
  { name: 'ORPO', stages: [{ method: 'orpo', objective: { lambda: 1 } }] },
  { name: 'SFT, DPO', stages: [sft, { method: 'dpo', reference: 'copy' }] },
  { name: 'SFT, DPO with cached reference', stages: [sft, { method: 'dpo', reference: 'cached' }] },
  { name: 'SFT, IPO', stages: [sft, { method: 'ipo', reference: 'cached' }] },
  { name: 'SFT, KTO', stages: [sft, { method: 'kto', reference: 'cached' }] },
  {
    name: 'SFT, reward model, PPO',
    stages: [sft, { method: 'reward' }, { method: 'ppo', rollout: { maxTokens: 64, responses: 2 } }],
  },
  { name: 'SPIN in two rounds', spin: true },
];
/** Mean log-prob a token of chosen less rejected, over the held-out pairs. */
const MARGIN = 0.5;

export async function study(workshop) {
  const { steps, batch, seeds } = workshop.scale;
  const before = await workshop.score(['--model', chatModel.model], SUPPORT.heldOut);
  const training = (updates, method) => ({
    epochs: 100,
    maxSteps: Math.max(1, Math.round(updates)),
    // a pair is two labelled examples
    batch: method === 'kto' ? 2 * batch : batch,
    learningRate: 2e-5,
    schedule: 'constant',
    warmup: 0,
    samples: 0,
    seed: seeds[0],
  });
  const found = [];
  for (const system of SYSTEMS) {
    const { name } = system;
    const points = [[0, meanOf(before.margins).mean]];
    let peakBytes = 0;
    let complete = true;
    for (const length of [1, 2]) {
      const updates = 2 * length * steps;
      if (!workshop.allows(`${name} of ${updates} updates`)) {
        complete = false;
        break;
      }
      const run = `cost-${name}-${length}`.toLowerCase().replaceAll(/[ ,]+/g, '-');
      const { costs, seconds, model } = await (system.spin ? inRounds : inStages)(workshop, run, system, (method) =>
        // all systems make as many updates, whatever their stages
        training(updates / (system.stages?.length ?? 2), method),
      );
      const { margins } = await workshop.score(model, SUPPORT.heldOut);
      const sum = (key) =>
        costs.reduce((total, { updates, reference }) => total + updates[key] + (reference?.[key] ?? 0), 0);
      peakBytes = Math.max(peakBytes, ...costs.map((cost) => cost.peakBytes));
      points.push([sum('flops'), meanOf(margins).mean, seconds ?? sum('seconds'), sum('forwards')]);
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
      'Stages share the updates evenly. The operations of PPO hold its sampling; those of SPIN do not hold the answers it writes between its rounds, its seconds do.',
    ],
    numbers: { found },
  };
}

/** Runs one after another; what PPO asks is the stage before it, and what it trains on the one before that. */
async function inStages(workshop, run, { stages }, training) {
  const runs = [];
  for (const stage of stages) {
    const last = runs.at(-1);
    const asked = stage.method === 'ppo' ? { reward: { kind: 'reward', model: `${last.output}/model` } } : {};
    const from = stage.method === 'ppo' ? runs.at(-2) : last;
    const config = {
      ...stage,
      ...asked,
      model: from === undefined ? chatModel.model : `${from.output}/model`,
      data: { train: SUPPORT.train, maxLength: 384 },
      training: training(stage.method),
    };
    runs.push(await workshop.train(`${run}-${stage.method}`, config));
  }
  return { costs: runs.map(({ result }) => result.cost), model: runs.at(-1).model };
}

function inRounds(workshop, run, _, training) {
  return selfPlay(workshop, run, {
    model: chatModel.model,
    demonstrations: 'support-demonstrations.jsonl',
    pairs: rowsOf(SUPPORT.train),
    limit: 96,
    maxTokens: 96,
    training: training('spin'),
  });
}

/** Operations to the margin, on the line between the two lengths around it; undefined where it is not reached. */
function costOf(points) {
  const at = points.findIndex(([, margin]) => margin >= MARGIN);
  if (at <= 0) return undefined;
  const [from, to] = [points[at - 1], points[at]];
  const part = (MARGIN - from[1]) / (to[1] - from[1]);
  return { flops: from[0] + part * (to[0] - from[0]) };
}
