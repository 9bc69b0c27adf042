import { OrpoError } from '../../errors.js';
import { reasonMeanings } from '../accounting.js';
import type { Batches, BatchOptions } from '../batches.js';
import { BATCHES_PER_WINDOW } from '../order.js';
import { createRandom, shuffle, streams } from '../random.js';
import { commonestReason } from '../require-some.js';
import type { RowsRead } from '../rows-read.js';
import { TokenArena } from '../token-arena.js';
import { type Tree, treeTokens } from '../tree.js';
import type { StreamedFile } from './streamed-file.js';
import { windowBatches } from './window-batches.js';

export interface StreamOptions extends BatchOptions {
  /** Called for the trees of each window. @throws what it throws */
  readonly check: (trees: readonly Tree[]) => void;
}

/** Rows that are read together, and the batches they make. */
interface Window {
  readonly number: number;
  readonly batches: readonly (readonly Tree[])[];
  readonly rowsRead: readonly RowsRead[];
}

/**
 * Batches of rows that are read, rendered and cut when the first update of their window comes. An epoch goes through
 * all rows in an order of its own, window by window, and only one window is held.
 */
export class StreamedBatches implements Batches {
  readonly perEpoch: number;
  readonly rows: number;
  readonly #files: readonly StreamedFile[];
  readonly #options: StreamOptions;
  #order: { readonly epoch: number; readonly rows: Int32Array } | undefined;
  #window: Window | undefined;

  constructor(files: readonly StreamedFile[], options: StreamOptions) {
    this.#files = files;
    this.#options = options;
    this.rows = files.reduce((sum, { report }) => sum + report.rows, 0);
    this.perEpoch = Math.ceil(this.rows / options.batch);
  }

  async read(step: number): Promise<readonly Tree[]> {
    const place = step % this.perEpoch;
    const { batches } = await this.window(Math.floor(step / this.perEpoch), Math.floor(place / BATCHES_PER_WINDOW));
    return batches[place % BATCHES_PER_WINDOW] ?? [];
  }

  rowsRead(step: number): readonly RowsRead[] {
    const first = (step % this.perEpoch) % BATCHES_PER_WINDOW === 0;
    return first ? (this.#window?.rowsRead ?? []) : [];
  }

  /** A window of an epoch, both counted from 0. */
  async window(epoch: number, place: number): Promise<Window> {
    const number = epoch * Math.ceil(this.perEpoch / BATCHES_PER_WINDOW) + place;
    if (this.#window?.number !== number) {
      // the one before is let go first
      this.#window = undefined;
      const { batch } = this.#options;
      const size = batch * BATCHES_PER_WINDOW;
      this.#window = await this.#read(number, this.#rowsOf(epoch).subarray(place * size, (place + 1) * size));
    }
    return this.#window;
  }

  /** Rows of all files, counted on from one to the next, in the order of an epoch. */
  #rowsOf(epoch: number): Int32Array {
    if (this.#order?.epoch !== epoch) {
      const random = createRandom(this.#options.seed, streams.order, epoch);
      this.#order = {
        epoch,
        rows: shuffle(
          Int32Array.from({ length: this.rows }, (_, i) => i),
          random,
        ),
      };
    }
    return this.#order.rows;
  }

  async #read(number: number, rows: Int32Array): Promise<Window> {
    const { batch, seed, check } = this.#options;
    const trees: (Tree | undefined)[] = Array.from(rows, () => undefined);
    const rowsRead: RowsRead[] = [];
    const arena = new TokenArena();
    // a disk likes to go forward
    const places = Array.from(rows.keys()).sort((a, b) => (rows[a] ?? 0) - (rows[b] ?? 0));
    let before = 0;
    for (const file of this.#files) {
      const after = before + file.report.rows;
      const own = places.filter((place) => (rows[place] ?? 0) >= before && (rows[place] ?? 0) < after);
      const from = before;
      before = after;
      if (own.length === 0) continue;
      const found = await file.read(
        own.map((place) => (rows[place] ?? 0) - from),
        arena,
      );
      own.forEach((place, i) => {
        trees[place] = found.trees[i];
      });
      rowsRead.push(found.read);
    }
    if (trees.every((tree) => tree === undefined)) throw allUnusable(rowsRead);
    check(trees.flatMap((tree) => tree ?? []));
    const lengths = trees.map((tree) => tree && treeTokens(tree));
    const batches = windowBatches(lengths, batch, createRandom(seed, streams.windows, number)).map((one) =>
      one.flatMap((place) => trees[place] ?? []),
    );
    return { number, batches, rowsRead };
  }
}

function allUnusable(files: readonly RowsRead[]): OrpoError {
  const { reason, count } = commonestReason(files);
  const rows = files.reduce((sum, file) => sum + file.rows, 0);
  const places = files.flatMap(({ path, dropped }) => {
    const first = dropped[reason]?.firstRows ?? [];
    return first.length === 0 ? [] : [`${path} line ${first.join(', ')}`];
  });
  return new OrpoError(
    'data',
    `None of the ${rows} rows that were to be trained on next can be used: ${reasonMeanings[reason]} (${count} rows, such as ${places.join('; ')}).`,
    'Look at the file with orpo inspect.',
  );
}
