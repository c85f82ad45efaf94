package cli_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestCharterOnTheCommandLine: a book is begun, articles are added, moved, changed and taken out, its notice is shown and it is
// published; who agreed is noted and listed; a ready ladder goes into the draft. What is wrong is said and keeps nothing.
func TestCharterOnTheCommandLine(t *testing.T) {
	s := openSite(t)
	if err := os.WriteFile(filepath.Join(s.dir, "名单.txt"), []byte("小满妈\n大刘\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	book := `{"mode":"observe","zone":"Asia/Shanghai","ladder":[{"actions":["warn"]},{"actions":["remove"]}],"rules":[{"id":"ads","name":"广告","kind":"keyword","mode":"live","params":{"lists":[{"words":["代开发票"]}]}}]}`
	if err := os.WriteFile(filepath.Join(s.dir, "book.json"), []byte(book), 0o600); err != nil {
		t.Fatal(err)
	}
	at := func(verb string, args ...string) []string {
		return append(append([]string{"rule", "charter"}, verb, "宝妈一群"), args...)
	}
	for _, tc := range []struct {
		args []string
		code int
		out  []string
	}{
		{[]string{"group", "add", "宝妈一群"}, 0, nil},
		{[]string{"group", "roster", "宝妈一群", "名单.txt"}, 0, nil},
		{at("show"), 1, []string{"not found"}},
		{[]string{"rule", "draft", "宝妈一群", "book.json"}, 0, nil},
		{at("add", "no-ads", "--level", "base", "--title", "不发广告", "--rule", "ads", "--json"), 0, []string{`"number": 1`, `"follows": "1. a warning; 2. removed from the group"`}},
		{at("add", "kind", "--level", "base", "--title", "友善"), 0, nil},
		{at("add", "kind", "--title", "又一条"), 1, []string{"repeats"}},
		{at("add", "lost", "--title", "三", "--rule", "nothing"), 1, []string{"no such rule"}},
		{at("move", "kind", "up", "--json"), 0, []string{`"id": "kind"`}},
		{at("set", "kind", "--level", "exit", "--title", "不骗人"), 0, nil},
		{at("set", "nobody", "--title", "x"), 1, []string{"no article"}},
		{at("words", "--intro", "欢迎"), 0, nil},
		{at("notice", "--json"), 0, []string{`"level": "human"`, `"changed": true`, "1. 不发广告"}},
		{at("preview"), 0, []string{"<h1>", "不发广告", "欢迎"}},
		{at("publish", "--note", "第一版", "--notice", "x", "--no-notice", "--yes"), 2, []string{"exclude"}},
		{at("publish", "--note", "第一版", "--yes", "--json"), 0, []string{`"version": 1`, "第 1 版已发布"}},
		{at("page", "--json"), 0, []string{`"open": true`}},
		{at("page", "--shut", "--reason", "先关", "--json"), 0, []string{`"open": false`}},
		{at("page", "--shut", "--open"), 2, []string{"excludes"}},
		{at("remove", "kind"), 0, nil},
		{at("diff", "1", "--json"), 0, []string{`"kind": "removed"`}},
		{at("advice", "--json"), 0, []string{`"total": 0`}},
		{at("confirm", "大刘", "--note", "电话里说的", "--json"), 0, []string{`"way": "hand"`, `"version": 1`}},
		{at("confirm", "大刘", "--note", "又一次"), 1, []string{"before"}},
		{at("confirmed", "--json"), 0, []string{"大刘", "电话里说的", `"total": 1`}},
		{at("confirmed", "--missing", "--json"), 0, []string{"小满妈", `"total": 1`}},
		{at("sums", "--json"), 0, []string{`"present": 2`, `"current": 1`, `"hand": 1`}},
		{at("link", "大刘"), 1, []string{"page"}},
		{[]string{"rule", "ladders", "--json"}, 0, []string{"warn3-kick", "warn-kick"}},
		{[]string{"rule", "ladder", "宝妈一群", "warn-kick", "--rule", "ads", "--json"}, 0, []string{"a warning and removed from the group"}},
		{[]string{"rule", "ladder", "宝妈一群", "nonsense"}, 1, []string{"nonsense"}},
	} {
		r := s.line("C", tc.args...)
		if r.code != tc.code || trace.MatchString(r.talk) {
			t.Errorf("%q: exit %d, want %d: %s %.800s", tc.args, r.code, tc.code, r.talk, r.out)
		}
		for _, want := range tc.out {
			if !strings.Contains(r.out+r.talk, want) {
				t.Errorf("%q does not say %q: %.1500s %s", tc.args, want, r.out, r.talk)
			}
		}
	}
}
