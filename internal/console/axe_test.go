package console

import (
	"context"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"qunluo/internal/browsertest"
	"qunluo/internal/connect/peertest"
)

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
	found, err := browsertest.ForEverybody(ctx)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"button-name", "label", "color-contrast"} {
		if !strings.Contains(found, want) {
			t.Errorf("found %q, want %s in it", found, want)
		}
	}
}
