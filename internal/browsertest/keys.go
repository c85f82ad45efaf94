package browsertest

import (
	"context"
	"fmt"
	"strings"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// keysBegin lists what keys must reach, and watches where the focus goes: what it looks at stands in window.reached. A part of a page
// that can be pressed must be reached, and be seen to have the focus (WCAG 2.1.1, 2.4.7). Of radio buttons of one name the browser
// stops at one. It returns how many stops there are at most.
const keysBegin = `(() => {
  const quick = new CSSStyleSheet();
  quick.replaceSync("*, ::before, ::after { transition: none !important; animation: none !important; scroll-behavior: auto !important }");
  document.adoptedStyleSheets = [quick];
  if (document.activeElement) document.activeElement.blur();
  const stops = 'a[href], area[href], button, input:not([type="hidden"]), select, textarea, summary, iframe, [tabindex], [contenteditable="true"]';
  const shown = el => el.checkVisibility({ visibilityProperty: true }) && el.getClientRects().length > 0 && !el.closest("[inert]");
  const stop = el => shown(el) && !el.matches(":disabled") && el.tabIndex >= 0;
  const look = el => { const s = getComputedStyle(el); return [s.outlineStyle === "none" || s.outlineWidth === "0px" ? "" : s.outline, s.boxShadow, s.borderColor, s.backgroundColor, s.textDecoration, s.left].join("|"); };
  const wanted = [...document.querySelectorAll(stops)].filter(stop), before = new Map(wanted.map(el => [el, [look(el), el.parentElement ? look(el.parentElement) : ""]]));
  const group = el => el.type === "radio" && el.name ? [...document.querySelectorAll('input[type="radio"]')].filter(r => r.name === el.name && r.form === el.form) : [el];
  const bad = [], seen = new Set();
  const tell = el => el.outerHTML.replace(/\s+/g, " ").slice(0, 120);
  const note = () => {
    const el = document.activeElement;
    if (!el || el === document.body || seen.has(el)) return;
    seen.add(el);
    const was = before.get(el) || ["", ""];
    if (look(el) === was[0] && (el.parentElement ? look(el.parentElement) : "") === was[1]) bad.push("no sign of the focus: " + tell(el));
  };
  document.addEventListener("keydown", note, true);
  for (const el of document.querySelectorAll("body *")) {
    if (!shown(el) || getComputedStyle(el).cursor !== "pointer" || getComputedStyle(el.parentElement).cursor === "pointer") continue;
    if (!el.matches(stops) && !el.closest("label, " + stops) && !el.querySelector(stops)) bad.push("only for a mouse: " + tell(el));
  }
  window.reached = () => {
    note();
    document.removeEventListener("keydown", note, true);
    for (const el of wanted) if (stop(el) && !group(el).some(r => seen.has(r))) bad.push("not reached by Tab: " + tell(el));
    document.adoptedStyleSheets = [];
    if (document.activeElement) document.activeElement.blur();
    scrollTo(0, 0);
    return [...new Set(bad)].slice(0, 6).join("; ");
  };
  // A field of a date has a stop for each of its parts, and what scrolls has one of its own.
  const parts = document.querySelectorAll('input[type="date"], input[type="time"], input[type="datetime-local"], input[type="month"]').length;
  const scrolls = [...document.querySelectorAll("body *")].filter(el => shown(el) && (el.scrollWidth > el.clientWidth || el.scrollHeight > el.clientHeight) && /auto|scroll/.test(getComputedStyle(el).overflow)).length;
  const turns = [...document.querySelectorAll('[tabindex="-1"]')].filter(shown).length; // in a grid they are stops in turn
  return wanted.length + 6 * parts + scrolls + turns;
})()`

// keysMost bounds how often Tab is pressed on one page.
const keysMost = 600

// ByKeys goes through the page in a tab with the Tab key alone, and says what it does not reach and where the focus cannot be seen; "" =
// nothing. The focus and the scroll position are at the beginning afterwards.
func ByKeys(tab context.Context) (string, error) {
	if err := Looked(tab); err != nil {
		return "", err
	}
	n, err := chromedp.Run(tab, chromedp.Evaluate[int](keysBegin))
	if err != nil {
		return "", err
	}
	if err := chromedp.Do(tab, chromedp.KeyEvent(strings.Repeat(kb.Tab, min(n+2, keysMost)))); err != nil {
		return "", err
	}
	bad, err := chromedp.Run(tab, chromedp.Evaluate[string](`window.reached()`))
	if err == nil && n+2 > keysMost {
		bad = fmt.Sprintf("%d stops on one page; %s", n, bad)
	}
	return bad, err
}

// Looked makes a tab behave as the one that a person looks at, though others are open beside it.
func Looked(tab context.Context) error {
	_, err := chromedp.Run(tab, func(ctx context.Context, t *chromedp.Target) (cdp.Empty, error) {
		return cdp.Call(ctx, t, emulation.SetFocusEmulationEnabled, emulation.SetFocusEmulationEnabledParams{Enabled: true})
	})
	return err
}
