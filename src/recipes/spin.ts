import { join } from 'node:path';
import type { SpinConfig } from './config.js';
import type { ChosenSection } from './sections.js';
import { modelAfter } from './stage.js';
import { ownFile, type StageList } from './stage-list.js';

/**
 * Self-play fine-tuning (arXiv 2401.01335): each round the model answers the prompts of the demonstrations and learns to
 * tell the real answers from its own. From the second round on the pairs of the round before are learnt from again, as
 * the authors do.
 */
export function spin(list: StageList, config: SpinConfig): void {
  const { data, round, sample } = config;
  const rounds = Array.isArray(config.rounds) ? config.rounds : new Array<ChosenSection>(config.rounds).fill({});
  let { model } = config;
  let before: readonly string[] = [];
  for (const [at, own] of rounds.entries()) {
    const number = at + 1;
    const settings = { data: data.demonstrations, limit: data.limit, sample: { model, ...sample }, round: number };
    const { output } = list.answers(`answers-${number}`, settings).config;
    const pairs = join(output, 'pairs.jsonl');
    const heldOut = data.eval === undefined ? {} : { eval: join(output, 'held-out.jsonl') };
    const trained = list.train(`round-${number}`, {
      method: own.method ?? round.method ?? 'spin',
      model,
      data: { train: [pairs, ...before], ...heldOut, ...ownFile },
      section: over(round, own),
      continues: number < rounds.length,
    });
    model = modelAfter(trained);
    before = [pairs];
  }
}

/** The settings of one round over those of all. */
function over(all: ChosenSection, own: ChosenSection): ChosenSection {
  return {
    ...all,
    ...own,
    objective: { ...all.objective, ...own.objective },
    training: { ...all.training, ...own.training },
    data: { ...all.data, ...own.data },
  };
}
