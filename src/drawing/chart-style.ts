/**
 * Colours of pages and charts. Texts in them have a contrast of at least 4.5 on the paper (WCAG 2.2, AA), and the tones
 * of chosen and rejected differ for those who cannot tell red from green.
 */
export const light = {
  paper: '#ffffff',
  ground: '#f6f6f4',
  ink: '#1c2127',
  soft: '#59636e',
  line: '#dfe2e6',
  blue: '#2456c4',
  green: '#00785a',
  orange: '#b54700',
  violet: '#7a3fc4',
  grey: '#59636e',
  teal: '#00728a',
  pink: '#b8327e',
};
export const dark: typeof light = {
  paper: '#1b1f24',
  ground: '#131619',
  ink: '#e9ecef',
  soft: '#a2abb6',
  line: '#343b43',
  blue: '#8ab0ff',
  green: '#45d0a2',
  orange: '#ff9d5c',
  violet: '#c4a1ff',
  grey: '#a2abb6',
  teal: '#4cc6de',
  pink: '#ff8ac4',
};

/** The colours as custom properties, light or dark as the reader likes it. */
export const palette = `:root{color-scheme:light dark;${properties(light)}}
@media (prefers-color-scheme:dark){:root{${properties(dark)}}}`;

/** What charts are drawn of, in those colours. What a pointer reads is there, but hidden until it is pointed at. */
export const chartStyle = `${palette}
svg.chart{display:block;width:100%;height:auto;font:12px system-ui,sans-serif;font-variant-numeric:tabular-nums}
.chart text{fill:var(--soft)}
.chart .grid{stroke:var(--line);stroke-width:1}
.chart .line,.chart .raw,.chart .held-out{fill:none;stroke:var(--tone);stroke-linejoin:round;stroke-linecap:round}
.chart .line{stroke-width:2}
.chart .raw{stroke-width:1;opacity:.4}
.chart .held-out{stroke-width:1.5;stroke-dasharray:1 5}
.chart circle{fill:var(--paper);stroke:var(--tone);stroke-width:2}
.chart .label{fill:var(--tone);font-weight:600;stroke:var(--paper);stroke-width:3px;stroke-linejoin:round;paint-order:stroke}
.chart .reach{fill:transparent}
.chart .read{visibility:hidden;pointer-events:none}
.chart .stop:hover .read{visibility:visible}
.chart .fill{fill:var(--tone);fill-opacity:.1}
.chart .reach-line{fill:none;stroke:var(--tone);stroke-width:1.5;stroke-linecap:round}
.chart .middle{fill:none;stroke:var(--tone);stroke-width:6;stroke-linecap:round;opacity:.45}
.chart .dot{fill:var(--tone);stroke:var(--paper);stroke-width:1.5}
.chart .level{fill:none;stroke:var(--soft);stroke-dasharray:4 4}
.chart .dashed{stroke-dasharray:6 4}
.chart .leader{fill:none;stroke:var(--tone);opacity:.5}
.chart .rule{stroke:var(--soft);stroke-width:1}
.chart .box{fill:var(--paper);fill-opacity:.9;stroke:var(--line)}
${['blue', 'green', 'orange', 'violet', 'grey', 'teal', 'pink', 'ink'].map((tone) => `.${tone}{--tone:var(--${tone})}`).join('\n')}`;

function properties(colours: Readonly<Record<string, string>>): string {
  return Object.entries(colours)
    .map(([name, value]) => `--${name}:${value}`)
    .join(';');
}
