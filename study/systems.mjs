import { orpo } from '../scripts/run-orpo.mjs';
import { dialogues, rowsOf, SUPPORT, writeRows } from './data.mjs';

const MAX_TOKENS = 96;

/** Settings of a run that trains all weights of a model of this size. */
export function training({ parameters, updates, batch, seed }) {
  const large = parameters > 10_000_000;
  return {
    epochs: 100,
    maxSteps: large ? updates : 6 * updates,
    batch,
    learningRate: large ? 2e-5 : 5e-4,
    schedule: 'linear',
    warmup: 0.1,
    samples: 0,
    checkpointEvery: 1000,
    keepCheckpoints: 1,
    seed,
  };
}

/** Pairs of a model: our own for one that chats, dialogues for others; half of them to train on, half for the judge. */
export function pairsFor(workshop, { parameters }) {
  const talk = parameters > 10_000_000 ? undefined : dialogues(workshop);
  const { train, heldOut } = talk ?? SUPPORT;
  const rows = rowsOf(train);
  const name = talk === undefined ? 'support' : 'dialogues';
  const half = Math.ceil(rows.length / 2);
  return {
    name,
    policy: writeRows(workshop, `${name}-policy.jsonl`, rows.slice(0, half)),
    judge: writeRows(workshop, `${name}-judge.jsonl`, rows.slice(half)),
    heldOut,
  };
}

/**
 * A reward model that learns from pairs which no system saw, under a name of its own: how `orpo compare` asks it, and the
 * share of the held-out pairs that it has the right way round.
 */
export async function judgeOf(workshop, name, { model, parameters }, { judge, heldOut }, { updates, batch, seed }) {
  const { output, metrics } = await workshop.train(name, {
    method: 'reward',
    model,
    data: { train: judge, eval: heldOut, maxLength: 384 },
    training: training({ parameters, updates, batch, seed }),
  });
  const last = metrics.findLast(({ type }) => type === 'eval');
  return { judge: `reward:${output}/model`, accuracy: last['rewards/accuracies'] };
}

/**
 * SFT, SFT then DPO, SFT then a reward model and PPO, and ORPO, all from one model on the same pairs; and their judge.
 * Those that the time allowed, as `name=FOLDER` for `orpo compare`. ORPO makes as many updates as SFT and DPO together.
 */
export async function alignedSystems(workshop, size, pairs, seed) {
  const { updates, batch } = workshop.scale.systems;
  const { model, parameters } = size;
  const label = `${pairs.name}-${size.name}-seed-${seed}`.toLowerCase().replaceAll(' ', '-');
  const run = (name, method, from, count, more = {}) =>
    workshop.train(`systems-${label}-${name}`, {
      method,
      model: from,
      data: { train: pairs.policy, maxLength: 384 },
      ...more,
      training: training({ parameters, updates: count, batch, seed }),
    });
  const systems = [`base=${model}`];
  const sft = await run('sft', 'sft', model, updates);
  const after = `${sft.output}/model`;
  systems.push(`SFT=${sft.output}`);
  systems.push(`ORPO=${(await run('orpo', 'orpo', model, 2 * updates, { objective: { lambda: 1 } })).output}`);
  if (workshop.allows(`DPO of ${size.name}, seed ${seed}`, `systems-${label}-dpo`))
    systems.push(`DPO=${(await run('dpo', 'dpo', after, updates)).output}`);
  if (workshop.allows(`PPO of ${size.name}, seed ${seed}`, `systems-${label}-ppo`)) {
    const reward = await run('reward', 'reward', after, updates);
    const ppo = await run('ppo', 'ppo', after, Math.ceil(updates / 2), {
      reward: { kind: 'reward', model: `${reward.output}/model` },
      rollout: { maxTokens: 64, responses: 2 },
    });
    systems.push(`PPO=${ppo.output}`);
  }
  const judging = await judgeOf(workshop, `systems-${label}-judge`, size, pairs, { updates: 2 * updates, batch, seed });
  return { systems, ...judging, heldOut: pairs.heldOut, label };
}

/** What `orpo compare` found of systems, as its report says it. */
export async function compared(
  workshop,
  { systems, judge, heldOut, label },
  { samples, temperature, limit, embeddings, against = 'all' },
) {
  const folder = `${workshop.folder}/compare-${label}-${samples}`;
  await orpo([
    'compare',
    ...systems,
    ...['--prompts', heldOut, '--judge', judge, '--output', folder, '--limit', String(limit)],
    ...['--samples', String(samples), '--temperature', String(temperature), '--max-tokens', String(MAX_TOKENS)],
    ...['--embeddings', embeddings, '--against', against],
    ...['--set', 'generation.precision=auto', '--set', 'generation.batch=32'],
  ]);
  return workshop.readJson(`${folder}/report.json`);
}
