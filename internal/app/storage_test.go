package app_test

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"qunluo/internal/app"
	"qunluo/internal/cli"
	"qunluo/internal/community"
	"qunluo/internal/config"
	"qunluo/internal/store/storetest"
)

// flip changes one value of a database.
func flip(driver, name string) error {
	db, err := sql.Open(driver, name)
	if err != nil {
		return err
	}
	_, err = db.Exec(`UPDATE member SET name = name || '!' WHERE key = (SELECT min(key) FROM member)`)
	return errors.Join(err, db.Close())
}

// flippingStorage changes a value after a restore, before the check.
type flippingStorage struct{ cli.Storage }

func (s flippingStorage) Sums(ctx context.Context, cfg config.Config, progress func(string, int64)) (map[string]community.TableSum, error) {
	if err := flip("pgx", cfg.Database.URL); err != nil {
		return nil, err
	}
	return s.Storage.Sums(ctx, cfg, progress)
}

// TestRestoreNamesWhatIsNotAsTheBackupRecorded: one changed name of one member is found by the check at the end, and nobody can serve it.
func TestRestoreNamesWhatIsNotAsTheBackupRecorded(t *testing.T) {
	onBothTools(t, func(t *testing.T, from, to string) {
		here, there := seat{t, t.TempDir(), from}, seat{t, t.TempDir(), to}
		here.run("import", history(t, 20), "--zone", "Asia/Shanghai")
		var made struct{ Path string }
		check(t, json.Unmarshal([]byte(here.run("backup", "create")), &made))
		spoilt := app.CommandLine()
		inspect := spoilt.Inspect
		spoilt.Inspect = func(ctx context.Context, path string, progress func(string, int64)) (map[string]community.TableSum, error) {
			if err := flip("sqlite", path); err != nil {
				return nil, err
			}
			return inspect(ctx, path, progress)
		}
		spoilt.Storage = flippingStorage{spoilt.Storage}
		if code, _, talk := there.tryIn(spoilt, "restore", made.Path, "--yes"); code != cli.ExitFailed || !strings.Contains(talk, "member: as many rows, another content") {
			t.Errorf("restored with a changed value: exit %d, %s", code, talk)
		}
		if to != "" {
			if code, _, talk := there.try("group", "list"); code != cli.ExitFailed || !strings.Contains(talk, "run qunluo restore again") {
				t.Errorf("what did not pass was opened: exit %d, %s", code, talk)
			}
		} else if _, err := os.Stat(filepath.Join(there.dir, "data", "qunluo.db")); err == nil {
			t.Error("what did not pass is still there")
		}
		there.run("restore", made.Path, "--yes") // again, from the beginning
		there.run("group", "list")
	})
}

// TestAnInstallationMovesToPostgresAndBack: everything is found there as it was here, files and master key included; what is served
// is left alone; a difference is named.
func TestAnInstallationMovesToPostgresAndBack(t *testing.T) {
	url, twice := storetest.EmptyPostgresURL(t), storetest.EmptyPostgresURL(t)
	first := seat{t, t.TempDir(), ""}
	first.run("import", history(t, 120), "--zone", "Asia/Shanghai")
	first.run("group", "tag", "晨读一群", "--add", "早起")
	poster := []byte("\x89PNG\r\n\x1a\n海报")
	check(t, os.WriteFile(filepath.Join(first.dir, "poster.png"), poster, 0o600))
	first.run("broadcast", "new", "--text", "明晚共读", "--file", filepath.Join(first.dir, "poster.png"), "--draft", "--yes")

	second, third := seat{t, t.TempDir(), url}, seat{t, t.TempDir(), ""}
	type report struct {
		From, To string
		Tables   []struct {
			Table string
			Rows  int64
			Equal bool
		}
		Rows  int64
		Files int
	}
	for _, step := range []struct {
		from seat
		to   []string
	}{
		{first, []string{"--to", url, "--into", filepath.Join(second.dir, "data")}},
		{second, []string{"--to", "sqlite:" + filepath.Join(third.dir, "data", "qunluo.db")}},
	} {
		var got report
		check(t, json.Unmarshal([]byte(step.from.run(append([]string{"storage", "copy"}, step.to...)...)), &got))
		if got.From == got.To || got.Rows < 120 || got.Files != 1 || len(got.Tables) < 100 {
			t.Errorf("%v: %s to %s, %d rows of %d tables, %d files", step.to, got.From, got.To, got.Rows, len(got.Tables), got.Files)
		}
		for _, table := range got.Tables {
			if !table.Equal {
				t.Errorf("%v: %s differs", step.to, table.Table)
			}
		}
	}
	for _, question := range [][]string{{"group", "list"}, {"member", "list"}, {"message", "search", "读第", "--limit", "200"}, {"import", "list"}, {"audit", "list"}, {"user", "list"}} {
		want := inOrder(t, first.run(question...))
		for _, there := range []seat{second, third} {
			if got := inOrder(t, there.run(question...)); got != want {
				t.Errorf("%v after copying:\n%.600s\nwant\n%.600s", question, got, want)
			}
		}
	}
	for _, there := range []seat{second, third} {
		kept, err := filepath.Glob(filepath.Join(there.dir, "data", "media", "*", "*"))
		if err != nil || len(kept) != 1 {
			t.Fatalf("files after copying: %v, %v", kept, err)
		}
		if got, err := os.ReadFile(kept[0]); err != nil || !bytes.Equal(got, poster) {
			t.Errorf("the file came as %q, %v", got, err)
		}
		key, err := os.ReadFile(filepath.Join(first.dir, "data", "master.key"))
		if got, err2 := os.ReadFile(filepath.Join(there.dir, "data", "master.key")); err != nil || err2 != nil || !bytes.Equal(got, key) {
			t.Errorf("the master key did not come along: %v, %v", err, err2)
		}
	}

	again := []string{"storage", "copy", "--to", "sqlite:" + filepath.Join(third.dir, "data", "qunluo.db")}
	if code, _, talk := first.try(again...); code != cli.ExitFailed || !strings.Contains(talk, "it must be empty") {
		t.Errorf("over what is there: exit %d, %s", code, talk)
	}
	compare := []string{"storage", "compare", "--to", "sqlite:" + filepath.Join(third.dir, "data", "qunluo.db")}
	first.run(compare...)
	check(t, flip("sqlite", filepath.Join(third.dir, "data", "qunluo.db")))
	if code, out, talk := first.try(compare...); code != cli.ExitFailed || !strings.Contains(talk, "member: as many rows, another content") || !strings.Contains(out, `"equal": false`) {
		t.Errorf("a changed value: exit %d, %s", code, talk)
	}

	a, err := app.Open(t.Context(), app.Options{Config: config.Config{DataDir: filepath.Join(first.dir, "data")}})
	check(t, err)
	defer func() { check(t, a.Close()) }()
	if code, _, talk := first.try("storage", "copy", "--to", twice); code != cli.ExitFailed || !strings.Contains(talk, "--live") {
		t.Errorf("of what is served: exit %d, %s", code, talk)
	}
	live := seat{t, t.TempDir(), twice}
	first.run("storage", "copy", "--to", twice, "--live", "--into", filepath.Join(live.dir, "data"))
	if got := live.run("freeze", "status"); !strings.Contains(got, "true") {
		t.Errorf("a copy of what goes on acts by itself: %s", got)
	}
}

// inOrder writes JSON with its keys in order: PostgreSQL keeps documents in an order of its own.
func inOrder(t *testing.T, raw string) string {
	t.Helper()
	var v any
	check(t, json.Unmarshal([]byte(raw), &v))
	out, err := json.Marshal(v)
	check(t, err)
	return string(out)
}
