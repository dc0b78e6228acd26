import { THEME_CSS } from './theme.js';

/** The report's style sheet: a page for the screen in light or dark, and for paper. */
export const REPORT_CSS = `${THEME_CSS}
*{box-sizing:border-box}
body{margin:0;background:var(--page);color:var(--ink);font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,Helvetica,Arial,sans-serif;-webkit-font-smoothing:antialiased}
main{max-width:1180px;margin:0 auto;padding:40px 28px 56px}
h1{font-size:15px;font-weight:600;margin:0;color:var(--muted)}
h2{font-size:20px;line-height:1.3;margin:48px 0 4px}
h3{font-size:14px;margin:0;font-weight:600;overflow-wrap:anywhere}
p{margin:0;max-width:76ch}
.lead{color:var(--muted);margin-bottom:16px}
.verdict{font-size:32px;line-height:1.2;font-weight:650;letter-spacing:-.015em;margin:10px 0 12px;max-width:28ch;text-wrap:balance}
.details{font-size:17px;max-width:68ch}
.warning{border-left:4px solid var(--bad);background:var(--card);padding:12px 16px;margin-top:16px;border-radius:0 8px 8px 0}
.facts{display:flex;flex-wrap:wrap;gap:10px 36px;margin:26px 0 0;padding:18px 0 0;border-top:1px solid var(--line)}
.facts dt,.lineage dt{color:var(--muted);font-size:12.5px}
.facts dd{margin:0;font-weight:600;font-variant-numeric:tabular-nums;overflow-wrap:anywhere}
.tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(155px,1fr));gap:14px;margin-top:30px}
.tile{background:var(--card);border:1px solid var(--line);border-radius:10px;padding:14px 16px 16px;break-inside:avoid;font-size:13.5px;line-height:1.45}
.tile h2{font-size:15px;margin:0;display:flex;justify-content:space-between;align-items:baseline;gap:8px}
.grade{font-size:12.5px;font-weight:600;white-space:nowrap}
.grade::before{content:"";display:inline-block;width:9px;height:9px;border-radius:50%;background:currentColor;margin-right:6px}
.ungraded{color:var(--muted)}td.ungraded{color:inherit}
.question{color:var(--muted);font-size:12.5px;margin-bottom:8px}
.card{background:var(--card);border:1px solid var(--line);border-radius:10px;padding:14px 16px;min-width:0;break-inside:avoid}
.wide{overflow-x:auto;padding:0}
table{border-collapse:collapse;width:100%}
th,td{text-align:left;vertical-align:top;padding:11px 16px;border-top:1px solid var(--line)}
thead th{border-top:0;color:var(--muted);font-size:12.5px;font-weight:500;vertical-align:bottom}
tbody th{font-weight:600;white-space:nowrap}
.family th{padding:18px 16px 8px;font-size:13px;letter-spacing:.02em;color:var(--muted);background:var(--page);border-bottom:1px solid var(--line)}
.family+tr>*{border-top:0}
.number{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}
td.number{font-weight:600}
td.reference{font-weight:400;color:var(--muted)}
.nowrap{white-space:nowrap}
.meaning{color:var(--muted);font-size:13.5px;min-width:24ch}
.grid{display:grid;grid-template-columns:repeat(auto-fill,minmax(300px,1fr));gap:14px}
.two{display:grid;grid-template-columns:repeat(auto-fit,minmax(340px,1fr));gap:14px}
.three{display:grid;grid-template-columns:repeat(auto-fit,minmax(310px,1fr));gap:14px}
.head{display:flex;justify-content:space-between;align-items:baseline;gap:12px;margin-bottom:6px}
.kind{color:var(--muted);font-size:12px;font-weight:400}
.badge{font-size:13px;font-weight:600;font-variant-numeric:tabular-nums;white-space:nowrap}
.close{color:var(--good)}.fair{color:var(--warn)}.far{color:var(--bad)}
.caption{color:var(--muted);font-size:12.5px;margin-top:6px}
.caption b{font-weight:600;color:var(--ink);font-variant-numeric:tabular-nums}
svg{display:block;width:100%;height:auto}
.key{display:inline-flex;align-items:center;gap:6px;margin-right:16px}
.key i{width:16px;height:11px;border-radius:2px;display:inline-block}
.key .filled{background:linear-gradient(90deg,var(--realFill) 50%,var(--real) 50%)}
.key .outlined{background:linear-gradient(90deg,transparent 50%,var(--synthetic) 50%);border:1.6px solid var(--synthetic)}
.scale{display:inline-flex;align-items:center;gap:8px;font-size:12.5px;color:var(--muted);margin-left:8px;white-space:nowrap}
.scale span{display:inline-flex}.scale i{width:11px;height:10px}
ol.worst{list-style:none;margin:0;padding:0}
ol.worst li{display:flex;justify-content:space-between;gap:16px;padding:7px 0;border-top:1px solid var(--line)}
ol.worst li:first-child{border-top:0}
ol.worst span:first-child{overflow-wrap:anywhere;min-width:0}
.lineage{display:grid;grid-template-columns:repeat(auto-fill,minmax(250px,1fr));gap:14px 28px;margin:0}
.lineage dd{margin:0;overflow-wrap:anywhere}
.notes{color:var(--muted);padding-left:18px;margin:16px 0 0;font-size:13.5px}
.map{max-width:760px;margin-top:14px}
@media (max-width:640px){main{padding:24px 16px}.verdict{font-size:25px}.two,.three,.grid{grid-template-columns:minmax(0,1fr)}}
@media print{body{background:#fff;font-size:11px;-webkit-print-color-adjust:exact;print-color-adjust:exact}main{max-width:none;padding:0}h2{margin-top:28px;break-after:avoid}.lead{break-after:avoid}.grid{grid-template-columns:repeat(3,1fr);gap:8px}.three{grid-template-columns:repeat(3,1fr)}.two{grid-template-columns:1fr 1fr}.card{padding:8px 10px}.wide{padding:0}th,td{padding:6px 10px}.verdict{font-size:24px}.details{font-size:13px}.caption,.meaning,.kind,.scale,thead th,.facts dt,.lineage dt{font-size:9px}.meaning{min-width:0}h3,.badge{font-size:10.5px}h2{font-size:16px}.caption{margin-top:3px}section:has(.map){break-inside:avoid}.map{max-width:620px}.tiles{grid-template-columns:repeat(6,1fr);gap:8px}.tile{padding:8px 10px;font-size:9.5px}.tile h2{font-size:11.5px;margin:0}.question,.grade{font-size:9px}tr{break-inside:avoid}.family th{padding:10px 10px 4px}}
@page{margin:14mm}
`;
