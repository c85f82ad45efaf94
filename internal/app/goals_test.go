package app_test

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"qunluo/internal/cli"
)

// TestGoalsStageAndAdjustmentsOnTheCommandLine: an imported channel of twenty weeks gets a goal, a stage and an adjustment.
func TestGoalsStageAndAdjustmentsOnTheCommandLine(t *testing.T) {
	both(t, func(t *testing.T, w terminal) {
		first := time.Now().UTC().AddDate(0, 0, -20*7)
		for i := range 20 * 7 {
			day := first.AddDate(0, 0, i)
			text := ""
			for who := range 6 {
				text += fmt.Sprintf("[%02d:00] <p%d> 早\n", 8+who, (who+i)%15)
			}
			dir := filepath.Join(w.dir, "log", day.Format("2006"), day.Format("01"), day.Format("02"))
			if err := os.MkdirAll(dir, 0o700); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(dir, "#hike.txt"), []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		w.must(t, nil, "import", "--zone", "UTC", filepath.Join(w.dir, "log"))
		type reached struct {
			Version int `json:"version"`
			Targets []struct {
				Target string  `json:"target"`
				State  string  `json:"state"`
				Actual float64 `json:"actual"`
				N      int64   `json:"n"`
			} `json:"targets"`
		}
		var g reached
		w.must(t, &g, "goal", "show", "#hike")
		if g.Version != 0 || len(g.Targets) != 0 {
			t.Errorf("without a goal: %+v", g)
		}
		w.must(t, &g, "goal", "set", "#hike", "--goal", "每周一次徒步", "--value", "有伴", "--target", "activity.speakers>=10/7", "--target", "activity.messages<=10/30", "--target", "activity.rate>=50%/30")
		if g.Version != 1 || len(g.Targets) != 3 || g.Targets[0].State != "met" || g.Targets[0].Actual < 10 || g.Targets[1].State != "missed" || g.Targets[2].State != "unknown" {
			t.Errorf("goal = %+v", g)
		}
		w.must(t, &g, "goal", "set", "#hike", "--goal", "每周一次徒步", "--value", "有伴", "--target", "activity.speakers>=10/7", "--target", "activity.messages<=10/30", "--target", "activity.leaves<=3/30")
		if g.Version != 2 {
			t.Errorf("second version = %+v", g)
		}
		var goals struct {
			Rows []struct {
				Version, Met, Missed, Unknown int
			}
		}
		w.must(t, &goals, "goal", "list")
		if len(goals.Rows) != 1 || goals.Rows[0].Version != 2 || goals.Rows[0].Met != 2 || goals.Rows[0].Missed != 1 {
			t.Errorf("goals = %+v", goals)
		}
		var stages struct{ Rows []cli.StageLine }
		w.must(t, &stages, "insight", "stage", "#hike")
		if len(stages.Rows) != 1 || stages.Rows[0].Stage != "stable" || stages.Rows[0].Usable < 8 || stages.Rows[0].Last == 0 || stages.Rows[0].Warns {
			t.Errorf("stage = %+v", stages.Rows)
		}
		w.must(t, &stages, "insight", "stage", "#hike", "--overrule", "decline", "--days", "7", "--reason", "群主说的")
		if stages.Rows[0].Ruled != "decline" || stages.Rows[0].Why != "群主说的" || stages.Rows[0].Stage != "stable" {
			t.Errorf("overruled = %+v", stages.Rows)
		}
		w.must(t, &stages, "insight", "stage", "#hike", "--take-back")
		if stages.Rows[0].Ruled != "" {
			t.Errorf("taken back = %+v", stages.Rows)
		}
		w.must(t, &stages, "insight", "stage")
		if len(stages.Rows) != 1 {
			t.Errorf("all stages = %+v", stages.Rows)
		}
		var rules struct {
			Old int `json:"old_months"`
		}
		w.must(t, &rules, "insight", "stage-rules", "--old", "18")
		if rules.Old != 18 {
			t.Errorf("rules = %+v", rules)
		}
		var a struct{ ID, State, Review string }
		w.must(t, &a, "adjust", "add", "#hike", "进群先答三个问题", "--kind", "gate", "--metric", "leaves", "--down", "--by", "0.2", "--days", "14")
		if a.State != "open" || a.Review == "" {
			t.Errorf("adjustment = %+v", a)
		}
		var seen struct {
			TooFew  bool   `json:"too_few"`
			Outcome string `json:"outcome"`
			State   string
			DaysB   int `json:"days_before"`
		}
		w.must(t, &seen, "adjust", "review", a.ID)
		if !seen.TooFew || seen.State != "open" || seen.DaysB == 0 {
			t.Errorf("looked at = %+v", seen)
		}
		w.must(t, &seen, "adjust", "review", a.ID, "keep", "--reason", "先留着")
		if seen.State != "kept" {
			t.Errorf("kept = %+v", seen)
		}
		var watch struct {
			On      bool
			Minutes int
		}
		w.must(t, &watch, "duty", "questions", "#hike", "--minutes", "30")
		if !watch.On || watch.Minutes != 30 {
			t.Errorf("watch = %+v", watch)
		}
		for _, bad := range [][]string{{"goal", "show", "#nowhere"}, {"goal", "set", "#hike", "--goal", "x", "--value", "y", "--target", "activity.speakers>=10/7"}, {"goal", "set", "#hike", "--goal", "x", "--value", "y", "--target", "nonsense"},
			{"insight", "stage", "--overrule", "stable"}, {"insight", "stage", "#hike", "--overrule", "stable"}, {"insight", "stage-rules", "--old", "1"}, {"adjust", "add", "#hike", "x", "--metric", "leaves", "--days", "3"},
			{"adjust", "review", a.ID, "revert", "--reason", "再"}, {"adjust", "playbook", "#hike"}, {"duty", "questions", "#hike", "--minutes", "5000"}} {
			if code, _, _ := w.types(t, bad...); code == cli.ExitDone {
				t.Errorf("%v succeeds", bad)
			}
		}
	})
}
