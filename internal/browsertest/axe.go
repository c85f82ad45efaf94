package browsertest

import (
	"context"
	"os"
	"path/filepath"
	"sync"

	"github.com/chromedp/chromedp"

	"qunluo/internal/connect/peertest"
)

// serious lists what axe finds serious or worse on a page: labels, contrast, what keys reach, and the rest of WCAG 2.1 A and AA.
const serious = `axe.run(document, {resultTypes: ["violations"], runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]}).then(r => r.violations
  .filter(v => v.impact === "serious" || v.impact === "critical")
  .map(v => v.id + ": " + v.nodes.slice(0, 3).map(n => n.html.slice(0, 120)).join(" | ")).join("; "))`

// axeScript is the examiner; "" where it is not installed.
var axeScript = sync.OnceValue(func() string {
	raw, err := os.ReadFile(filepath.Join(peertest.Home(), "axe", "node_modules", "axe-core", "axe.min.js"))
	if err != nil {
		return ""
	}
	return string(raw)
})

// ForEverybody says what on the page in a tab shuts people out who cannot see, hear or point well; "" = nothing, or the examiner is
// not installed: the console's TestPagesAreForEverybody says so.
func ForEverybody(tab context.Context) (string, error) {
	script := axeScript()
	if script == "" {
		return "", nil
	}
	if _, err := chromedp.Run(tab, chromedp.Evaluate[bool](script+"; true")); err != nil {
		return "", err
	}
	return chromedp.Run(tab, chromedp.Evaluate[string](serious, chromedp.EvalAwaitPromise))
}
