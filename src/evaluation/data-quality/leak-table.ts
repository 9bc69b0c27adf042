import type { RowPlace } from '../../data/filters/ruling.js';
import { HeldOut, type Leak } from '../../data/quality/held-out.js';
import { type FileRecordsOptions, readFileRecords } from '../../data/read-file-records.js';
import type { DataRecord } from '../../data/records.js';
import { Finder, type Finding } from './finding.js';

/** Rows whose prompt, or a response of ten words or more, is held out: to the letter, or nearly. */
export interface Leaks {
  readonly file: string;
  readonly rows: number;
  readonly prompts: { readonly exact: Finding; readonly near: Finding };
  readonly responses: { readonly exact: Finding; readonly near: Finding };
}

/** Counts the rows that give away what a file holds out. */
export class LeakTable {
  private readonly file: string;
  private readonly held: HeldOut;
  private readonly finders = {
    prompts: { exact: new Finder(), near: new Finder() },
    responses: { exact: new Finder(), near: new Finder() },
  };
  private rows = 0;

  private constructor(file: string, similarity: number) {
    this.file = file;
    this.held = new HeldOut(similarity);
  }

  static async read(file: string, similarity: number, { columns, signal }: FileRecordsOptions): Promise<LeakTable> {
    const table = new LeakTable(file, similarity);
    for await (const { row, record } of readFileRecords(file, { columns, signal, onMalformed: 'drop' })) {
      table.rows++;
      table.held.add(row, record);
    }
    return table;
  }

  look(row: number, record: DataRecord): void {
    this.count(row, this.held.promptLeak(record), this.finders.prompts);
    this.count(row, this.held.responseLeak(record), this.finders.responses);
  }

  private count(row: number, leak: Leak | undefined, finders: { readonly exact: Finder; readonly near: Finder }): void {
    if (leak === undefined) return;
    const of: RowPlace = { file: this.file, row: leak.of };
    (leak.near ? finders.near : finders.exact).add({ row, of });
  }

  leaks(): Leaks {
    const { prompts, responses } = this.finders;
    return {
      file: this.file,
      rows: this.rows,
      prompts: { exact: prompts.exact.finding(), near: prompts.near.finding() },
      responses: { exact: responses.exact.finding(), near: responses.near.finding() },
    };
  }
}
