// The shell of a self-contained page: no request of any kind, no script that runs, light and dark, 320 px and wider.
import { element, escapeMarkup } from './svg.ts';

export interface Page {
  readonly title: string;
  /** Markup of the body. */
  readonly body: string;
  /** Embedded for programs, as JSON. */
  readonly data: unknown;
  /** Styles of this kind of page alone. */
  readonly style?: string;
}

/** `default-src 'none'` forbids every request; inline styles and the empty icon are let in. */
const POLICY =
  "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'";

/** The whole HTML document. */
export function htmlPage({ body, data, style = '', title }: Page): string {
  const head = [
    '<meta charset="utf-8">',
    `<meta http-equiv="Content-Security-Policy" content="${POLICY}">`,
    '<meta name="viewport" content="width=device-width, initial-scale=1">',
    '<meta name="color-scheme" content="light dark">',
    // An empty icon, so that browsers do not ask a server for one.
    '<link rel="icon" href="data:,">',
    `<title>${escapeMarkup(title)}</title>`,
    `<style>${STYLE}${style}</style>`,
  ];
  const json = `<script type="application/json" id="data">${escapeJson(data)}</script>`;
  return `<!doctype html>\n<html lang="en"><head>${head.join('\n')}</head>\n<body>${HATCH}<main>${body}</main>\n${json}</body></html>\n`;
}

/** JSON that cannot end its element, whatever texts are in it. */
function escapeJson(data: unknown): string {
  return JSON.stringify(data).replace(
    /[<>&\u2028\u2029]/gu,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** The hatching that charts refer to; in a drawing of no size, since a hidden one would take its patterns with it. */
const HATCH = `<svg class="defs" width="0" height="0" aria-hidden="true"><defs>${element(
  'pattern',
  { id: 'hatch', width: 7, height: 7, patternUnits: 'userSpaceOnUse', patternTransform: 'rotate(45)' },
  '<path class="hatch-line" d="M0 0V7"/>',
)}</defs></svg>`;

const LIGHT =
  '--bg:#f6f7f9;--card:#fff;--ink:#16202c;--soft:#566273;--rule:#dfe4ea;--grid:#e8ecf0;--s1:#1d5fc4;--s2:#b4540a;--s3:#0b766a;--s4:#8b3fa8;--good:#0a6b3d;--goodbg:#e2f4ea;--bad:#b3201e;--badbg:#fdeae8;--warn:#865300;--warnbg:#fdf1d8;--hatch:#b9c2cd;--shade:#e9eef5';
const DARK =
  '--bg:#0f141a;--card:#171e27;--ink:#e6ebf1;--soft:#9aa7b6;--rule:#2b3542;--grid:#242d38;--s1:#76adff;--s2:#f2a25c;--s3:#4ccfb8;--s4:#d79af0;--good:#6ad79c;--goodbg:#12301f;--bad:#ff8d85;--badbg:#3a1816;--warn:#f0bf5f;--warnbg:#33270d;--hatch:#4a5766;--shade:#1f2935';

const STYLE = `:root{color-scheme:light dark;${LIGHT}}
@media(prefers-color-scheme:dark){:root{${DARK}}}
*{box-sizing:border-box}
body{margin:0;background:var(--bg);color:var(--ink);font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"DejaVu Sans",sans-serif}
main{max-width:1240px;margin:0 auto;padding:24px 16px 48px}
.defs{position:absolute}
h1{font-size:26px;line-height:1.2;margin:0 0 4px;letter-spacing:-.01em}
h2{font-size:18px;margin:0 0 10px;line-height:1.3}
h3{font-size:15px;margin:16px 0 6px}
p{margin:0 0 8px;max-width:76ch}
.soft,figcaption small,.note{color:var(--soft)}
.note{font-size:13px;margin:8px 0 0}
section,header.run,details.run{background:var(--card);border:1px solid var(--rule);border-radius:10px;padding:18px 20px;margin:0 0 16px;min-width:0}
details.run{padding:0;border:0;background:none}
details.run>summary{cursor:pointer;background:var(--card);border:1px solid var(--rule);border-radius:10px;padding:12px 20px;margin-bottom:16px;font-weight:600;overflow-wrap:anywhere}
.pair{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,500px),1fr));gap:0 16px}
.verdict{display:inline-block;font-weight:700;border-radius:6px;padding:3px 10px;margin:8px 0;font-size:15px}
.good{color:var(--good)}.bad{color:var(--bad)}.warn{color:var(--warn)}
.verdict.good{background:var(--goodbg)}.verdict.bad{background:var(--badbg)}.verdict.warn{background:var(--warnbg)}
.figures{display:grid;grid-template-columns:repeat(auto-fit,minmax(140px,1fr));gap:14px;margin:14px 0 0;padding:0}
.figures div{border-left:3px solid var(--rule);padding-left:12px;min-width:0}
.figures dt{color:var(--soft);font-size:13px}
.figures dd{margin:0;font-size:23px;font-weight:650;line-height:1.25;font-variant-numeric:tabular-nums}
.figures dd small{font-size:13px;font-weight:400;color:var(--soft);display:block}
ul.plain{list-style:none;margin:6px 0 0;padding:0}
ul.plain li{padding:1px 0;break-inside:avoid}
ul.checks{columns:420px 2;column-gap:32px}
header.run p.soft{max-width:none}
.scroll{overflow-x:auto}
table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums;font-size:14px}
th{font-weight:600;color:var(--soft);font-size:13px;text-align:left;border-bottom:1px solid var(--rule)}
td,th{padding:5px 14px 5px 0;vertical-align:top;overflow-wrap:break-word}
td:last-child,th:last-child{padding-right:0}
td{border-bottom:1px solid var(--grid)}
tr:last-child td{border-bottom:0}
.num{text-align:right;white-space:nowrap}
.facts{display:grid;grid-template-columns:minmax(110px,max-content) 1fr;gap:3px 18px;margin:0;font-size:14px}
.facts dt{color:var(--soft)}.facts dd{margin:0;overflow-wrap:anywhere}
code{font:13px/1.45 ui-monospace,"DejaVu Sans Mono",Menlo,Consolas,monospace;overflow-wrap:anywhere}
figure{margin:0;min-width:0}
figcaption{font-weight:600;margin-bottom:2px}
figure svg.wide,figure svg.narrow{width:100%;height:auto;display:block}
svg.narrow{display:none!important}
.legend{list-style:none;display:flex;flex-wrap:wrap;gap:2px 18px;margin:4px 0 8px;padding:0;font-size:13px;color:var(--soft)}
.legend li{display:flex;align-items:center;gap:7px}
svg text{font:11.5px system-ui,-apple-system,"Segoe UI",Roboto,"DejaVu Sans",sans-serif;fill:var(--soft)}
svg text.band{font-style:italic;paint-order:stroke;stroke:var(--card);stroke-width:4px;stroke-linejoin:round}
.grid{stroke:var(--grid)}.base{stroke:var(--soft)}
.line{fill:none;stroke-width:2;stroke-linejoin:round;stroke-linecap:round}
.dot{stroke:var(--card);stroke-width:1}
.line.s1{stroke:var(--s1)}.line.s2{stroke:var(--s2);stroke-dasharray:7 4}.line.s3{stroke:var(--s3);stroke-dasharray:2 4}.line.s4{stroke:var(--s4);stroke-dasharray:9 3 2 3}
.dot.s1{fill:var(--s1)}.dot.s2{fill:var(--s2)}.dot.s3{fill:var(--s3)}.dot.s4{fill:var(--s4)}
.part{stroke:var(--card);stroke-width:1}.p1{fill:var(--s1)}.p2{fill:var(--s2)}.p3{fill:var(--s3)}.p4{fill:var(--s4)}.p5{fill:var(--soft)}.p6{fill:url(#hatch);stroke:var(--soft)}
.hatched{fill:url(#hatch)}.hatch-line{stroke:var(--hatch);stroke-width:1.6}.shaded{fill:var(--shade)}.mark{fill:var(--bad);opacity:.55}
@media(max-width:640px){main{padding:14px 10px 32px}section,header.run{padding:14px 12px}h1{font-size:22px}.optional{display:none}svg.narrow{display:block!important}svg.wide{display:none!important}td,th{padding-right:9px}.facts{grid-template-columns:1fr;gap:0}.facts dd{margin-bottom:6px}.figures{grid-template-columns:1fr 1fr}}
@media print{body{background:none}section,header.run{break-inside:avoid}}`;
