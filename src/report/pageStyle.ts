/** The style sheet of the page: light, dark, narrow and on paper. */
import { chartStyle, FONT_STACK } from './charts/chart.ts';
import { Html } from './html.ts';
import { GRID, MUTED, PAGE, TEXT, WINDOW } from './palette.ts';

/** Link blue on both pages: 6.0 and 7.6 to 1. */
const LINK = { light: '#0a5c9e', dark: '#6cb8f0' };

const COLOURS = { page: PAGE, text: TEXT, muted: MUTED, rule: GRID, shade: WINDOW, link: LINK };

function colours(mode: 'light' | 'dark'): string {
  return Object.entries(COLOURS)
    .map(([name, ink]) => `--${name}:${ink[mode]};`)
    .join('');
}

const LAYOUT = `
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%;text-size-adjust:100%}
body{margin:0 auto;padding:0 24px;max-width:1040px;background:var(--page);color:var(--text);font:1rem/1.55 ${FONT_STACK};overflow-wrap:break-word}
header{padding:48px 0 8px}
h1{font-size:1.9rem;line-height:1.2;margin:0 0 20px;letter-spacing:-0.01em;text-wrap:balance}
h2{font-size:1.4rem;line-height:1.25;margin:0 0 16px;padding-top:18px;border-top:1px solid var(--rule)}
h3{font-size:1.05rem;margin:28px 0 8px}
section{margin:44px 0 0;scroll-margin-top:8px}
p,ul,ol{margin:0 0 16px;max-width:72ch}
ul,ol{padding-left:1.3em}
li{margin:4px 0}
a{color:var(--link);text-underline-offset:2px}
:focus-visible{outline:2px solid var(--link);outline-offset:2px}
.kicker{margin:0 0 6px;color:var(--muted);font-size:.82rem;letter-spacing:.08em;text-transform:uppercase}
.opening{font-size:1.12rem;line-height:1.6}
.skip{position:absolute;left:-9999px}
.skip:focus{left:16px;top:8px;background:var(--page);padding:6px 10px;z-index:1}
nav ol{list-style:none;padding:0;margin:24px 0 0;display:flex;flex-wrap:wrap;gap:4px 20px;max-width:none;font-size:.95rem}
footer{margin:56px 0 32px;padding-top:12px;border-top:1px solid var(--rule);color:var(--muted);font-size:.88rem}
.scroll{overflow-x:auto;max-width:100%}
figure{margin:24px 0 32px}
figcaption{margin-top:8px;color:var(--muted);font-size:.92rem;line-height:1.45;max-width:84ch}
figcaption strong{color:var(--text);font-weight:600}
.muonscope-chart{display:block;width:100%;min-width:860px;height:auto}
table{border-collapse:collapse;font-size:.9rem;line-height:1.4;font-variant-numeric:tabular-nums;min-width:min(100%,44rem)}
.caption{font-size:.95rem;font-weight:600;margin:0 0 6px}
.table{margin:24px 0 28px}
th,td{padding:5px 14px 5px 0;text-align:left;vertical-align:baseline;border-bottom:1px solid var(--rule);white-space:nowrap}
th:last-child,td:last-child{padding-right:2px}
thead th{border-bottom:1px solid var(--muted);color:var(--muted);font-weight:600;vertical-align:bottom;white-space:normal;line-height:1.25}
tbody th{font-weight:400}
.number{text-align:right}
tr.noted>*{border-bottom:0;padding-bottom:0}
tr.note td{color:var(--muted);font-size:.92em;white-space:normal;padding-top:0}
tr.note td>*{max-width:92ch}
code{font:.92em/1.5 ui-monospace,SFMono-Regular,Menlo,Consolas,"Liberation Mono",monospace;overflow-wrap:anywhere}
td code{white-space:normal}
details{margin:0 0 14px}
summary{cursor:pointer;max-width:84ch}
tr.note details,tr.note ul{margin-bottom:0}
.key{display:grid;grid-template-columns:repeat(auto-fit,minmax(200px,1fr));gap:16px 32px;margin:0 0 24px}
.key div{border-left:3px solid var(--rule);padding-left:14px}
.key dd{margin:0;font-size:1.7rem;line-height:1.2;font-weight:600;font-variant-numeric:tabular-nums}
.key dt{color:var(--muted);font-size:.92rem;line-height:1.4}
.facts{display:grid;grid-template-columns:max-content minmax(0,1fr);gap:6px 24px;margin:0 0 20px}
.facts dt{color:var(--muted)}
.facts dd{margin:0;overflow-wrap:anywhere}
.command{background:var(--shade);padding:2px 6px;border-radius:3px}
`;

const NARROW = `
@media (max-width:600px){
body{padding:0 16px}
header{padding-top:28px}
h1{font-size:1.5rem}
.opening{font-size:1.03rem}
.facts{grid-template-columns:minmax(0,1fr);gap:0}
.facts dd{margin-bottom:10px}
}`;

/** Every details element opens on paper; browsers without ::details-content print them as they stand. */
const PAPER = `
@media print{
@page{margin:16mm 14mm}
html{font-size:10pt}
body{max-width:none;padding:0}
header{padding-top:0}
nav,.skip{display:none}
section{margin-top:24pt}
h2,h3,.caption{break-after:avoid}
figure,tr,.key{break-inside:avoid}
.scroll{overflow:visible}
.muonscope-chart{min-width:0;max-height:240mm}
table{font-size:7.5pt}
th,td{padding-right:8pt}
details::details-content{content-visibility:visible;height:auto;display:block}
summary{list-style:none}
a{color:inherit}
}`;

/** Written into the page's style element. */
export const PAGE_STYLE: Html = new Html(
  `:root{color-scheme:light dark;${colours('light')}}` +
    `@media screen and (prefers-color-scheme:dark){:root{${colours('dark')}}}` +
    LAYOUT +
    NARROW +
    PAPER +
    chartStyle(),
);
