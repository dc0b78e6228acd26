import { html, Html } from './html.js';
import { REPORT_CSS } from './style.js';

/** What a report was made from: run, inputs, config; shown as it is, in this order. */
export type Lineage = Readonly<Record<string, string>>;

/** One HTML file that needs nothing else. */
export function reportPage(title: string, content: Html): string {
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="referrer" content="no-referrer" />
        <title>${title}</title>
        <style>
          ${new Html(REPORT_CSS)}
        </style>
      </head>
      <body>
        <main>${content}</main>
      </body>
    </html> `.markup;
}

/** Where a report comes from, and what is to be said of it. */
export function lineageFooter(lineage: Lineage, notes: readonly string[]): Html {
  return html`<footer>
    <h2>Where this comes from</h2>
    <dl class="lineage card">
      ${Object.entries(lineage).map(
        ([name, value]) =>
          html`<div>
            <dt>${name}</dt>
            <dd>${value}</dd>
          </div>`,
      )}
    </dl>
    ${
      notes.length > 0 &&
      html`<ul class="notes">
        ${notes.map((note) => html`<li>${note}</li>`)}
      </ul>`
    }
  </footer>`;
}
