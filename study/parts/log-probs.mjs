import { dialogues, SUPPORT } from '../data.mjs';
import { lines } from '../figure.mjs';
import { models } from '../models.mjs';
import { table } from '../page.mjs';

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
  const { steps, batch, heldOut, seeds } = workshop.scale;
  const pairs = dialogues(workshop, heldOut) ?? SUPPORT;
  const figures = [];
  const rows = [];
  for (const { name: size, model, parameters } of await models(workshop)) {
    const series = [];
    for (const { name, lambda } of METHODS) {
      if (!workshop.allows(`${name} of ${size}`)) continue;
      const updates = parameters > 10_000_000 ? 2 * steps : 8 * steps;
      const { metrics } = await workshop.train(`log-probs-${size}-${name}`.replaceAll(' ', '-').toLowerCase(), {
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
          microTokens: 2048,
          samples: 0,
          seed: seeds[0],
        },
      });
      const evaluations = metrics.filter(({ type }) => type === 'eval');
      const curve = (key) => evaluations.map((record) => [record.step, record[key]]);
      series.push(
        { name: `${name}, chosen`, points: curve('logps/chosen') },
        { name: `${name}, rejected`, points: curve('logps/rejected') },
      );
      const [first, last] = [evaluations[0], evaluations.at(-1)];
      const change = (key) => last[key] - first[key];
      rows.push({
        size,
        name,
        updates,
        chosen: change('logps/chosen'),
        rejected: change('logps/rejected'),
        gap: [first, last].map((record) => record['logps/chosen'] - record['logps/rejected']),
      });
    }
    const file = `log-probs-${size.toLowerCase().replaceAll(' ', '-')}.svg`;
    figures.push(lines(file, `Held-out log-probs a token, ${size}`, 'update', series));
  }
  const sft = rows.filter(({ name }) => name === 'SFT');
  const lifted = sft.filter(({ rejected }) => rejected > 0).length;
  const apart = (name) => rows.filter((row) => row.name === name).map(({ size, gap }) => [size, gap[1] - gap[0]]);
  const orpo = new Map(apart('ORPO'));
  const wider = apart('SFT').filter(([size, change]) => (orpo.get(size) ?? Number.NaN) > change).length;
  return {
    figures,
    tables: [
      table(
        ['model', 'method', 'updates', 'chosen', 'rejected', 'gap before → after'],
        rows.map(({ size, name, updates, chosen, rejected, gap }) => [
          size,
          name,
          updates,
          signed(chosen),
          signed(rejected),
          gap.map((value) => value.toFixed(3)).join(' → '),
        ]),
      ),
      'Changes of the mean log-prob a token, over the held-out pairs.',
    ],
    found: [
      `SFT made the rejected answers likelier in ${lifted} of ${sft.length} models.`,
      `ORPO with λ = 1 widened the gap between chosen and rejected more than SFT did in ${wider} of ${sft.length}.`,
    ],
    limits: [
      `${heldOut} held-out dialogues; one seed; sizes from 0.26 to 135 million weights, where the paper has 350 million and more.`,
      'The chat model has been aligned before, so it begins elsewhere than a base model does.',
    ],
    numbers: { rows },
  };
}

const signed = (value) => `${value < 0 ? '−' : '+'}${Math.abs(value).toFixed(3)}`;
