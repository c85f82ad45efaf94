package archtest

import (
	"slices"
	"strings"
	"testing"
)

func TestRoomsImportOnlyWhatThePlanAllows(t *testing.T) {
	rooms := map[string]room{}
	for _, r := range plan() {
		if len(r.may) > 0 && r.why == "" {
			t.Errorf("plan: %s has rooms of its own but no reason", r.path)
		}
		rooms[r.path] = r
	}
	missing := map[string]bool{}
	for _, s := range sources(t) {
		if s.room == "cmd/qunluo" {
			checkMain(t, s)
			continue
		}
		r, ok := rooms[s.room]
		if !ok {
			missing[s.room] = true
			continue
		}
		if s.test || r.layer == top {
			continue
		}
		for _, p := range s.imports() {
			if why := forbidden(r, p); why != "" {
				t.Errorf("%s imports %s: %s", s.name, p, why)
			}
		}
	}
	for name := range missing {
		t.Errorf("room %q is not in the plan. Decide its layer (words, subject, working, frame, door), whether it decides purely, "+
			"and add a line to internal/archtest/map_test.go; is it one subject with a plain noun for a name?", name)
	}
}

// forbidden says why a room may not import a path, "" when it may.
func forbidden(r room, p string) string {
	if standard(p) {
		return ""
	}
	if ours, ok := strings.CutPrefix(p, module+"/internal/"); ok {
		if slices.Contains(base(r.layer), ours) || slices.Contains(r.may, ours) {
			return ""
		}
		return "the plan does not let " + r.path + " know " + ours + "; what both need is a word (community), or they meet through an event or an interface that app fills"
	}
	for _, l := range libraries() {
		if p != l.prefix && !strings.HasPrefix(p, l.prefix+"/") {
			continue
		}
		if slices.Contains(l.rooms, r.path) {
			return ""
		}
		return "the library is kept in " + strings.Join(l.rooms, ", ") + " (" + l.why + ")"
	}
	return "the library is not listed in internal/archtest/map_test.go: is it kept, what does it drag in, is it made for this field?"
}

func checkMain(t *testing.T, s source) {
	t.Helper()
	rooms := []string{module + "/internal/cli", module + "/internal/app", module + "/internal/bench", module + "/internal/eval"}
	for _, p := range s.imports() {
		if !standard(p) && !slices.Contains(rooms, p) {
			t.Errorf("%s imports %s: main parses nothing and wires nothing, cli and app do", s.name, p)
		}
	}
}

func TestPlanWouldNotice(t *testing.T) {
	cases := []struct {
		room, path string
		good       bool
	}{
		{"policy", "qunluo/internal/community", true},
		{"policy", "qunluo/internal/store", false},
		{"policy", "qunluo/internal/measure", false},
		{"policy", "golang.org/x/text/unicode/norm", true},
		{"policy", "github.com/jackc/pgx/v5", false},
		{"console", "qunluo/internal/store", false},
		{"console", "qunluo/internal/connect/onebot", false},
		{"connect/onebot", "qunluo/internal/connect/sim", false},
		{"replay", "qunluo/internal/policy", true},
		{"community", "qunluo/internal/lexicon", false},
		{"jobs", "github.com/nobody/nothing", false},
	}
	for _, c := range cases {
		i := slices.IndexFunc(plan(), func(r room) bool { return r.path == c.room })
		if why := forbidden(plan()[i], c.path); (why == "") != c.good {
			t.Errorf("%s importing %s: %q, want allowed = %v", c.room, c.path, why, c.good)
		}
	}
}

func TestNoRoomWithoutASubject(t *testing.T) {
	banned := []string{"util", "utils", "common", "helper", "helpers", "models", "model", "misc", "base", "shared", "types", "interfaces"}
	for _, s := range sources(t) {
		if slices.Contains(banned, strings.TrimSuffix(s.tree.Name.Name, "_test")) {
			t.Errorf("%s: package %s names no subject", s.name, s.tree.Name.Name)
		}
	}
}
