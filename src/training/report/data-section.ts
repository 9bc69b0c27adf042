import { dropReasons, reasonMeanings } from '../../data/accounting.js';
import type { DataReport } from '../../data/dataset.js';
import { compared, type Filtered } from '../../data/filters/filtered.js';
import type { Conversion, FileReport } from '../../data/load-file.js';
import type { DataRecord } from '../../data/records.js';
import type { DataShape } from '../../data/shape.js';
import { card, scrolling, section } from '../../drawing/layout.js';
import { html, type Markup } from '../../drawing/markup.js';
import { formatBytes, formatCount } from '../../text/format.js';

/** What became of every row of every data file. */
export function dataSection(data: DataReport): Markup {
  const { train, eval: heldOut, evalPromptsInTrain, tokens, files } = data;
  const leak = evalPromptsInTrain > 0 ? `${formatCount(evalPromptsInTrain)} of their prompts are trained on too` : '';
  return section(
    'Data',
    html`<div class="cards">
${card('Examples trained on', formatCount(train))}
${card('Examples held out', formatCount(heldOut), leak)}
${card('Tokens of prompts', formatCount(tokens.trunks))}
${card('Tokens of answers', formatCount(tokens.responses))}
</div>
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
  const reasons = dropReasons.flatMap((reason) => {
    const entry = dropped[reason];
    return entry === undefined ? [] : [{ reason, ...entry }];
  });
  const sum = [`${formatCount(used)} used`, ...reasons.map(({ reason, count }) => `${formatCount(count)} ${reason}`)];
  const remarks = [
    ...(duplicates > 0 ? [`${formatCount(duplicates)} rows repeat an earlier one`] : []),
    ...(cut.prompts > 0 ? [`${formatCount(cut.prompts)} prompts cut at their start`] : []),
    ...(cut.responses > 0 ? [`${formatCount(cut.responses)} answers cut at their end`] : []),
  ];
  return html`<article>
<h3 class="path">${path}</h3>
<p class="sum"><strong>${formatCount(rows)} rows</strong> = ${sum.join(' + ')}</p>
${converted === undefined ? undefined : describeConversion(converted)}
${reasons.length === 0 ? undefined : droppedTable(path, reasons)}
${filtered === undefined ? undefined : filteredTable(path, filtered)}
<p class="soft">${[role === 'train' ? 'to train on' : 'to evaluate on', `${format}, ${schema}`, ...(style === undefined ? [] : [`as ${style}`]), formatBytes(bytes), ...remarks].join(' · ')}</p>
<p class="soft hash">SHA-256 ${sha256}</p>
</article>`;
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

function droppedTable(
  path: string,
  reasons: readonly {
    readonly reason: keyof typeof reasonMeanings;
    readonly count: number;
    readonly firstRows: readonly number[];
  }[],
): Markup {
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
