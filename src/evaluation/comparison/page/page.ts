import { section, sectionId } from '../../../drawing/layout.js';
import { html, type Markup } from '../../../drawing/markup.js';
import type { Comparison } from '../comparison.js';
import { costSection } from './cost-section.js';
import { diversitySection } from './diversity-section.js';
import { filterScript, scriptSource } from './filters.js';
import { methodSection } from './method-section.js';
import { comparisonStyle } from './page-style.js';
import { preferenceSection } from './preference-section.js';
import { rewardSection } from './reward-section.js';
import { samplesSection } from './samples-section.js';
import { trainingSection } from './training-section.js';
import { verdictHeader } from './verdict-section.js';
import { winRateSection } from './win-rate-section.js';

/** Nothing is loaded, and no script runs but the one whose hash stands here, whatever a prompt or an answer may hold. */
const POLICY = `default-src 'none'; style-src 'unsafe-inline'; script-src ${scriptSource}; base-uri 'none'; form-action 'none'`;

/** In the order of the page; each gives nothing where the comparison has nothing for it. */
const SECTIONS = [
  { heading: 'Win rates', draw: winRateSection },
  { heading: 'Rewards', draw: rewardSection },
  { heading: 'Held-out pairs', draw: preferenceSection },
  { heading: 'Cost', draw: costSection },
  { heading: 'Training', draw: trainingSection },
  { heading: 'Answers', draw: diversitySection },
  { heading: 'Samples', draw: samplesSection },
  { heading: 'How this was measured', draw: methodSection },
] as const;

/** A comparison as one page for people: a whole HTML document that needs no other file. */
export function comparisonPage(comparison: Comparison): string {
  const title = `${comparison.systems.map(({ name }) => name).join(', ')} compared`;
  const sections = SECTIONS.flatMap(({ heading, draw }) => {
    const content = draw(comparison);
    return content === undefined ? [] : [{ heading, content }];
  });
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="${POLICY}">
<title>${title}</title>
<style>
${{ markup: comparisonStyle }}
</style>
</head>
<body>
<main>
${verdictHeader(comparison)}
${contents(sections)}
${sections.map(({ heading, content }) => section(heading, content))}
</main>
<footer class="soft">Drawn by orpo from report.json beside this page.</footer>
${filterScript}
</body>
</html>
`.markup;
}

function contents(sections: readonly { readonly heading: string }[]): Markup {
  const links = sections.map(({ heading }) => html`<li><a href="#${sectionId(heading)}">${heading}</a></li>`);
  return html`<nav aria-label="Parts of this page"><ul>${links}</ul></nav>`;
}
