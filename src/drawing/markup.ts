import { printable } from '../text/format.js';

/** HTML or SVG as it stands. Only `html` makes it, so every text of a run is escaped before it becomes part of a page. */
export interface Markup {
  readonly markup: string;
}

type Part = string | number | undefined | Markup | readonly (Markup | undefined)[];

/** Markup from a template literal: texts among its values are escaped, markup stands as it is, undefined is nothing. */
export function html(fixed: TemplateStringsArray, ...parts: readonly Part[]): Markup {
  return { markup: fixed.map((text, i) => text + insert(parts[i])).join('') };
}

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Text for an element or a quoted attribute; control characters and those that turn the writing are made visible. */
export function escapeText(text: string): string {
  return printable(text).replace(/[&<>"']/g, (character) => ESCAPES[character] ?? '');
}

function insert(part: Part): string {
  if (part === undefined) return '';
  if (typeof part === 'string') return escapeText(part);
  if (typeof part === 'number') return String(part);
  return 'markup' in part ? part.markup : part.flatMap((one) => one?.markup ?? []).join('\n');
}
