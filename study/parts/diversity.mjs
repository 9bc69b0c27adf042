import { chatModel } from '../models.mjs';
import { table } from '../page.mjs';
import { alignedSystems, compared, pairsFor } from '../systems.mjs';

export const about = {
  title: 'Diversity: ORPO against DPO',
  claim:
    'ORPO answers one prompt less diversely than DPO, and different prompts more diversely (table 4: similarity per input .89 to .90 against .80 to .89, across inputs .51 to .52 against .57 to .60).',
};

export async function study(workshop) {
  const { samples, answers } = workshop.scale;
  const made = await alignedSystems(workshop, chatModel, pairsFor(workshop, chatModel));
  const report = await compared(workshop, made, {
    samples,
    temperature: 1,
    limit: Math.min(answers, 24),
    embeddings: 'minilm',
  });
  const rows = report.systems.flatMap(({ name, diversity }) => {
    if (diversity === undefined) return [];
    const { perInput, acrossInputs } = diversity;
    return [{ name, perInput: perInput.similarity, acrossInputs: acrossInputs.similarity }];
  });
  const of = (name) => rows.find((row) => row.name === name);
  const [orpo, dpo] = [of('ORPO'), of('DPO')];
  const value = (figure) => (figure?.value === undefined || figure.value === null ? '' : figure.value.toFixed(3));
  const words = (key) => (orpo?.[key]?.value > dpo?.[key]?.value ? 'less diverse' : 'more diverse');
  return {
    tables: [
      table(
        ['system', 'similarity per input (PID)', 'across inputs (AID)', 'n'],
        rows.map(({ name, perInput, acrossInputs }) => [
          name,
          value(perInput),
          value(acrossInputs),
          `${perInput?.n ?? ''}, ${acrossInputs?.n ?? ''}`,
        ]),
      ),
      'Mean pairwise cosine of MiniLM sentence vectors; lower is more diverse.',
    ],
    found:
      orpo === undefined || dpo === undefined
        ? ['The time did not allow both systems.']
        : [
            `Per input ORPO was ${words('perInput')} than DPO (${value(orpo.perInput)} against ${value(dpo.perInput)}), across inputs ${words('acrossInputs')} (${value(orpo.acrossInputs)} against ${value(dpo.acrossInputs)}).`,
          ],
    limits: [
      `${samples} samples of ${Math.min(answers, 24)} prompts about one product, so answers to different prompts are alike to begin with; MiniLM's vectors where the paper has Gemini's; no interval, since pairs of vectors are not independent.`,
    ],
    numbers: { rows },
  };
}
