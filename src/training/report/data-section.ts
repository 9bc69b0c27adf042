import type { RowCounts } from '../../data/accounting.js';
import { type DropReason, dropReasons, reasonMeanings } from '../../data/accounting.js';
import type { DataReport } from '../../data/dataset.js';
import { compared, type Filtered } from '../../data/filters/filtered.js';
import type { Conversion, FileReport } from '../../data/load-file.js';
import type { DataRecord } from '../../data/records.js';
import type { RowsRead } from '../../data/rows-read.js';
import type { DataShape } from '../../data/shape.js';
import type { StreamReport } from '../../data/stream/streamed-file.js';
import { card, scrolling, section } from '../../drawing/layout.js';
import { html, type Markup } from '../../drawing/markup.js';
import { formatBytes, formatCount } from '../../text/format.js';

/** What became of every row of every data file. */
export function dataSection(data: DataReport, read: readonly RowsRead[] = []): Markup {
  const { train, eval: heldOut, evalPromptsInTrain = 0, tokens, files, streamed = [] } = data;
  const leak = evalPromptsInTrain > 0 ? `${formatCount(evalPromptsInTrain)} of their prompts are trained on too` : '';
  return section(
    'Data',
    html`<div class="cards">
${card(streamed.length > 0 ? 'Rows to train on' : 'Examples trained on', formatCount(train))}
${card('Examples held out', formatCount(heldOut), leak)}
${card('Tokens of prompts', formatCount(tokens.trunks))}
${card('Tokens of answers', formatCount(tokens.responses))}
</div>
${streamed.map((file) => describeStreamed(file, read))}
${files.map(describeFile)}`,
  );
}

function describeFile(file: FileReport): Markup {
  const {
    path,
    role,
    rows,
    used,
    dropped,
    format,
    schema,
    style,
    bytes,
    sha256,
    duplicates,
    cut,
    converted,
    filtered,
  } = file;
  const reasons = reasonsOf({ dropped });
  const remarks = [
    ...(duplicates > 0 ? [`${formatCount(duplicates)} rows repeat an earlier one`] : []),
    ...cutsOf(cut),
  ];
  return html`<article>
<h3 class="path">${path}</h3>
<p class="sum"><strong>${formatCount(rows)} rows</strong> = ${sumOf(used, reasons)}</p>
${converted === undefined ? undefined : describeConversion(converted)}
${reasons.length === 0 ? undefined : droppedTable(path, reasons)}
${filtered === undefined ? undefined : filteredTable(path, filtered)}
<p class="soft">${[role === 'train' ? 'to train on' : 'to evaluate on', `${format}, ${schema}`, ...(style === undefined ? [] : [`as ${style}`]), formatBytes(bytes), ...remarks].join(' · ')}</p>
<p class="soft hash">SHA-256 ${sha256}</p>
</article>`;
}

/** A file whose rows were read as they were needed, some of them perhaps never and others in every epoch. */
function describeStreamed({ path, rows, schema, bytes, sha256 }: StreamReport, all: readonly RowsRead[]): Markup {
  const read = all.find((one) => one.path === path);
  const reasons = read === undefined ? [] : reasonsOf(read);
  return html`<article>
<h3 class="path">${path}</h3>
<p class="sum"><strong>${formatCount(read?.rows ?? 0)} rows read</strong> = ${sumOf(read?.used ?? 0, reasons)}</p>
${reasons.length === 0 ? undefined : droppedTable(path, reasons)}
<p class="soft">${['to train on', `${formatCount(rows)} rows in the file`, 'read as they were needed', `jsonl, ${schema}`, formatBytes(bytes), ...(read === undefined ? [] : cutsOf(read.cut))].join(' · ')}</p>
<p class="soft hash">SHA-256 ${sha256}</p>
</article>`;
}

interface Reason {
  readonly reason: DropReason;
  readonly count: number;
  readonly firstRows: readonly number[];
}

function reasonsOf({ dropped }: Pick<RowCounts, 'dropped'>): Reason[] {
  return dropReasons.flatMap((reason) => {
    const entry = dropped[reason];
    return entry === undefined ? [] : [{ reason, ...entry }];
  });
}

function sumOf(used: number, reasons: readonly Reason[]): string {
  return [`${formatCount(used)} used`, ...reasons.map(({ reason, count }) => `${formatCount(count)} ${reason}`)].join(
    ' + ',
  );
}

function cutsOf({ prompts, responses }: FileReport['cut']): string[] {
  return [
    ...(prompts > 0 ? [`${formatCount(prompts)} prompts cut at their start`] : []),
    ...(responses > 0 ? [`${formatCount(responses)} answers cut at their end`] : []),
  ];
}

const rowsOf: Readonly<Record<DataRecord['kind'], string>> = {
  preference: 'pairs',
  labelled: 'labelled answers',
  ranked: 'rankings',
  demonstration: 'demonstrations',
  prompt: 'prompts',
};
const examplesOf: Readonly<Record<DataShape, string>> = {
  pair: 'pairs',
  labelled: 'labelled answers',
  ranked: 'rankings',
  text: 'demonstrations',
  prompt: 'prompts',
};

function describeConversion({ from, to, rows, examples }: Conversion): Markup {
  return html`<p class="sum">Converted: ${formatCount(rows)} ${rowsOf[from]} gave ${formatCount(examples)} ${examplesOf[to]}.</p>`;
}

function droppedTable(path: string, reasons: readonly Reason[]): Markup {
  const lines = reasons.map(
    ({ reason, count, firstRows }) =>
      html`<tr><th scope="row">${reason}</th><td>${formatCount(count)}</td><td class="words">${reasonMeanings[reason]}</td><td class="words">${firstRows.join(', ')}${count > firstRows.length ? ', …' : ''}</td></tr>`,
  );
  return scrolling(
    `Rows dropped from ${path}`,
    html`<table>
<thead><tr><th scope="col">dropped because</th><th scope="col">rows</th><th scope="col" class="words">which means that</th><th scope="col" class="words">such as rows</th></tr></thead>
<tbody>${lines}</tbody>
</table>`,
  );
}

/** What the filters made of a file. */
function filteredTable(path: string, filtered: Filtered): Markup {
  const lines = compared(filtered).map(
    ({ name, before, after }) => html`<tr><th scope="row">${name}</th><td>${before}</td><td>${after}</td></tr>`,
  );
  return scrolling(
    `${path} before and after its filters`,
    html`<table>
<thead><tr><th scope="col">filters</th><th scope="col">before</th><th scope="col">after</th></tr></thead>
<tbody>${lines}</tbody>
</table>`,
  );
}
