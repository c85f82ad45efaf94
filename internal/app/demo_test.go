package app_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"qunluo/internal/app"
)

// TestDemoTellsItsStoryThroughTheRealBelt runs a stretch of the invented history and proves that what was stored is what
// the log replays to.
func TestDemoTellsItsStoryThroughTheRealBelt(t *testing.T) {
	out := t.TempDir()
	err := app.Demo(t.Context(), app.DemoOptions{Dir: t.TempDir(), Days: 30, Seed: 1, Speed: 1, Once: true, Out: out, Listen: "127.0.0.1:0"})
	if err != nil {
		t.Fatal(err)
	}
	raw, err := os.ReadFile(filepath.Join(out, "report.json"))
	if err != nil {
		t.Fatal(err)
	}
	var rep struct {
		Groups []struct {
			Name      string
			Members   int
			Messages  int64
			Decisions map[string]int64
			Equal     bool
			Compared  int64
		}
	}
	if err := json.Unmarshal(raw, &rep); err != nil {
		t.Fatal(err)
	}
	if len(rep.Groups) != 3 {
		t.Fatalf("groups = %d, want 3", len(rep.Groups))
	}
	t.Logf("%s", raw)
	hits := int64(0)
	for _, g := range rep.Groups {
		hits += g.Decisions["hit"]
		if !g.Equal || g.Compared == 0 {
			t.Errorf("%s: %d decisions compared, equal %v; want some, and equal", g.Name, g.Compared, g.Equal)
		}
		if g.Messages == 0 || g.Members == 0 {
			t.Errorf("%s: %d messages of %d members; want some", g.Name, g.Messages, g.Members)
		}
	}
	if hits == 0 {
		t.Error("no rule hit anything in thirty days")
	}
}
