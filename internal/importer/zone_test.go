package importer

import (
	"strconv"
	"testing"
	"time"
)

func TestLocalTimesBecomeInstants(t *testing.T) {
	for _, c := range []struct {
		zone, local, want string
		ambiguous         int64
	}{
		{"Asia/Shanghai", "2024-05-01 09:00:00", "2024-05-01T01:00:00Z", 0},
		{"+05:45", "2024-05-01T09:00", "2024-05-01T03:15:00Z", 0},
		{"-03:30", "2024-05-01 09:00:00", "2024-05-01T12:30:00Z", 0},
		{"Asia/Shanghai", "1990-07-01 12:00:00", "1990-07-01T03:00:00Z", 0}, // summer time
		{"Europe/Berlin", "2024-10-27 02:30:00", "2024-10-27T00:30:00Z", 1}, // exists twice: the first reading
		{"Europe/Berlin", "2024-10-27 03:30:00", "2024-10-27T02:30:00Z", 0},
		{"Europe/Berlin", "2024-03-31 02:30:00", "2024-03-31T01:30:00Z", 0}, // does not exist: the offset before
		{"Europe/Berlin", "2024-03-31 03:30:00", "2024-03-31T01:30:00Z", 0},
		{"America/New_York", "2024-11-03 01:30:00", "2024-11-03T05:30:00Z", 1},
	} {
		var facts Facts
		z, err := zoneFor(Options{Zone: c.zone}, "", &facts)
		if err != nil {
			t.Fatal(err)
		}
		local, ok := localTime(c.local)
		if !ok {
			t.Fatalf("%s is no time", c.local)
		}
		z.instant(local - 5*dayMS) // fills the cache with another day
		got := time.UnixMilli(z.instant(local)).UTC().Format(time.RFC3339)
		if got != c.want || facts.Ambiguous != c.ambiguous {
			t.Errorf("%s in %s = %s (%d ambiguous), want %s (%d)", c.local, c.zone, got, facts.Ambiguous, c.want, c.ambiguous)
		}
	}
}

func TestZonesAndTimesThatAreNone(t *testing.T) {
	for _, zone := range []string{"", "Local", "Mars/Olympus", "+8", "+25:00", "../etc/passwd"} {
		if _, err := LoadZone(zone); err == nil {
			t.Errorf("zone %q was taken", zone)
		}
	}
	for _, s := range []string{"", "2024-02-30 10:00:00", "2024-05-01", "2024-05-01 24:00:00", "2024-05-01 10:60", "1111-1", "2024-05-01 1:2:3"} {
		if _, ok := localTime(s); ok {
			t.Errorf("time %q was taken", s)
		}
	}
}

func TestTimesAfterTomorrowAreBad(t *testing.T) {
	text := []byte(`{"_type":"message","sender":"a","accountName":"a","timestamp":1767229200,"type":0,"content":"x"}`)
	for now, want := range map[int64]int64{1767229200_000 - dayMS - 1: 1, 1767229200_000 - dayMS: 0, 0: 0} {
		if rep, _ := readAll(t, memory("chatlab-jsonl", "x", text), Options{Now: now}); rep.Bad != want {
			t.Errorf("now %d: %d bad, want %d", now, rep.Bad, want)
		}
	}
}

func TestLongSilencesAreListed(t *testing.T) {
	var text []byte
	for i := range 100 {
		at := 1767229200 + i*60
		if i >= 50 {
			at += 86400
		}
		text = append(text, []byte(`{"_type":"message","sender":"a","accountName":"a","timestamp":`+strconv.Itoa(at)+`,"type":0,"content":"x"}`+"\n")...)
	}
	rep, _ := readAll(t, memory("chatlab-jsonl", "x", text), Options{})
	g := rep.Gaps
	if g.Count != 1 || len(g.List) != 1 || g.List[0].To-g.List[0].From != 86460_000 || g.Median > 60_000 || g.Median < 48_000 {
		t.Errorf("gaps = %+v", g)
	}
}
