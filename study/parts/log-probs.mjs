import { dialogues, SUPPORT } from '../data.mjs';
import { lines } from '../figure.mjs';
import { models } from '../models.mjs';
import { meanOf, table, withReach } from '../page.mjs';

export const about = {
  title: 'Supervised training lifts rejected answers too',
  claim:
    'Trained on chosen answers alone, a model finds the rejected ones likelier as well (paper, figure 3); ORPO holds them apart (figure 7).',
};

/** SFT is ORPO without its second term, so both log the same of the held-out pairs. */
const METHODS = [
  { name: 'SFT', lambda: 0 },
  { name: 'ORPO', lambda: 1 },
];

export async function study(workshop) {
  const { updates: count, batch, seeds } = workshop.scale.logProbs;
  const [seed] = seeds;
  const pairs = dialogues(workshop) ?? SUPPORT;
  const figures = [];
  const rows = [];
  for (const { name: size, model, parameters } of await models(workshop)) {
    const series = [];
    const before = tokenMeans(await workshop.score(['--model', model], pairs.heldOut));
    for (const { name, lambda } of METHODS) {
      const run = `log-probs-${size}-${name}`.replaceAll(' ', '-').toLowerCase();
      if (!workshop.allows(`${name} of ${size}`, run)) continue;
      const updates = parameters > 10_000_000 ? count : 4 * count;
      const { metrics, model: trained } = await workshop.train(run, {
        method: 'orpo',
        model,
        data: { train: pairs.train, eval: pairs.heldOut, maxLength: 512 },
        objective: { lambda },
        training: {
          epochs: 50,
          maxSteps: updates,
          batch,
          learningRate: parameters > 10_000_000 ? 2e-5 : 5e-4,
          schedule: 'linear',
          warmup: 0.1,
          evaluateEvery: Math.ceil(updates / 6),
          samples: 0,
          seed,
        },
      });
      const evaluations = metrics.filter(({ type }) => type === 'eval');
      const curve = (key) => evaluations.map((record) => [record.step, record[key]]);
      series.push(
        { name: `${name}, chosen`, points: curve('logps/chosen') },
        { name: `${name}, rejected`, points: curve('logps/rejected') },
      );
      const after = tokenMeans(await workshop.score(trained, pairs.heldOut));
      const changes = after.map((pair, at) => ({
        chosen: pair.chosen - before[at].chosen,
        rejected: pair.rejected - before[at].rejected,
      }));
      rows.push({
        size,
        name,
        updates,
        chosen: meanOf(changes.map(({ chosen }) => chosen)),
        rejected: meanOf(changes.map(({ rejected }) => rejected)),
        gaps: changes.map(({ chosen, rejected }) => chosen - rejected),
      });
    }
    const file = `log-probs-${size.toLowerCase().replaceAll(' ', '-')}.svg`;
    if (series.length > 0) figures.push(lines(file, `Held-out log-probs a token, ${size}`, 'update', series));
  }
  if (rows.length === 0) return undefined;
  const of = (name) => rows.filter((row) => row.name === name);
  const lifted = of('SFT').map(({ size, rejected }) => `${signed(rejected)} (${size})`);
  const wider = of('ORPO').flatMap(({ size, gaps }) => {
    const sft = of('SFT').find((row) => row.size === size);
    return sft === undefined ? [] : [`${signed(meanOf(gaps.map((gap, at) => gap - sft.gaps[at])))} (${size})`];
  });
  return {
    figures,
    tables: [
      table(
        ['model', 'method', 'updates', 'chosen', 'rejected', 'gap'],
        rows.map(({ size, name, updates, chosen, rejected, gaps }) => [
          size,
          name,
          updates,
          signed(chosen),
          signed(rejected),
          signed(meanOf(gaps)),
        ]),
      ),
      `Changes of the mean log-prob a token from before to after training, over ${rows[0].gaps.length} held-out pairs, with 95 % intervals over pairs.`,
    ],
    found: [
      `SFT on the chosen answers changed the log-prob of the rejected ones by ${lifted.join(', ')}.`,
      ...(wider.length === 0
        ? []
        : [
            `ORPO with λ = 1 widened the gap between chosen and rejected by so much more than SFT did: ${wider.join(', ')}.`,
          ]),
    ],
    limits: [
      `The pairs are ${pairs.about}. One seed; at most 135 million weights, where the paper has 350 million and more. SFT is ORPO with λ = 0. The intervals are over pairs: what another seed would change is not in them.`,
      'The chat model has been aligned before, so it begins elsewhere than a base model does.',
    ],
    numbers: { rows: rows.map(({ gaps, ...row }) => ({ ...row, gap: meanOf(gaps) })) },
    seeds,
  };
}

/** Mean log-prob a token of both responses of each pair. */
function tokenMeans({ rows }) {
  return rows.map(({ logps, tokens }) => ({
    chosen: logps.chosen / tokens.chosen,
    rejected: logps.rejected / tokens.rejected,
  }));
}

function signed(value) {
  return `${value.mean < 0 ? '' : '+'}${withReach(value, 3)}`.replace('-', '−');
}
