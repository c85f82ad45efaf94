package replay

import (
	"testing"

	"qunluo/internal/community"
)

// TestShareSaysHowSureItIs: the bounds are those of Wilson's interval as tables print it.
func TestShareSaysHowSureItIs(t *testing.T) {
	for _, x := range []struct {
		part, of int
		want     Share
	}{
		{9, 10, Share{9, 10, 900, 596, 982}}, {0, 10, Share{0, 10, 0, 0, 278}}, {10, 10, Share{10, 10, 1000, 722, 1000}}, {0, 0, Share{Permille: -1, High: 1000}},
	} {
		if got := ShareOf(x.part, x.of); got != x.want {
			t.Errorf("%d of %d = %+v, want %+v", x.part, x.of, got, x.want)
		}
	}
}

// TestRunReportsWhomABookHitsAndWhatTodaysDoesNot: all hits of the tried book, those that only today's makes, and how many more
// and fewer; judging is timed, and for the tried book alone.
func TestRunReportsWhomABookHitsAndWhatTodaysDoesNot(t *testing.T) {
	today := ready(t, book(community.Live, keyword("ads", "live", "团购"), keyword("old", "live", "代购")))
	tried := ready(t, book(community.Live, keyword("ads", "live", "团购"), keyword("new", "dry", "优惠")))
	timed := 0
	span := Span{From: noon, Timed: func(judge func()) { timed++; judge() }}
	r := &record{now: noon - day}
	r.say(3, "团购")
	r.now = noon
	for i, text := range []string{"团购", "代购", "优惠", "早"} {
		r.say(community.MemberKey(3+i), text)
	}
	c, err := Diff(7, today, tried, r.stream(), span)
	if err != nil {
		t.Fatal(err)
	}
	rep := ReportOf(c)
	if timed != 5 {
		t.Errorf("timed %d judgings, want one an event", timed)
	}
	if len(rep.Hits) != 2 || rep.Hits[0].Event != 4 || rep.Hits[1].Event != 8 || len(rep.Gone) != 1 || rep.Gone[0].Event != 6 {
		t.Errorf("hits %+v, gone %+v", rep.Hits, rep.Gone)
	}
	if more, fewer := rep.More(); more != 1 || fewer != 1 || rep.Messages != 4 {
		t.Errorf("%d more, %d fewer over %d messages", more, fewer, rep.Messages)
	}
	span.Examples = 1
	if c, err = Diff(7, today, tried, r.stream(), span); err != nil || len(c.Hits) != 1 || !c.Truncated {
		t.Errorf("bounded to one: %d hits, truncated %v (%v)", len(c.Hits), c.Truncated, err)
	}
}
