import { detectLanguage } from '../../data/quality/language.js';
import { Finder, type Finding } from './finding.js';

/** How many texts are in each language, the most frequent first; `unknown` where it cannot be told. */
export type LanguageCounts = Readonly<Record<string, number>>;

export interface Languages {
  readonly prompts: LanguageCounts;
  readonly responses: LanguageCounts;
  /** Rows with a response in another language than their prompt. */
  readonly mixed: Finding;
}

/** Counts the languages of prompts and responses. */
export class LanguageTable {
  private readonly prompts = new Map<string, number>();
  private readonly responses = new Map<string, number>();
  private readonly mixed = new Finder();

  add(row: number, prompt: string, responses: readonly string[]): void {
    const asked = prompt.trim() === '' ? undefined : this.count(this.prompts, prompt);
    const given = responses.map((response) => this.count(this.responses, response));
    const other = given.find((language) => language !== undefined && language !== asked);
    if (asked !== undefined && other !== undefined) this.mixed.add({ row, detail: `${asked}, ${other}` });
  }

  languages(): Languages {
    return { prompts: sorted(this.prompts), responses: sorted(this.responses), mixed: this.mixed.finding() };
  }

  private count(counts: Map<string, number>, text: string): string | undefined {
    const language = detectLanguage(text);
    const name = language ?? 'unknown';
    counts.set(name, (counts.get(name) ?? 0) + 1);
    return language;
  }
}

function sorted(counts: ReadonlyMap<string, number>): LanguageCounts {
  return Object.fromEntries([...counts].sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1)));
}
