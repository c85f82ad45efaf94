package cli_test

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/alecthomas/kong"

	"qunluo/internal/app"
	"qunluo/internal/cli"
)

// ran is what came of a command line.
type ran struct {
	code      int
	out, talk string
}

// site is a data directory that a server holds, so that every verb goes through its socket, and a folder to stand in.
type site struct {
	t    *testing.T
	dir  string
	data string
}

// line runs one command line in the site as a program does that has no terminal: LANG says which language.
func (s site) line(lang string, args ...string) ran { return s.typing("", lang, args...) }

// typing is line with something on stdin.
func (s site) typing(in, lang string, args ...string) ran {
	var out, talk bytes.Buffer
	p := cli.Program{Args: args, Dir: s.dir, Env: []string{"LANG=" + lang, "QL_DATA_DIR=" + s.data}, In: strings.NewReader(in), Out: &out, Err: &talk, Houses: app.CommandLine()}
	ctx, stop := context.WithTimeout(s.t.Context(), time.Minute)
	defer stop()
	code := p.Run(ctx)
	return ran{code, out.String(), talk.String()}
}

// openSite serves a data directory with a chat history in it.
func openSite(t *testing.T) site {
	t.Helper()
	short, err := os.MkdirTemp("", "ql") // the socket's path must be short
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(short) })
	s := site{t, t.TempDir(), short}
	chat := "[2024年01月02日 08:00:00] \n2024-01-02 08:00:00 老周(20001)\n早\n\n2024-01-02 08:01:00 阿芳(20002)\n早上好\n\n"
	if err := os.WriteFile(filepath.Join(s.dir, "晨读.txt"), []byte("消息记录（此消息记录为文本格式，不支持重新导入）\n\n================================================================\n消息分组:我的QQ群\n================================================================\n消息对象:晨读\n================================================================\n\n"+strings.SplitN(chat, "\n", 2)[1]), 0o600); err != nil {
		t.Fatal(err)
	}
	if r := s.line("C", "import", "晨读.txt", "--zone", "Asia/Shanghai"); r.code != 0 {
		t.Fatalf("the history was not taken: %+v", r)
	}
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan int, 1)
	go func() {
		p := cli.Program{Args: []string{"serve", "--set", "server.listen=127.0.0.1:0", "--set", "server.local_listen="}, Dir: s.dir,
			Env: []string{"LANG=C", "QL_DATA_DIR=" + s.data}, In: strings.NewReader(""), Out: new(bytes.Buffer), Err: new(bytes.Buffer), Houses: app.CommandLine()}
		ended <- p.Run(ctx)
	}()
	t.Cleanup(func() {
		stop()
		if code := <-ended; code != 0 && code != 1 {
			t.Errorf("the server ended with %d", code)
		}
	})
	for deadline := time.Now().Add(20 * time.Second); ; {
		if c, err := net.Dial("unix", filepath.Join(s.data, "qunluo.sock")); err == nil {
			_ = c.Close()
			return s
		}
		if time.Now().After(deadline) {
			t.Fatal("the server never came")
		}
		time.Sleep(20 * time.Millisecond) // for the socket to appear
	}
}

// hostile moves the cursor, clears the screen, turns the direction of the text around and rings the bell.
const hostile = "\u202e\x1b[2J\u0007\u200bevil\r"

// values are what people and scripts put where something else is wanted.
func values() map[string]string {
	return map[string]string{
		"empty": "", "huge": strings.Repeat("x", 5000), "hostile": hostile, "unknown id": "-P7U02N3UsiF9CGPepWKKV", "wrong type": "minus one", "negative": "-1",
		"many digits": strings.Repeat("9", 40), "up": "../../../../etc/passwd", "quoted": `" OR 1=1 --`,
	}
}

// runsOn are commands that would go on running, or measure for minutes: only lines that are refused at once are tried.
var runsOn = []string{"serve", "demo", "bench", "eval"}

// TestEveryDoorOfTheCommandLineIsGuarded goes through the whole grammar: every verb without arguments, with every argument
// and every flag empty, huge, of the wrong type, unknown and hostile, with one argument too many, and without --yes where
// nobody can be asked; in both languages. Whatever comes, the answer is a line in the right language that is safe to print,
// the exit code is one of three, and what was stored stays.
func TestEveryDoorOfTheCommandLineIsGuarded(t *testing.T) {
	s := openSite(t)
	before := s.line("C", "message", "search", "--json")
	if !strings.Contains(before.out, "早上好") {
		t.Fatalf("the history is not there: %+v", before)
	}
	tried := 0
	for _, n := range cli.Leaves(t) {
		for _, c := range cases(n) {
			for _, lang := range c.langs {
				tried++
				r := s.line(lang, c.args...)
				if wrong := judge(r, lang, c); wrong != "" {
					t.Errorf("%s (%s, %s): %s\nexit %d, stdout %.200q, stderr %.400q", strings.Join(verb(n), " "), c.name, lang, wrong, r.code, r.out, r.talk)
				}
			}
		}
	}
	if after := s.line("C", "message", "search", "--json"); after.out != before.out {
		t.Errorf("messages before and after differ:\n%s\n%s", before.out, after.out)
	}
	t.Logf("%d command lines", tried)
	if tried < 1500 {
		t.Errorf("only %d command lines were tried", tried)
	}
}

type doorCase struct {
	name    string
	args    []string
	refused bool // it must not succeed
	usage   bool // and it is wrong usage: exit 2
	langs   []string
}

var (
	both = []string{"zh_CN.UTF-8", "C"}
	// inArguments says in which languages the values are tried as arguments.
	inArguments = map[string][]string{"empty": both, "hostile": both, "huge": both[:1], "unknown id": both[:1], "wrong type": both[:1],
		"negative": both[1:], "many digits": both[1:], "up": both[1:], "quoted": both[:1]}
	// inFlags are the values tried with flags, each in one of the languages: there are hundreds of flags.
	inFlags = map[string][]string{"empty": both[:1], "huge": both[1:], "hostile": both[:1], "wrong type": both[1:], "negative": both[:1]}
)

// verb is the words that name a command.
func verb(n *kong.Node) []string {
	var out []string
	for ; n.Parent != nil; n = n.Parent {
		out = append([]string{n.Name}, out...)
	}
	return out
}

// cases are the command lines tried with a command.
func cases(n *kong.Node) []doorCase {
	path := verb(n)
	known := func() []string { return slices.Clone(path) }
	list := []doorCase{
		{name: "unknown flag", args: append(known(), "--no-such-flag"), refused: true, usage: true, langs: both},
	}
	if !takesMany(n) {
		list = append(list, doorCase{name: "one argument too many", args: append(filled(n, known(), "x", ""), "too-many"), refused: true, usage: true, langs: both})
	}
	needs := needed(n)
	goesOn := slices.Contains(runsOn, path[0])
	if needs {
		list = append(list, doorCase{name: "no arguments", args: known(), refused: true, usage: true, langs: both})
	}
	for name, v := range values() {
		if len(n.Positional) > 0 && !goesOn {
			c := doorCase{name: "every argument " + name, args: filled(n, known(), v, ""), langs: inArguments[name]}
			c.refused, c.usage = name == "empty", name == "empty"
			list = append(list, c)
		}
		for _, f := range n.Flags {
			if f.Name == "help" || f.IsBool() || goesOn && f.Target.Kind() == reflect.String || f.IsMap() {
				continue
			}
			number := f.Target.Kind() != reflect.String && f.Target.Kind() != reflect.Slice
			if goesOn && (!number || name == "negative" || name == "many digits") {
				continue // a number that is one may be taken
			}
			list = append(list, doorCase{name: "--" + f.Name + " " + name, args: append(filled(n, known(), "x", f.Name), "--"+f.Name+"="+v),
				refused: number && name != "negative", usage: number && name != "negative", langs: inFlags[name]})
		}
	}
	return list
}

// needed reports whether a command wants an argument or a flag.
func needed(n *kong.Node) bool {
	for _, p := range n.Positional {
		if p.Required {
			return true
		}
	}
	for _, f := range n.Flags {
		if f.Required {
			return true
		}
	}
	return false
}

// takesMany reports whether the last argument takes as many as there are.
func takesMany(n *kong.Node) bool {
	for _, p := range n.Positional {
		if p.Target.Kind() == reflect.Slice {
			return true
		}
	}
	return false
}

// filled is a command line with a value for every argument and every flag that is needed, but one.
func filled(n *kong.Node, args []string, v, without string) []string {
	for _, f := range n.Flags {
		if f.Required && f.Name != without {
			args = append(args, "--"+f.Name+"="+v)
		}
	}
	for range n.Positional {
		args = append(args, v)
	}
	return args
}

var trace = regexp.MustCompile(`goroutine \d|panic:|\.go:\d+|runtime error`)

// judge says what is wrong with an answer; "" = nothing.
func judge(r ran, lang string, c doorCase) string {
	switch {
	case r.code < 0 || r.code > 2:
		return "the exit code is none of 0, 1, 2"
	case c.refused && r.code == 0:
		return "it was taken"
	case c.usage && r.code != 2:
		return "wrong usage ends with 2"
	case trace.MatchString(r.talk):
		return "a stack trace"
	case r.code != 0 && !strings.Contains(r.talk, "qunluo: "):
		return "it failed and says nothing"
	case r.code != 0 && r.out != "" && strings.Contains(r.out, "qunluo: "):
		return "the error stands on stdout"
	}
	for _, text := range []string{r.talk, r.out} {
		for _, ch := range text {
			if ch != '\n' && (unicode.IsControl(ch) || unicode.Is(unicode.Bidi_Control, ch)) {
				return fmt.Sprintf("%U is printed raw", ch)
			}
		}
	}
	for _, line := range strings.Split(r.talk, "\n") {
		if n := utf8.RuneCountInString(line); n > 450 {
			return fmt.Sprintf("a line of %d characters", n)
		}
	}
	return inLanguage(r, lang)
}

// inLanguage looks at the line that says why.
func inLanguage(r ran, lang string) string {
	_, said, failed := strings.Cut(r.talk, "qunluo: ")
	if !failed {
		return ""
	}
	han := strings.ContainsFunc(said, func(ch rune) bool { return unicode.Is(unicode.Han, ch) })
	switch {
	case strings.HasPrefix(lang, "zh") && !han:
		return "not in Chinese"
	case !strings.HasPrefix(lang, "zh") && han && !strings.Contains(said, "晨读"):
		return "not in English"
	}
	return ""
}

// TestDangerIsNotDoneUnasked: without a terminal and without --yes, what is dangerous is refused, says what it would do,
// and leaves everything as it is.
func TestDangerIsNotDoneUnasked(t *testing.T) {
	s := openSite(t)
	book := s.line("C", "rule", "preset", "general")
	if err := os.WriteFile(filepath.Join(s.dir, "book.json"), []byte(book.out), 0o600); err != nil {
		t.Fatal(err)
	}
	runs := s.line("C", "import", "list", "--json")
	id := regexp.MustCompile(`"id": "([^"]+)"`).FindStringSubmatch(runs.out)[1]
	for _, args := range [][]string{
		{"group", "mode", "晨读", "live", "--reason", "x"}, {"rule", "publish", "晨读", "book.json", "--note", "x"}, {"import", "undo", id},
		{"action", "do", "remove", "晨读", "老周", "--reason", "x"}, {"action", "do", "send", "晨读", "--text", "hi", "--reason", "x"},
		{"strike", "give", "晨读", "1", "--reason", "x"}, {"restore", "book.json"},
	} {
		for lang, wants := range map[string]string{"C": "--yes", "zh_CN.UTF-8": "--yes"} {
			r := s.line(lang, args...)
			if r.code != 2 || !strings.Contains(r.talk, wants) || r.out != "" {
				t.Errorf("%s without --yes: exit %d, %q, %q", strings.Join(args, " "), r.code, r.out, r.talk)
			}
		}
	}
	if r := s.line("C", "group", "show", "晨读", "--json"); !strings.Contains(r.out, `"mode": "observe"`) || !strings.Contains(r.out, `"rulebook": 0`) {
		t.Errorf("something was done all the same: %s", r.out)
	}
	if r := s.line("C", "audit", "list", "--json"); strings.Contains(r.out, "rulebook.publish") || strings.Contains(r.out, "action.act") {
		t.Errorf("the trail says that something was done: %s", r.out)
	}
}

// TestTwiceIsSaidOrHarmless: what was done once and is asked for again says so, or changes nothing.
func TestTwiceIsSaidOrHarmless(t *testing.T) {
	s := openSite(t)
	for _, tc := range []struct {
		args []string
		code int // of the second time
	}{
		{[]string{"import", "晨读.txt", "--zone", "Asia/Shanghai"}, 0}, {[]string{"group", "tag", "晨读", "--add", "早起"}, 0},
		{[]string{"freeze", "on"}, 0}, {[]string{"freeze", "off"}, 0},
	} {
		if r := s.line("C", tc.args...); r.code != 0 {
			t.Errorf("%v: %+v", tc.args, r)
		}
		if r := s.line("C", tc.args...); r.code != tc.code || trace.MatchString(r.talk) {
			t.Errorf("%v, the second time: %+v, want exit %d", tc.args, r, tc.code)
		}
	}
	if r := s.line("C", "message", "search", "--json"); strings.Count(r.out, "早上好") != 1 {
		t.Errorf("imported twice: %s", r.out)
	}
}

// TestDataDirectoryThatCannotBeUsedIsSaid: a file in its place, in both languages, for every verb that needs it.
func TestDataDirectoryThatCannotBeUsedIsSaid(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "file"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	s := site{t, dir, filepath.Join(dir, "file", "data")}
	for _, args := range [][]string{{"group", "list"}, {"serve"}, {"import", "file"}, {"backup", "create"}, {"migrate", "status"}, {"rebuild"}, {"user", "list"}, {"doctor"}} {
		for _, lang := range []string{"C", "zh_CN.UTF-8"} {
			r := s.line(lang, args...)
			if wrong := judge(r, lang, doorCase{refused: true}); wrong != "" {
				t.Errorf("%s: %s; exit %d, %q", strings.Join(args, " "), wrong, r.code, r.talk)
			}
		}
	}
}

// TestFiguresRightAfterAnImportAreWhole: a server's projections follow behind the log; a question asked right after waits
// for them, and says so where it waited in vain.
func TestFiguresRightAfterAnImportAreWhole(t *testing.T) {
	s := openSite(t)
	const n = 15_000
	var b strings.Builder
	b.WriteString(`{"_type":"header","chatlab":{"version":"0.0.2","exportedAt":1767225600},"meta":{"name":"夜读","platform":"wechat","type":"group","groupId":"2@chatroom"}}` + "\n")
	for i := range n {
		fmt.Fprintf(&b, `{"_type":"message","platformMessageId":"m%d","sender":"u%d","accountName":"阿敏%d","timestamp":%d,"type":0,"content":"第%d章"}`+"\n",
			i, i%30, i%30, 1767229200+6*i, i)
	}
	if err := os.WriteFile(filepath.Join(s.dir, "夜读.jsonl"), []byte(b.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	if r := s.line("C", "import", "夜读.jsonl"); r.code != 0 {
		t.Fatalf("import: %+v", r)
	}
	r := s.line("C", "figures", "夜读", "--from", "2026-01-01", "--to", "2026-01-05", "--json")
	whole := strings.Contains(r.out, fmt.Sprintf(`"messages": %d`, n))
	if said := s.line("C", "figures", "夜读", "--from", "2026-01-01", "--to", "2026-01-05"); !whole && !strings.Contains(said.talk, "catching up") {
		t.Errorf("right after the import the figures are %.300s, want %d messages, or that they are still catching up", r.out, n)
	}
}
