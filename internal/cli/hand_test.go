package cli_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestGroupByHandOnTheCommandLine: made, its members and talk brought, the difference first; twice is nothing; what is bad
// is said and keeps nothing.
func TestGroupByHandOnTheCommandLine(t *testing.T) {
	s := openSite(t)
	write := func(name, text string) {
		if err := os.WriteFile(filepath.Join(s.dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	day := time.Now().In(time.FixedZone("", 8*3600)).Add(-time.Minute).Format("2006-01-02 15:04")
	write("名单.txt", "小满妈\n发票王\n大刘\n")
	write("名单二.txt", "小满妈\n正经人\n大刘\n")
	write("聊天.txt", "小满妈 "+day+"\n早上好\n\n发票王 "+day+"\n代开发票\n")
	write("空.txt", "\uFEFF \n")
	write("大.txt", strings.Repeat("名字\n", 9<<20/7))
	write("半截.txt", "发票王 "+day)
	write("长名.txt", strings.Repeat("名", 5000)+"\n\u202e倒着的人\n")
	for _, tc := range []struct {
		args  []string
		code  int
		out   []string // all of them in what is printed or said
		never string
	}{
		{[]string{"group", "add", "宝妈一群", "--most", "400", "--json"}, 0, []string{`"platform": "wechat"`}, ""},
		{[]string{"group", "add", "宝妈一群"}, 1, []string{"there is one of that name"}, ""},
		{[]string{"group", "add", "坏\n名"}, 1, []string{"name"}, ""},
		{[]string{"group", "add", "另一群", "--keeper", "nobody"}, 1, []string{"nobody"}, ""},
		{[]string{"group", "roster", "宝妈一群", "名单.txt", "--dry-run", "--json"}, 0, []string{`"joined": 3`, `"members": 3`}, `"run": "-`},
		{[]string{"group", "roster", "宝妈一群", "名单.txt", "--json"}, 0, []string{`"added": 1`}, ""},
		{[]string{"group", "roster", "宝妈一群", "名单二.txt", "--dry-run", "--json"}, 0, []string{`"maybe_renamed"`, `"from": "发票王"`, `"gone": 1`}, ""},
		{[]string{"group", "roster", "宝妈一群", "名单二.txt", "--same", "正经人=发票王", "--dry-run", "--json"}, 0, []string{`"renamed"`, `"gone": 0`}, ""},
		{[]string{"group", "paste", "宝妈一群", "聊天.txt", "--dry-run", "--json"}, 0, []string{`"preview"`, "早上好", `"added": 2`}, ""},
		{[]string{"group", "paste", "宝妈一群", "聊天.txt", "--json"}, 0, []string{`"added": 2`}, ""},
		{[]string{"group", "paste", "宝妈一群", "聊天.txt", "--json"}, 0, []string{`"added": 0`, `"same": 2`}, ""},
		{[]string{"group", "paste", "宝妈一群", "空.txt"}, 2, []string{"nothing in it"}, ""},
		{[]string{"group", "paste", "宝妈一群", "没有.txt"}, 2, []string{"cannot be read"}, ""},
		{[]string{"group", "roster", "宝妈一群", "大.txt"}, 2, []string{"over 8 MB"}, ""},
		{[]string{"group", "paste", "宝妈一群", "名单.txt", "--dry-run"}, 1, []string{"not one line was understood"}, ""},
		{[]string{"group", "paste", "宝妈一群", "半截.txt", "--dry-run"}, 0, nil, ""},
		{[]string{"group", "roster", "宝妈一群", "长名.txt", "--dry-run"}, 0, nil, "\u202e"},
		{[]string{"group", "paste", "没有的群", "聊天.txt"}, 2, []string{"没有的群"}, ""},
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
			t.Errorf("%v says %q", tc.args, tc.never)
		}
	}
	if r := s.line("C", "message", "search", "代开发票", "--json"); strings.Count(r.out, "代开发票") != 1 {
		t.Errorf("pasted twice: %s", r.out)
	}
}

// TestMatrixAndPublicPageOnTheCommandLine: what can be done where, and what the public page says of it.
func TestMatrixAndPublicPageOnTheCommandLine(t *testing.T) {
	s := openSite(t)
	for says, args := range map[string][]string{
		`"group": "晨读"`: {"account", "matrix", "--json"}, `"instead": "warn"`: {"account", "matrix", "--public", "--verb", "message.recall", "--json"}, `"platform": "wechat"`: {"group", "add", "宝妈群", "--json"},
		"there is no verb": {"account", "matrix", "--verb", "fly"}, `"on": true`: {"account", "publish", "on", "--json"},
	} {
		if says == `"instead": "warn"` {
			s.line("C", "group", "add", "别的群")
		}
		if r := s.line("C", args...); !strings.Contains(r.out+r.talk, says) {
			t.Errorf("%v does not say %q: %+v", args, says, r)
		}
	}
	if r := s.line("C", "account", "matrix", "--public", "--json"); strings.Contains(r.out, "晨读") {
		t.Errorf("the public page names a group: %s", r.out)
	}
}

// TestAccountIsReleasedOnlyWithAWordAndWhenHeld: without a reason, or where nothing is held back, nothing happens.
func TestAccountIsReleasedOnlyWithAWordAndWhenHeld(t *testing.T) {
	s := openSite(t)
	wecom := []string{"account", "add", "wecom", "客户群", "--disabled", "--with", "corp_id=ww0000000000000001", "--with", "agent_id=1000002", "--secret", "secret", "--secret", "token", "--secret", "aes_key"}
	if r := s.typing("s-1\ntoken-1\n", "C", wecom...); r.code != 2 || !strings.Contains(r.talk, "aes_key: give one line on stdin") {
		t.Errorf("two lines for three secrets: %d %s", r.code, r.talk)
	}
	if r := s.typing("s-1\ntoken-1\ntoo-short\n", "C", wecom...); r.code == 0 || !strings.Contains(r.talk, "aes_key") {
		t.Errorf("a wrong third secret: %d %s", r.code, r.talk)
	}
	if r := s.typing("s-1\ntoken-1\njWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C\n", "C", wecom...); r.code != 0 {
		t.Errorf("three secrets: %d %s", r.code, r.talk)
	}
	if r := s.line("C", "account", "add", "sim", "演练", "--with", "scene=quiet"); r.code != 0 {
		t.Fatalf("no account: %+v", r)
	}
	for says, args := range map[string][]string{
		"does not hold it back": {"--yes", "account", "release", "演练", "--reason", "看过了"}, "--reason": {"--yes", "account", "release", "演练"},
		"--yes": {"account", "release", "演练", "--reason", "看过了"},
	} {
		if r := s.line("C", args...); r.code == 0 || !strings.Contains(r.talk, says) {
			t.Errorf("%v: exit %d, says %q, want %q", args, r.code, r.talk, says)
		}
	}
	if r := s.line("C", "account", "list", "--json"); !strings.Contains(r.out, `"restricted_at": null`) && !strings.Contains(r.out, `"restricted_at"`) {
		t.Errorf("the list does not say whether it is held: %s", r.out)
	}
}
