package console

import (
	"fmt"
	"testing"
)

// TestRoomsAreSoundInABrowser looks at every page of the rooms at both widths and in both languages: no console error, no
// violation of the policy, nothing wider than the window.
func TestRoomsAreSoundInABrowser(t *testing.T) {
	browser := browse(t)
	for _, lang := range []string{"zh-CN", "en"} {
		h := furnished()
		h.users[0].Lang = lang
		v := open(t, h)
		signIn(t, browser, v.base, "owner")
		for _, width := range widths {
			w := newWindow(t, browser, width)
			for name, path := range roomPages() {
				if wrong := w.visit(v.base+path, fmt.Sprintf("%s-%d-%s", name, width, lang)); wrong != "" {
					t.Errorf("%s at %d px in %s:\n%s", path, width, lang, wrong)
				}
			}
		}
		signOut(t, browser, v.base)
	}
}
