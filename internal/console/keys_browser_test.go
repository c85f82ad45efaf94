package console

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"qunluo/internal/browsertest"
)

// typist works a page with keys alone.
type typist struct {
	t   *testing.T
	ctx context.Context
}

func (y typist) press(keys string) {
	y.t.Helper()
	if err := chromedp.Do(y.ctx, chromedp.KeyEvent(keys)); err != nil {
		y.t.Fatal(err)
	}
}

// is asks the page until the answer is yes.
func (y typist) is(what string) {
	y.t.Helper()
	for {
		if _, err := chromedp.Run(y.ctx, chromedp.Poll[bool](what)); err == nil {
			return // a page that leaves takes the question with it: the next one is asked
		}
		if y.ctx.Err() != nil {
			y.t.Fatalf("never %s", what)
		}
	}
}

// at waits for a page to be there whole.
func (y typist) at(path string) {
	y.t.Helper()
	y.is(fmt.Sprintf(`location.pathname === %q && document.readyState === "complete"`, path))
}

// to presses Tab until a part of the page has the focus.
func (y typist) to(css string) {
	y.t.Helper()
	for range 200 {
		y.press(kb.Tab)
		there, err := chromedp.Run(y.ctx, chromedp.Evaluate[bool](fmt.Sprintf(`document.activeElement.matches(%q)`, css)))
		if err != nil {
			y.t.Fatal(err)
		}
		if there {
			return
		}
	}
	y.t.Fatalf("200 times Tab, and %s was not reached", css)
}

// TestWorkIsDoneByKeysAlone: nobody touches a mouse from signing in on: a task is done, another refused with its reason, a flagged message
// judged, a rulebook published; menus and questions close by Escape, and the focus comes back to what opened them.
func TestWorkIsDoneByKeysAlone(t *testing.T) {
	browser := browse(t)
	h := furnished()
	v := open(t, h)
	w := newWindow(t, browser, 1440)
	ctx, stop := context.WithTimeout(w.ctx, 60*time.Second)
	defer stop()
	y := typist{t, ctx}
	if err := chromedp.Do(ctx, chromedp.Navigate(v.base+"/signin")); err != nil {
		t.Fatal(err)
	}
	if err := browsertest.Looked(ctx); err != nil {
		t.Fatal(err)
	}
	y.is(`document.activeElement.matches("#f-login")`)
	y.press("owner" + kb.Tab + fakePassword + kb.Enter)
	y.at("/")

	y.to(`.menu summary`)
	y.press(kb.Enter)
	y.is(`document.querySelector(".menu").open`)
	y.press(kb.Tab + kb.Escape)
	y.is(`!document.querySelector(".menu").open && document.activeElement.matches(".menu summary")`)

	y.to(`a.side-link[href="/inbox"]`)
	y.press(kb.Enter)
	y.at("/inbox")
	y.to(`.task-acts form[action$="/done"] button`)
	done, err := chromedp.Run(ctx, chromedp.Evaluate[string](`document.activeElement.form.action.split("/").at(-2)`))
	if err != nil {
		t.Fatal(err)
	}
	y.press(kb.Enter)
	y.is(fmt.Sprintf(`document.querySelector('form[action*=%q]') === null && document.readyState === "complete"`, done+"/done"))

	y.to(`[popovertarget^="no-"]`)
	y.press(kb.Enter)
	y.is(`document.querySelector(".ask:popover-open") !== null`)
	y.press(kb.Escape)
	y.is(`document.querySelector(".ask:popover-open") === null && document.activeElement.matches('[popovertarget^="no-"]')`)
	y.press(kb.Enter)
	y.to(`.ask:popover-open input[name="reason"]`)
	y.press("他已经走了" + kb.Enter)
	y.is(`document.querySelector(".ask:popover-open") === null && document.readyState === "complete"`)

	y.to(`a.side-link[href="/review"]`)
	y.press(kb.Enter)
	y.at("/review")
	y.press("w")
	y.is(`location.search.includes("` + fakeID(201).String() + `") && document.readyState === "complete"`)

	if err := chromedp.Do(ctx, chromedp.Navigate(v.base+"/rules/"+fakeID(20).String())); err != nil {
		t.Fatal(err)
	}
	y.to(`[popovertarget="publish"]`)
	y.press(kb.Enter)
	y.to(`#publish input[name="move_none"]`)
	y.press("只改措辞")
	y.to(`#publish input[name="reason"]`)
	y.press("周会定的")
	y.to("#publish button[type=submit]")
	y.press(kb.Enter)
	y.is(`document.querySelector("#publish:popover-open") === null && document.querySelector(".alert-success") !== null && document.readyState === "complete"`)

	h.mu.Lock()
	defer h.mu.Unlock()
	if !slices.ContainsFunc(h.did, func(s string) bool { return strings.HasPrefix(s, "publish 1: 周会定的") }) || !slices.Contains(h.did, "judge "+fakeID(200).String()+" kept: 审核队列：no-ads") {
		t.Errorf("did %q", h.did)
	}
	states := map[string]int{}
	for _, task := range h.tasks {
		states[task.State]++
	}
	if states["done"] != 1 || states["refused"] != 1 {
		t.Errorf("tasks are %v", states)
	}
	if len(w.wrong) > 0 {
		t.Errorf("the console says %q", w.wrong)
	}
}
