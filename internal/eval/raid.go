package eval

import (
	"cmp"
	"context"
	"fmt"
	"math/rand/v2"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"qunluo/internal/community"
	"qunluo/internal/policy"
)

const (
	joinArchive = "replies-irc-en.tar.gz"
	raidCaught  = 99.0 // of invented waves, in percent
	raidDraws   = 100  // waves of each sort
	weekMillis  = 7 * 24 * 3600e3
)

var (
	joinLine  = regexp.MustCompile(`^=== (\S+) \[[^\]]*\]\s+has (joined|left) `)
	clockLine = regexp.MustCompile(`^\[(\d\d):(\d\d)\] `)
)

// arrival is somebody who joins or leaves, at a UTC ms of an invented day.
type arrival struct {
	at   int64
	name string
	by   community.MemberKey // who brought them; 0 = nobody
	left bool
}

// raids gives the rule, as it is offered, the recorded joins of a channel to which a hundred strangers come each hour: each
// defence there is a false one. Then waves of three sorts are put among them: many at once, many by one inviter, many with
// names of one pattern; a wave is caught when the last of
// it may not send a link.
//
// A record tells the minute alone: lines of a minute are spread over it evenly.
func raids(ctx context.Context, o Options) ([]Row, error) {
	files, err := o.archive(joinArchive, func(p string) bool { return strings.HasSuffix(p, ".raw.txt") && partOf(p) == o.Part })
	if err != nil {
		return nil, err
	}
	rb, err := bookOf(policy.Rule{ID: "raid", Name: "防爆破", Kind: "raid", Mode: policy.RuleLive, Params: []byte(`{"inviter":6,"names":5,"no_links":true}`)})
	if err != nil {
		return nil, err
	}
	var past [][]arrival
	joins, lasted, wrong := 0, int64(0), 0
	for _, f := range files {
		list, took := recordedJoins(string(f.body))
		if arrivals(list) == 0 {
			continue // a record that does not tell who joins
		}
		past, joins, lasted = append(past, list), joins+arrivals(list), lasted+took
		for _, why := range defences(rb, list) {
			wrong++
			o.Show("no raid", f.path, why)
		}
	}
	if lasted == 0 {
		return nil, community.Errorf(community.CodeNotFound, "%s holds no joins", joinArchive)
	}
	o.tell("raids: %d joins in %.1f hours", joins, float64(lasted)/3600e3)
	weeks := float64(lasted) / weekMillis
	rows := []Row{
		{Name: "raids.joins", Value: float64(joins) / (float64(lasted) / 3600e3), Unit: "joins/hour", N: joins, Met: true},
		{Name: "raids.false", Value: float64(wrong) / weeks, Unit: "per week", N: joins, Met: true},
	}
	chance := rand.New(rand.NewPCG(1, 4))
	for _, sort := range waves() {
		if ctx.Err() != nil {
			return rows, ctx.Err()
		}
		var caught count
		for range raidDraws {
			list := past[chance.IntN(len(past))]
			caught.add(sort.caught(rb, list, chance))
		}
		rows = append(rows, least("raids.caught."+sort.name, caught, raidCaught))
	}
	return rows, nil
}

// recordedJoins are the joins and departures of a record and how long it goes, in ms. Some of the records' clocks show twelve hours; hours
// that nobody recorded count for nothing.
func recordedJoins(text string) (list []arrival, took int64) {
	lines := strings.Split(text, "\n")
	first, day := int64(-1), int64(0)
	now := int64(0)
	var waiting []arrival // of the minute that goes on
	flush := func(until int64) {
		for i, a := range waiting {
			a.at = now + int64(i+1)*60_000/int64(len(waiting)+1)
			list = append(list, a)
		}
		waiting, now = nil, until
	}
	for _, line := range lines {
		if m := joinLine.FindStringSubmatch(line); m != nil {
			waiting = append(waiting, arrival{name: m[1], left: m[2] == "left"})
			continue
		}
		m := clockLine.FindStringSubmatch(line)
		if m == nil {
			continue
		}
		hour, _ := strconv.Atoi(m[1])
		minute, _ := strconv.Atoi(m[2])
		at := day + int64(hour%12*60+minute)*60_000
		for at < now-3600e3 { // their clock shows twelve hours
			day, at = day+12*3600e3, at+12*3600e3
		}
		if first < 0 {
			first, now = at, at
		}
		if at > now {
			flush(at)
		}
	}
	flush(now)
	if first < 0 {
		return nil, 0
	}
	return list, now - first
}

func arrivals(list []arrival) (n int) {
	for _, a := range list {
		if !a.left {
			n++
		}
	}
	return n
}

// defences says why each defence of a record began.
func defences(rb *policy.Rulebook, list []arrival) (why []string) {
	run := newRun(rb)
	for _, a := range list {
		if w := run.arrives(a); w != "" {
			why = append(why, w)
		}
	}
	return why
}

// arrives is why the defence begins with a join; "" = it does not.
func (r *run) arrives(a arrival) string {
	ev := r.event(timed{talk{nick: a.name}, a.at})
	ev.Type, ev.Body, ev.By = community.MemberJoined, community.Body{Name: a.name}, a.by
	if a.left {
		ev.Type = community.MemberLeft
	}
	for _, d := range policy.Step(r.rb, r.state, ev) {
		if d.Alarm != "" {
			return d.Alarm
		}
	}
	return ""
}

// wave is a sort of invented raid: n members within some seconds.
type wave struct {
	name    string
	n       int
	seconds int
	by      community.MemberKey
	called  func(chance *rand.Rand, i int) string
}

func waves() []wave {
	return []wave{
		{"wave", 14, 50, 0, anyName},
		{"inviter", 8, 55, 1 << 40, anyName},
		{"names", 7, 55, 0, func(chance *rand.Rand, i int) string { return fmt.Sprintf("小仙女%04d", chance.IntN(10_000)) }},
		{"shapes", 7, 55, 0, func(chance *rand.Rand, i int) string {
			return fmt.Sprintf("%c%c%c%05d", 'a'+chance.IntN(26), 'a'+chance.IntN(26), 'a'+chance.IntN(26), chance.IntN(100_000))
		}},
	}
}

// anyName has no pattern: a few syllables.
func anyName(chance *rand.Rand, _ int) string {
	var b strings.Builder
	for range 2 + chance.IntN(3) {
		b.WriteByte("bdfghklmnprstvwz"[chance.IntN(16)])
		b.WriteByte("aeiou"[chance.IntN(5)])
	}
	return b.String()
}

// caught puts a wave in the middle of a record and reports whether the last of it is held.
func (w wave) caught(rb *policy.Rulebook, list []arrival, chance *rand.Rand) bool {
	begin := list[len(list)/2].at
	all, last := slices.Clone(list), arrival{}
	for i := range w.n {
		last = arrival{at: begin + int64(i*w.seconds*1000/w.n), name: w.called(chance, i), by: w.by}
		all = append(all, last)
	}
	slices.SortStableFunc(all, func(a, b arrival) int { return cmp.Compare(a.at, b.at) })
	run := newRun(rb)
	for _, a := range all {
		if run.arrives(a); a == last {
			break
		}
	}
	d := run.say(timed{talk{nick: last.name, text: "看 evil.example/x"}, last.at + 1000})
	return d != nil && d.Verdict == community.Hit
}
