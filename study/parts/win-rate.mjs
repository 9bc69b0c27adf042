import { lines } from '../figure.mjs';
import { models } from '../models.mjs';
import { table } from '../page.mjs';
import { alignedSystems, compared, pairsFor } from '../systems.mjs';

export const about = {
  title: 'Win rates and rewards: ORPO against SFT, PPO and DPO',
  claim:
    'A reward model prefers ORPO to SFT and to PPO at every size, and to DPO the more the larger the model (tables 2 and 3); its rewards lie furthest to the right (figure 5).',
};

export async function study(workshop) {
  const figures = [];
  const contests = [];
  const rewards = [];
  for (const size of await models(workshop)) {
    if (!workshop.allows(`the systems of ${size.name}`)) continue;
    const made = await alignedSystems(workshop, size, pairsFor(workshop, size));
    const report = await compared(workshop, made, {
      samples: 1,
      temperature: 0.7,
      limit: workshop.scale.answers,
      embeddings: 'none',
    });
    for (const { a, b, winRate, paired } of report.contests) {
      if (a !== 'ORPO' && b !== 'ORPO') continue;
      const ours = a === 'ORPO';
      const turned = (value) => (ours ? value : 1 - value);
      const { value, low, high } = winRate.winRate;
      const [least, most] = [turned(low), turned(high)].sort((x, y) => x - y);
      contests.push({
        size: size.name,
        against: ours ? b : a,
        n: winRate.n,
        rate: turned(value),
        low: least,
        high: most,
        p: paired.p,
      });
    }
    for (const system of report.rewards?.systems ?? [])
      rewards.push({
        size: size.name,
        system: system.system,
        n: system.n,
        mean: system.mean,
        sd: system.sd,
        against: system.against,
      });
    const densities = (report.rewards?.systems ?? []).filter(({ density }) => density !== undefined);
    if (densities.length > 0)
      figures.push(
        lines(
          `win-rate-rewards-${made.label}.svg`,
          `Density of rewards, ${size.name}`,
          'reward',
          densities.map(({ system, density }) => ({
            name: system,
            points: density.map((value, at) => [report.rewards.grid[at], value]),
          })),
        ),
      );
  }
  const won = (against) => {
    const held = contests.filter((contest) => contest.against === against);
    const sure = held.filter(({ low }) => low > 0.5).length;
    const lost = held.filter(({ high }) => high < 0.5).length;
    return `against ${against} ORPO was preferred for sure at ${sure} of ${held.length} sizes and the other at ${lost}`;
  };
  const percent = (value) => `${(100 * value).toFixed(1)} %`;
  return {
    figures,
    tables: [
      table(
        ['model', 'ORPO against', 'win rate', '95 % interval', 'prompts'],
        contests.map(({ size, against, rate, low, high, n }) => [
          size,
          against,
          percent(rate),
          `${percent(low)} to ${percent(high)}`,
          n,
        ]),
      ),
      table(
        ['model', 'system', 'mean reward', 'deviation', 'answers'],
        rewards.map(({ size, system, mean, sd, n }) => [size, system, mean.toFixed(2), sd.toFixed(2), n]),
      ),
    ],
    found: [`${capital(['SFT', 'DPO', 'PPO'].map(won).join('; '))}.`],
    limits: [
      'The judge is a reward model of the same size, trained on pairs that no system saw; the paper judged with a larger one.',
      `${workshop.scale.answers} prompts at most, one sample each, one seed, one learning rate for all methods; the chat model had been aligned before.`,
      'The reward model of PPO learnt from the pairs the policies learnt from.',
    ],
    numbers: { contests, rewards },
  };
}

const capital = (text) => text.charAt(0).toUpperCase() + text.slice(1);
