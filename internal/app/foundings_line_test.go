package app_test

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"qunluo/internal/cli"
)

// TestTemplatesOnTheCommandLine: look, apply, undo, save, export, edit, import; what is wrong with a file is one sentence, and nothing is
// lost by it.
func TestTemplatesOnTheCommandLine(t *testing.T) {
	both(t, func(t *testing.T, w terminal) {
		w.must(t, nil, "group", "add", "读书群")
		type line struct {
			Name, Lang, State, ID string
			Version, Groups       int
			Own                   bool
			Parts, Left           []string
		}
		var list rows[line]
		w.must(t, &list, "template", "list")
		if len(list.Rows) != 8 || list.Rows[0].Name != "service" || list.Rows[0].Version != 1 {
			t.Fatalf("templates = %+v", list.Rows)
		}
		var diff struct {
			Changes []struct{ Part, What, Before, After string }
			Same    []string
			Faults  []struct{ Part, Why string }
		}
		w.must(t, &diff, "template", "diff", "commercial", "读书群", "--purpose", "brand", "--preset", "ecommerce")
		parts := map[string]int{}
		for _, c := range diff.Changes {
			parts[c.Part]++
		}
		if len(parts) != 5 || parts["goal"] != 3 || parts["tiers"] != 2 || len(diff.Same) != 0 || len(diff.Faults) != 0 {
			t.Errorf("difference = %v, same %v, faults %v", parts, diff.Same, diff.Faults)
		}
		var done line
		w.must(t, &done, "template", "apply", "commercial", "读书群", "--purpose", "brand", "--preset", "ecommerce", "--reason", "new")
		if done.State != "done" || len(done.Parts) != 5 || done.Version != 1 {
			t.Errorf("applied = %+v", done)
		}
		w.must(t, &diff, "template", "diff", "commercial@1", "读书群", "--purpose", "brand", "--preset", "ecommerce")
		if len(diff.Same) != 5 {
			t.Errorf("afterwards the same: %v", diff.Same)
		}
		var kept line
		w.must(t, &kept, "template", "save", "读书群", "shop", "--title", "我们的店", "--type", "commercial", "--note", "best one")
		if kept.Version != 1 || !kept.Own || len(kept.Parts) != 5 {
			t.Errorf("saved = %+v", kept)
		}
		w.must(t, &diff, "template", "diff", "shop", "读书群", "--own")
		if len(diff.Same) != 5 {
			t.Errorf("what was saved of the group differs from it: %+v", diff)
		}
		var split struct {
			Split string `json:"compared_by"`
		}
		if w.must(t, &split, "insight", "retention", "读书群", "--split", "template"); split.Split != "template" {
			t.Errorf("retention is compared by %q", split.Split)
		}
		w.must(t, &done, "template", "undo", done.ID, "--reason", "back")
		if done.State != "undone" || len(done.Left) != 0 {
			t.Errorf("undone = %+v", done)
		}
		var goal struct{ Version int }
		w.must(t, &goal, "goal", "show", "读书群")
		if goal.Version != 0 {
			t.Errorf("the goal after undoing = %+v", goal)
		}
		w.files(t)
		w.must(t, &done, "template", "apply", "shop@3", "读书群", "--own", "--reason", "the third")
		var shown struct {
			Versions []struct{ Version, Groups int }
			Using    []struct {
				Group   string
				Version int
			}
		}
		w.must(t, &shown, "template", "show", "shop", "--own")
		if len(shown.Versions) != 4 || shown.Versions[0].Version != 8 || shown.Versions[1].Groups != 1 || len(shown.Using) != 1 || shown.Using[0].Group != "读书群" || shown.Using[0].Version != 3 {
			t.Errorf("versions = %+v, using = %+v", shown.Versions, shown.Using)
		}
		for _, bad := range [][]string{{"template", "show", "nonsense"}, {"template", "show", "service@9"}, {"template", "show", "service@x"}, {"template", "diff", "service", "nowhere"}, {"template", "undo", done.ID + "x", "--reason", "r"},
			{"template", "apply", "service", "读书群", "--reason", " "}, {"template", "save", "读书群", "../etc", "--title", "x"}, {"template", "save", "读书群", "x", "--title", "a\u202eb"}, {"template", "import", "nothing.json"}} {
			if code, _, _ := w.types(t, append([]string{"--yes"}, bad...)...); code == cli.ExitDone {
				t.Errorf("%v succeeds", bad)
			}
		}
	})
}

// files exports a template, edits it and imports it again, broken in every way first.
func (w terminal) files(t *testing.T) {
	t.Helper()
	path := filepath.Join(w.dir, "shop.json")
	if code, _, talk := w.types(t, "template", "export", "shop", "--own", "-o", path); code != cli.ExitDone {
		t.Fatalf("export: %s", talk)
	}
	raw, err := os.ReadFile(path)
	check(t, err)
	write := func(old, now string) {
		out := bytes.Replace(raw, []byte(old), []byte(now), 1)
		if old != now && bytes.Equal(out, raw) {
			t.Fatalf("%q is not in the file", old)
		}
		check(t, os.WriteFile(path, out, 0o600))
	}
	for _, bad := range []struct{ old, now, says string }{
		{"qunluo-template/1", "qunluo-template/2", "newer Qunluo"}, {`"version": 1,`, `"version": 1`, "not valid JSON"}, {`"name": "shop"`, `"name": "../shop"`, "name: may hold only"},
		{`"kpi"`, `"kpl"`, `no field "kpl"`}, {"activity.joins", "activity.money", "goal.targets"}, {"shop", "shop", "nothing was changed"},
	} {
		write(bad.old, bad.now)
		if code, _, said := w.types(t, "template", "import", path); code == cli.ExitDone || !strings.Contains(said, bad.says) || strings.Count(strings.TrimSpace(said), "\n") > 0 {
			t.Errorf("%s: exit %d, %q", bad.now, code, said)
		}
	}
	check(t, os.WriteFile(path, bytes.Repeat([]byte(" "), 3<<20), 0o600))
	if code, _, said := w.types(t, "template", "import", path); code == cli.ExitDone || !strings.Contains(said, "more than 1 MB") {
		t.Errorf("huge: exit %d, %q", code, said)
	}
	var kept struct{ Version int }
	for i, want := range []int{2, 3} {
		write("我们的店", "我们的店"+strings.Repeat("！", i+1))
		w.must(t, &kept, "template", "import", path, "--note", "edited")
		if kept.Version != want {
			t.Errorf("imported as version %d, want %d", kept.Version, want)
		}
	}
	write(`"version": 1,`, `"version": 8,`)
	w.must(t, &kept, "template", "import", path, "--note", "from another house")
	if kept.Version != 8 {
		t.Errorf("a newer version keeps its number: %d", kept.Version)
	}
	if code, out, _ := w.types(t, "template", "export", "shop@2", "--own"); code != cli.ExitDone || !json.Valid([]byte(out)) || !strings.Contains(out, "我们的店！\"") {
		t.Errorf("the second version: exit %d, %.200s", code, out)
	}
}
