package eval

import (
	"slices"
	"testing"

	"qunluo/internal/community"
)

func TestAnswersAreFoundAmongRecordedReplies(t *testing.T) {
	rows, err := Run(t.Context(), "answers", Options{Data: data(t), Part: Train})
	if err != nil {
		t.Fatal(err)
	}
	if len(rows) != 3 {
		t.Fatalf("rows = %+v", rows)
	}
	for _, r := range rows {
		t.Logf("%-20s %.2f %s (%.2f to %.2f) of %d, plain %.2f, target %.0f", r.Name, r.Value, r.Unit, r.Low, r.High, r.N, r.Baseline, r.Target)
		if !r.Met || r.N < 2000 || r.Value <= r.Baseline && r.Name != "answers.recall" {
			t.Errorf("%s = %.2f of %d, plain %.2f, want %.0f", r.Name, r.Value, r.N, r.Baseline, r.Target)
		}
	}
}

// Two channels' clocks: one shows twelve hours, in the other a minute's lines stand out of order.
func TestRecordedTalkNeverRunsBackADay(t *testing.T) {
	list := spoken("[11:59] <a> one\n=== x [n=x@there]  has joined #c\n[12:00] <b> noon\n[01:00]  * a waves\nnothing\n[00:58] <b> late\n")
	if len(list) != 4 || list[0].Number != 1 || list[2].Number != 4 || list[2].Member != list[0].Member || list[2].Text != "waves" {
		t.Fatalf("said = %+v", list)
	}
	for i, minutes := range []int64{0, 1, 61, 59} {
		if got := (list[i].At - list[0].At) / 60_000; got != minutes {
			t.Errorf("line %d after %d minutes, want %d", i, got, minutes)
		}
	}
}

func TestOnlyAnswersOfOthersCount(t *testing.T) {
	r := notesOf("0 1 -\n0 2 -\n3 3 -\nhalf\nx y -\n")
	r.said = spoken("[10:00] <a> who?\n[10:00] <a> I mean it\n[10:01] <b> me\n[10:02] <c> hello?\n")
	got := r.answered()
	if len(got) != 1 || len(got[1]) != 1 || !got[1][3] || !r.judged[4] {
		t.Errorf("answers = %v, judged %v: want line 3 for line 1 alone", got, r.judged)
	}
	var v verdict
	v.take(3, got[1])
	v.take(2, got[4])
	v.take(0, map[int64]bool{9: true})
	if v != (verdict{questions: 3, answered: 2, said: 2, both: 1, right: 1}) || v.f1() != 0.5 {
		t.Errorf("verdict = %+v, F1 %v", v, v.f1())
	}
	if nextOther(r.said) != 3 || nextOther(r.said[3:]) != 0 {
		t.Error("the plain way takes the next line of somebody else")
	}
}

func TestInsightsAreFoundByName(t *testing.T) {
	for _, name := range slices.DeleteFunc(Insights(), func(n string) bool { return slices.Contains(Simulated(), n) }) {
		if _, err := Run(t.Context(), name, Options{Data: t.TempDir()}); community.CodeOf(err) != community.CodeNotFound {
			t.Errorf("%s without data: %v, want not_found", name, err)
		}
	}
}

func TestTiersStayWithinTheirShares(t *testing.T) {
	rows, err := Run(t.Context(), "tiers", Options{Data: data(t), Part: Train, Told: func(s string) { t.Log(s) }})
	if err != nil {
		t.Fatal(err)
	}
	if len(rows) != 7 {
		t.Fatalf("rows = %+v", rows)
	}
	for _, r := range rows {
		t.Logf("%-24s %.2f %s (%.2f to %.2f) of %d, hard cuts %.2f, target %.0f", r.Name, r.Value, r.Unit, r.Low, r.High, r.N, r.Baseline, r.Target)
		if !r.Met || r.N < 20 {
			t.Errorf("%s = %.2f of %d, want %.0f", r.Name, r.Value, r.N, r.Target)
		}
	}
}
