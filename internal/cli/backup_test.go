package cli

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// backedUp makes one backup and gives its path.
func backedUp(t *testing.T, l line) string {
	t.Helper()
	if code, _, talk := l.run(t, "backup", "create"); code != ExitDone {
		t.Fatal(talk)
	}
	found, err := backupsIn(filepath.Join(l.dir, "data", backupFolder))
	if err != nil || len(found) != 1 {
		t.Fatalf("backups = %v, %v", found, err)
	}
	return found[0].Path
}

func TestBackupRestoresTheSameBytes(t *testing.T) {
	l := line{building: newBuilding(), dir: t.TempDir(), now: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)}
	given := filepath.Join("media", "ab", "abcd")
	if err := errors.Join(os.MkdirAll(filepath.Join(l.dir, "data", "media", "ab"), 0o700), os.WriteFile(filepath.Join(l.dir, "data", given), []byte("海报"), 0o600)); err != nil {
		t.Fatal(err)
	}
	size, sum, err := hashFile(filepath.Join(l.dir, "data", given))
	if err != nil {
		t.Fatal(err)
	}
	l.building.files = []ManifestFile{{filepath.ToSlash(given), size, sum}}
	path := backedUp(t, l)
	if want := "qunluo-20260102-030405" + backupSuffix; filepath.Base(path) != want {
		t.Errorf("name = %s, want %s", filepath.Base(path), want)
	}
	code, out, talk := l.run(t, "restore", path, "--into", "new", "--yes", "--json")
	if code != ExitDone {
		t.Fatal(talk)
	}
	if !strings.Contains(out, `"backup_of": "2026-01-02T03:04:05.000Z"`) {
		t.Errorf("restored %s", out)
	}
	got, err := os.ReadFile(filepath.Join(l.dir, "new", sqliteName))
	if err != nil || string(got) != "database "+strings.Repeat("0123456789", 2000) {
		t.Errorf("%d bytes restored, %v", len(got), err)
	}
	if got, err := os.ReadFile(filepath.Join(l.dir, "new", given)); err != nil || string(got) != "海报" {
		t.Errorf("the file that goes with a send was restored as %q, %v", got, err)
	}
	if want := []string{"cli true restored from a backup"}; len(l.building.frozen) != 1 || l.building.frozen[0] != want[0] {
		t.Errorf("frozen = %q, want %q", l.building.frozen, want)
	}
}

func TestRestoreNeverWritesOverAnything(t *testing.T) {
	l := line{building: newBuilding(), dir: t.TempDir()}
	path := backedUp(t, l)
	for _, name := range []string{sqliteName, sqliteName + "-wal", "qunluo.views.db"} {
		into := filepath.Join(l.dir, "into-"+name)
		if err := os.MkdirAll(into, 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(into, name), []byte("precious"), 0o600); err != nil {
			t.Fatal(err)
		}
		code, _, talk := l.run(t, "restore", path, "--into", into, "--yes")
		left, _ := os.ReadFile(filepath.Join(into, name))
		if code != ExitFailed || !strings.Contains(talk, "already there") || string(left) != "precious" {
			t.Errorf("%s: exit %d, %q, left %q", name, code, talk, left)
		}
	}
}

func TestAnyFlippedBitIsFound(t *testing.T) {
	l := line{building: newBuilding(), dir: t.TempDir()}
	path := backedUp(t, l)
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if len(whole) > 4096 {
		t.Fatalf("the test's backup has %d bytes: too many to try every bit", len(whole))
	}
	for bit := range len(whole) * 8 {
		whole[bit/8] ^= 1 << (bit % 8)
		if _, err := describe(bytes.NewReader(whole), path); err == nil {
			t.Fatalf("bit %d of byte %d was flipped and nobody noticed", bit%8, bit/8)
		}
		whole[bit/8] ^= 1 << (bit % 8)
	}
	for n := range len(whole) {
		if _, err := describe(bytes.NewReader(whole[:n]), path); err == nil {
			t.Fatalf("cut to %d bytes and nobody noticed", n)
		}
	}
	if _, err := describe(bytes.NewReader(whole), path); err != nil {
		t.Errorf("the untouched backup: %v", err)
	}
}

func TestDeepVerifyCountsRows(t *testing.T) {
	l := line{building: newBuilding(), dir: t.TempDir()}
	path := backedUp(t, l)
	if code, _, talk := l.run(t, "backup", "verify", "--deep", path); code != ExitDone {
		t.Fatal(talk)
	}
	l.building.counts["event"] = 2
	if code, _, talk := l.run(t, "backup", "verify", "--deep", path); code != ExitFailed || !strings.Contains(talk, "2 rows, want 3") {
		t.Errorf("exit %d, %q", code, talk)
	}
	l.building.counts["event"], l.building.hash = 3, "another"
	if code, _, talk := l.run(t, "backup", "verify", "--deep", path); code != ExitFailed || !strings.Contains(talk, "event: as many rows, another content") {
		t.Errorf("exit %d, %q", code, talk)
	}
	if code, _, talk := l.run(t, "restore", path, "--into", "new", "--yes"); code != ExitFailed || !strings.Contains(talk, "another content") {
		t.Errorf("exit %d, %q", code, talk)
	}
	if _, err := os.Stat(filepath.Join(l.dir, "new", sqliteName)); err == nil {
		t.Error("what did not pass the check was left to be served")
	}
}

func TestFailedBackupLeavesNothing(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "x")
	_, err := toFile(path, func(w io.Writer) (int64, error) {
		_, _ = w.Write([]byte("half"))
		return 4, os.ErrClosed
	})
	left, _ := os.ReadDir(dir)
	if err == nil || len(left) != 0 {
		t.Errorf("err = %v, left %v", err, left)
	}
}

func TestDoctorFixesWhatIsSafe(t *testing.T) {
	l := line{building: newBuilding(), dir: t.TempDir(), now: time.Now()}
	path := backedUp(t, l)
	if err := os.Chmod(path, 0o644); err != nil {
		t.Fatal(err)
	}
	code, out, talk := l.run(t, "doctor", "--strict")
	if code != ExitFailed || !strings.Contains(out, "other users can read "+path) {
		t.Fatalf("exit %d, %s%s", code, out, talk)
	}
	_, out, talk = l.run(t, "doctor", "--fix", "--json") // a slow disk warns and is not to be mended
	var report list[finding]
	if err := json.Unmarshal([]byte(out), &report); err != nil {
		t.Fatalf("%v: %s%s", err, out, talk)
	}
	if i := slices.IndexFunc(report.Rows, func(f finding) bool { return f.State == stateFixed }); i < 0 || !strings.Contains(report.Rows[i].Meaning, path) {
		t.Errorf("with --fix: %+v, want the file's rights fixed", report.Rows)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode = %v, %v", info.Mode(), err)
	}
}

func TestDoctorSaysEveryLineInBothLanguages(t *testing.T) {
	facts := houseFacts{Running: true, Accounts: []accountLine{{Name: "a", Enabled: true, State: "offline"}},
		Facts: Facts{Dialect: "postgres", Version: "14.2", Level: 3, Wants: 4, Synchronous: "off", Lags: map[string]int64{"search": 99999}, Dead: 1}}
	bad := facts.judge([2]string{"数据库", "database"})
	worst := map[string]int{}
	for _, d := range bad {
		worst[d.state]++
		for i, pair := range [][2]string{d.check, d.meaning, d.remedy} {
			if (pair[zh] == "") != (pair[en] == "") || i == 0 && pair[zh] == "" {
				t.Errorf("said in one language only: %q", pair)
			}
		}
	}
	if worst[stateFail] != 3 || worst[stateWarn] != 3 {
		t.Errorf("states = %v, want 3 failures (version, durable, level) and 3 warnings (lag, jobs, connection)", worst)
	}
}
