package cli_test

import (
	"strings"
	"testing"
)

// TestHooksOnTheCommandLine: made with what it may do, listed without secrets, tried without effect, changed and removed.
func TestHooksOnTheCommandLine(t *testing.T) {
	s := openSite(t)
	for _, tc := range []struct {
		args  []string
		code  int
		out   []string // all of them in what is printed or said
		never string
	}{
		{[]string{"hook", "list", "--json"}, 0, []string{`"total": 0`}, ""},
		{[]string{"hook", "add", "商城", "--scope", "send,task,alarm", "--sign", "--json"}, 0, []string{`"token": "qlk_`, `"signing_key": "qls_`, "/hook/qlk_"}, ""},
		{[]string{"hook", "add", "商城"}, 1, []string{"商城"}, "qlk_"},
		{[]string{"hook", "add", "坏的", "--scope", "remove"}, 1, []string{"scopes"}, "qlk_"},
		{[]string{"hook", "add", "坏的", "--group", "没有的群"}, 2, []string{"没有的群"}, "qlk_"},
		{[]string{"hook", "add", strings.Repeat("名", 41)}, 1, []string{"name"}, "qlk_"},
		{[]string{"hook", "list", "--json"}, 0, []string{`"signed": true`, `"total": 1`}, "qls_"},
		{[]string{"bot", "list", "--json"}, 0, []string{`"total": 0`}, "商城"},
		{[]string{"hook", "test", "商城", "--kind", "alarm", "--text", "演练", "--json"}, 0, []string{`"done": false`, `"kind": "alarm"`}, ""},
		{[]string{"hook", "test", "商城", "--group", "没有的群"}, 1, []string{"no group called so"}, ""},
		{[]string{"hook", "test", "商城", "--kind", "alarm", "--due", "5"}, 1, []string{"due"}, ""},
		{[]string{"hook", "test", "没有的"}, 1, []string{"there is no hook"}, ""},
		{[]string{"hook", "rotate", "商城", "--json"}, 0, []string{`"signing_key": "qls_`}, ""},
		{[]string{"hook", "remove", "商城", "--yes", "--json"}, 0, []string{`"enabled": false`}, ""},
		{[]string{"hook", "list", "--json"}, 0, []string{`"total": 0`}, "商城"},
	} {
		r := s.line("C", tc.args...)
		if r.code != tc.code || trace.MatchString(r.talk) {
			t.Errorf("%v: exit %d, want %d: %s %s", tc.args, r.code, tc.code, r.talk, r.out)
		}
		for _, want := range tc.out {
			if !strings.Contains(r.out+r.talk, want) {
				t.Errorf("%v does not say %q: %.1500s %s", tc.args, want, r.out, r.talk)
			}
		}
		if tc.never != "" && strings.Contains(r.out+r.talk, tc.never) {
			t.Errorf("%v says %q: %.800s", tc.args, tc.never, r.out+r.talk)
		}
	}
}
