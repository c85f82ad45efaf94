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

// TestPagesAreForTheKeyboard: what a mouse alone can press, what Tab passes by and what hides the focus is found; a sound page is not
// complained of.
func TestPagesAreForTheKeyboard(t *testing.T) {
	t.Parallel()
	w := newWindow(t, browse(t), 1440)
	ctx, stop := context.WithTimeout(w.ctx, 30*time.Second)
	defer stop()
	for name, tc := range map[string]struct{ page, want string }{
		"sound":            {`<input autofocus><a href="#x">a</a><input type="date"><input type="radio" name="r"><input type="radio" name="r"><details><summary>more</summary><button>in it</button></details><label style="cursor:pointer"><input type="checkbox">x</label>`, ""},
		"only for a mouse": {`<div style="cursor:pointer" onclick="1">press me</div>`, "only for a mouse: <div"},
		"focus hidden":     {`<button>a</button><a href="#x" style="outline:none;color:red">b</a>`, "no sign of the focus: <a"},
		"a trap":           {`<input id="t" onkeydown="event.preventDefault()"><button>never</button>`, "not reached by Tab: <button"},
	} {
		if err := chromedp.Do(ctx, chromedp.Navigate("data:text/html;charset=utf-8,"+url.PathEscape(`<!doctype html><html lang="zh-CN"><title>x</title><main>`+tc.page+`</main></html>`))); err != nil {
			t.Fatal(err)
		}
		found, err := browsertest.ByKeys(ctx)
		if err != nil {
			t.Fatal(err)
		}
		if tc.want == "" && found != "" || !strings.Contains(found, tc.want) {
			t.Errorf("%s: found %q, want %q", name, found, tc.want)
		}
	}
}
