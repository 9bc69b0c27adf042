import { scrolling } from '../../../drawing/layout.js';
import { html, type Markup } from '../../../drawing/markup.js';
import { formatCount } from '../../../text/format.js';
import type { Comparison, GenerationReport, RowSource } from '../comparison.js';
import { judgeWords, short, sourceWords, systemWords } from '../words.js';
import { systemHead, tableHead } from './parts.js';
import { looks } from './tones.js';

/** What was compared, on what, by whom: what it takes to do it again. */
export function methodSection(comparison: Comparison): Markup {
  const { prompts, pairs, generation, judge } = comparison;
  return html`<article><h3>Systems</h3>
${systemsTable(comparison)}</article>
${prompts && source('Prompts', prompts)}
${pairs && source('Held-out pairs', pairs)}
${generation && html`<article><h3>Generation</h3><p class="sum">${generationWords(generation)}</p></article>`}
${judge && html`<article><h3>Judge</h3><p class="sum">${judgeWords(judge)} Answers that are word for word the same tie without it.</p></article>`}`;
}

function source(name: string, from: RowSource): Markup {
  return html`<article><h3>${name}</h3><p class="sum"><span class="path">${from.path}</span>: ${sourceWords(from)}</p><p class="soft hash">SHA-256 ${from.sha256}</p></article>`;
}

function generationWords(generation: GenerationReport): string {
  const { maxTokens, temperature, topK, topP, repetitionPenalty, stop, seed, samples, precision } = generation;
  const sampling =
    temperature === 0
      ? 'the likeliest token each time'
      : [
          `temperature ${short(temperature)}`,
          ...(topK > 0 ? [`top-k ${topK}`] : []),
          ...(topP < 1 ? [`top-p ${short(topP)}`] : []),
          `seed ${seed}`,
        ].join(', ');
  const more = [
    ...(repetitionPenalty === 1 ? [] : [`repetition penalty ${short(repetitionPenalty)}`]),
    ...(stop.length === 0 ? [] : [`stops at ${stop.map((text) => JSON.stringify(text)).join(', ')}`]),
    `${precision} matrix products`,
  ];
  const each = samples === 1 ? 'One answer' : `${formatCount(samples)} answers`;
  return `${each} to each prompt, of at most ${formatCount(maxTokens)} tokens; ${sampling}; ${more.join('; ')}. The same for all systems.`;
}

function systemsTable(comparison: Comparison): Markup {
  const look = looks(comparison);
  const rows = comparison.systems.map(
    (system) =>
      html`<tr>${systemHead(system.name, look(system.name).tone)}<td class="words">${systemWords(system)}${system.base ? ', the base' : ''}</td><td class="words path">${system.source}</td><td class="words path">${system.model ?? '–'}</td><td>${formatCount(system.answers)}</td><td>${system.tokens === undefined ? '–' : short(system.tokens.value)}</td></tr>`,
  );
  const words = (name: string): Markup => html`<th scope="col" class="words">${name}</th>`;
  return scrolling(
    'Systems',
    html`<table>${tableHead(['system', words('what it is'), words('given as'), words('model'), 'answers', 'tokens an answer'])}<tbody>${rows}</tbody></table>`,
  );
}
