// Package browsertest lets tests look at pages in a real Chromium: one for all tests of a package, since starting it costs
// as much as several pages, with a profile for each test. Without a Chromium a test skips and says so; QL_REQUIRE=chromium
// turns that into a failure.
package browsertest

import (
	"context"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/css"
	"github.com/chromedp/chromedp"
)

// names are those under which a Chromium may be installed.
var names = []string{"chromium", "chromium-browser", "google-chrome"}

// program is the path of the first that is there; "" = none.
func program() string {
	for _, name := range names {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	return ""
}

// Need skips where there is no browser; QL_REQUIRE=chromium makes that a failure.
func Need(t testing.TB) {
	t.Helper()
	switch {
	case program() != "":
	case slices.Contains(strings.Split(os.Getenv("QL_REQUIRE"), ","), "chromium"):
		t.Fatal("no Chromium, and QL_REQUIRE asks for it")
	default:
		t.Skip("no Chromium on this machine")
	}
}

// Browser is a Chromium, started when it is first asked for, with one process for all tabs.
type Browser struct {
	flags []chromedp.ExecAllocatorOption

	mu  sync.Mutex
	ctx context.Context // nil before it was started
	err error
	end func()
}

// New makes a browser with flags of its own; TestMain calls End.
func New(flags ...chromedp.ExecAllocatorOption) *Browser { return &Browser{flags: flags} }

func (b *Browser) started() (context.Context, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.ctx != nil {
		return b.ctx, b.err
	}
	opts := slices.Concat(chromedp.DefaultExecAllocatorOptions[:], []chromedp.ExecAllocatorOption{chromedp.NoSandbox,
		chromedp.Flag("renderer-process-limit", "1"), chromedp.Flag("process-per-site", true), chromedp.Flag("disable-site-isolation-trials", true),
		chromedp.ExecPath(program())}, b.flags)
	alloc, stop := chromedp.NewExecAllocator(context.Background(), opts...)
	ctx, cancel := chromedp.NewContext(alloc)
	b.end = func() {
		soon, done := context.WithTimeout(ctx, 10*time.Second)
		_ = chromedp.Cancel(soon) // asked to close, it takes its files with it
		done()
		cancel()
		stop()
	}
	b.ctx, b.err = ctx, chromedp.Do(ctx)
	return b.ctx, b.err
}

// End ends the browser if it was started.
func (b *Browser) End() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.end != nil {
		b.end()
	}
}

// Profile gives a test a profile of its own, with a tab: who signs in there is signed in nowhere else. The caller calls cancel.
func (b *Browser) Profile(t testing.TB) (ctx context.Context, cancel context.CancelFunc) {
	t.Helper()
	Need(t)
	browser, err := b.started()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel = chromedp.NewContext(browser, chromedp.WithNewBrowserContext())
	if err := chromedp.Do(ctx); err != nil {
		cancel()
		t.Fatal(err)
	}
	return ctx, cancel
}

// Unstudied stops the inspector's own reading of every style sheet, for which nobody here asks.
func Unstudied(tab context.Context) error {
	_, err := chromedp.Run(tab, func(ctx context.Context, t *chromedp.Target) (cdp.Empty, error) {
		return cdp.Call(ctx, t, css.Disable, cdp.Empty{})
	})
	return err
}

// Resize gives a tab one of the widths that pages are looked at in: 1440 or 390 CSS pixels.
func Resize(tab context.Context, width int64) error {
	return chromedp.Do(tab, chromedp.EmulateViewport(width, map[int64]int64{1440: 900, 390: 844}[width]))
}
