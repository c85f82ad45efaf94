package lexicon

import (
	"archive/tar"
	"bufio"
	"compress/gzip"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// realLines reads the lines of all files with a suffix in an archive of the folder that QL_TESTDATA names, or skips.
func realLines(t *testing.T, name, suffix string) []string {
	t.Helper()
	err := errors.New("QL_TESTDATA is not set")
	var file *os.File
	if dir := os.Getenv("QL_TESTDATA"); dir != "" {
		file, err = os.Open(filepath.Join(dir, name))
	}
	if err != nil {
		if slices.Contains(strings.Split(os.Getenv("QL_REQUIRE"), ","), "testdata") {
			t.Fatal(err)
		}
		t.Skip(err)
	}
	defer file.Close()
	packed, err := gzip.NewReader(file)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for in := tar.NewReader(packed); ; {
		head, err := in.Next()
		if err == io.EOF {
			return out
		}
		if err != nil {
			t.Fatal(err)
		}
		if !strings.HasSuffix(head.Name, suffix) {
			continue
		}
		for lines := bufio.NewScanner(in); lines.Scan(); {
			out = append(out, strings.ToValidUTF8(lines.Text(), ""))
		}
	}
}

// TestRealWordsInRealLines compares matcher and definition on words and texts that nobody here made up.
func TestRealWordsInRealLines(t *testing.T) {
	var list []string
	for i, w := range realLines(t, "words-zh-51k.tar.gz", ".txt") {
		if w = strings.TrimSpace(w); i%20 == 0 && CheckPhrase(w) == nil {
			list = append(list, w)
		}
	}
	lines := realLines(t, "spam-zh-live.tar.gz", "train.csv")
	m, hits := compile(t, list...), 0
	for i := 1; i < len(lines); i += len(lines) / 40 {
		want, got := sorted(naive(list, lines[i])), sorted(m.Find(lines[i], nil))
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("line %d (-definition +matcher):\n%s", i, diff)
		}
		hits += len(got)
	}
	t.Logf("%d words, %d hits", len(list), hits)
	if len(list) < 2000 || hits == 0 {
		t.Errorf("%d words, %d hits: nothing was compared", len(list), hits)
	}
}
