import type { ChatTemplate } from '../text/chat-template.js';
import type { DropReason } from './accounting.js';
import { recordKey, unorderedKey } from './fingerprint.js';
import { type GrowSettings, growTree } from './grow-tree.js';
import { LengthTable, type SideLengths } from './lengths.js';
import type { RecordRow } from './read-records.js';
import { isMessages, plainText, responsesOf, type Side } from './records.js';
import { render, renderStyle } from './render.js';
import type { Seedling } from './shape.js';
import { type Example, showText, showTokens } from './show-example.js';
import { specialPattern } from './special-tokens.js';
import { textFault } from './text-fault.js';

const ROWS_NAMED = 5;

/** A number of rows and the first of them, at most 5. */
export interface Found {
  readonly count: number;
  readonly firstRows: readonly number[];
}

/** What a survey found. */
export interface SurveyResult {
  /** Rows that repeat an earlier one. */
  readonly duplicates: Found;
  /** Pairs that an earlier row holds with chosen and rejected exchanged. */
  readonly contradictions: Found;
  /** Rows whose plain prompt runs into its response without white space between them. */
  readonly unspaced: Found;
  /** Rows whose text spells a special token, which the tokenizer takes for one; undefined without a tokenizer. */
  readonly specialTokens: Found | undefined;
  readonly characters: SideLengths;
  /** Before cutting, with all markup; undefined without a tokenizer. */
  readonly tokens: SideLengths | undefined;
  /** Shares of the usable rows in which something is cut; undefined without a tokenizer. */
  readonly truncated: { readonly prompts: number; readonly responses: number; readonly rows: number } | undefined;
  /** Share of the usable pairs whose chosen response is longer than the rejected one (0.5: no bias); pairs only. */
  readonly longerChosen: number | undefined;
  readonly examples: readonly Example[];
}

/** What is gathered over the rows of a file. */
export class Survey {
  private readonly settings: GrowSettings | undefined;
  private readonly template: ChatTemplate | undefined;
  private readonly wanted: number;
  private readonly special: RegExp | undefined;
  private readonly keys = new Set<string>();
  private readonly pairs = new Map<string, string>();
  private readonly repeated: number[] = [];
  private readonly contradicting: number[] = [];
  private readonly joined: number[] = [];
  private readonly marked: number[] = [];
  private readonly characters = new LengthTable();
  private readonly tokens = new LengthTable();
  private readonly examples: Example[] = [];
  private readonly cut = { prompts: 0, responses: 0, rows: 0 };
  private longer = 0;
  private compared = 0;

  constructor(options: {
    readonly settings: GrowSettings | undefined;
    readonly template: ChatTemplate | undefined;
    readonly examples: number;
  }) {
    this.settings = options.settings;
    this.template = options.template;
    this.wanted = options.examples;
    this.special = options.settings && specialPattern(options.settings.tokenizer);
  }

  /** Takes a row in and tells whether training could use it. @throws RowProblem when the template refuses it. */
  look({ row, record }: RecordRow): 'usable' | DropReason {
    const responses = responsesOf(record);
    const seedling: Seedling = { prompt: record.prompt, responses };
    const outcome = this.settings ? this.grow(row, seedling, this.settings) : this.readAsText(row, seedling);
    const key = recordKey(record);
    if (this.keys.has(key)) this.repeated.push(row);
    this.keys.add(key);
    if (record.kind === 'preference') {
      const unordered = unorderedKey(record);
      const earlier = this.pairs.get(unordered);
      if (earlier !== undefined && earlier !== key && outcome === 'usable') this.contradicting.push(row);
      else this.pairs.set(unordered, key);
    }
    if (this.runsTogether(seedling)) this.joined.push(row);
    if (this.special && [record.prompt, ...responses].some((side) => this.special?.test(plainText(side)))) {
      this.marked.push(row);
    }
    this.characters.add(lengthOf(record.prompt), responses.map(lengthOf));
    return outcome;
  }

  private readAsText(row: number, seedling: Seedling): 'usable' | DropReason {
    const fault = textFault(seedling.responses);
    if (fault !== undefined) return fault;
    if (this.examples.length < this.wanted) {
      this.examples.push(showText(row, seedling, { template: this.template }));
    }
    this.compare(seedling.responses.map(lengthOf));
    return 'usable';
  }

  private grow(row: number, seedling: Seedling, settings: GrowSettings): 'usable' | DropReason {
    const whole = render(seedling.prompt, seedling.responses, settings);
    const lengths = whole.responses.map((ids) => ids.length);
    this.tokens.add(whole.trunk.length, lengths);
    const grown = growTree(seedling.prompt, seedling.responses, settings);
    if (grown.kind === 'withered') return grown.reason;
    if (this.examples.length < this.wanted) this.examples.push(showTokens(row, whole, grown, settings.tokenizer));
    const responseCut = grown.responseCuts.some((tokens) => tokens > 0);
    if (grown.trunkCut > 0) this.cut.prompts++;
    if (responseCut) this.cut.responses++;
    if (grown.trunkCut > 0 || responseCut) this.cut.rows++;
    this.compare(lengths);
    return 'usable';
  }

  private runsTogether({ prompt, responses }: Seedling): boolean {
    if (isMessages(prompt) || renderStyle(prompt, { template: this.template }) !== 'text') return false;
    return /\S$/.test(prompt) && responses.some((response) => /^\S/.test(plainText(response)));
  }

  private compare(lengths: readonly number[]): void {
    const [chosen, rejected] = lengths;
    if (chosen === undefined || rejected === undefined) return;
    this.compared++;
    if (chosen > rejected) this.longer++;
    else if (chosen === rejected) this.longer += 0.5;
  }

  result(usable: number): SurveyResult {
    const share = (count: number): number => (usable === 0 ? 0 : count / usable);
    return {
      duplicates: found(this.repeated),
      contradictions: found(this.contradicting),
      unspaced: found(this.joined),
      specialTokens: this.special && found(this.marked),
      characters: this.characters.summary(),
      tokens: this.settings && this.tokens.summary(),
      truncated: this.settings && {
        prompts: share(this.cut.prompts),
        responses: share(this.cut.responses),
        rows: share(this.cut.rows),
      },
      longerChosen: this.compared === 0 ? undefined : this.longer / this.compared,
      examples: this.examples,
    };
  }
}

/** Characters of a side without markup. */
function lengthOf(side: Side): number {
  return isMessages(side) ? side.reduce((sum, { content }) => sum + content.length, 0) : side.length;
}

function found(rows: readonly number[]): Found {
  return { count: rows.length, firstRows: rows.slice(0, ROWS_NAMED) };
}
