package app_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"qunluo/internal/community"
	"qunluo/internal/measure"
)

// TestLeadsAreHeldAgainstWhoWasActivated: people sign up offline; some of them join and somebody answers them within 30 days.
func TestLeadsAreHeldAgainstWhoWasActivated(t *testing.T) {
	onBoth(t, func(t *testing.T, dbURL string) {
		g := openGate(t, dbURL)
		ctx, leads := t.Context(), g.app.Leads(g.org, nil)
		start := g.ms.Load()
		g.join(g.group, "老周", "")
		say := func(name, key, reply string) {
			g.ms.Add(60_000)
			g.apply(community.Inbound{Type: community.MessageCreated, Key: key, Group: community.Ref{ID: g.group.External}, Actor: community.Who{ID: "u-" + name, Name: name},
				Body: community.Body{Message: key, ReplyTo: reply, Text: "大家好，请多指教，我是" + name}})
		}
		for i := range 4 { // they are known here; two of them are answered
			g.ms.Add(1000)
			g.join(g.group, fmt.Sprint("新人", i), "")
			say(fmt.Sprint("新人", i), fmt.Sprint("m", i), "")
			if i < 2 {
				say("老周", fmt.Sprint("r", i), fmt.Sprint("m", i))
			}
		}
		check(t, g.app.Store().CatchUp(ctx))
		when := time.UnixMilli(start).In(time.FixedZone("", 8*3600)).AddDate(0, 0, -1).Format("2006-01-02 15:04")
		file := "who,kind,at,source\n"
		for i := range 4 {
			file += fmt.Sprintf("u-新人%d,signup,%s,展会\n", i, when)
		}
		file += "没见过的人,signup," + when + ",展会\n"
		added, known, alone, faults, err := leads.Enter(ctx, "ming", strings.NewReader(file))
		if err != nil || added != 5 || known != 0 || alone != 1 || len(faults) != 0 {
			t.Fatalf("entered %d, %d, %d, %v, %v", added, known, alone, faults, err)
		}
		if added, known, _, _, err = leads.Enter(ctx, "ming", strings.NewReader(file)); err != nil || added != 0 || known != 5 {
			t.Errorf("the same again: %d, %d, %v", added, known, err)
		}
		if _, _, _, faults, err := leads.Enter(ctx, "ming", strings.NewReader("who,kind,at\nx,signup,2099-01-01\n")); err != nil || len(faults) != 1 || faults[0].What != "time" {
			t.Errorf("of the future: %v, %v", faults, err)
		}
		rule, err := leads.Rule(ctx)
		check(t, err)
		l, err := leads.Mark(ctx, rule.LeadRule)
		check(t, err)
		if len(l.List) != 5 || l.Precision.Den != 0 || l.List[0].State == "" || l.Recall.Num != 2 || l.Recall.Den != 2 {
			t.Errorf("at once: %+v", l)
		}
		g.pass(31 * 24 * time.Hour)
		if l, err = leads.Mark(ctx, rule.LeadRule); err != nil || l.Precision.Num != 2 || l.Precision.Den != 4 || l.Unmatched != 1 || !l.Precision.Grey || l.Precision.Low <= 0 {
			t.Errorf("a month later: %+v, %v", l.Precision, err)
		}
		if _, err := leads.SetRule(ctx, "ming", measure.LeadRule{}, "x"); community.CodeOf(err) != community.CodeBadInput {
			t.Errorf("an empty rule: %v", err)
		}
		if _, err := leads.SetRule(ctx, "ming", rule.LeadRule, " "); community.CodeOf(err) != community.CodeBadInput {
			t.Errorf("a rule without a reason: %v", err)
		}
	})
}

// TestLeadsOnTheCommandLine: signals are imported, the rule is changed, the report has its counts.
func TestLeadsOnTheCommandLine(t *testing.T) {
	both(t, func(t *testing.T, w terminal) {
		at := time.Now().AddDate(0, 0, -45).Format("2006-01-02")
		file := filepath.Join(w.dir, "signup.csv")
		check(t, os.WriteFile(file, []byte("who,kind,at,source\n张三,signup,"+at+",展会\n李四,follow,"+at+",\n"), 0o600))
		var entered struct{ Added, Known_before, Without_member int }
		w.must(t, &entered, "lead", "import", file)
		if entered.Added != 2 || entered.Without_member != 2 {
			t.Errorf("entered = %+v", entered)
		}
		var list struct {
			Rows []struct {
				Name, State string
				Score       int
				Reasons     []struct{ Kind, Source string }
			}
		}
		w.must(t, &list, "lead", "list")
		if len(list.Rows) != 1 || list.Rows[0].Name != "张三" || list.Rows[0].State != "unmatched" || len(list.Rows[0].Reasons) != 1 || list.Rows[0].Reasons[0].Source != "展会" {
			t.Errorf("marked = %+v", list.Rows)
		}
		var rule struct{ Version, Least int }
		w.must(t, &rule, "lead", "rule", "--weight", "follow=3", "--reason", "关注也算")
		if rule.Version != 1 || rule.Least != 3 {
			t.Errorf("rule = %+v", rule)
		}
		var report struct {
			Rule_version, Marked, Unmatched int
			Precision                       struct {
				Den      float64
				Withheld string
				Too_few  bool
			}
		}
		w.must(t, &report, "lead", "report")
		if report.Rule_version != 1 || report.Marked != 2 || report.Unmatched != 2 || report.Precision.Withheld != "no_data" {
			t.Errorf("report = %+v", report)
		}
		for _, bad := range [][]string{{"lead", "import", filepath.Join(w.dir, "none.csv")}, {"lead", "rule", "--least", "99", "--reason", "x"}, {"lead", "rule", "--least", "2"}, {"lead", "rule", "--weight", "stars=1", "--reason", "x"}} {
			if code, _, _ := w.types(t, bad...); code == 0 {
				t.Errorf("%v succeeds", bad)
			}
		}
	})
}
