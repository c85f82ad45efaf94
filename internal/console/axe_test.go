package console

import (
	"context"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"qunluo/internal/connect/peertest"
)

// serious lists what axe finds serious or worse on a page: labels, contrast, what keys reach, and the rest of WCAG 2.1 A and AA.
const serious = `axe.run(document, {resultTypes: ["violations"], runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]}).then(r => r.violations
  .filter(v => v.impact === "serious" || v.impact === "critical")
  .map(v => v.id + ": " + v.nodes.slice(0, 3).map(n => n.html.slice(0, 120)).join(" | ")).join("; "))`

// axeScript is the examiner; "" where it is not installed: then TestPagesAreForEverybody says so.
var axeScript = sync.OnceValue(func() string {
	raw, err := os.ReadFile(filepath.Join(peertest.Home(), "axe", "node_modules", "axe-core", "axe.min.js"))
	if err != nil {
		return ""
	}
	return string(raw)
})

// forEverybody says what on a page shuts people out who cannot see, hear or point well.
func forEverybody(ctx context.Context) (string, error) {
	script := axeScript()
	if script == "" {
		return "", nil
	}
	if _, err := chromedp.Run(ctx, chromedp.Evaluate[bool](script+"; true")); err != nil {
		return "", err
	}
	return chromedp.Run(ctx, chromedp.Evaluate[string](serious, chromedp.EvalAwaitPromise))
}

// TestPagesAreForEverybody: the examiner is there, and finds what is planted. Every walk over pages asks it.
func TestPagesAreForEverybody(t *testing.T) {
	t.Parallel()
	peertest.Need(t, "axe")
	w := newWindow(t, browse(t), 1440)
	ctx, stop := context.WithTimeout(w.ctx, 20*time.Second)
	defer stop()
	page := `<!doctype html><html lang="zh-CN"><title>x</title><main><button></button><input><p style="color:#bbb;background:#fff">几乎看不见</p></main></html>`
	if err := chromedp.Do(ctx, chromedp.Navigate("data:text/html;charset=utf-8,"+url.PathEscape(page))); err != nil {
		t.Fatal(err)
	}
	found, err := forEverybody(ctx)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"button-name", "label", "color-contrast"} {
		if !strings.Contains(found, want) {
			t.Errorf("found %q, want %s in it", found, want)
		}
	}
}
