import type { Grown } from './grow-tree.js';
import { plantTree } from './plant-tree.js';
import type { Seedling } from './shape.js';
import { TokenArena } from './token-arena.js';
import type { Tree } from './tree.js';

/** Trees of one role with what is needed to split them and to find repetitions. */
export class Collection {
  readonly trees: Tree[] = [];
  /** Number of the prompt of each tree. */
  readonly groups: number[] = [];
  private readonly prompts = new Map<string, number>();
  private readonly records = new Set<string>();
  private readonly arena = new TokenArena();

  /** Whether a record with this key was seen before; remembers it. */
  repeats(key: string): boolean {
    if (this.records.has(key)) return true;
    this.records.add(key);
    return false;
  }

  /** `key` tells the prompt from others. */
  add(grown: Grown, origin: Tree['origin'], key: string, seedling: Seedling): void {
    const group = this.prompts.get(key) ?? this.prompts.size;
    this.prompts.set(key, group);
    this.groups.push(group);
    this.trees.push(plantTree(grown, seedling, origin, this.arena));
  }

  sharedPrompts(other: Collection): number {
    const shared = new Set<number>();
    for (const [prompt, group] of this.prompts) if (other.prompts.has(prompt)) shared.add(group);
    return this.groups.filter((group) => shared.has(group)).length;
  }
}
