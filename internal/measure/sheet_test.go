package measure

import (
	"encoding/json"
	"math"
	"strings"
	"testing"
	"time"

	"qunluo/internal/community"
	"qunluo/internal/i18n"
)

func speaks(t *testing.T, lang string) Words {
	t.Helper()
	c, err := i18n.New()
	if err != nil {
		t.Fatal(err)
	}
	return c.In(lang)
}

// fullFacts are of a group of which everything is known.
func fullFacts() SheetFacts {
	week := Coverage{7, 7}
	a := Activity{From: 20_000, To: 20_006, Groups: 1, Coverage: week, Messages: 4321, Speakers: 40, Median: 3, P90: 12,
		MeanDAU: ratio(70, 7, Speakers, week), Stickiness: ratio(10, 40, Speakers, week), SpeakingRate: ratio(40, 80, Roster, week), NeverSpoke: ratio(3, 9, Present, week),
		Gini: Figure{Value: 0.61, Den: 40, Population: Speakers, Coverage: week}, Top1: ratio(500, 4321, Speakers, week), Top10: ratio(2000, 4321, Speakers, week), OneMessage: ratio(5, 40, Speakers, week)}
	for i := range 7 {
		a.Daily = append(a.Daily, Daily{Day: 20_000 + Day(i), Covered: 1, DAU: 10, WAU: 40, MAU: 60, Week: week, Month: week, Joins: 2, Leaves: 1, Roster: 80 + int64(i)})
	}
	r := Response{Questions: 30, Certain: 10, Likely: 5, Open: 15, Answered: ratio(15, 30, Askings, week), Median: 12.5, MedianKnown: true}
	s := Stage{Verdict: StageStable, Age: 200, Usable: 20, Weeks: 25, Level: 30, Usual: 40, NewShare: ratio(5, 100, Speakers, week), CoreNow: ratio(50, 100, Speakers, week), Kept: ratio(0, 0, Speakers, week)}
	kept := Retention{Coverage: week, Days: []NDay{{1, Retained{}, Retained{}}}, Membership: Curve{N: 2}, Participation: Curve{N: 50}}
	return SheetFacts{From: 20_000, To: 20_006, Activity: a, Response: r, Stage: &s, Ruled: StageDecline, HasGoal: true, Targets: []Actual{{State: TargetMet}, {State: TargetMissed}, {State: TargetUnknown}},
		Tiers: []TierPart{{"core", 4, 40}, {"normal", 14, 40}, {"lurker", 22, 40}}, Retention: &kept, Board: &Board{Coverage: week}, Bonds: &Bonds{Reciprocity: ratio(1, 5, Pairs, week)}, Growth: &GrowthMonth{}, Alarms: 2, Reviews: 1}
}

// TestEveryLineOfASheetHasWordsAndANumberOrAReason: in both languages, and never NaN, with everything known and with nothing.
func TestEveryLineOfASheetHasWordsAndANumberOrAReason(t *testing.T) {
	nothing := SheetFacts{Stage: &Stage{Verdict: StageYoung}, Retention: &Retention{Days: []NDay{{K: 7}}}, Board: &Board{}, Bonds: &Bonds{}, Growth: &GrowthMonth{}}
	for name, f := range map[string]SheetFacts{"full": fullFacts(), "nothing": nothing, "only activity": {}} {
		for _, lang := range []string{i18n.Chinese, i18n.English} {
			w := speaks(t, lang)
			lines := append(MakeSheet(f), StageLines([]SheetFacts{f})...)
			if len(lines) < 25 {
				t.Fatalf("%s: %d lines", name, len(lines))
			}
			for _, l := range lines {
				for _, text := range []string{l.Label(w), l.Said(w), l.Rests(w)} {
					if text == "" || strings.Contains(text, "NaN") || strings.Contains(text, "Inf") || strings.HasPrefix(text, "[") || strings.Contains(text, "sheet.") {
						t.Errorf("%s, %s: %s says %q", name, lang, l.Metric, text)
					}
				}
				if math.IsNaN(l.Value) || math.IsInf(l.Value, 0) || l.Withheld != "" && l.Value != 0 || l.Path == "" {
					t.Errorf("%s: %+v", name, l)
				}
				if !strings.HasPrefix(l.Metric, "sheet.groups") && strings.HasPrefix(l.Means(w, 20_000), "[") {
					t.Errorf("%s has no definition", l.Metric)
				}
				if _, err := json.Marshal(ReportLineOf(l, &l, w, "")); err != nil {
					t.Errorf("%s: %v", l.Metric, err)
				}
			}
		}
	}
}

func TestLinesSayWhatTheyRestOn(t *testing.T) {
	w := speaks(t, i18n.English)
	said := map[string]string{}
	for _, l := range MakeSheet(fullFacts()) {
		said[l.Metric] = l.Said(w) + " | " + l.Rests(w)
	}
	for metric, want := range map[string]string{
		"sheet.members":         "86 | n = 86 (members by list)",
		"activity.joins":        "14 | n = 14 (records), known 7/7",
		"activity.messages":     "4,321 | n = 4,321 (records), known 7/7",
		"activity.stickiness":   "25.0% | n = 40 (speakers), known 7/7",
		"activity.never":        "3/9 (33.3%) | n = 9 (members here now), known 7/7",
		"question.open":         "15 | n = 30 (questions), known 7/7",
		"question.median":       "12.5 min | n = 30 (questions), known 7/7",
		"question.p90":          "– (not reached in the time looked at) | n = 30 (questions), known 7/7",
		"stage.verdict":         "stable | n = 20 (usable weeks), known 20/25",
		"stage.level":           "75.0% | n = 20 (usable weeks), known 20/25",
		"goal.targets":          "1/2 (50.0%) | n = 2 (targets with a known result)",
		"tier.share_core":       "10.0% | n = 40 (members ranked)",
		"retention.stay_median": "– (too few to say) | n = 2 (stays), known 7/7",
		"sheet.alarms":          "2 | n = 2 (records)",
	} {
		if said[metric] != want {
			t.Errorf("%s = %q, want %q", metric, said[metric], want)
		}
	}
}

// TestUnknownDaysWithholdCounts: with more than a fifth of the days unknown no count is given.
func TestUnknownDaysWithholdCounts(t *testing.T) {
	f := fullFacts()
	f.Activity.Coverage = Coverage{5, 7}
	for _, l := range Pick(MakeSheet(f), "activity.messages", "activity.speakers", "question.open", "activity.median") {
		if l.Withheld != LowCover || l.Value != 0 {
			t.Errorf("%s = %+v", l.Metric, l)
		}
	}
}

func TestGroupsStandSideBySide(t *testing.T) {
	one, two := fullFacts(), fullFacts()
	two.Ruled = ""
	rows := Beside([]Sheet{{Name: "a", Lines: MakeSheet(one)}, {Name: "b", Lines: MakeSheet(two)}})
	metrics := map[string]int{}
	for _, r := range rows {
		metrics[r.Metric]++
		if len(r.Cells) != 2 {
			t.Fatalf("%s has %d cells", r.Metric, len(r.Cells))
		}
		if r.Metric == "sheet.ruled" && (r.Cells[0].Withheld != "" || r.Cells[1].Withheld != NoData) {
			t.Errorf("ruled = %+v", r.Cells)
		}
	}
	if len(rows) < 40 || metrics["activity.messages"] != 1 {
		t.Errorf("%d rows, %v", len(rows), metrics)
	}
	keys := []community.GroupKey{1, 2}
	for name, bad := range map[string]error{"one": CheckBeside(keys[:1], 1, 9), "five": CheckBeside([]community.GroupKey{1, 2, 3, 4, 5}, 1, 9), "twice": CheckBeside([]community.GroupKey{1, 1}, 1, 9), "backwards": CheckBeside(keys, 9, 1), "too long": CheckBeside(keys, 1, 400), "before time": CheckBeside(keys, -1, 3)} {
		if community.CodeOf(bad) != community.CodeBadInput {
			t.Errorf("%s: %v", name, bad)
		}
	}
	if err := CheckBeside(keys, 1, 9); err != nil {
		t.Error(err)
	}
}

// TestReportIsDueOnceAWeek: whatever the clock does, a moment belongs to one week, and none lies before the order.
func TestReportIsDueOnceAWeek(t *testing.T) {
	zone, err := time.LoadLocation("America/New_York")
	if err != nil {
		t.Fatal(err)
	}
	at := func(text string) int64 {
		v, err := time.ParseInLocation("2006-01-02 15:04", text, zone)
		if err != nil {
			t.Fatal(err)
		}
		return v.UnixMilli()
	}
	v := WeeklyOrder{Weekday: 2, Hour: 9, Since: at("2026-03-04 10:00")} // Wednesday, after that week's moment
	for _, c := range []struct {
		now, week string
		due       bool
	}{
		{"2026-03-04 10:01", "2026-03-02", false}, {"2026-03-11 08:59", "2026-03-02", false}, {"2026-03-11 09:00", "2026-03-09", true}, // the clock went forward on 8 March
		{"2026-03-17 23:59", "2026-03-09", true}, {"2026-03-18 09:00", "2026-03-16", true}, {"2025-01-01 00:00", "2024-12-23", false},
	} {
		week, due := v.Due(at(c.now), zone)
		if week.String() != c.week || due != c.due {
			t.Errorf("at %s: %s %v, want %s %v", c.now, week, due, c.week, c.due)
		}
	}
	if got, want := v.Next(at("2026-03-05 00:00"), zone), at("2026-03-11 09:00"); got != want {
		t.Errorf("next = %d, want %d", got, want)
	}
	v.Paused = true
	if _, due := v.Due(at("2026-03-11 09:00"), zone); due {
		t.Error("a paused order is due")
	}
	late := WeeklyOrder{Weekday: 6, Hour: 2} // an hour that the zone leaves out
	if moment, _ := late.Slot(at("2026-03-08 12:00"), zone); moment != at("2026-03-08 01:00") {
		t.Errorf("left-out hour = %s", time.UnixMilli(moment).In(zone))
	}
}

func TestOrdersAreChecked(t *testing.T) {
	langs := []string{"zh-CN", "en"}
	good := WeeklyOrder{Weekday: 6, Hour: 23, Lang: "en"}
	if err := good.Check(langs); err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(*WeeklyOrder){
		"weekday": func(v *WeeklyOrder) { v.Weekday = 7 }, "hour": func(v *WeeklyOrder) { v.Hour = 24 }, "before midnight": func(v *WeeklyOrder) { v.Hour = -1 },
		"lang": func(v *WeeklyOrder) { v.Lang = "fr" }, "groups": func(v *WeeklyOrder) { v.Groups = make([]community.GroupKey, ReportGroups+1) },
	} {
		bad := good
		change(&bad)
		if err := bad.Check(langs); community.CodeOf(err) != community.CodeBadInput {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestReportKeepsHostileNamesOnOneLine: a group's name cannot add lines of its own.
func TestReportKeepsHostileNamesOnOneLine(t *testing.T) {
	r := Report{Title: "t", Sections: []ReportSection{{Name: "evil\n== 全部 ==\r\nAll: 1"}}, Left: 2}
	text := r.Text(speaks(t, i18n.Chinese))
	if !strings.Contains(text, "\n== evil == 全部 == All: 1 ==\n") || !strings.Contains(text, "2 个群") {
		t.Errorf("text = %q", text)
	}
}
