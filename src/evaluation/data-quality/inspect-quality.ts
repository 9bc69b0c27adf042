import { Duplicates } from '../../data/quality/duplicates.js';
import { type ConflictKind, Opinions } from '../../data/quality/opinions.js';
import { controlToken } from '../../data/quality/template-markers.js';
import { turnFault } from '../../data/quality/turns.js';
import { type FileRecordsOptions, readFileRecords } from '../../data/read-file-records.js';
import { plainText, responsesOf } from '../../data/records.js';
import { specialPattern } from '../../data/special-tokens.js';
import { textFault } from '../../data/text-fault.js';
import type { Tokenizer } from '../../text/tokenizer.js';
import { Finder, type Finding } from './finding.js';
import { type Languages, LanguageTable } from './language-table.js';
import { type Leaks, LeakTable } from './leak-table.js';
import { type LengthBias, lengthBias } from './length-bias.js';

export interface QualityOptions extends Omit<FileRecordsOptions, 'onMalformed'> {
  /** With a tokenizer, lengths are in tokens too, and its control tokens are looked for. */
  readonly tokenizer?: Tokenizer | undefined;
  /** Jaccard similarity of word 3-grams, from 0.5 to 1, from which texts are near; default 0.8. */
  readonly similarity?: number | undefined;
  /** A file that is evaluated on. */
  readonly heldOut?: string | undefined;
}

/** What is wrong with a data set, check by check; a row may be found by several. */
export interface DataQuality {
  readonly path: string;
  /** Rows that could be read. */
  readonly rows: number;
  readonly similarity: number;
  /** Rows that repeat an earlier one, to the letter or nearly. */
  readonly duplicates: { readonly exact: Finding; readonly near: Finding };
  /** Rows that contradict another: `pairs` on the same two responses, `responses` also on a single one. */
  readonly conflicts: Readonly<Record<ConflictKind, Finding>>;
  /** Rows whose prompt, or a response of ten words or more, is held out; undefined without a held-out file. */
  readonly leaks: Leaks | undefined;
  /** Of the best and the worst response of each row; undefined where rows have one response. */
  readonly lengthBias: { readonly characters: LengthBias; readonly tokens: LengthBias | undefined } | undefined;
  readonly languages: Languages;
  readonly controlTokens: Finding;
  readonly turns: Finding;
}

/**
 * Looks for what makes preference data bad: repetition, contradiction, leaks into what is evaluated on, labels that
 * follow length, texts in another language, control tokens and broken turns. Rows that cannot be read are passed over.
 *
 * @throws OrpoError `file` or `data` when a file cannot be read at all
 */
export async function inspectQuality(path: string, options: QualityOptions = {}): Promise<DataQuality> {
  const { tokenizer, similarity = 0.8 } = options;
  const heldOut =
    options.heldOut === undefined ? undefined : await LeakTable.read(options.heldOut, similarity, options);
  const special = tokenizer && specialPattern(tokenizer);
  const duplicates = new Duplicates(similarity);
  const exact = new Finder();
  const near = new Finder();
  const opinions = { pairs: new Opinions('pairs'), responses: new Opinions('responses') };
  const control = new Finder();
  const turns = new Finder();
  const languages = new LanguageTable();
  const characters: [number, number][] = [];
  const tokens: [number, number][] = [];
  let rows = 0;
  for await (const { row, record } of readFileRecords(path, { ...options, onMalformed: 'drop' })) {
    rows++;
    const responses = responsesOf(record).map(plainText);
    const token = controlToken([plainText(record.prompt), ...responses], special);
    if (token !== undefined) control.add({ row, detail: token });
    const fault = turnFault(record);
    if (fault !== undefined) turns.add({ row, detail: fault });
    languages.add(row, plainText(record.prompt), responses);
    heldOut?.look(row, record);
    if (textFault(responsesOf(record)) !== undefined) continue;
    const repetition = duplicates.look(row, record);
    if (repetition !== undefined) {
      (repetition.near ? near : exact).add({ row, of: { file: path, row: repetition.of } });
    }
    opinions.pairs.add(row, record);
    opinions.responses.add(row, record);
    const [best] = responses;
    const worst = responses.at(-1);
    if (best === undefined || worst === undefined || responses.length < 2) continue;
    characters.push([best.length, worst.length]);
    if (tokenizer) tokens.push([tokenizer.encode(best).length, tokenizer.encode(worst).length]);
  }
  const inCharacters = lengthBias(characters);
  return {
    path,
    rows,
    similarity,
    duplicates: { exact: exact.finding(), near: near.finding() },
    conflicts: { pairs: conflictsOf(opinions.pairs, path), responses: conflictsOf(opinions.responses, path) },
    leaks: heldOut?.leaks(),
    lengthBias: inCharacters && { characters: inCharacters, tokens: lengthBias(tokens) },
    languages: languages.languages(),
    controlTokens: control.finding(),
    turns: turns.finding(),
  };
}

function conflictsOf(opinions: Opinions, file: string): Finding {
  const finder = new Finder();
  for (const [row, other] of opinions.conflicts()) finder.add({ row, of: { file, row: other } });
  return finder.finding();
}
