import { rowsOf, SUPPORT } from '../data.mjs';
import { lines } from '../figure.mjs';
import { chatModel } from '../models.mjs';
import { meanOf, table, withReach } from '../page.mjs';
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
const SEED = 1;

export async function study(workshop) {
  const { updates: lengths, batch, demonstrations } = workshop.scale.cost;
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
    seed: SEED,
  });
  const found = [];
  for (const system of SYSTEMS) {
    const { name } = system;
    const points = [{ flops: 0, seconds: 0, forwards: 0, margin: meanOf(before.margins) }];
    let peakBytes = 0;
    let complete = true;
    for (const updates of lengths) {
      const run = `cost-${name}-${updates}`.toLowerCase().replaceAll(/[ ,]+/g, '-');
      const last = system.spin ? run : `${run}-${system.stages.at(-1).method}`;
      if (!workshop.allows(`${name} of ${updates} updates`, last)) {
        complete = false;
        break;
      }
      const make = system.spin ? inRounds : inStages;
      const { costs, answering, model } = await make(
        workshop,
        run,
        system,
        // all systems make as many updates, whatever their stages
        (method) => training(updates / (system.stages?.length ?? 2), method),
        demonstrations,
      );
      const { margins } = await workshop.score(model, SUPPORT.heldOut);
      const sum = (key) =>
        costs.reduce((total, { updates: own, reference }) => total + own[key] + (reference?.[key] ?? 0), 0);
      peakBytes = Math.max(peakBytes, ...costs.map((cost) => cost.peakBytes));
      points.push({
        flops: sum('flops'),
        seconds: sum('seconds') + answering,
        forwards: sum('forwards'),
        margin: meanOf(margins),
      });
    }
    if (complete) found.push({ name, points, peakBytes, reached: costOf(points) });
  }
  if (found.length === 0) return undefined;
  const orpo = found.find(({ name }) => name === 'ORPO');
  const times = (row, key) =>
    row.reached === undefined || orpo?.reached === undefined
      ? undefined
      : (row.reached[key] / orpo.reached[key]).toFixed(2);
  return {
    figures: [
      lines(
        'cost.svg',
        'Held-out margin by 10¹² operations of the updates',
        'teraFLOP',
        found.map(({ name, points }) => ({
          name,
          points: points.map(({ flops, margin }) => [flops / 1e12, margin.mean]),
        })),
      ),
    ],
    tables: [
      table(
        ['system', 'updates', 'margin', 'teraFLOP', 'forwards', 'seconds', 'peak memory'],
        found.map(({ name, points, peakBytes }) => {
          const { margin, flops, seconds, forwards } = points.at(-1);
          return [
            name,
            lengths.at(-1),
            withReach(margin),
            (flops / 1e12).toFixed(1),
            forwards,
            seconds.toFixed(0),
            gibibytes(peakBytes),
          ];
        }),
      ),
      table(
        ['system', `teraFLOP to a margin of ${MARGIN}`, 'in units of ORPO', 'seconds', 'in units of ORPO'],
        found.map((row) =>
          row.reached === undefined
            ? [row.name, 'not reached', '', '', '']
            : [
                row.name,
                (row.reached.flops / 1e12).toFixed(1),
                times(row, 'flops') ?? '',
                row.reached.seconds.toFixed(0),
                times(row, 'seconds') ?? '',
              ],
        ),
      ),
    ],
    found: [
      ...told(found, orpo, times),
      `Tensors took at most ${found.map(({ name, peakBytes }) => `${gibibytes(peakBytes)} (${name})`).join(', ')}.`,
    ],
    limits: [
      'One model, one learning rate for all, one seed; between the lengths of each system the margin is taken to grow evenly, and intervals are over held-out pairs. A method with a learning rate of its own may come out elsewhere: the broad table searches one for each.',
      'Stages share the updates evenly. Seconds are of the updates and of a reference before them, without loading and saving. The operations and seconds of PPO hold its sampling; of the answers that SPIN writes between its rounds the seconds are counted, the operations not. The peak is that of the largest stage.',
    ],
    numbers: { found },
    seeds: [SEED],
  };
}

/** What the margin took, ORPO first. */
function told(found, orpo, times) {
  if (orpo === undefined) return [];
  if (orpo.reached === undefined) return [`ORPO did not reach a held-out margin of ${MARGIN}.`];
  const others = found.filter((row) => row !== orpo);
  const reached = others.filter((row) => row.reached !== undefined);
  const missed = others.filter((row) => row.reached === undefined);
  const { flops, seconds } = orpo.reached;
  return [
    `A held-out margin of ${MARGIN} took ORPO ${(flops / 1e12).toFixed(1)} teraFLOP and ${seconds.toFixed(0)} seconds.`,
    ...reached.map(
      (row) => `${row.name}: ${times(row, 'flops')} times the operations, ${times(row, 'seconds')} times the seconds.`,
    ),
    ...(missed.length === 0 ? [] : [`Not reached: ${missed.map(({ name }) => name).join('; ')}.`]),
  ];
}

const gibibytes = (bytes) => `${(bytes / 2 ** 30).toFixed(2)} GiB`;

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
  return { costs: runs.map(({ result }) => result.cost), answering: 0, model: runs.at(-1).model };
}

function inRounds(workshop, run, _, training, demonstrations) {
  return selfPlay(workshop, run, {
    model: chatModel.model,
    demonstrations: 'support-demonstrations.jsonl',
    pairs: rowsOf(SUPPORT.train),
    limit: demonstrations,
    maxTokens: 96,
    training: training('spin'),
  });
}

/** Operations and seconds to the margin, on the line between the two lengths around it; undefined where it is not reached. */
function costOf(points) {
  const at = points.findIndex(({ margin }) => margin.mean >= MARGIN);
  if (at <= 0) return undefined;
  const [from, to] = [points[at - 1], points[at]];
  const part = (MARGIN - from.margin.mean) / (to.margin.mean - from.margin.mean);
  const between = (key) => from[key] + part * (to[key] - from[key]);
  return { flops: between('flops'), seconds: between('seconds') };
}
