package app_test

import (
	"strings"
	"testing"

	"qunluo/internal/cli"
)

// TestTwoAccountsAreOnePersonAndTwoAgain goes the operator's way on the command line: merge, see both accounts, list by person,
// split, take back; strikes and audit stay.
func TestTwoAccountsAreOnePersonAndTwoAgain(t *testing.T) {
	both(t, func(t *testing.T, w terminal) {
		w.must(t, nil, "import", "--zone", "UTC", w.chat(t))
		type fact struct {
			ID, Kind, User string
			Accounts       []string
			Undone         bool
		}
		var f fact
		w.must(t, &f, "member", "merge", "alice", "bob", "--reason", "他自己说的")
		if f.Kind != "merge" || len(f.Accounts) != 2 || f.User != "cli" {
			t.Fatalf("merged = %+v", f)
		}
		var page struct {
			Name     string
			Accounts []struct {
				Name     string
				Messages int64
			}
		}
		w.must(t, &page, "member", "show", "bob")
		if len(page.Accounts) != 2 || page.Accounts[0].Name != "bob" || page.Accounts[0].Messages == 0 || page.Accounts[1].Name != "alice" {
			t.Errorf("member show = %+v, want both accounts, its own first", page)
		}
		persons := func(want int) {
			t.Helper()
			var all rows[struct {
				Name     string
				Accounts int
			}]
			w.must(t, &all, "member", "list", "--persons")
			if len(all.Rows) != want {
				t.Errorf("persons = %+v, want %d", all.Rows, want)
			}
		}
		persons(2)
		for _, args := range [][]string{{"merge", "alice", "bob", "--reason", "再来"}, {"unmerge", strings.Repeat("-", 22), "--reason", "没有这条"}, {"split", "carol", "--reason", "本来就一个"}} {
			if code, _, talk := w.types(t, append([]string{"member"}, args...)...); code == 0 || talk == "" {
				t.Errorf("member %v: exit %d, %q; want a failure with words", args, code, talk)
			}
		}
		for _, args := range [][]string{{"merge", "alice"}, {"merge", "alice", "bob"}, {"merge", "alice", "nobody", "--reason", "x"}, {"merge", "alice", strings.Repeat("长", 4000), "--reason", "x"}, {"unmerge", "<script>", "--reason", "x"}} {
			if code, _, _ := w.types(t, append([]string{"member"}, args...)...); code != cli.ExitUsage {
				t.Errorf("member %v: exit %d, want usage", args, code)
			}
		}
		var split fact
		w.must(t, &split, "member", "split", "alice", "--reason", "弄错了")
		persons(3)
		w.must(t, nil, "member", "unmerge", split.ID, "--reason", "没有弄错")
		persons(2)
		w.must(t, nil, "rebuild")
		persons(2)
		w.must(t, nil, "member", "unmerge", f.ID, "--reason", "还是弄错了")
		persons(3)
		var log rows[fact]
		w.must(t, &log, "member", "links", "alice")
		kinds := ""
		for _, one := range log.Rows {
			kinds += one.Kind + " "
		}
		if kinds != "undo undo split merge " || !log.Rows[3].Undone {
			t.Errorf("links = %s %+v, want every step, the newest first", kinds, log.Rows)
		}
		var trail rows[struct{ Verb string }]
		w.must(t, &trail, "audit", "list")
		verbs := ""
		for _, one := range trail.Rows {
			verbs += one.Verb + " "
		}
		if !strings.HasPrefix(verbs, "member.unmerge member.unmerge member.split member.merge ") {
			t.Errorf("audit = %s", verbs)
		}
		var none rows[fact]
		w.must(t, &none, "member", "suggest")
		w.must(t, nil, "member", "apart", "alice", "bob", "--reason", "不是")
		if code, _, _ := w.types(t, "member", "apart", "alice", "bob", "--reason", "不是"); code != cli.ExitFailed {
			t.Errorf("said twice: exit %d, want failed", code)
		}
		w.must(t, nil, "member", "apart", "alice", "bob", "--back", "--reason", "也许是")
	})
}
