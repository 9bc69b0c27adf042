import type { DropReason, RowAccount } from './accounting.js';
import { type Grown, type GrowSettings, growTree } from './grow-tree.js';
import type { RecordRow } from './read-records.js';
import type { RenderStyle } from './render.js';
import { type DataShape, type Seedling, shapeRecord } from './shape.js';

/** Grows the trees of rows and counts what that takes off them. */
export class RowGrower {
  readonly #settings: GrowSettings;
  readonly cut = { prompts: 0, responses: 0 };
  /** Trees so far. */
  examples = 0;
  /** How the first of them was rendered. */
  style: RenderStyle | undefined;

  constructor(settings: GrowSettings) {
    this.#settings = settings;
  }

  /**
   * Grows the trees of one row: all of them, told to `take`, or none and the reason why.
   *
   * @throws RowProblem when the chat template refuses the messages
   */
  grow(seedlings: readonly Seedling[], take: (grown: Grown, seedling: Seedling) => void): DropReason | undefined {
    const grown = seedlings.map((one) => growTree(one.prompt, one.responses, this.#settings));
    for (const one of grown) if (one.kind === 'withered') return one.reason;
    grown.forEach((one, i) => {
      const seedling = seedlings[i];
      if (one.kind === 'withered' || seedling === undefined) return;
      take(one, seedling);
      this.examples++;
      this.style ??= one.style;
      if (one.trunkCut > 0) this.cut.prompts++;
      this.cut.responses += one.responseCuts.filter((tokens) => tokens > 0).length;
    });
    return undefined;
  }
}

/** Has `grow` make trees of what a record gives in a shape, and settles its row in the account. */
export function settleRecord(
  { row, record, attempt }: RecordRow,
  shape: DataShape,
  account: RowAccount,
  grow: (seedlings: readonly Seedling[]) => DropReason | undefined,
): void {
  const seedlings = shapeRecord(record, shape);
  if ('kind' in seedlings) {
    account.drop(seedlings.reason, row);
    return;
  }
  const outcome = attempt(() => ({ reason: grow(seedlings) }));
  // a malformed row is settled already
  if (outcome === undefined) return;
  if (outcome.reason === undefined) account.take();
  else account.drop(outcome.reason, row);
}
