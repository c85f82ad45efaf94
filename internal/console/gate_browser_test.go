package console

import (
	"testing"
	"time"

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
