package console

import (
	"strings"
	"testing"

	"qunluo/internal/rights"
)

// TestRightsAreSoundInABrowser looks at the pages of people and their scopes, and at what somebody sees who may not, at both widths
// and in both languages.
func TestRightsAreSoundInABrowser(t *testing.T) {
	t.Parallel()
	for _, lang := range []string{"zh-CN", "en"} {
		h := newHouse()
		h.with("a-very-long-login-name-without-any-blanks-in-it@example.org", rights.Auditor, rights.Chosen, 1, 2)
		h.with("far", rights.Admin, rights.Chosen, 1)
		h.users[0].Lang, h.is("far").Lang = lang, lang
		v := open(t, h)
		soundTo(t, v.base, lang, map[string]string{"users": "/users", "user-new": "/users/new", "user-groups": "/users/" + h.is("far").ID.String()})
		browser := browse(t)
		signIn(t, browser, v.base, "far")
		w := newWindow(t, browser, widths...)
		for name, path := range map[string]string{"refused": "/users", "home-far": "/"} {
			wrong := w.visit(v.base+path, name+"-"+lang)
			if name == "refused" && strings.Count(wrong, "error:") == 1 && strings.Contains(wrong, "status of 403") {
				wrong = "" // the browser tells of the status that was asked for
			}
			if wrong != "" {
				t.Errorf("%s in %s:\n%s", path, lang, wrong)
			}
		}
	}
}
