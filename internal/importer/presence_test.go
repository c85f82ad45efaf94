package importer

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"qunluo/internal/community"
)

// znc puts lines into day-files, day 1 first; a line is "HH:MM:SS rest".
func znc(days ...string) map[string]string {
	files := map[string]string{}
	for i, day := range days {
		var b strings.Builder
		for _, line := range strings.Split(strings.TrimSpace(day), "\n") {
			clock, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
			fmt.Fprintf(&b, "[%s] %s\n", clock, rest)
		}
		files[fmt.Sprintf("#读书/2024-05-%02d.log", i+1)] = b.String()
	}
	return files
}

// membership imports logs and gives the joins and departures that are left, and what was skipped.
func membership(t *testing.T, files map[string]string) ([]string, map[string]int64) {
	t.Helper()
	sink := newKeep()
	rep := importFiles(t, Options{Zone: "UTC"}, sink, files)
	if len(rep.Units) != 1 || rep.Bad != 0 {
		t.Fatalf("report = %+v", rep)
	}
	var out []string
	for _, ev := range sink.rows {
		if ev.Type == community.MemberJoined || ev.Type == community.MemberLeft {
			out = append(out, strings.TrimPrefix(string(ev.Type), "member.")+" "+ev.Actor.ID+" "+ev.Body.Reason)
		}
	}
	return out, rep.Units[0].Skips
}

func TestPresenceIsNotMembership(t *testing.T) {
	five := func(format, clock string) string {
		var b strings.Builder
		for i := range 5 {
			fmt.Fprintf(&b, clock+" "+format+"\n", i, i, i)
		}
		return b.String()
	}
	for name, c := range map[string]struct {
		days    []string
		want    []string
		rejoin  int64
		netspli int64
	}{
		"a first join and a last departure stay": {[]string{"09:00:00 *** Joins: a (u@h)\n10:00:00 *** Parts: a (u@h)"}, []string{"joined a ", "left a left"}, 0, 0},
		"back within a day": {[]string{"09:00:00 *** Joins: a (u@h)\n10:00:00 *** Quits: a (u@h) (bye)", "10:00:00 *** Joins: a (u@h)\n10:01:00 <a> 早"},
			[]string{"joined a "}, 2, 0},
		"back a second after a day": {[]string{"09:00:00 *** Joins: a (u@h)\n10:00:00 *** Quits: a (u@h) (bye)", "10:00:01 *** Joins: a (u@h)\n10:01:00 <a> 早"},
			[]string{"joined a ", "left a left", "joined a "}, 0, 0},
		"again and again": {[]string{"09:00:00 *** Joins: a (u@h)\n10:00:00 *** Quits: a (u@h) (x)\n11:00:00 *** Joins: a (u@h)\n12:00:00 *** Parts: a (u@h)\n13:00:00 *** Joins: a (u@h)\n14:00:00 *** Parts: a (u@h)"},
			[]string{"joined a ", "left a left"}, 4, 0},
		"speaking is being back":         {[]string{"09:00:00 <a> 早\n10:00:00 *** Quits: a (u@h) (x)\n11:00:00 <a> 还在"}, nil, 1, 0},
		"a departure nobody recorded":    {[]string{"09:00:00 *** Joins: a (u@h)\n11:00:00 *** Joins: a (u@h)", "10:59:59 *** Joins: a (u@h)"}, []string{"joined a "}, 2, 0},
		"a first join after only words":  {[]string{"09:00:00 <a> 早\n11:00:00 *** Joins: a (u@h)"}, nil, 1, 0},
		"a kick is about membership":     {[]string{"09:00:00 *** Joins: a (u@h)\n10:00:00 *** a was kicked by op (广告)\n10:01:00 *** Joins: a (u@h)"}, []string{"joined a ", "left a kicked", "joined a "}, 0, 0},
		"under another nick":             {[]string{"09:00:00 *** Joins: a (u@h)\n09:30:00 *** a is now known as a_away\n10:00:00 *** Quits: a_away (u@h) (x)\n11:00:00 *** Joins: a (u@h)"}, []string{"joined a "}, 2, 0},
		"four quits are no netsplit":     {[]string{five("*** Joins: n%d (u%d@h%d)", "09:00:00") + strings.Join(strings.SplitAfter(five("*** Quits: n%d (u%d@h%d) (a.net b.net)", "10:00:00"), "\n")[:4], "")}, []string{"joined n0 ", "joined n1 ", "joined n2 ", "joined n3 ", "joined n4 ", "left n0 left", "left n1 left", "left n2 left", "left n3 left"}, 0, 0},
		"five quits within a minute are": {[]string{five("*** Joins: n%d (u%d@h%d)", "09:00:00") + five("*** Quits: n%d (u%d@h%d) (a.net b.net)", "10:00:00")}, []string{"joined n0 ", "joined n1 ", "joined n2 ", "joined n3 ", "joined n4 "}, 0, 5},
		"and their return, however late": {[]string{five("*** Quits: n%d (u%d@h%d) (a.net b.net)", "10:00:00"), "00:00:00 <x> 静", "23:00:00 *** Joins: n3 (u3@h3)"}, nil, 0, 6},
		"five quits over two minutes are not": {[]string{"10:00:00 *** Quits: a (u@h) (x)\n10:00:30 *** Quits: b (u@h) (x)\n10:01:00 *** Quits: c (u@h) (x)\n10:01:30 *** Quits: d (u@h) (x)\n10:02:00 *** Quits: e (u@h) (x)"},
			[]string{"left a left", "left b left", "left c left", "left d left", "left e left"}, 0, 0},
		"one person quitting five times is not": {[]string{strings.Repeat("10:00:00 *** Quits: a (u@h) (x)\n10:00:01 *** Joins: a (u@h)\n", 5)}, nil, 10, 0},
		"parts are no netsplit":                 {[]string{five("*** Parts: n%d (u%d@h%d)", "10:00:00")}, []string{"left n0 left", "left n1 left", "left n2 left", "left n3 left", "left n4 left"}, 0, 0},
	} {
		got, skips := membership(t, znc(c.days...))
		if d := cmp.Diff(c.want, got); d != "" {
			t.Errorf("%s (-want +got):\n%s", name, d)
		}
		if skips[skipRejoin] != c.rejoin || skips[skipNetsplit] != c.netspli {
			t.Errorf("%s: skipped %v, want %d rejoins and %d of netsplits", name, skips, c.rejoin, c.netspli)
		}
	}
}

func TestSkippedPresenceIsReadAgainTheSame(t *testing.T) {
	files := znc("09:00:00 *** Joins: a (u@h)\n10:00:00 *** Quits: a (u@h) (x)\n10:00:00 *** Quits: a (u@h) (x)\n11:00:00 *** Joins: a (u@h)\n12:00:00 *** Quits: a (u@h) (x)")
	sink := newKeep()
	first := importFiles(t, Options{Zone: "UTC"}, sink, files)
	again := importFiles(t, Options{Zone: "UTC"}, sink, files)
	if first.Added != 2 || again.Added != 0 || again.Skipped != first.Skipped {
		t.Errorf("first %+v, again %+v", first.Counts, again.Counts)
	}
}

// TestRealPresenceShrinks: in a public channel joins are mostly presence; messages are untouched.
func TestRealPresenceShrinks(t *testing.T) {
	rep := importPath(t, Options{}, newKeep(), realData(t, "replies-irc-en.tar.gz"))
	var joins, events, skipped, messages, read int64
	for _, u := range rep.Units {
		joins += u.Types["join"] + u.Types["part"] + u.Types["quit"]
		events += u.Events["member.joined"] + u.Events["member.left"] - u.Types["kick"]
		skipped += u.Skips[skipRejoin] + u.Skips[skipNetsplit]
		messages += u.Events["message.created"]
		read += u.Types["message"] + u.Types["action"] + u.Types["notice"]
	}
	t.Logf("%d joins and departures, %d left, %d presence; %d messages", joins, events, skipped, messages)
	if events+skipped != joins || skipped == 0 || messages != read {
		t.Errorf("%d joins and departures ≠ %d kept + %d skipped; messages %d of %d", joins, events, skipped, messages, read)
	}
}
