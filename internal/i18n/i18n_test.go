package i18n

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"

	"github.com/pelletier/go-toml/v2"
)

func keys(t *testing.T, lang string) []string {
	t.Helper()
	names, err := fs.Glob(embedded, "catalogue/*."+lang+".toml")
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, name := range names {
		raw, err := embedded.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		var tree map[string]any
		if err := toml.Unmarshal(raw, &tree); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		all = flatten("", tree, all)
	}
	slices.Sort(all)
	return all
}

func flatten(prefix string, tree map[string]any, into []string) []string {
	for k, v := range tree {
		sub, deeper := v.(map[string]any)
		switch {
		case deeper && sub["other"] != nil:
			into = append(into, prefix+k)
		case deeper:
			into = flatten(prefix+k+".", sub, into)
		default:
			into = append(into, prefix+k)
		}
	}
	return into
}

func TestBothLanguagesHaveTheSameKeys(t *testing.T) {
	zh, en := keys(t, Chinese), keys(t, English)
	for _, k := range zh {
		if !slices.Contains(en, k) {
			t.Errorf("English lacks %s", k)
		}
	}
	for _, k := range en {
		if !slices.Contains(zh, k) {
			t.Errorf("Chinese lacks %s", k)
		}
	}
	if slices.Equal(zh, slices.Compact(slices.Clone(zh))) == false {
		t.Error("a key stands twice")
	}
	c, err := New()
	if err != nil {
		t.Fatal(err)
	}
	for _, lang := range Languages {
		for _, k := range zh {
			if !c.In(lang).Has(k) {
				t.Errorf("%s cannot be said in %s (a key may not be called id, description, hash, zero, one, two, few, many, other)", k, lang)
			}
		}
	}
}

var said = regexp.MustCompile(`(?:\bT\(ctx, |\.T\(|\bSay: )"([a-z0-9_.]+)"`)

func TestEveryKeyThatIsSaidExists(t *testing.T) {
	c, err := New()
	if err != nil {
		t.Fatal(err)
	}
	w, all := c.In(English), keys(t, English)
	eachSource(t, func(path string, body string) {
		if strings.HasSuffix(path, "_test.go") {
			return
		}
		for _, m := range said.FindAllStringSubmatch(body, -1) {
			begins := func(k string) bool { return strings.HasPrefix(k, m[1]) }
			if open := strings.HasSuffix(m[1], ".") || strings.HasSuffix(m[1], "_"); open && slices.ContainsFunc(all, begins) {
				continue // the rest is put together
			}
			if !w.Has(m[1]) {
				t.Errorf("%s says %q, which the catalogue lacks", path, m[1])
			}
		}
	})
}

func TestPagesHoldNoChineseOutsideTheCatalogue(t *testing.T) {
	eachSource(t, func(path string, body string) {
		if !strings.HasSuffix(path, ".templ") {
			return
		}
		for n, line := range strings.Split(body, "\n") {
			code, _, _ := strings.Cut(line, "//")
			if strings.ContainsFunc(code, func(r rune) bool { return unicode.Is(unicode.Han, r) }) {
				t.Errorf("%s:%d: words in a page: %s", path, n+1, strings.TrimSpace(line))
			}
		}
	})
}

func eachSource(t *testing.T, look func(path, body string)) {
	t.Helper()
	err := filepath.WalkDir("..", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || (filepath.Ext(path) != ".go" && filepath.Ext(path) != ".templ") || strings.HasSuffix(path, "_templ.go") {
			return err
		}
		raw, err := os.ReadFile(path)
		if err == nil {
			look(path, string(raw))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestWordsBendToNumbers(t *testing.T) {
	c, err := New()
	if err != nil {
		t.Fatal(err)
	}
	for _, x := range []struct{ got, want string }{
		{c.In(English).Seconds(60), "1 minute"},
		{c.In(English).Seconds(120), "2 minutes"},
		{c.In(English).Seconds(86400), "1 day"},
		{c.In(Chinese).Seconds(86400), "1 天"},
		{c.In(Chinese).Seconds(90), "2 分钟"},
		{c.In(Chinese).Number(1234567), "1,234,567"},
		{c.In(Chinese).Number(-1234), "-1,234"},
		{c.In(Chinese).Ago(1000, 3601000), "1 小时前"},
		{c.In(English).Ago(3601000, 1000), "in 1 hour"},
		{c.In(English).T("question.hours", "n", "1"), "1 h"}, // no singular of its own
		{c.In(English).T("question.days", "n", "1"), "1 day"},
		{c.In(English).T("question.days", "n", "1.5"), "1.5 days"},
		{c.In("fr").T("unit.now"), "刚刚"},
		{c.In(English).T("no.such"), "[no.such]"},
		{c.Choose("en-US,en;q=0.9,zh;q=0.1"), English},
		{c.Choose("zh-CN,en"), Chinese},
		{c.Choose(""), Chinese},
		{Time(0, nil), ""},
		{Time(1700000000000, nil), "2023-11-15 06:13"},
	} {
		if x.got != x.want {
			t.Errorf("said %q, want %q", x.got, x.want)
		}
	}
}
