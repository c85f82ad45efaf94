package measure

import (
	"slices"
	"testing"
	"time"

	"qunluo/internal/community"
)

func on(t *testing.T, text string) Day {
	t.Helper()
	d, err := ParseDay(text)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestDayThatWasNotToldIsAGapAndNeverZero(t *testing.T) {
	zone := time.FixedZone("Asia/Shanghai", 8*3600)
	at := func(text string) int64 {
		v, err := time.ParseInLocation("2006-01-02 15:04", text, zone)
		if err != nil {
			t.Fatal(err)
		}
		return v.UnixMilli()
	}
	now := at("2026-03-02 07:30")
	reads := map[Day]ArticleRead{on(t, "2026-02-28"): {Day: on(t, "2026-02-28"), Told: at("2026-03-01 09:00"), Asked: at("2026-03-01 09:00")}, on(t, "2026-02-27"): {Day: on(t, "2026-02-27"), Asked: at("2026-02-28 09:00"), Code: community.CodeUnreachable}}
	var got []string
	for _, s := range ArticleSpans(on(t, "2026-02-26"), on(t, "2026-03-01"), reads, map[Day]ArticleSum{on(t, "2026-02-28"): {Articles: 1, Times: 5}}, now, zone) {
		got = append(got, s.Day.String()+" "+s.State)
	}
	if want := []string{"2026-03-01 not_yet", "2026-02-28 told", "2026-02-27 failed", "2026-02-26 unasked"}; !slices.Equal(got, want) {
		t.Errorf("spans = %v, want %v", got, want)
	}
	if got := ArticleSpans(on(t, "2026-03-01"), on(t, "2026-03-01"), nil, nil, at("2026-03-02 08:00"), zone); got[0].State != DayUnasked {
		t.Errorf("after 8 in the morning yesterday is %s, want unasked", got[0].State)
	}
}

func TestLastDaysAreReadAgainOnceADay(t *testing.T) {
	zone := time.FixedZone("Asia/Shanghai", 8*3600)
	now := time.Date(2026, 3, 2, 9, 0, 0, 0, zone)
	all := DaysToAsk(nil, now.UnixMilli(), zone)
	if len(all) != ArticleDays || all[0] != on(t, "2026-03-01") || all[6] != on(t, "2026-02-23") {
		t.Fatalf("asked for %v, want the last seven days", all)
	}
	if early := DaysToAsk(nil, now.Add(-2*time.Hour).UnixMilli(), zone); len(early) != 6 || early[0] != on(t, "2026-02-28") {
		t.Errorf("before 8 asked for %v, want not yet for yesterday", early)
	}
	reads := map[Day]ArticleRead{}
	for _, d := range all {
		reads[d] = ArticleRead{Day: d, Told: now.UnixMilli(), Asked: now.UnixMilli()}
	}
	if again := DaysToAsk(reads, now.Add(time.Hour).UnixMilli(), zone); len(again) != 0 {
		t.Errorf("an hour later asked for %v, want none", again)
	}
	if again := DaysToAsk(reads, now.Add(23*time.Hour).UnixMilli(), zone); len(again) != ArticleDays || again[0] != on(t, "2026-03-02") {
		t.Errorf("a day later asked for %v, want the last seven days again", again)
	}
	failed := map[Day]ArticleRead{on(t, "2026-03-01"): {Day: on(t, "2026-03-01"), Told: now.UnixMilli(), Asked: now.UnixMilli(), Code: community.CodeLimited}}
	if soon := DaysToAsk(failed, now.Add(30*time.Minute).UnixMilli(), zone); slices.Contains(soon, on(t, "2026-03-01")) {
		t.Error("a day that was not told is asked for again within the hour")
	}
	if later := DaysToAsk(failed, now.Add(2*time.Hour).UnixMilli(), zone); !slices.Contains(later, on(t, "2026-03-01")) {
		t.Error("a day that was not told is not asked for again")
	}
	if d, err := ParseDay("2026-13-01"); err == nil {
		t.Errorf("a day that there is not = %v", d)
	}
}
