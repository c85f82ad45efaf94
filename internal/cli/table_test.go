package cli

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"
)

func TestColumnsLineUpWithChinese(t *testing.T) {
	var b bytes.Buffer
	writeTable(&b, [][]string{{"名称", "n"}, {"a", "1"}, {"青梧读写社", "22"}})
	want := "名称        n\na           1\n青梧读写社  22\n"
	if b.String() != want {
		t.Errorf("table =\n%swant\n%s", b.String(), want)
	}
}

func TestNamesCannotSteerTheTerminal(t *testing.T) {
	for _, name := range []string{"\x1b[2Jx", "a\u202eb", "a\rb", "a\u200bb", "a\nb\tc"} {
		if got := printable(name); strings.ContainsAny(got, "\x1b\r\n\t\u202e\u200b") {
			t.Errorf("printable(%q) = %q", name, got)
		}
	}
}

func TestMomentsAreUTCForPrograms(t *testing.T) {
	for at, want := range map[Moment]string{0: "null", 1767323045678: `"2026-01-02T03:04:05.678Z"`} {
		got, err := json.Marshal(at)
		if err != nil || string(got) != want {
			t.Errorf("%d = %s, %v; want %s", at, got, err, want)
		}
		var back Moment
		if err := json.Unmarshal(got, &back); err != nil || back != at {
			t.Errorf("%s read back = %d, %v", got, back, err)
		}
	}
}

func TestTimesArePeoplesTimes(t *testing.T) {
	now := time.Date(2026, 5, 10, 12, 0, 0, 0, time.UTC)
	c := &call{program: &Program{Clock: func() time.Time { return now }}}
	c.speakIn("Asia/Shanghai")
	cases := map[string]time.Time{
		"2026-05-01":                time.Date(2026, 4, 30, 16, 0, 0, 0, time.UTC),
		"2026-05-01 08:00":          time.Date(2026, 5, 1, 0, 0, 0, 0, time.UTC),
		"2026-05-01T08:00:00+02:00": time.Date(2026, 5, 1, 6, 0, 0, 0, time.UTC),
		"7d":                        now.AddDate(0, 0, -7),
		"90m":                       now.Add(-90 * time.Minute),
	}
	for text, want := range cases {
		if got, err := c.when(text); err != nil || got != want.UnixMilli() {
			t.Errorf("when(%q) = %v, %v; want %v", text, time.UnixMilli(got).UTC(), err, want)
		}
	}
	for _, text := range []string{"yesterday", "7x", "-3d", "2026-13-01", "1.5d"} {
		if got, err := c.when(text); exitCode(err) != ExitUsage {
			t.Errorf("when(%q) = %d, %v; want wrong usage", text, got, err)
		}
	}
	if _, _, err := c.span("2026-05-02", "2026-05-01"); exitCode(err) != ExitUsage {
		t.Errorf("a span that ends before it begins: %v", err)
	}
}

func TestBarSaysHowFar(t *testing.T) {
	b := &bar{label: "import"}
	cases := []struct {
		done, of int64
		spent    time.Duration
		want     string
	}{
		{1234567, 0, 0, "import 1,234,567"},
		{0, 100, 0, "import [" + strings.Repeat(" ", 30) + "]   0%"},
		{50, 100, 10 * time.Second, "import [" + strings.Repeat("=", 15) + strings.Repeat(" ", 15) + "]  50% 10s"},
		{200, 100, time.Hour, "import [" + strings.Repeat("=", 30) + "] 100%"},
	}
	for _, c := range cases {
		if got := b.line(c.done, c.of, c.spent); got != c.want {
			t.Errorf("%d of %d: %q, want %q", c.done, c.of, got, c.want)
		}
	}
}

func TestIDsThatBeginWithADashAreNoFlags(t *testing.T) {
	const id = "-P76ikkHR1eez06oltADsk"
	for _, args := range [][]string{{"group", "show", id}, {"decision", "undo", id, "--reason", "x"}, {"member", "list", "--group", id}, {"import", id}} {
		got, err := parse(args, en, &bytes.Buffer{})
		if err != nil {
			t.Errorf("%v: %v", args, err)
			continue
		}
		if text := fmt.Sprint(reflect.ValueOf(got.command).Elem()); !strings.Contains(text, id) || strings.Contains(text, idMark) {
			t.Errorf("%v is understood as %s", args, text)
		}
	}
	got, err := parse([]string{"rule", "test", id + "@3", "text"}, en, &bytes.Buffer{})
	if err != nil {
		t.Fatal(err)
	}
	if group, version, ok := cutVersion(got.command.(*ruleTestCmd).Book); group != id || version != 3 || !ok {
		t.Errorf("%s %d %v", group, version, ok)
	}
}
