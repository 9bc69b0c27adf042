import { percent, WIN_RATE_HEAD, winRateCells, winRates } from '../contests.mjs';
import { lines } from '../figure.mjs';
import { models } from '../models.mjs';
import { meanOf, table } from '../page.mjs';
import { alignedSystems, compared, pairsFor } from '../systems.mjs';

export const about = {
  title: 'Win rates and rewards: ORPO against SFT, PPO and DPO',
  claim:
    'A reward model prefers ORPO to SFT and to PPO at every size, and to DPO the more the larger the model (tables 2 and 3); its rewards lie furthest to the right (figure 5).',
};

export async function study(workshop) {
  const { seeds, prompts } = workshop.scale.systems;
  const figures = [];
  const contests = [];
  const rewards = [];
  const judges = [];
  for (const size of await models(workshop)) {
    const reports = [];
    const accuracies = [];
    for (const seed of seeds) {
      if (!workshop.allows(`the systems of ${size.name}, seed ${seed}`)) continue;
      const made = await alignedSystems(workshop, size, pairsFor(workshop, size), seed);
      const settings = { samples: 1, temperature: 0.7, limit: prompts, embeddings: 'none' };
      reports.push(await compared(workshop, made, settings));
      accuracies.push(made.accuracy);
    }
    if (reports.length === 0) continue;
    judges.push({ size: size.name, accuracy: meanOf(accuracies).mean });
    for (const contest of winRates(reports, 'ORPO')) contests.push({ size: size.name, ...contest });
    const [first] = reports;
    for (const { system, n, mean, sd } of first.rewards?.systems ?? [])
      rewards.push({ size: size.name, system, n, mean, sd });
    figures.push(...densities(size.name, first.rewards));
  }
  if (contests.length === 0) return undefined;
  return {
    figures,
    tables: [
      table(
        ['model', 'ORPO against', ...WIN_RATE_HEAD],
        contests.map((contest) => [contest.size, contest.against, ...winRateCells(contest)]),
      ),
      table(
        ['model', 'system', 'mean reward', 'deviation', 'answers'],
        rewards.map(({ size, system, mean, sd, n }) => [size, system, mean.toFixed(2), sd.toFixed(2), n]),
      ),
    ],
    found: ['SFT', 'DPO', 'PPO'].flatMap((against) =>
      won(
        against,
        contests.filter((contest) => contest.against === against),
      ),
    ),
    limits: [
      `The judge is a reward model of the same size, trained on pairs that no system saw; the paper judged with a larger one. Of the held-out pairs the judges have the right way round: ${judges.map(({ size, accuracy }) => `${size} ${percent(accuracy)}`).join(', ')}. Where that is near 50 %, its win rates say nothing.`,
      `${prompts} prompts at most, one answer to each; ${seeds.length === 1 ? 'one seed' : `${seeds.length} seeds`}, one learning rate for all methods; the chat model had been aligned before. Intervals are over prompts; rewards and their densities are of the first seed. Answers are cut at 96 tokens.`,
      'The reward model of PPO learnt from the pairs the policies learnt from; PPO makes half as many updates as DPO, each with answers of its own.',
    ],
    numbers: { contests, rewards, judges },
    seeds,
  };
}

function won(against, contests) {
  const sure = contests.filter(({ low }) => low > 0.5).length;
  const lost = contests.filter(({ high }) => high < 0.5).length;
  const told = contests.map(({ size, rate }) => `${percent(rate)} (${size})`);
  if (contests.length === 0) return [];
  return [
    `Against ${against} ORPO won ${told.join(', ')}: for sure at ${sure} of ${contests.length} sizes, lost for sure at ${lost}.`,
  ];
}

function densities(size, rewards) {
  const systems = (rewards?.systems ?? []).filter(({ density }) => density !== undefined);
  if (systems.length === 0) return [];
  const file = `win-rate-rewards-${size.toLowerCase().replaceAll(' ', '-')}.svg`;
  const series = systems.map(({ system, density }) => ({
    name: system,
    points: density.map((value, at) => [rewards.grid[at], value]),
  }));
  return [lines(file, `Density of rewards, ${size}`, 'reward', series)];
}
