package app_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"qunluo/internal/app"
	"qunluo/internal/cli"
	"qunluo/internal/store/storetest"
)

// terminal types command lines in a folder of its own.
type terminal struct {
	dir string
	env []string
	pg  bool // its database is PostgreSQL
}

// types runs a command line and gives its exit code, stdout and stderr.
func (w terminal) types(t *testing.T, args ...string) (int, string, string) {
	t.Helper()
	var out, talk bytes.Buffer
	p := cli.Program{Args: args, Dir: w.dir, Env: append([]string{"LANG=en"}, w.env...), In: strings.NewReader("a long password\n"),
		Out: &out, Err: &talk, Houses: app.CommandLine()}
	return p.Run(t.Context()), out.String(), talk.String()
}

// must runs a command line that has to succeed and gives its JSON.
func (w terminal) must(t *testing.T, into any, args ...string) {
	t.Helper()
	code, out, talk := w.types(t, append([]string{"--json", "--yes"}, args...)...)
	if code != cli.ExitDone {
		t.Fatalf("qunluo %s: exit %d: %s", strings.Join(args, " "), code, talk)
	}
	if into == nil {
		return
	}
	if err := json.Unmarshal([]byte(out), into); err != nil {
		t.Fatalf("qunluo %s: %v in %.500s", strings.Join(args, " "), err, out)
	}
}

// chat writes an IRC log of two days and gives its folder.
func (w terminal) chat(t *testing.T) string {
	t.Helper()
	dir := filepath.Join(w.dir, "2024", "05")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	for day := 1; day <= 2; day++ {
		var b strings.Builder
		for i := range 30 {
			fmt.Fprintf(&b, "[%02d:%02d] <%s> 第 %d 条，押金什么时候退\n", 8+i/6, i%6*10, []string{"alice", "bob", "carol"}[i%3], i)
		}
		folder := filepath.Join(dir, fmt.Sprintf("%02d", day))
		if err := os.MkdirAll(folder, 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(folder, "#books.txt"), []byte(b.String()), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return filepath.Join(w.dir, "2024")
}

// both runs a test on both databases beside each other.
func both(t *testing.T, run func(t *testing.T, w terminal)) {
	onBoth(t, func(t *testing.T, url string) { run(t, terminalTo(t, url)) })
}

// oneByOne is both, one after the other.
func oneByOne(t *testing.T, run func(t *testing.T, w terminal)) {
	t.Run("sqlite", func(t *testing.T) { run(t, terminalTo(t, "")) })
	t.Run("postgres", func(t *testing.T) { run(t, terminalTo(t, storetest.PostgresURL(t))) })
}

// terminalTo is a command line over an installation of its own; the address of its database, "" = its own file.
func terminalTo(t *testing.T, url string) terminal {
	w := terminal{dir: t.TempDir()}
	if url != "" {
		w.env, w.pg = []string{"QL_DATABASE__URL=" + url}, true
	} else {
		w.env = []string{"QL_DATA_DIR=" + storetest.DataDir(t)}
	}
	return w
}

type rows[T any] struct{ Rows []T }

func TestOperatorRunsEverythingFromTheCommandLine(t *testing.T) {
	both(t, func(t *testing.T, w terminal) {
		var done cli.ImportDone
		w.must(t, &done, "import", "--zone", "UTC", w.chat(t))
		if done.Rows != 60 || done.Added != 60 || done.Rejected != 0 || done.Run == "" {
			t.Fatalf("import = %+v", done)
		}
		w.must(t, &done, "import", "--zone", "UTC", filepath.Join(w.dir, "2024"))
		if done.Added != 0 || done.Same != 60 {
			t.Errorf("imported again: %+v", done)
		}
		var groups rows[struct{ ID, Name, Mode string }]
		w.must(t, &groups, "group", "list")
		if len(groups.Rows) != 1 || groups.Rows[0].Name != "#books" || groups.Rows[0].Mode != "observe" {
			t.Fatalf("groups = %+v", groups)
		}
		group := groups.Rows[0].ID
		w.asks(t, group)
		w.changes(t, group)
		w.looksAfter(t, group)
	})
}

// asks reads what was imported in several ways.
func (w terminal) asks(t *testing.T, group string) {
	t.Helper()
	var figures cli.FigureReport
	w.must(t, &figures, "figures", group, "--from", "2024-05-01", "--to", "2024-05-03")
	if figures.Messages != 60 || figures.Speakers != 3 || figures.Days != 2 || len(figures.Top) != 3 || figures.Top[0].Messages != 20 {
		t.Errorf("figures = %+v", figures)
	}
	var found rows[struct {
		Number int64
		Text   string
	}]
	w.must(t, &found, "message", "search", "押金", "--group", group, "--limit", "5")
	if len(found.Rows) != 5 || !strings.Contains(found.Rows[0].Text, "押金") {
		t.Fatalf("found = %+v", found)
	}
	w.must(t, nil, "message", "around", group, fmt.Sprint(found.Rows[0].Number))
	w.must(t, nil, "member", "list", "--group", group, "--never-spoke")
	w.must(t, nil, "member", "show", "alice", "--group", group)
	var report cli.ReplayReport
	w.must(t, &report, "replay", group, "--from", "2024-05-01", "--to", "2024-05-03")
	if report.Messages != 60 {
		t.Errorf("replay = %+v", report)
	}
	w.must(t, &report, "replay", group, "--as-decided")
	if report.Different != 0 {
		t.Errorf("as decided = %+v", report)
	}
}

// changes does what leaves a trace, and looks for the trace.
func (w terminal) changes(t *testing.T, group string) {
	t.Helper()
	w.must(t, nil, "group", "tag", group, "--add", "读书", "--reason", "test")
	var shown struct{ Tags []string }
	w.must(t, &shown, "group", "show", group)
	if len(shown.Tags) != 1 || shown.Tags[0] != "读书" {
		t.Errorf("tags = %v", shown.Tags)
	}
	var book json.RawMessage
	w.must(t, &book, "rule", "preset", "general")
	file := filepath.Join(w.dir, "book.json")
	if err := os.WriteFile(file, book, 0o600); err != nil {
		t.Fatal(err)
	}
	w.must(t, nil, "rule", "check", file)
	if code, _, said := w.types(t, "--yes", "rule", "publish", group, file, "--note", "first"); code == cli.ExitDone || !strings.Contains(said, "Instead: warn") {
		t.Errorf("on IRC nobody takes anything back, and a book that wants it: exit %d, %s", code, said)
	}
	able := bytes.ReplaceAll(book, []byte(`"recall",`), nil)
	if err := os.WriteFile(file, able, 0o600); err != nil || bytes.Equal(able, book) {
		t.Fatal("the preset recalls nothing", err)
	}
	w.must(t, nil, "rule", "publish", group, file, "--note", "first")
	w.must(t, nil, "rule", "test", group+"@", "加V：abc12345 免费领")
	w.must(t, nil, "rule", "rollback", group, "1", "--note", "again", "--no-figure", "同一本")
	var changed rows[struct{ Field string }]
	w.must(t, &changed, "rule", "diff", group+"@1", group+"@2")
	if len(changed.Rows) != 0 {
		t.Errorf("a rollback differs from what it goes back to: %+v", changed)
	}
	w.must(t, nil, "user", "add", "linxiao", "--role", "owner")
	w.must(t, nil, "user", "add", "guest", "--role", "analyst")
	var person struct {
		Role, Scope string
		Groups      int
	}
	w.must(t, &person, "user", "scope", "guest", "groups", "--group", group)
	if person.Role != "analyst" || person.Scope != "groups" || person.Groups != 1 {
		t.Errorf("scope = %+v, want one group of an analyst", person)
	}
	for _, words := range [][]string{{"user", "scope", "guest", "groups"}, {"user", "scope", "guest", "org", "--group", group}, {"user", "role", "linxiao", "admin"}, {"duty", "note", "交接", "--as", "guest"}} {
		if code, _, talk := w.types(t, append([]string{"--json"}, words...)...); code == cli.ExitDone {
			t.Errorf("qunluo %s was done: %s", strings.Join(words, " "), talk)
		}
	}
	w.must(t, nil, "user", "role", "guest", "moderator")
	if code, _, talk := w.types(t, "--json", "duty", "note", "交接", "--as", "guest"); code == cli.ExitDone || !strings.Contains(talk, "groups") {
		t.Errorf("somebody of one group writes for all: exit %d: %s", code, talk)
	}
	w.must(t, &person, "user", "scope", "guest", "org")
	w.must(t, nil, "duty", "note", "交接", "--as", "guest")
	if person.Scope != "org" || person.Groups != 0 {
		t.Errorf("scope = %+v, want the whole organisation", person)
	}
	w.must(t, nil, "freeze", "on", "--reason", "test")
	var acted struct{ Decision string }
	w.must(t, &acted, "action", "do", "mute", group, "alice", "--for", "10m", "--reason", "test")
	w.must(t, nil, "decision", "show", acted.Decision)
	w.must(t, nil, "decision", "undo", acted.Decision, "--reason", "test")
	var trail rows[struct{ Verb string }]
	w.must(t, &trail, "audit", "list", "--limit", "200")
	seen := map[string]bool{}
	for _, row := range trail.Rows {
		seen[row.Verb] = true
	}
	for _, verb := range []string{"group.set", "rulebook.publish", "freeze", "action.act", "decision.undo"} {
		if !seen[verb] {
			t.Errorf("%s left no trace: %v", verb, seen)
		}
	}
}

// looksAfter backs up, rebuilds, exports and restores.
func (w terminal) looksAfter(t *testing.T, group string) {
	t.Helper()
	w.must(t, nil, "rebuild")
	if !w.pg { // the tests' PostgreSQL runs without durability, which the doctor does not let pass
		w.must(t, nil, "doctor")
	}
	w.must(t, nil, "job", "list")
	w.must(t, nil, "migrate", "status")
	out := filepath.Join(w.dir, "out.jsonl")
	w.must(t, nil, "export", group, "-o", out)
	if text, err := os.ReadFile(out); err != nil || bytes.Count(text, []byte("押金")) != 60 {
		t.Errorf("export holds %d messages, %v", bytes.Count(text, []byte("押金")), err)
	}
	if _, err := exec.LookPath("pg_dump"); err != nil && w.pg {
		return
	}
	var backup struct{ Path string }
	w.must(t, &backup, "backup", "create")
	w.must(t, nil, "backup", "verify", "--deep", backup.Path)
	elsewhere := terminal{dir: t.TempDir()}
	if w.pg {
		elsewhere.env = []string{"QL_DATABASE__URL=" + storetest.EmptyPostgresURL(t)}
	}
	elsewhere.must(t, nil, "restore", backup.Path)
	var figures cli.FigureReport
	elsewhere.must(t, &figures, "figures", group, "--from", "2024-05-01", "--to", "2024-05-03")
	if figures.Messages != 60 {
		t.Errorf("figures after the restore = %+v", figures)
	}
	var state struct{ Frozen bool }
	elsewhere.must(t, &state, "freeze")
	if !state.Frozen {
		t.Error("automatic actions are not held after a restore")
	}
	if code, _, talk := elsewhere.types(t, "restore", backup.Path, "--yes"); code != cli.ExitFailed {
		t.Errorf("restored over a living database: exit %d, %s", code, talk)
	}
}

func TestServerTakesCommandLines(t *testing.T) {
	both(t, func(t *testing.T, w terminal) {
		w.env = append(w.env, "QL_SERVER__LISTEN=127.0.0.1:0", "QL_SERVER__LOCAL_LISTEN=")
		ready := make(chan struct{})
		ended := make(chan int, 1)
		ctx, stop := contextOf(t)
		var talk bytes.Buffer
		p := cli.Program{Args: []string{"serve", "--json"}, Dir: w.dir, Env: w.env, In: strings.NewReader(""), Out: closing(ready), Err: &talk, Houses: app.CommandLine()}
		go func() { ended <- p.Run(ctx) }()
		select {
		case <-ready:
		case code := <-ended:
			t.Fatalf("serve: exit %d: %s", code, talk.String())
		}
		var done cli.ImportDone
		w.must(t, &done, "import", "--zone", "UTC", w.chat(t))
		if done.Added != 60 {
			t.Errorf("import beside a running serve = %+v", done)
		}
		w.must(t, nil, "rebuild", "search")
		w.must(t, nil, "user", "add", "linxiao", "--role", "owner")
		if code, _, talk := w.types(t, "migrate", "up"); code != cli.ExitFailed {
			t.Errorf("migrate up beside a server: exit %d, %s", code, talk)
		}
		stop()
		if code := <-ended; code != cli.ExitDone {
			t.Errorf("serve ends with %d: %s", code, talk.String())
		}
		var groups rows[struct{ Name string }]
		w.must(t, &groups, "group", "list")
		if len(groups.Rows) != 1 {
			t.Errorf("groups after the server = %+v", groups)
		}
	})
}

func contextOf(t *testing.T) (context.Context, context.CancelFunc) {
	ctx, stop := context.WithCancel(t.Context())
	t.Cleanup(stop)
	return ctx, stop
}

// closing is a writer that closes a channel at the first write.
type closing chan struct{}

func (c closing) Write(p []byte) (int, error) {
	select {
	case <-c:
	default:
		close(c)
	}
	return len(p), nil
}

// TestNewPasswordEndsOtherSessions changes a password beside a running server: who is signed in has to sign in again.
func TestNewPasswordEndsOtherSessions(t *testing.T) {
	w := terminal{dir: t.TempDir()}
	w.must(t, nil, "user", "add", "ming", "--role", "owner") // types "a long password"
	base := w.serves(t)
	thief := newPerson(t, base)
	thief.send("/signin", "/signin", url.Values{"login": {"ming"}, "password": {"a long password"}})
	if _, body := thief.get("/me"); strings.Contains(body, `name="login"`) {
		t.Fatalf("not signed in: %s", excerpt(body))
	}
	p := cli.Program{Args: []string{"user", "passwd", "ming"}, Dir: w.dir, Env: []string{"LANG=en"}, In: strings.NewReader("another long password\n"),
		Out: t.Output(), Err: t.Output(), Houses: app.CommandLine()}
	if code := p.Run(t.Context()); code != cli.ExitDone {
		t.Fatalf("user passwd: exit %d", code)
	}
	if _, body := thief.get("/me"); !strings.Contains(body, `name="login"`) {
		t.Errorf("the old session still stands: %s", excerpt(body))
	}
}

// serves runs the server of the terminal's folder until the test ends and gives its address.
func (w terminal) serves(t *testing.T) string {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	said, out := io.Pipe()
	ended := make(chan int, 1)
	p := cli.Program{Args: []string{"--json", "serve", "--listen", "127.0.0.1:0", "--set", "server.local_listen="}, Dir: w.dir, Env: append([]string{"LANG=en"}, w.env...), In: strings.NewReader(""),
		Out: out, Err: t.Output(), Houses: app.CommandLine()}
	go func() {
		code := p.Run(ctx)
		out.Close()
		ended <- code
	}()
	t.Cleanup(func() {
		stop()
		if code := <-ended; code != cli.ExitDone {
			t.Errorf("serve: exit %d", code)
		}
	})
	var at cli.Served
	check(t, json.NewDecoder(said).Decode(&at))
	return at.URL
}
