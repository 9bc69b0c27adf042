import { heatStyle } from '../../../drawing/heat.js';
import { pageStyle } from '../../../drawing/page-style.js';

/** The style sheet of a comparison: that of every page, and what only this one has. */
export const comparisonStyle = `${pageStyle}
${heatStyle}
h1.verdict{max-width:52rem;margin:.4rem 0 1.1rem;padding:.1rem 0 .1rem 1.1rem;border-left:5px solid var(--tone);font-size:clamp(1.25rem,2.6vw,1.75rem);font-weight:650;line-height:1.35;letter-spacing:-.01em;text-wrap:balance}
header>p{margin:0}
.systems{display:flex;flex-wrap:wrap;gap:.3rem 1.5rem;margin:0 0 1.1rem;padding:0;list-style:none}
.name{display:inline-block;position:relative;padding-left:1.05em;color:var(--tone);font-weight:600;overflow-wrap:break-word}
.name i{position:absolute;left:0;top:.48em;width:.65em;height:.65em;border-radius:50%;background:var(--tone)}
.remarks{margin:0 0 1rem}
.remarks h2{margin:0 0 .2rem;font-size:.9375rem}
.more{margin:0;padding:0;border:0;background:none;font-size:.9375rem}
.more summary{color:var(--soft);font-weight:400}
.remarks ul{margin:0;padding-left:1.1rem;color:var(--soft);font-size:.9375rem}
nav{position:sticky;top:0;z-index:1;margin:0 -1.25rem;padding:.5rem 1.25rem;background:var(--ground);border-bottom:1px solid var(--line)}
nav ul{display:flex;gap:.25rem 1.25rem;margin:0;padding:0;overflow-x:auto;list-style:none;white-space:nowrap;font-size:.9375rem}
nav a,a{color:var(--blue)}
section{scroll-margin-top:3rem}
.figures{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(26rem,100%),1fr));gap:1rem;margin:0 0 1rem}
.figures figure{justify-content:flex-start;min-width:0}
.figures .wide{margin:0 0 .25rem}
.figures>:last-child:nth-child(odd),.figures>.whole{grid-column:1/-1}
.note{margin:.5rem 0 .4rem;font-size:.8125rem}
td .soft,th .soft{display:block;font-size:.75rem;font-weight:400;white-space:nowrap}
td b{font-weight:650}
.figures td{white-space:nowrap}
.figures th,.figures td{padding-right:.5rem}
.figures table{font-size:.8438rem}
th.system{min-width:6.5rem;text-align:left;font-weight:400}
.forest td,.forest th.system{vertical-align:middle}
.heat th.system{position:sticky;left:0;background:var(--paper);vertical-align:middle}
.heat td{min-width:4.25rem;padding:.45rem .3rem;border:2px solid var(--paper);border-radius:.5rem;text-align:center;vertical-align:middle;color:var(--ink)}
.heat td b,.heat td>span{display:block;font-size:.9375rem}
.heat small{display:block;font-size:.6875rem;line-height:1.35;white-space:nowrap}
.heat td.self{background:var(--ground);color:var(--soft)}
.heat thead th{text-align:center}
.bars td{min-width:3.6rem}
.whole .bars{min-width:38rem;table-layout:fixed}
.bar{display:block;height:.35rem;margin:.15rem 0;border-radius:.2rem;background:linear-gradient(var(--tone),var(--tone)) 100% 0/var(--length) 100% no-repeat var(--line)}
form{display:flex;flex-wrap:wrap;align-items:end;gap:.75rem 1.25rem;margin:0 0 1rem;padding:1rem 1.25rem;background:var(--paper);border:1px solid var(--line);border-radius:.75rem;font-size:.875rem}
[hidden]{display:none!important}
form>label{display:grid;gap:.2rem;color:var(--soft)}
input[type=search],select,button{max-width:100%;padding:.4rem .6rem;border:1px solid var(--soft);border-radius:.4rem;background:var(--paper);color:var(--ink);font:inherit}
input[type=search]{width:15rem}
::placeholder{color:var(--soft);opacity:1}
fieldset{display:flex;flex-wrap:wrap;gap:.25rem 1rem;margin:0;padding:0;border:0}
legend{padding:0;color:var(--soft)}
fieldset label{display:flex;align-items:center;gap:.4rem;min-height:2rem}
form p{flex-basis:100%;margin:0}
input:focus-visible,select:focus-visible,button:focus-visible,a:focus-visible{outline:2px solid var(--blue);outline-offset:2px;border-radius:.25rem}
.answers{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(15rem,100%),1fr));gap:.75rem}
.answers .answer{padding:.6rem .85rem;border:1px solid var(--line);border-left:3px solid var(--tone);border-radius:.5rem;font-size:.9375rem}
.answers .best{border-color:var(--tone);box-shadow:0 0 0 1px var(--tone)}
.answer h4{display:flex;flex-wrap:wrap;justify-content:space-between;gap:0 .75rem}
.choice{color:var(--tone)}
@media (max-width:40rem){nav{margin:0 -1rem;padding:.5rem 1rem}form>label,input[type=search]{width:100%}}
@media print{nav,form{display:none}}`;
