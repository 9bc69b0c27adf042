import { orpo } from '../scripts/run-orpo.mjs';
import { dialogues, rowsOf, SUPPORT, writeRows } from './data.mjs';

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
    microTokens: 2048,
    samples: 0,
    checkpointEvery: 1000,
    keepCheckpoints: 1,
    seed,
  };
}

/** Pairs of a model: our own for one that chats, dialogues for others; half of them to train on, half for the judge. */
export function pairsFor(workshop, { parameters }) {
  const chats = parameters > 10_000_000;
  const { train, heldOut } = (chats ? undefined : dialogues(workshop, workshop.scale.heldOut)) ?? SUPPORT;
  const rows = rowsOf(train);
  const name = chats ? 'support' : 'dialogues';
  const half = Math.ceil(rows.length / 2);
  return {
    name,
    policy: writeRows(workshop, `${name}-policy.jsonl`, rows.slice(0, half)),
    judge: writeRows(workshop, `${name}-judge.jsonl`, rows.slice(half)),
    heldOut,
  };
}

/**
 * SFT, SFT then DPO, SFT then a reward model and PPO, and ORPO, all from one model on the same pairs; and a judge that is
 * trained on other pairs. Those that the time allowed, as `name=FOLDER` for `orpo compare`.
 */
export async function alignedSystems(workshop, size, pairs, seed = 1) {
  const { steps, batch } = workshop.scale;
  const { model, parameters } = size;
  const label = `${pairs.name}-${size.name}`.toLowerCase().replaceAll(' ', '-');
  const run = (name, method, from, updates, more = {}) =>
    workshop.train(`systems-${label}-${name}`, {
      method,
      model: from,
      data: { train: pairs.policy, maxLength: 384 },
      ...more,
      training: { ...training({ parameters, updates, batch, seed }), ...more.training },
    });
  const systems = [`base=${model}`];
  const sft = await run('sft', 'sft', model, steps);
  const after = `${sft.output}/model`;
  systems.push(`SFT=${sft.output}`);
  systems.push(`ORPO=${(await run('orpo', 'orpo', model, 2 * steps, { objective: { lambda: 1 } })).output}`);
  if (workshop.allows(`DPO of ${size.name}`)) systems.push(`DPO=${(await run('dpo', 'dpo', after, steps)).output}`);
  if (workshop.allows(`PPO of ${size.name}`)) {
    const reward = await run('reward', 'reward', after, steps);
    const ppo = await run('ppo', 'ppo', after, Math.ceil(steps / 2), {
      reward: { kind: 'reward', model: `${reward.output}/model` },
      rollout: { maxTokens: 64, responses: 2 },
      training: { maxSteps: Math.ceil(steps / 2) },
    });
    systems.push(`PPO=${ppo.output}`);
  }
  const judge = await run('judge', 'reward', model, 2 * steps, { data: { train: pairs.judge, maxLength: 384 } });
  return { systems, judge: `reward:${judge.output}/model`, heldOut: pairs.heldOut, label };
}

/** What `orpo compare` found of systems, as its report says it. */
export async function compared(
  workshop,
  { systems, judge, heldOut, label },
  { samples, temperature, limit, embeddings },
) {
  const folder = `${workshop.folder}/compare-${label}-${samples}`;
  await orpo([
    'compare',
    ...systems,
    ...['--prompts', heldOut, '--judge', judge, '--output', folder, '--limit', String(limit)],
    ...['--samples', String(samples), '--temperature', String(temperature), '--max-tokens', '64'],
    ...['--embeddings', embeddings],
  ]);
  return workshop.readJson(`${folder}/report.json`);
}
