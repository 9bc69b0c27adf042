import { digest } from '../fingerprint.js';
import { type DataRecord, responsesOf } from '../records.js';
import { normalText } from './normal-text.js';

/**
 * What counts as a contradiction. `pairs`: of the same two responses to a prompt, another row prefers the other; or the
 * same response has both labels. `responses`: also a response that is chosen in one row and rejected in another,
 * which is no contradiction where pairs were made from rankings.
 */
export const conflictKinds = ['pairs', 'responses'] as const;
export type ConflictKind = (typeof conflictKinds)[number];

/** Collects what rows say is better, and finds those that contradict one another. Rows are numbered by the caller. */
export class Opinions {
  private readonly kind: ConflictKind;
  /** What the first row said of each subject: its number doubled, plus 1 where it said the opposite. */
  private readonly first = new Map<string, number>();
  /** What later rows said of a subject; few subjects have such. */
  private readonly later = new Map<string, number[]>();

  constructor(kind: ConflictKind) {
    this.kind = kind;
  }

  add(row: number, record: DataRecord): void {
    for (const { subject, affirmed } of claims(record, this.kind)) {
      const said = 2 * row + (affirmed ? 0 : 1);
      if (!this.first.has(subject)) {
        this.first.set(subject, said);
        continue;
      }
      const others = this.later.get(subject) ?? [];
      others.push(said);
      this.later.set(subject, others);
    }
  }

  /** The rows that contradict another, each with the first that it contradicts; rising. */
  conflicts(): Map<number, number> {
    const found = new Map<number, number>();
    for (const [subject, others] of this.later) {
      const all = [this.first.get(subject) ?? 0, ...others];
      const firstOf = [all.find((said) => said % 2 === 0), all.find((said) => said % 2 === 1)];
      for (const said of all) {
        const opposite = firstOf[1 - (said % 2)];
        const row = Math.floor(said / 2);
        if (opposite !== undefined && !found.has(row)) found.set(row, Math.floor(opposite / 2));
      }
    }
    return new Map([...found].sort(([a], [b]) => a - b));
  }
}

interface Claim {
  /** What the claim is about. */
  readonly subject: string;
  readonly affirmed: boolean;
}

function claims(record: DataRecord, kind: ConflictKind): readonly Claim[] {
  if (record.kind === 'demonstration' || record.kind === 'prompt') return [];
  const prompt = digest(normalText(record.prompt));
  const responses = responsesOf(record).map((response) => digest(normalText(response)));
  if (record.kind === 'labelled') return [{ subject: digest([prompt, ...responses]), affirmed: record.label }];
  const grades = record.kind === 'ranked' ? record.grades : [1, 0];
  const made: Claim[] = [];
  for (const [i, better] of responses.entries()) {
    for (const [j, worse] of responses.entries()) {
      // responses stand in order, the best first
      if (j <= i || better === worse || grades[i] === grades[j]) continue;
      const affirmed = better < worse;
      made.push({ subject: digest([prompt, ...(affirmed ? [better, worse] : [worse, better])]), affirmed });
      if (kind === 'pairs' || record.kind === 'ranked') continue;
      made.push(
        { subject: digest([prompt, better]), affirmed: true },
        { subject: digest([prompt, worse]), affirmed: false },
      );
    }
  }
  return made;
}
