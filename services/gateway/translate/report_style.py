"""The style sheet of a report: light and dark, readable on a phone and on paper."""

from typing import Final

CSS: Final = """
:root {
  color-scheme: light dark;
  --line: #c8ccd2; --soft: #5b6470; --good: #146c2e; --bad: #b3261e; --unsure: #7a4b00;
}
@media (prefers-color-scheme: dark) {
  :root { --line: #4a515b; --soft: #a9b2bd; --good: #7fd394; --bad: #ffb4ab; --unsure: #f5c26b; }
}
body {
  font: 16px/1.5 system-ui, sans-serif; margin: 0 auto; max-width: 60rem; padding: 1.5rem;
  overflow-wrap: anywhere;
}
h1 { font-size: 1.5rem; margin: 0; }
h2 {
  border-bottom: 1px solid var(--line); font-size: 1.1rem; margin: 2rem 0 .5rem;
  padding-bottom: .25rem;
}
.verdict { font-size: 1.25rem; font-weight: 600; margin: .5rem 0; }
.good { color: var(--good); }
.bad { color: var(--bad); }
.unsure { color: var(--unsure); }
.soft { color: var(--soft); }
li { margin: .25rem 0; }
code { font: .875em ui-monospace, monospace; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; }
th, td {
  border-bottom: 1px solid var(--line); overflow-wrap: normal; padding: .3rem .75rem .3rem 0;
  text-align: left; vertical-align: top;
}
@page {
  margin: 2cm;
  @bottom-left { color: #5b6470; content: string(title); font: 8pt sans-serif; width: 75%; }
  @bottom-right {
    color: #5b6470; content: counter(page) " of " counter(pages); font: 8pt sans-serif;
  }
}
@media print {
  body { font-size: 11pt; max-width: none; padding: 0; }
  h1 { string-set: title content(); }
  h2 { break-after: avoid; }
  h2, tr, li { break-inside: avoid; }
  .scroll { overflow: visible; }
  td { overflow-wrap: anywhere; }
}
"""
