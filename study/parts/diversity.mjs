import { intervals } from '../figure.mjs';
import { chatModel } from '../models.mjs';
import { table } from '../page.mjs';
import { alignedSystems, compared, pairsFor } from '../systems.mjs';

export const about = {
  title: 'Diversity: ORPO against DPO',
  claim:
    'ORPO answers one prompt less diversely than DPO, and different prompts more diversely (table 4: similarity per input .89 to .90 against .80 to .89, across inputs .51 to .52 against .57 to .60).',
};

export async function study(workshop) {
  const { systems, diversity: sizes } = workshop.scale;
  const [seed] = systems.seeds;
  const made = await alignedSystems(workshop, chatModel, pairsFor(workshop, chatModel), seed);
  const report = await compared(workshop, made, {
    samples: sizes.samples,
    temperature: 1,
    limit: sizes.prompts,
    embeddings: 'minilm',
  });
  const rows = report.systems.flatMap(({ name, diversity, tokens }) => {
    const { perInput, acrossInputs } = diversity ?? {};
    if (!(perInput?.similarity?.n > 1)) return [];
    return [{ name, perInput: overInputs(perInput.similarity), acrossInputs: acrossInputs.similarity, tokens }];
  });
  const [orpo, dpo] = ['ORPO', 'DPO'].map((name) => rows.find((row) => row.name === name));
  return {
    figures: [
      intervals('diversity-per-input.svg', 'Similarity of answers to the same prompt', {
        across: 'mean pairwise cosine (PID), lower is more diverse; 95 % over prompts',
        rows: rows.map(({ name, perInput }) => ({ name, ...perInput })),
      }),
      intervals('diversity-across-inputs.svg', 'Similarity of answers to different prompts', {
        across: 'mean pairwise cosine (AID), lower is more diverse',
        rows: rows.map(({ name, acrossInputs: { value } }) => ({ name, value, low: Number.NaN, high: Number.NaN })),
      }),
    ],
    tables: [
      table(
        ['system', 'similarity per input (PID)', 'prompts', 'across inputs (AID)', 'answers', 'tokens an answer'],
        rows.map(({ name, perInput, acrossInputs, tokens }) => [
          name,
          `${perInput.value.toFixed(3)} (${perInput.low.toFixed(3)} to ${perInput.high.toFixed(3)})`,
          perInput.n,
          acrossInputs.value.toFixed(3),
          acrossInputs.n,
          tokens.value.toFixed(0),
        ]),
      ),
      'Mean pairwise cosine of MiniLM sentence vectors; lower is more diverse. In brackets a 95 % interval over prompts.',
    ],
    found:
      orpo === undefined || dpo === undefined
        ? ['The time did not allow both systems.']
        : [told('Per input', orpo.perInput, dpo.perInput), told('Across inputs', orpo.acrossInputs, dpo.acrossInputs)],
    limits: [
      `${sizes.samples} samples of ${sizes.prompts} prompts about one product at temperature 1, so answers to different prompts are alike to begin with; one seed; MiniLM's vectors where the paper has Gemini's; no interval across inputs, since pairs of vectors are not independent.`,
    ],
    numbers: { rows },
    seeds: [seed],
  };
}

/** A mean over inputs with its 95 % interval. */
function overInputs({ value, deviation, n }) {
  const half = (1.96 * deviation) / Math.sqrt(n);
  return { value, low: value - half, high: value + half, n };
}

function told(where, orpo, dpo) {
  const [ours, theirs] = [orpo, dpo].map(({ value }) => value.toFixed(3));
  const apart = orpo.low > dpo.high || orpo.high < dpo.low ? '' : ', though their intervals overlap';
  const sure = orpo.low === undefined ? '' : apart;
  return `${where} ORPO was ${orpo.value > dpo.value ? 'less' : 'more'} diverse than DPO (${ours} against ${theirs}${sure}).`;
}
