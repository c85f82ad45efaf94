package app_test

import (
	"os"
	"path/filepath"
	"testing"

	"qunluo/internal/cli"
)

// TestInsightsOnTheCommandLine asks for questions and for retention of an imported channel of three weeks.
func TestInsightsOnTheCommandLine(t *testing.T) {
	both(t, func(t *testing.T, w terminal) {
		for day, text := range map[string]string{
			"01": "[10:00] <alice> 押金怎么退？\n[10:05] <bob> alice: 在订单页申请\n[11:00] <carol> 有没有人周末去爬山？\n",
			"02": "[09:00] <alice> 谢谢\n",
			"09": "[09:00] <alice> 早\n",
			"20": "[23:00] <bob> 晚安\n",
		} {
			dir := filepath.Join(w.dir, "2024", "05", day)
			if err := os.MkdirAll(dir, 0o700); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(dir, "#hike.txt"), []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		w.must(t, nil, "import", "--zone", "Asia/Shanghai", filepath.Join(w.dir, "2024"))
		var q cli.QuestionReport
		w.must(t, &q, "insight", "questions", "#hike", "--from", "2024-05-01", "--to", "2024-05-20", "--state", "all")
		if q.Questions != 2 || q.Likely != 1 || q.Open != 1 || q.Certain != 0 || len(q.List) != 2 || q.Median != 5 || q.P90 != -1 {
			t.Fatalf("questions = %+v", q)
		}
		open, answered := q.List[0], q.List[1]
		if open.State != "open" || open.Asker != "carol" || answered.Evidence != "name" || answered.By != "bob" || answered.Minutes != 5 || answered.Text != "押金怎么退？" {
			t.Errorf("list = %+v", q.List)
		}
		var r cli.RetentionReport
		w.must(t, &r, "insight", "retention", "#hike", "--to", "2024-05-20")
		if r.Began != 3 || len(r.NDays) != 3 || r.NDays[0].Unbounded.Num != 2 || r.NDays[0].Unbounded.Den != 3 || r.Silence != 28 || r.Part.N != 3 || r.Part.Ends != 0 {
			t.Errorf("retention = %+v", r)
		}
		for _, kind := range []string{"source", "gate", "inviter", "tier"} {
			w.must(t, &r, "insight", "retention", "#hike", "--to", "2024-05-20", "--split", kind)
			if r.Split != kind || r.RankNone == "" {
				t.Errorf("compared by %s: %q, withheld %q", kind, r.Split, r.RankNone)
			}
		}
		var words []cli.GlossaryLine
		w.must(t, &words, "insight", "glossary")
		if len(words) < 35 {
			t.Errorf("%d metrics", len(words))
		}
		for _, m := range words {
			if m.Shown == "" || m.Means == "" || m.Shown[0] == '[' || m.Means[0] == '[' {
				t.Errorf("%s.%s is not in the catalogue: %+v", m.Area, m.Name, m)
			}
		}
		for _, bad := range [][]string{{"insight", "retention"}, {"insight", "questions", "#nowhere"}, {"insight", "questions", "#hike", "--from", "x"}, {"insight", "questions", "#hike", "--limit", "0"}} {
			if code, _, _ := w.types(t, bad...); code == cli.ExitDone {
				t.Errorf("%v succeeds", bad)
			}
		}
	})
}

// TestExperimentsOnTheCommandLine goes from the size to the archive, and asks for growth and claims.
func TestExperimentsOnTheCommandLine(t *testing.T) {
	both(t, func(t *testing.T, w terminal) {
		var code struct{ ID string }
		w.must(t, &code, "code", "new", "公众号菜单", "--state", "gzh", "--welcome", "{{name}}，欢迎！")
		var subjects []struct{ ID, Name string }
		w.must(t, &subjects, "experiment", "subjects", "welcome_code")
		if len(subjects) != 1 || subjects[0].Name != "公众号菜单" {
			t.Fatalf("subjects = %+v", subjects)
		}
		var need struct {
			ID       string
			Members  int `json:"members_per_arm"`
			Problems []string
		}
		plan := []string{"experiment", "plan", "welcome_code", subjects[0].ID, "{{name}}，你在读什么？", "--hoped", "0.1", "--base", "0.4", "--per-day", "2"}
		w.must(t, &need, plan...)
		if need.ID != "" || need.Members != 389 || len(need.Problems) == 0 {
			t.Errorf("need = %+v", need)
		}
		w.must(t, &need, append(plan, "--save")...)
		var x struct {
			State, Decision, Verdict string
			Result                   *struct{ Verdict string }
		}
		if exit, _, _ := w.types(t, "experiment", "start", need.ID); exit == cli.ExitDone {
			t.Error("it starts although it cannot be decided")
		}
		w.must(t, &x, "experiment", "start", need.ID, "--override", "练习")
		if x.State != "running" || x.Verdict != "few" || x.Result == nil {
			t.Errorf("started: %+v", x)
		}
		w.must(t, &x, "experiment", "stop", need.ID, "--reason", "换题")
		w.must(t, &x, "experiment", "decide", need.ID, "neither", "--reason", "人太少")
		var list struct {
			Rows []struct{ Name, State, Decision string }
		}
		w.must(t, &list, "experiment", "list")
		if len(list.Rows) != 1 || list.Rows[0].State != "decided" || list.Rows[0].Decision != "neither" {
			t.Errorf("list = %+v", list)
		}
		var claims []struct{ Name, Verdict, Needed string }
		w.must(t, &claims, "insight", "claims")
		if len(claims) != 7 || claims[0].Verdict != "undecided" || claims[0].Needed == "" {
			t.Errorf("claims = %+v", claims)
		}
		var months []struct{ Month string }
		w.must(t, &months, "insight", "growth")
		for _, bad := range [][]string{{"experiment", "show", "x"}, {"experiment", "plan", "poster", "x", "y", "--hoped", "1"}, {"experiment", "plan", "welcome_code", "x", "y", "--hoped", "0.1"}, {"insight", "growth", "--months", "0"}, {"experiment", "decide", need.ID, "a", "--reason", "again"}} {
			if exit, _, _ := w.types(t, bad...); exit == cli.ExitDone {
				t.Errorf("%v succeeds", bad)
			}
		}
	})
}
