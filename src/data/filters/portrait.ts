import { summariseLengths } from '../lengths.js';
import { type DataRecord, plainText, responsesOf } from '../records.js';

/** A few figures by which two versions of a data set can be compared at a glance. */
export interface Portrait {
  /** Rows that could be read. */
  readonly rows: number;
  /** Median characters; undefined where there are none. */
  readonly promptCharacters: number | undefined;
  readonly responseCharacters: number | undefined;
  /** Rows with several responses. */
  readonly compared: number;
  /** Share of them whose best is longer than the worst, ties as half; undefined without any. */
  readonly longerChosen: number | undefined;
}

interface Sitting {
  readonly row: number;
  readonly prompt: number;
  readonly responses: readonly number[];
}

/** Gathers what a portrait needs: a few numbers a row. */
export class PortraitTable {
  private readonly sittings: Sitting[] = [];

  add(row: number, record: DataRecord): void {
    const responses = responsesOf(record).map((response) => plainText(response).length);
    this.sittings.push({ row, prompt: plainText(record.prompt).length, responses });
  }

  /** The portrait of the rows that are not left out. */
  portrait(without: ReadonlyMap<number, unknown> = new Map()): Portrait {
    const kept = this.sittings.filter(({ row }) => !without.has(row));
    const compared = kept.filter(({ responses }) => responses.length > 1);
    const longer = compared.reduce((sum, { responses }) => sum + longerFirst(responses), 0);
    return {
      rows: kept.length,
      promptCharacters: summariseLengths(kept.map(({ prompt }) => prompt))?.median,
      responseCharacters: summariseLengths(kept.flatMap(({ responses }) => responses))?.median,
      compared: compared.length,
      longerChosen: compared.length === 0 ? undefined : longer / compared.length,
    };
  }
}

/** 1 where the first is longer than the last, a half where they are equal. */
function longerFirst(lengths: readonly number[]): number {
  const difference = (lengths[0] ?? 0) - (lengths.at(-1) ?? 0);
  return difference > 0 ? 1 : difference === 0 ? 0.5 : 0;
}
