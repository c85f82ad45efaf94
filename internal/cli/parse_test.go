package cli

import (
	"bytes"
	"context"
	"reflect"
	"strings"
	"testing"

	"github.com/alecthomas/kong"
)

// leaves walks every command of the grammar.
func leaves(t *testing.T, l language, visit func(n *kong.Node)) {
	t.Helper()
	k, err := kong.New(&grammar{}, kong.ExplicitGroups(l.groups()), kong.Exit(func(int) {}))
	if err != nil {
		t.Fatal(err)
	}
	var walk func(n *kong.Node)
	walk = func(n *kong.Node) {
		visit(n)
		for _, child := range n.Children {
			walk(child)
		}
	}
	walk(k.Model.Node)
}

func TestEverythingIsSaidInBothLanguages(t *testing.T) {
	check := func(where, text string) {
		zhText, enText, both := strings.Cut(text, "|")
		if !both || zhText == "" || enText == "" {
			t.Errorf("%s: help %q, want 中文|English", where, text)
		}
	}
	leaves(t, zh, func(n *kong.Node) {
		if n.Parent != nil && !n.Hidden {
			check(n.FullPath(), n.Help)
		}
		for _, f := range n.Flags {
			if f.Name != "help" {
				check(n.FullPath()+" --"+f.Name, f.Help)
			}
		}
		for _, a := range n.Positional {
			check(n.FullPath()+" "+a.Name, a.Help)
		}
	})
}

func TestEveryCommandRunsAndSaysItsShape(t *testing.T) {
	count := 0
	leaves(t, zh, func(n *kong.Node) {
		if !n.Leaf() || n.Parent == nil {
			return
		}
		count++
		cmd := n.Target.Addr().Interface()
		_, out := cmd.(outdoor)
		_, in := cmd.(indoor)
		if out == in {
			t.Errorf("%s: outdoors %v, indoors %v, want exactly one", n.FullPath(), out, in)
		}
		d, ok := cmd.(documented)
		if !ok {
			t.Errorf("%s does not say what it prints", n.FullPath())
			return
		}
		for _, e := range d.Examples() {
			if e.words[zh] == "" || e.words[en] == "" {
				t.Errorf("%s: example %q lacks words", n.FullPath(), e.line)
			}
		}
	})
	if count < 60 {
		t.Errorf("%d commands found, want at least 60", count)
	}
}

func TestExamplesAreUnderstood(t *testing.T) {
	leaves(t, zh, func(n *kong.Node) {
		if !n.Target.IsValid() || !n.Target.CanAddr() {
			return
		}
		d, ok := n.Target.Addr().Interface().(documented)
		if !ok {
			return
		}
		for _, e := range d.Examples() {
			line, _, _ := strings.Cut(e.line, " < ")
			line, _, _ = strings.Cut(line, " > ")
			if _, err := parse(words(line), en, &bytes.Buffer{}); err != nil {
				t.Errorf("qunluo %s: %v", e.line, err)
			}
		}
	})
}

// words cuts a command line as a shell does, as far as the examples need it.
func words(line string) []string {
	var out []string
	for i, part := range strings.Split(line, "'") {
		if i%2 == 1 {
			out = append(out, part)
		} else {
			out = append(out, strings.Fields(part)...)
		}
	}
	return out
}

// run runs a command line without a house and gives its exit code, stdout and stderr.
func run(t *testing.T, dir string, args ...string) (int, string, string) {
	t.Helper()
	var out, talk bytes.Buffer
	p := Program{Args: args, Dir: dir, Env: []string{"LANG=en_US.UTF-8"}, In: strings.NewReader(""), Out: &out, Err: &talk}
	return p.Run(context.Background()), out.String(), talk.String()
}

func TestExitCodes(t *testing.T) {
	cases := []struct {
		line string
		want int
		talk string
	}{
		{"version", ExitDone, ""},
		{"--help", ExitDone, ""},
		{"rule --help", ExitDone, ""},
		{"", ExitUsage, "expected one of"},
		{"servee", ExitUsage, `did you mean "serve"`},
		{"member list --never-spok", ExitUsage, `did you mean "--never-spoke"`},
		{"member list --limit 900", ExitUsage, "1 to 200"},
		{"action do mute g m --for 5y --reason x", ExitUsage, "1s to 30d"},
		{"action do mute g --reason x", ExitUsage, "needs a member"},
		{"--set server.listen=nowhere group list", ExitUsage, "server.listen"},
		{"--set server.listne=x config check", ExitUsage, "did you mean server.listen"},
		{"rule check absent.json", ExitFailed, "absent.json"},
		{"group mode g live", ExitUsage, "--yes"},
		{"backup verify absent", ExitFailed, "absent"},
	}
	for _, c := range cases {
		code, _, talk := run(t, t.TempDir(), strings.Fields(c.line)...)
		if code != c.want || !strings.Contains(talk, c.talk) {
			t.Errorf("qunluo %s: exit %d, stderr %q; want %d and %q", c.line, code, talk, c.want, c.talk)
		}
	}
}

func TestWrongUsageIsSaidInChinese(t *testing.T) {
	cases := map[string]string{
		"servee":                  `没有 servee，是不是 "serve"？`,
		"member list --nevr":      "没有选项 --nevr",
		"task refuse x":           "缺少选项：--note=TEXT",
		"export":                  "需要：<group>",
		"member list --limit x":   "--limit：值 x 不对",
		"group mode g sometimes":  "只能是",
		"group show g something":  "多余的参数 something",
		"group list --limit 1000": "--limit 应在 1 到 200 之间",
	}
	for line, want := range cases {
		_, err := parse(strings.Fields(line), zh, &bytes.Buffer{})
		if err == nil || !strings.Contains(zh.sayError(err), want) {
			t.Errorf("qunluo %s: %q (%v), want %q", line, zh.sayError(err), err, want)
		}
	}
}

func TestLanguageFollowsTheEnvironment(t *testing.T) {
	cases := []struct {
		args, env []string
		want      language
	}{
		{nil, []string{"LANG=zh_CN.UTF-8"}, zh},
		{nil, []string{"LANG=en_US.UTF-8"}, en},
		{nil, nil, en},
		{nil, []string{"LANG=zh_CN.UTF-8", "LC_ALL=C"}, en},
		{[]string{"--lang=zh"}, []string{"LANG=en"}, zh},
		{[]string{"--lang", "en"}, []string{"LANG=zh"}, en},
	}
	for _, c := range cases {
		if got := chooseLanguage(c.args, c.env); got != c.want {
			t.Errorf("%v %v: language %d, want %d", c.args, c.env, got, c.want)
		}
	}
}

func TestHelpSpeaksOneLanguage(t *testing.T) {
	for _, line := range []string{"--help", "member list --help", "backup --help"} {
		var out bytes.Buffer
		if _, err := parse(strings.Fields(line), en, &out); err != nil {
			t.Fatal(err)
		}
		body := strings.ReplaceAll(out.String(), "产品交流群", "")
		for _, r := range body {
			if r >= 0x4e00 && r < 0xa000 {
				t.Errorf("qunluo %s in English holds %q", line, r)
				break
			}
		}
		out.Reset()
		if _, err := parse(strings.Fields(line), zh, &out); err != nil {
			t.Fatal(err)
		}
		for _, word := range []string{"Usage:", "Flags:", "Commands:", "Arguments:", "Examples:", "Run \""} {
			if strings.Contains(out.String(), word) {
				t.Errorf("qunluo %s in Chinese holds %q", line, word)
			}
		}
	}
}

func TestShapeNamesEveryField(t *testing.T) {
	got := shapeOf(reflect.TypeFor[list[freezeState]]())
	if want := "{rows: [{scope: text, frozen: bool}], total: number, more: bool}"; got != want {
		t.Errorf("shape = %s, want %s", got, want)
	}
}

func TestSortDownwardsIsWrittenAsTheHelpSays(t *testing.T) {
	for _, args := range [][]string{{"member", "list", "--sort", "-messages"}, {"member", "list", "--sort=-messages"}} {
		got, err := parse(args, en, &bytes.Buffer{})
		if err != nil {
			t.Fatalf("%v: %v", args, err)
		}
		if p := got.command.(*memberListCmd).page(); p.Sort != "messages" || !p.Desc {
			t.Errorf("%v: %+v, want messages, downwards", args, p)
		}
	}
}

// TestLineIsReadAloneAsBesideAllCommands: a line that begins with its command is read without the other commands, and is
// answered word for word as one that begins with a flag and meets them all.
func TestLineIsReadAloneAsBesideAllCommands(t *testing.T) {
	leaves(t, zh, func(n *kong.Node) {
		if n.Type != kong.CommandNode || n.Parent.Type != kong.ApplicationNode {
			return
		}
		for _, rest := range [][]string{{"--help"}, {"--no-such-flag"}, {"lsit", "gruop", "x"}} {
			var alone, beside bytes.Buffer
			line := append([]string{n.Name}, rest...)
			if len(unnamed(line)) == 0 {
				t.Errorf("%q is read with every command", line)
			}
			a, err1 := parse(line, en, &alone)
			b, err2 := parse(append([]string{"--yes"}, line...), en, &beside)
			if a.helped != b.helped || !reflect.DeepEqual(a.command, b.command) || !reflect.DeepEqual(err1, err2) || alone.String() != beside.String() {
				t.Errorf("%q alone: %v %s\nbeside all: %v %s", line, err1, alone.String(), err2, beside.String())
			}
		}
	})
	if got := unnamed([]string{"jobs"}); got != nil {
		t.Errorf("a line that begins with no command's name leaves out %q", got)
	}
}
