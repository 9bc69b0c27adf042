import { plainText } from '../data/records.js';
import type { Candidates } from './candidates.js';
import type { Judged, TokenCount, Writer } from './judge.js';
import { critiquePrompt, revisionPrompt } from './judge-prompts.js';
import type { LabelledRow } from './label-rows.js';
import type { Principle } from './principles.js';

/** A row whose responses are revised. */
export interface ReviseItem extends Pick<Candidates, 'prompt' | 'responses'> {
  /** Number of the row, which chooses its random streams. */
  readonly index: number;
  readonly principle: Principle;
}

/** Most responses of a row that have random streams of their own. */
const MOST = 64;

/**
 * The first half of Constitutional AI (arXiv 2212.08073): each response is criticised under the row's principle and
 * written anew. A record pairs the revision with the response it mends: supervised training takes the revision, ORPO
 * both.
 */
export async function reviseRows(
  writer: Writer,
  items: readonly ReviseItem[],
  signal?: AbortSignal,
): Promise<LabelledRow[]> {
  const drafts = items.flatMap(({ prompt, responses, index, principle }, item) =>
    responses.map((response, place) => ({ item, prompt, response, principle, key: 2 * (index * MOST + place) })),
  );
  const critiques = await writer.write(
    drafts.map(({ prompt, response, principle }) => critiquePrompt(prompt, response, principle.critique)),
    drafts.map(({ key }) => key),
    signal,
  );
  const criticised = drafts.flatMap((draft, at) => {
    const critique = critiques[at];
    return critique === undefined || 'failure' in critique ? [] : [{ ...draft, at, critique: critique.value }];
  });
  const revisions = await writer.write(
    criticised.map(({ prompt, response, principle, critique }) =>
      revisionPrompt(prompt, response, critique, principle.revision),
    ),
    criticised.map(({ key }) => key + 1),
    signal,
  );
  return items.map((_, item) => {
    const own = drafts.flatMap((draft, at) => (draft.item === item ? [{ ...draft, at }] : []));
    const records: Record<string, unknown>[] = [];
    const tokens = { input: 0, output: 0 };
    for (const { prompt, response, principle, at } of own) {
      const critique = critiques[at];
      const revision = revisions[criticised.findIndex((draft) => draft.at === at)];
      const failure = failureOf(critique) ?? failureOf(revision);
      if (failure !== undefined) return { outcome: 'failed', failure };
      if (critique === undefined || 'failure' in critique || revision === undefined || 'failure' in revision) continue;
      count(tokens, critique.tokens);
      count(tokens, revision.tokens);
      if (revision.value === '' || revision.value === plainText(response).trim()) continue;
      const chosen = typeof response === 'string' ? revision.value : [{ role: 'assistant', content: revision.value }];
      records.push({ prompt, chosen, rejected: response, critique: critique.value, principle: principle.name });
    }
    return {
      outcome: records.length === 0 ? 'undecided' : 'used',
      records,
      detail: { principle: items[item]?.principle.name },
      ...(tokens.input + tokens.output === 0 ? {} : { tokens }),
    };
  });
}

function failureOf(outcome: Judged<string> | undefined): string | undefined {
  return outcome !== undefined && 'failure' in outcome ? outcome.failure : undefined;
}

function count(into: { input: number; output: number }, tokens: TokenCount | undefined): void {
  into.input += tokens?.input ?? 0;
  into.output += tokens?.output ?? 0;
}
