import { chartStyle } from './chart-style.js';

/** The style sheet of a report, charts included. */
export const pageStyle = `${chartStyle}
*{box-sizing:border-box}
body{margin:0;background:var(--ground);color:var(--ink);font:16px/1.55 system-ui,sans-serif;-webkit-text-size-adjust:100%}
main,footer{max-width:68rem;margin:0 auto;padding:0 1.25rem}
header{padding:2.5rem 0 .5rem}
h1{margin:.2rem 0 .6rem;font-size:clamp(1.5rem,4.5vw,2.25rem);line-height:1.2;letter-spacing:-.02em;overflow-wrap:anywhere}
h2{margin:0 0 .75rem;font-size:1.25rem;letter-spacing:-.01em}
h3{margin:0;font-size:1rem}
h4{margin:0 0 .4rem;font-size:.8125rem;font-weight:600;color:var(--soft)}
p{margin:0 0 .75rem}
section{margin:2.25rem 0}
article,figure,details,.card{background:var(--paper);border:1px solid var(--line);border-radius:.75rem}
article,details{padding:1rem 1.25rem;margin:0 0 1rem}
.badge{display:inline-block;padding:.1rem .6rem;border-radius:1rem;background:var(--blue);color:var(--paper);font-size:.8125rem;font-weight:600}
.lead{max-width:46rem;color:var(--soft);font-size:1.0625rem}
.formula{font-family:ui-serif,Georgia,Cambria,serif;color:var(--ink);overflow-wrap:anywhere}
.warning{padding:.6rem 1rem;border:1px solid var(--orange);border-radius:.75rem;background:var(--paper);color:var(--orange);font-weight:600}
.soft{color:var(--soft);font-size:.875rem}
.cards{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(11rem,100%),1fr));gap:1rem;margin:0 0 1rem}
.card{display:flex;flex-direction:column;padding:.85rem 1rem}
.card .number{margin-top:auto}
.number{font-size:1.625rem;font-weight:650;line-height:1.3;letter-spacing:-.02em;font-variant-numeric:tabular-nums;overflow-wrap:anywhere}
.charts{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(19rem,100%),1fr));gap:1rem;margin:0 0 1rem}
figure{display:flex;flex-direction:column;justify-content:space-between;margin:0;padding:1rem 1rem .5rem}
figcaption p{margin:.1rem 0 .75rem}
details .charts{margin-top:1rem}
details figure{border:0;padding:0}
summary{cursor:pointer;font-weight:600}
summary:focus-visible,[tabindex]:focus-visible{outline:2px solid var(--blue);outline-offset:4px;border-radius:.25rem}
.prompt,.answer>div{white-space:pre-wrap;overflow-wrap:anywhere}
.prompt{margin:.5rem 0 1rem;padding:.6rem .9rem;border-left:3px solid var(--line);color:var(--soft);font-size:.9375rem}
.sides{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(20rem,100%),1fr));gap:1rem 2rem}
.answer p{margin:.5rem 0 0}
.wide{overflow-x:auto;margin:.75rem 0}
.on-narrow{display:none}
.unseen{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}
td.strip,th.strip{width:50%;padding:0 .75rem;vertical-align:middle}
td.strip{background:linear-gradient(var(--soft),var(--soft)) var(--mark) 0/1px 100% no-repeat content-box}
.strip svg.chart{min-width:6rem;height:28px;overflow:visible}
th.strip svg.chart{height:16px}
table{border-collapse:collapse;width:100%;font-size:.875rem;font-variant-numeric:tabular-nums}
th,td{padding:.35rem .75rem .35rem 0;border-bottom:1px solid var(--line);text-align:right;vertical-align:top}
thead th{color:var(--soft);font-weight:600;vertical-align:bottom}
tbody th{font-weight:400}
th:first-child,.words{text-align:left}
td.words,th.words{padding-left:1rem}
.path,.hash,pre{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,monospace}
.path,.hash{overflow-wrap:anywhere}
.sum{margin:.4rem 0}
.hash{margin:0;font-size:.75rem}
pre{margin:.75rem 0 0;overflow-x:auto;font-size:.8125rem;line-height:1.5}
footer{padding-bottom:3rem}
@media (max-width:40rem){body{font-size:15px}main,footer{padding:0 1rem}article,details,.card,figure{padding-left:1rem;padding-right:1rem}.cards{grid-template-columns:repeat(2,minmax(0,1fr));gap:.75rem}.number{font-size:1.375rem}td.words,th.words{padding-left:0}}
@media (max-width:30rem){.on-wide{display:none}.on-narrow{display:block}}
@media print{body{background:none}article,figure,.card{break-inside:avoid}}`;
