package archtest

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"unicode"
)

// tracked lists the files under version control.
func tracked(t *testing.T) []string {
	t.Helper()
	cmd := exec.Command("git", "ls-files", "-z")
	cmd.Dir = root(t)
	out, err := cmd.Output()
	if err != nil {
		t.Skipf("the list of tracked files needs git and a clone: %v", err)
	}
	return strings.FieldsFunc(string(out), func(r rune) bool { return r == 0 })
}

func TestNoDataIsCommitted(t *testing.T) {
	data := regexp.MustCompile(`\.(db|db-wal|db-shm|sqlite|sock|pem|key)$|(^|/)(data|node_modules)/`)
	for _, name := range tracked(t) {
		if data.MatchString(name) && !strings.Contains(name, "/testdata/") {
			t.Errorf("%s is data of an installation", name)
		}
	}
}

func TestNothingNamesAMachine(t *testing.T) {
	home := regexp.MustCompile(`(^|[^A-Za-z0-9_.])/(work|root|home|Users)/[A-Za-z0-9._-]+/|[A-Z]:\\Users\\`)
	for _, name := range tracked(t) {
		text, err := os.ReadFile(filepath.Join(root(t), name))
		if err != nil || bytes.IndexByte(text, 0) >= 0 || strings.Contains(name, "/vendor/") {
			continue // removed but not yet committed, binary, or somebody else's file
		}
		for i, line := range bytes.Split(text, []byte("\n")) {
			if home.Match(line) {
				t.Errorf("%s:%d names a path of one machine: %.120s", name, i+1, line)
			}
		}
	}
}

// TestPagesHoldNoWords keeps Chinese text in the catalogue, where both languages stand together.
func TestPagesHoldNoWords(t *testing.T) {
	for _, name := range tracked(t) {
		if !strings.HasSuffix(name, ".templ") {
			continue
		}
		text, err := os.ReadFile(filepath.Join(root(t), name))
		if err != nil {
			continue
		}
		for i, line := range strings.Split(string(text), "\n") {
			code, _, _ := strings.Cut(line, "//")
			if strings.IndexFunc(code, func(r rune) bool { return unicode.Is(unicode.Han, r) }) >= 0 {
				t.Errorf("%s:%d holds words: they belong to the catalogue", name, i+1)
			}
		}
	}
}
