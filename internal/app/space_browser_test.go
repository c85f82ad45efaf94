package app_test

import (
	"testing"

	"qunluo/internal/browsertest"
	"qunluo/internal/community"
)

// TestTheDemoSpaceIsSoundInABrowser looks at its page in each state and at pages inside, at both widths and in both languages.
func TestTheDemoSpaceIsSoundInABrowser(t *testing.T) {
	browsertest.Need(t)
	t.Parallel()
	s := startShift(t, "", "", reachable)
	ctx := t.Context()
	users, err := s.app.Store().Users(ctx, s.org)
	check(t, err)
	owner := users[0]
	var screens []*screen // by width and language; each signs in once
	each := func(do func(w *screen)) {
		t.Helper()
		for i, c := range []struct {
			lang  string
			width int64
		}{{"zh-CN", 1440}, {"en", 1440}, {"zh-CN", 390}, {"en", 390}} {
			owner.Lang = c.lang
			_, err = s.app.Store().SaveUser(ctx, "test", owner, "")
			check(t, err)
			if i == len(screens) {
				screens = append(screens, look(t, s.base, c.width, c.lang))
				screens[i].signIn("ming")
			}
			do(screens[i])
			screens[i].silent()
		}
	}
	each(func(w *screen) {
		w.open("/demo")
		w.shot("space-none")
		w.open("/begin")
		w.shot("space-begin")
	})
	_, err = s.app.Space(s.org).Load(ctx, owner.ID.String(), 7, 1)
	check(t, err)
	screens[3].open("/demo")
	screens[3].shot("space-loading")
	awaitSpace(t, s.app, s.org, "ready")
	check(t, s.app.Store().CatchUp(ctx))
	each(func(w *screen) {
		w.open("/demo")
		w.shot("space-ready")
		w.eval(`(document.querySelector('[popovertarget="delete"]').click(), "")`)
		w.shot("space-ask")
		w.open("/demo")
		w.eval(`(document.querySelector('form[action="/demo/enter"] button').click(), "")`)
		await(t, func() bool { return w.eval(`String(!!document.querySelector('form[action="/demo/leave"]'))`) == "true" })
		w.shot("space-home")
		for name, at := range map[string]string{"groups": "/groups", "phone": "/m", "inside": "/demo"} {
			w.open(at)
			w.shot("space-in-" + name)
		}
	})
	check(t, s.app.Space(s.org).Delete(ctx, owner.ID.String(), ""))
	awaitSpace(t, s.app, s.org, string(community.CodeNotFound))
}
