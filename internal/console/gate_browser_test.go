package console

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"qunluo/internal/browsertest"
	"qunluo/internal/community"
	"qunluo/internal/proof"
)

// TestPagesOfSignInAreSoundInABrowser looks at what people prove themselves with, who is signed in, and wishes to know a name.
func TestPagesOfSignInAreSoundInABrowser(t *testing.T) {
	browser := browse(t)
	w := newWindow(t, browser, widths...)
	for _, lang := range []string{"zh-CN", "en"} {
		h := newHouse()
		h.users[0].Lang = lang
		v, g := openGate(t, h)
		speak(t, browser, v.base, lang)
		look := func(path, shot string) {
			t.Helper()
			if wrong := w.visit(v.base+path, shot+"-"+lang); wrong != "" {
				t.Errorf("%s in %s:\n%s", path, lang, wrong)
			}
		}
		look("/signin", "gate-signin")
		signIn(t, browser, v.base, "owner")
		owner := h.users[0]
		look("/me/factor", "gate-none")
		if _, err := g.Begin(t.Context(), owner); err != nil {
			t.Fatal(err)
		}
		look("/me/factor", "gate-scan")
		if _, _, err := g.Confirm(t.Context(), "", owner, fakeSecret20.Code(proof.Step(h.now.UnixMilli()))); err != nil {
			t.Fatal(err)
		}
		look("/me/factor", "gate-on")
		for i, name := range []string{"Chrome 140", "", "微信 8"} {
			if _, err := g.AddSignIn(t.Context(), h.users[i%2], community.SignIn{Address: "2001:db8:1234:5678:9abc:def0:1234:5678", Browser: name, System: "Windows", How: community.ByRecovery}, community.ID{}); err != nil {
				t.Fatal(err)
			}
		}
		for path, shot := range map[string]string{"/me/signins": "gate-mine", "/users/signins": "gate-all", "/users/" + h.users[1].ID.String() + "/signins": "gate-other", "/users/demand": "gate-demand", "/unveil": "gate-unveil", "/me": "gate-me", "/users": "gate-users"} {
			look(path, shot)
		}
		h.pass(6 * time.Minute)
		look("/members.csv", "gate-prove")
		signOut(t, browser, v.base)
	}
}

// TestSetUpAndRemovalAskInABrowser looks at a set-up link where there are people with a second factor, and removes somebody from their
// page as a person does: the dialog, the question who is there, and the page that says it was done.
func TestSetUpAndRemovalAskInABrowser(t *testing.T) {
	browser := browse(t)
	w := newWindow(t, browser, widths...)
	for _, lang := range []string{"zh-CN", "en"} {
		h := furnished()
		h.users[0].Lang, h.users[1].Lang = lang, lang
		v, g := openGate(t, h)
		h.setup = map[string]int64{HashToken("lost-password"): h.now.Add(time.Hour).UnixMilli()}
		speak(t, browser, v.base, lang)
		if wrong := w.visit(v.base+"/setup/lost-password", "setup-code-"+lang); wrong != "" {
			t.Errorf("set-up in %s:\n%s", lang, wrong)
		}
		owner := h.users[0]
		if _, err := g.Begin(t.Context(), owner); err != nil {
			t.Fatal(err)
		}
		if _, _, err := g.Confirm(t.Context(), "", owner, fakeSecret20.Code(proof.Step(h.now.UnixMilli()))); err != nil {
			t.Fatal(err)
		}
		ctx := w.ctx
		fill := func(form string, values map[string]string) {
			t.Helper()
			for name, value := range values {
				js := fmt.Sprintf(`(() => { const el = document.querySelector('%s [name="%s"]'); el.value = %q; return el.value })()`, form, name, value)
				if got, err := chromedp.Run(ctx, chromedp.Evaluate[string](js)); err != nil || got != value {
					t.Fatalf("%s in %s: %q, %v", name, form, got, err)
				}
			}
			if _, err := chromedp.Run(ctx, chromedp.Evaluate[bool](fmt.Sprintf(`(() => { document.querySelector('%s').requestSubmit(); return true })()`, form))); err != nil {
				t.Fatal(err)
			}
		}
		until := func(selector string) {
			t.Helper()
			soon, stop := context.WithTimeout(ctx, 20*time.Second)
			defer stop()
			if err := chromedp.Do(soon, chromedp.WaitReady(chromedp.CSS(selector))); err != nil {
				t.Fatal(selector, err)
			}
		}
		form := `form[action="/setup/lost-password"]`
		fill(form, map[string]string{"org": "读书会", "login": owner.Login, "name": "老板", "password": "a-long-enough-password", "again": "a-long-enough-password"})
		until(`[name="code"].is-invalid`)
		for _, width := range widths {
			if err := browsertest.Resize(ctx, width); err != nil {
				t.Fatal(err)
			}
			if bad, err := w.look(ctx, width, fmt.Sprintf("setup-needs-code-%s-%d", lang, width)); err != nil || len(bad) > 0 {
				t.Errorf("set-up without a code in %s at %d: %v, %v", lang, width, bad, err)
			}
		}

		// The code of this step is spent; somebody else removes.
		signIn(t, browser, v.base, "mod")
		h.pass(6 * time.Minute)
		if wrong := w.visit(v.base+"/members/"+fakeID(43).String(), "removal-member-"+lang); wrong != "" {
			t.Errorf("the member's page in %s:\n%s", lang, wrong)
		}
		fill(`form[action$="/remove"]`, map[string]string{"reason": "广告"})
		until(`[name="_proof"]`)
		for _, width := range widths {
			if err := browsertest.Resize(ctx, width); err != nil {
				t.Fatal(err)
			}
			bad, err := w.look(ctx, width, fmt.Sprintf("removal-proof-%s-%d", lang, width))
			bad = slices.DeleteFunc(bad, func(said string) bool { return strings.Contains(said, "status of 403") }) // that is what was asked for
			if err != nil || len(bad) > 0 {
				t.Errorf("the proof in %s at %d: %v, %v", lang, width, bad, err)
			}
		}
		if len(h.did) != 0 {
			t.Errorf("before the proof: %q", h.did)
		}
		fill(`form[action$="/remove"]`, map[string]string{"_proof": fakePassword})
		until(`form[action$="/mute"]`)
		if got := h.last(t); got != "act member.remove group 1 target 4 seconds 0: 广告" {
			t.Errorf("done = %q", got)
		}
		signOut(t, browser, v.base)
	}
}
