package console

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// TestRoomsAreSoundInABrowser looks at every page of the rooms at both widths and in both languages: no console error, no
// violation of the policy, nothing wider than the window.
func TestRoomsAreSoundInABrowser(t *testing.T) {
	t.Parallel()
	for _, lang := range []string{"zh-CN", "en"} {
		h := furnished()
		h.users[0].Lang = lang
		v := open(t, h)
		soundTo(t, v.base, lang, roomPages())
	}
}

// TestReviewIsWorkedByKeys: K and J move, W warns at once and opens the next item, R asks first.
func TestReviewIsWorkedByKeys(t *testing.T) {
	browser := browse(t)
	h := furnished()
	v := open(t, h)
	signIn(t, browser, v.base, "mod")
	w := newWindow(t, browser, 1440)
	ctx, stop := context.WithTimeout(w.ctx, 30*time.Second)
	defer stop()
	y := typist{t, ctx}
	press := func(key, until string) {
		t.Helper()
		y.press(key)
		y.is(until)
	}
	if err := chromedp.Do(ctx, chromedp.Navigate(v.base+"/review")); err != nil {
		t.Fatal(err)
	}
	second := `location.search.includes("` + fakeID(201).String() + `") && document.readyState === "complete"`
	press("j", second)
	press("k", `location.search.includes("`+fakeID(200).String()+`") && document.readyState === "complete"`)
	press("w", second)
	if want := []string{"act message.send group 1 target 4 seconds 0: 审核队列：no-ads", "judge " + fakeID(200).String() + " kept: 审核队列：no-ads"}; !slices.Equal(h.did, want) {
		t.Errorf("did %q, want %q", h.did, want)
	}
	press("r", `document.querySelector("#remove").matches(":popover-open")`)
	if len(h.did) != 2 {
		t.Errorf("the key R did something by itself: %q", h.did[2:])
	}
	if len(w.wrong) > 0 {
		t.Errorf("the console says %q", w.wrong)
	}
}

// TestImportPageFollowsItsRun: when the trial ends, the page shows the report and its button asks before it writes.
func TestImportPageFollowsItsRun(t *testing.T) {
	browser := browse(t)
	h := furnished()
	v := open(t, h)
	signIn(t, browser, v.base, "owner")
	w := newWindow(t, browser, 390)
	ctx, stop := context.WithTimeout(w.ctx, 20*time.Second)
	defer stop()
	if err := chromedp.Do(ctx, chromedp.Navigate(v.base+"/imports/"+fakeID(502).String()), chromedp.WaitVisible(chromedp.CSS("progress"))); err != nil {
		t.Fatal(err)
	}
	h.mu.Lock()
	h.imports[2].State, h.imports[2].Report = "dry", h.imports[0].Report
	h.mu.Unlock()
	h.changes <- Change{Org: 1, Kind: "import"}
	if err := chromedp.Do(ctx, chromedp.Click(chromedp.CSS(`[popovertarget="commit"]`)), chromedp.WaitVisible(chromedp.CSS("#commit"))); err != nil {
		t.Fatalf("the page did not follow: %v", err)
	}
	if len(h.did) != 0 {
		t.Errorf("something was done before the question was answered: %q", h.did)
	}
	if len(w.wrong) > 0 {
		t.Errorf("the console says %q", w.wrong)
	}
}
