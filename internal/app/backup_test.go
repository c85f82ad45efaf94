package app_test

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"qunluo/internal/app"
	"qunluo/internal/cli"
	"qunluo/internal/store/storetest"
)

// seat is somebody at a command line with a data directory and a database of their own.
type seat struct {
	t        *testing.T
	dir, url string
}

// run runs one line and gives what it printed; it must end well.
func (s seat) run(args ...string) string {
	s.t.Helper()
	code, out, talk := s.try(args...)
	if code != cli.ExitDone {
		s.t.Fatalf("%v: exit %d, %s", args, code, talk)
	}
	return out
}

func (s seat) try(args ...string) (int, string, string) {
	return s.tryIn(app.CommandLine(), args...)
}

func (s seat) tryIn(houses cli.Houses, args ...string) (int, string, string) {
	var out, talk bytes.Buffer
	p := cli.Program{Args: append(args, "--json"), Dir: s.dir, Env: []string{"QL_DATA_DIR=" + filepath.Join(s.dir, "data"), "QL_DATABASE__URL=" + s.url},
		In: strings.NewReader(""), Out: &out, Err: &talk, Houses: houses}
	return p.Run(s.t.Context()), out.String(), talk.String()
}

// TestBackupIsRestoredWholeElsewhere: every row of every table is there again, the record replays to the byte, and nothing
// acts by itself until somebody says so. A second time, and from a damaged file, nothing is done.
func TestBackupIsRestoredWholeElsewhere(t *testing.T) { onBothTools(t, restored) }

// onBothTools runs a test with two databases of each kind, the second of them empty.
func onBothTools(t *testing.T, run func(t *testing.T, from, to string)) {
	t.Run("sqlite", func(t *testing.T) { run(t, "", "") })
	t.Run("postgres", func(t *testing.T) {
		for _, tool := range []string{"pg_dump", "pg_restore"} {
			if _, err := exec.LookPath(tool); err != nil {
				if slices.Contains(strings.Split(os.Getenv("QL_REQUIRE"), ","), "pg") {
					t.Fatal(err)
				}
				t.Skip(err)
			}
		}
		run(t, storetest.PostgresURL(t), storetest.EmptyPostgresURL(t))
	})
}

func restored(t *testing.T, from, to string) {
	here, there := seat{t, t.TempDir(), from}, seat{t, t.TempDir(), to}
	here.run("import", history(t, 200), "--zone", "Asia/Shanghai")
	here.run("group", "tag", "晨读一群", "--add", "早起")
	poster := []byte("\x89PNG\r\n\x1a\n海报")
	check(t, os.WriteFile(filepath.Join(here.dir, "poster.png"), poster, 0o600))
	here.run("broadcast", "new", "--text", "明晚共读", "--file", filepath.Join(here.dir, "poster.png"), "--draft", "--yes")
	var made struct {
		Path   string
		Events int64
		Counts map[string]int64
		Files  int
	}
	check(t, json.Unmarshal([]byte(here.run("backup", "create")), &made))
	if made.Events < 200 || made.Counts["member"] != 3 || made.Counts["import_run"] != 1 {
		t.Errorf("the backup counts %d events, %d members, %d imports; want 200 and more, 3, 1", made.Events, made.Counts["member"], made.Counts["import_run"])
	}
	if made.Files != 1 {
		t.Errorf("the backup holds %d files, want the one that waits to be sent", made.Files)
	}
	here.run("backup", "verify", made.Path)
	var back struct {
		Equal int `json:"equal_tables"`
	}
	check(t, json.Unmarshal([]byte(there.run("restore", made.Path, "--yes")), &back))
	if back.Equal != len(made.Counts) || back.Equal < 100 {
		t.Errorf("%d tables were found equal, the backup holds %d", back.Equal, len(made.Counts))
	}
	for _, question := range [][]string{{"group", "list"}, {"member", "list"}, {"message", "search", "读第", "--limit", "200"}, {"import", "list"}, {"audit", "list"}} {
		want, got := here.run(question...), there.run(question...)
		if question[0] == "audit" {
			got, want = withoutFreeze(t, got), withoutFreeze(t, want)
		}
		if got != want {
			t.Errorf("%v after restoring:\n%.600s\nwant\n%.600s", question, got, want)
		}
	}
	if got := there.run("freeze", "status"); !strings.Contains(got, "true") {
		t.Errorf("freeze after restoring: %s, want it on", got)
	}
	kept, err := filepath.Glob(filepath.Join(there.dir, "data", "media", "*", "*"))
	if err != nil || len(kept) != 1 {
		t.Fatalf("files after restoring: %v, %v", kept, err)
	}
	if got, err := os.ReadFile(kept[0]); err != nil || !bytes.Equal(got, poster) {
		t.Errorf("the file that waits to be sent was restored as %q, %v", got, err)
	}
	var again struct{ Events int64 }
	check(t, json.Unmarshal([]byte(there.run("backup", "create")), &again))
	if again.Events != made.Events {
		t.Errorf("%d events after restoring, want %d", again.Events, made.Events)
	}
	if code, _, talk := there.try("restore", made.Path, "--yes"); code != cli.ExitFailed || !strings.Contains(talk, "empty") {
		t.Errorf("restored over what is there: exit %d, %s", code, talk)
	}
	raw, err := os.ReadFile(made.Path)
	check(t, err)
	raw[len(raw)/2] ^= 1
	damaged := filepath.Join(here.dir, "damaged.qlbackup")
	check(t, os.WriteFile(damaged, raw, 0o600))
	fresh := seat{t, t.TempDir(), ""}
	if code, _, talk := fresh.try("restore", damaged, "--yes"); code != cli.ExitFailed || !strings.Contains(talk, "damaged") {
		t.Errorf("restored from a damaged file: exit %d, %s", code, talk)
	}
	if _, err := os.Stat(filepath.Join(fresh.dir, "data", "qunluo.db")); err == nil {
		t.Error("a damaged backup left a database behind")
	}
}

// withoutFreeze leaves out what restoring itself writes into the trail.
func withoutFreeze(t *testing.T, raw string) string {
	t.Helper()
	var list struct{ Rows []map[string]any }
	check(t, json.Unmarshal([]byte(raw), &list))
	rows := slices.DeleteFunc(list.Rows, func(row map[string]any) bool { return row["verb"] == "freeze" })
	out, err := json.Marshal(rows)
	check(t, err)
	return string(out)
}
