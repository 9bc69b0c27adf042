/** How long things are: percentiles by nearest rank, and the mean. */
export interface LengthSummary {
  readonly count: number;
  readonly min: number;
  readonly median: number;
  readonly p90: number;
  readonly p99: number;
  readonly max: number;
  readonly mean: number;
}

/** Summary of lengths; undefined when there are none. */
export function summariseLengths(lengths: readonly number[]): LengthSummary | undefined {
  const sorted = Float64Array.from(lengths).sort();
  const at = (share: number): number => sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? 0;
  if (sorted.length === 0) return undefined;
  const mean = sorted.reduce((sum, length) => sum + length, 0) / sorted.length;
  return { count: sorted.length, min: at(0), median: at(0.5), p90: at(0.9), p99: at(0.99), max: at(1), mean };
}

/** Lengths of prompts and of each response: [chosen, rejected] for pairs, else [response]. */
export interface SideLengths {
  readonly prompt: LengthSummary | undefined;
  readonly responses: readonly (LengthSummary | undefined)[];
}

/** Lengths of prompts and responses, column by column. */
export class LengthTable {
  private readonly prompts: number[] = [];
  private readonly responses: number[][] = [];

  add(prompt: number, responses: readonly number[]): void {
    this.prompts.push(prompt);
    for (const [i, length] of responses.entries()) {
      const column = this.responses[i] ?? [];
      column.push(length);
      this.responses[i] = column;
    }
  }

  summary(): SideLengths {
    return { prompt: summariseLengths(this.prompts), responses: this.responses.map(summariseLengths) };
  }
}
