import { digest } from '../fingerprint.js';
import { NearGroups } from '../quality/near-groups.js';
import { normalText } from '../quality/normal-text.js';
import { plainText, type Side } from '../records.js';
import type { RowPlace } from './ruling.js';

/** Rows by their prompts: those whose prompts are near to each other belong together. */
export class PromptGroups {
  private readonly near: NearGroups;
  private readonly items = new Map<string, number>();
  private readonly rows: { readonly place: RowPlace; readonly item: number }[] = [];

  /** `threshold`: similarity from 0.5 to 1 from which prompts are near. */
  constructor(threshold: number) {
    this.near = new NearGroups(threshold);
  }

  add(place: RowPlace, prompt: Side): void {
    const text = normalText(prompt);
    if (text === '') return;
    const key = digest(text);
    let item = this.items.get(key);
    if (item === undefined) {
      item = this.items.size;
      this.items.set(key, item);
      this.near.add(plainText(prompt));
    }
    this.rows.push({ place, item });
  }

  /** The name of the group of each row of a file that has a prompt. */
  of(path: string): Map<number, string> {
    const named = this.rows.filter(({ place }) => place.file === path);
    return new Map(named.map(({ place, item }) => [place.row, `prompts ${this.near.leader(item)}`]));
  }
}
