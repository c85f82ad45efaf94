package demo

import (
	"encoding/json"
	"maps"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"qunluo/internal/community"
)

const testEnd = int64(1790000000000)

func TestSameSeedTellsTheSameStory(t *testing.T) {
	if d := cmp.Diff(History(3, testEnd, 90), History(3, testEnd, 90)); d != "" {
		t.Fatal(d)
	}
	a, b := Live(3), Live(3)
	for at, i := testEnd, 0; i < 400; i++ {
		at1, in1, _ := a.Next(at)
		at2, in2, _ := b.Next(at)
		if at1 != at2 || !cmp.Equal(in1, in2) {
			t.Fatalf("line %d differs: %v", i, cmp.Diff(in1, in2))
		}
		at = at1
	}
	if cmp.Equal(History(3, testEnd, 90), History(4, testEnd, 90)) {
		t.Error("another seed tells the same story")
	}
}

// seeds and ends that the promises are tested on: noon, night, a weekend.
var tellings = []struct {
	seed uint64
	end  int64
}{{1, testEnd}, {2, testEnd + 9*hour}, {7, testEnd + 3*day}}

func TestCountsAreThoseOfARealGroup(t *testing.T) {
	for _, c := range tellings {
		h := History(c.seed, c.end, 90)
		per := map[string]int{}
		total := 0
		for _, ev := range h {
			if ev.Type == community.MessageCreated {
				per[ev.Actor.ID]++
				total++
			}
		}
		between(t, "messages", float64(total), 12000, 20000)
		counts := make([]int, 0, len(per))
		once := 0
		for _, n := range per {
			counts = append(counts, n)
			if n == 1 {
				once++
			}
		}
		slices.Sort(counts)
		slices.Reverse(counts)
		between(t, "top 1 % share", share(counts, 1), 0.15, 0.26)
		between(t, "top 10 % share", share(counts, 10), 0.58, 0.78)
		between(t, "one-message share", float64(once)/float64(len(per)), 0.12, 0.25)
		here := presentAtEnd(h)[Main]
		between(t, "members at the end", float64(len(here)), 190, 230)
		silent := 0
		for id := range here {
			if per[id] == 0 {
				silent++
			}
		}
		between(t, "never spoke", float64(silent), 20, 60)
	}
}

func share(counts []int, percent int) float64 {
	top, all := 0, 0
	n := (len(counts)*percent + 99) / 100
	for i, c := range counts {
		all += c
		if i < n {
			top += c
		}
	}
	return float64(top) / float64(all)
}

func between(t *testing.T, what string, got, lo, hi float64) {
	t.Helper()
	t.Logf("%s = %.3f", what, got)
	if got < lo || got > hi {
		t.Errorf("%s = %v, want %v to %v", what, got, lo, hi)
	}
}

// presentAtEnd plays joins and leaves.
func presentAtEnd(h []community.Inbound) map[string]map[string]bool {
	here := map[string]map[string]bool{Main: {}, Sub1: {}, Sub2: {}}
	for _, ev := range h {
		follow(here, ev)
	}
	return here
}

func follow(here map[string]map[string]bool, ev community.Inbound) {
	switch ev.Type {
	case community.RosterRead:
		var list []community.Who
		if err := json.Unmarshal(ev.Body.Data, &list); err != nil {
			panic(err)
		}
		for _, w := range list {
			here[ev.Group.ID][w.ID] = true
		}
	case community.MemberJoined:
		here[ev.Group.ID][ev.Actor.ID] = true
	case community.MemberLeft:
		delete(here[ev.Group.ID], ev.Actor.ID)
	}
}

func TestHistoryIsInOrderAndEverySpeakerIsThere(t *testing.T) {
	for _, c := range tellings {
		for _, days := range []int{90, 30, 1} {
			h := History(c.seed, c.end, days)
			here := map[string]map[string]bool{Main: {}, Sub1: {}, Sub2: {}}
			keys := map[string]bool{}
			last := int64(0)
			said := map[string]bool{}
			for i, ev := range h {
				if ev.OccurredAt < last || ev.OccurredAt >= c.end {
					t.Fatalf("event %d at %d after %d, end %d", i, ev.OccurredAt, last, c.end)
				}
				last = ev.OccurredAt
				if k := string(ev.Type) + ev.Key; ev.Key == "" || keys[k] {
					t.Fatalf("key %q twice or empty", k)
				} else {
					keys[k] = true
				}
				if ev.Type == community.MemberJoined && here[ev.Group.ID][ev.Actor.ID] {
					t.Errorf("%s joins %s twice", ev.Actor.Shown(), ev.Group.ID)
				}
				if ev.Type != community.MemberJoined && ev.Type != community.RosterRead && !here[ev.Group.ID][ev.Actor.ID] {
					t.Errorf("days %d: %s %s while not in %s: %s", days, ev.Actor.Shown(), ev.Type, ev.Group.ID, ev.Body.Text)
				}
				follow(here, ev)
				if ev.Type == community.MessageCreated {
					said[ev.Body.Message] = true
				}
				if days == 90 && ev.Body.ReplyTo != "" && !said[ev.Body.ReplyTo] {
					t.Errorf("answer to %q, which was not said before", ev.Body.ReplyTo)
				}
			}
		}
	}
}

var (
	domain  = regexp.MustCompile(`[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*\.[A-Za-z]{2,}`)
	allowed = regexp.MustCompile(`(\.|^)(example|invalid|docx|pdf|zip|xlsx)$`)
	digits  = regexp.MustCompile(`[0-9]{6,}`)
)

func TestTextsAreWholeAndNameNobodyReal(t *testing.T) {
	h := History(1, testEnd, 90)
	s := Live(1)
	for at, i := testEnd, 0; i < 2000; i++ {
		next, in, _ := s.Next(at)
		h, at = append(h, in...), next
	}
	for _, ev := range h {
		if ev.Type != community.MessageCreated {
			continue
		}
		text := ev.Body.Text
		if strings.TrimSpace(text) == "" || !utf8.ValidString(text) || strings.ContainsAny(text, "{}|") {
			t.Errorf("text %q", text)
		}
		for _, d := range domain.FindAllString(text, -1) {
			if !allowed.MatchString(d) {
				t.Errorf("domain %q in %q", d, text)
			}
		}
		if digits.MatchString(text) {
			t.Errorf("a number that could be real in %q", text)
		}
		var parts strings.Builder
		for _, seg := range ev.Body.Segments {
			parts.WriteString(seg.Text)
		}
		if ev.Body.Segments != nil && strings.ReplaceAll(parts.String(), " ", "") != strings.ReplaceAll(text, " ", "") {
			t.Errorf("segments say %q, text says %q", parts.String(), text)
		}
	}
}

func TestNoLineRepeatsTheOneBefore(t *testing.T) {
	last := map[string]string{}
	for _, ev := range History(1, testEnd, 90) {
		if ev.Type == community.MessageCreated {
			if last[ev.Group.ID] == ev.Body.Text {
				t.Errorf("twice in a row: %q", ev.Body.Text)
			}
			last[ev.Group.ID] = ev.Body.Text
		}
	}
}

// A thread's longest line stands for the thread: it is in the texts of no other.
func TestNoThreadComesBackWithinThirtyDays(t *testing.T) {
	c := loadContent()
	mark := map[string]int{}
	for _, th := range c.threads {
		best := ""
		for _, l := range th.lines {
			if !strings.ContainsAny(l.text, "{[") && !l.optional && len(l.text) > len(best) {
				best = l.text
			}
		}
		mark[best] = th.id
	}
	last := map[string]int64{}
	for _, ev := range History(1, testEnd, 90) {
		if _, ok := mark[ev.Body.Text]; !ok || ev.Type != community.MessageCreated {
			continue
		}
		k := ev.Group.ID + ev.Body.Text
		if at, ok := last[k]; ok && ev.OccurredAt-at < 29*day {
			t.Errorf("after %d days again in %s: %s", (ev.OccurredAt-at)/day, ev.Group.ID, ev.Body.Text)
		}
		last[k] = ev.OccurredAt
	}
	if len(last) < 100 {
		t.Errorf("threads heard = %d, want at least 100", len(last))
	}
}

func TestThereIsEnoughWritten(t *testing.T) {
	c := loadContent()
	lines := 0
	for _, l := range c.lines {
		lines += len(l)
	}
	between(t, "threads", float64(len(c.threads)+len(c.scenes)), 120, 1000)
	between(t, "one-liners", float64(lines), 300, 5000)
	between(t, "rule-breaking lines", float64(len(c.spam)), 55, 500)
	words := 0
	for _, l := range Keywords() {
		words += len(l.Words)
	}
	between(t, "keywords", float64(words), 180, 400)
}

var lists = sync.OnceValue(Keywords)

// hitBy is the first keyword in a text, by plain containment.
func hitBy(text string) string {
	for _, l := range lists() {
		for _, w := range l.Words {
			if strings.Contains(text, w) {
				return w
			}
		}
	}
	return ""
}

func TestKeywordsMeetAdvertisersAndSpareTheOthers(t *testing.T) {
	for _, s := range loadContent().spam {
		if !s.disguised && s.kind != "flood" && hitBy(s.text) == "" {
			t.Errorf("no keyword meets %q", s.text)
		}
	}
	wrong := map[string]int{}
	for _, ev := range History(1, testEnd, 90) {
		w := hitBy(ev.Body.Text)
		if ev.Type != community.MessageCreated || w == "" || strings.HasPrefix(ev.Actor.ID, "demo-x-") {
			continue
		}
		if slices.ContainsFunc(repeaters, func(n string) bool { return strings.Contains(ev.Actor.Name, n) }) {
			continue
		}
		wrong[ev.Body.Text+" ← "+w]++
	}
	if len(wrong) != 2 { // the anti-fraud warning and the advertisement of a member
		t.Errorf("keywords meet ordinary lines: %v", wrong)
	}
}

func TestFalseHitLeadsToItsLine(t *testing.T) {
	h := History(1, testEnd, 90)
	kinds := map[MomentKind]int{}
	for _, m := range Moments(1, testEnd, 90) {
		kinds[m.Kind]++
		if m.Kind != FalseHit {
			continue
		}
		i := slices.IndexFunc(h, func(ev community.Inbound) bool { return ev.Key == m.Key && ev.Type == community.MessageCreated })
		if i < 0 || h[i].OccurredAt >= m.At || hitBy(h[i].Body.Text) == "" {
			t.Errorf("moment %+v leads to no hit before it", m)
		}
	}
	if kinds[FalseHit] < 1 || kinds[GoLive] != 3 {
		t.Errorf("moments = %v", kinds)
	}
	if got := len(Moments(1, testEnd, 5)); got != 3 {
		t.Errorf("moments of five days = %d, want the three groups going live", got)
	}
}

func TestVisitorSeesTheRulesWorkInTwoMinutes(t *testing.T) {
	for _, c := range tellings {
		here := presentAtEnd(History(c.seed, c.end, 90))
		s := Live(c.seed)
		seen := map[string]int{}
		lastOf := map[string]int{}
		for at := c.end; ; {
			next, in, ok := s.Next(at)
			if !ok || next < at {
				t.Fatalf("next = %d, %v after %d", next, ok, at)
			}
			if at = next; at > c.end+2*minute {
				break
			}
			ev := in[0]
			follow(here, ev)
			if !here[ev.Group.ID][ev.Actor.ID] && ev.Type != community.MemberLeft {
				t.Errorf("%s is not in %s", ev.Actor.Shown(), ev.Group.ID)
			}
			switch {
			case ev.Type == community.MemberJoined && ev.Body.Scene == "qr":
				seen["qr"]++
			case ev.Type != community.MessageCreated:
			case strings.HasPrefix(ev.Actor.ID, "demo-v-") && hitBy(ev.Body.Text) != "":
				seen["advert"]++
			case hitBy(ev.Body.Text) != "":
				seen["third"]++
			case asks(ev.Body.Text):
				seen["question"]++
			}
			lastOf[ev.Actor.ID]++
		}
		if seen["qr"] != 1 || seen["advert"] != 2 || seen["third"] != 1 || seen["question"] < 1 {
			t.Errorf("seed %d: seen %v", c.seed, seen)
		}
		if most := slices.Max(slices.Collect(maps.Values(lastOf))); most < 10 {
			t.Errorf("nobody floods: at most %d lines", most)
		}
	}
}

func asks(text string) bool {
	for _, r := range Replies() {
		for _, k := range r.Keys {
			if strings.Contains(text, k) {
				return true
			}
		}
	}
	return false
}

func TestQuestionsOfTheDemoHaveReplies(t *testing.T) {
	for _, q := range loadContent().lines["关键词提问"] {
		if !asks(q) {
			t.Errorf("nothing answers %q", q)
		}
	}
}

func TestRepeatersStandAtTwoStrikes(t *testing.T) {
	hits := map[string]int{}
	for _, ev := range History(1, testEnd, 30) {
		if ev.Type == community.MessageCreated && hitBy(ev.Body.Text) != "" {
			hits[ev.Actor.ID]++
		}
	}
	w := newWorld(1, testEnd)
	for _, nick := range repeaters {
		if got := hits[w.nicks[nick].id]; got != 2 {
			t.Errorf("%s has %d hits in thirty days, want 2", nick, got)
		}
	}
}

func TestLateCallDoesNotFlood(t *testing.T) {
	s := Live(1)
	at, _, _ := s.Next(testEnd)
	at += hour
	n := 0
	for end := at + minute; at < end; n++ {
		at, _, _ = s.Next(at)
	}
	if n > 60 {
		t.Errorf("%d lines in the minute after an hour's sleep", n)
	}
}

func TestModeratorsCleanUpByHandWhileObserving(t *testing.T) {
	h := History(1, testEnd, 90)
	live := h[0].OccurredAt + ObserveDays*day
	open := map[string]bool{}
	came := 0
	for _, ev := range h {
		if ev.OccurredAt > live {
			break
		}
		switch {
		case !strings.HasPrefix(ev.Actor.ID, "demo-x-"):
		case ev.Type == community.MemberJoined:
			came++
			open[ev.Actor.ID] = true
		case ev.Type == community.MemberLeft && ev.Body.Reason == "kicked" && ev.By.Role == community.RoleAdmin:
			delete(open, ev.Actor.ID)
		}
	}
	if came < 3 || len(open) > 0 {
		t.Errorf("advertisers while observed = %d, not removed: %v", came, open)
	}
}
