package eval

import (
	"bytes"
	"context"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"qunluo/internal/community"
	"qunluo/internal/policy"
)

// Targets of public opinion.
const (
	opinionPerWeek = 1  // false alarms a week and group at most
	opinionFound   = 90 // percent of planted waves
)

// livelyRoom is from how many messages on complaints are planted into a recorded group: before a group has talked for a while
// nothing is usual there, and the rule keeps silent.
const livelyRoom = 2000

// opinionRooms are the recorded groups by language.
var opinionRooms = map[string][]string{"zh": {"#ubuntu-cn", "#ubuntu-tw"}, "en": {"#ubuntu", "#ubuntu-devel", "#ubuntu-offtopic"}}

// opinions gives recorded ordinary talk to the rule about public opinion: every alarm there is a false one. Then complaints that
// were written for it are planted into the same talk, and the same subjects without complaint.
func opinions(ctx context.Context, o Options) ([]Row, error) {
	rb, err := bookOf(policy.Rule{ID: "opinion", Name: "opinion", Kind: "opinion", Mode: policy.RuleLive, Params: jsonOf(map[string]any{})})
	if err != nil {
		return nil, err
	}
	from, to := "11", "20"
	if o.Part == Train {
		from, to = "01", "10"
	}
	var rows []Row
	for _, lang := range []string{"zh", "en"} {
		var rooms, lively [][]timed
		for _, name := range opinionRooms[lang] {
			list, err := o.channel(name, from, to)
			if err != nil {
				return rows, err
			}
			if len(list) > 0 {
				rooms = append(rooms, list)
			}
			if len(list) >= livelyRoom {
				lively = append(lively, list)
			}
		}
		rows = append(rows, o.perWeek("opinion."+lang+".false", rb, rooms)...)
		rows = append(rows, o.planted(lang, rb, lively)...)
		if ctx.Err() != nil {
			return rows, ctx.Err()
		}
	}
	room, err := o.gitter("archives/Casual.tsv")
	if community.CodeOf(err) == community.CodeNotFound {
		return append(rows, skipped("opinion.gitter.false", err)), nil
	}
	if err != nil {
		return rows, err
	}
	return append(rows, o.perWeek("opinion.gitter.false", rb, [][]timed{room})...), nil
}

const weekMs = 7 * 24 * 3600 * 1000

// perWeek counts alarms a week over recorded groups, each of its own time.
func (o Options) perWeek(name string, rb *policy.Rulebook, rooms [][]timed) []Row {
	alarms, weeks := 0, 0.0
	for _, list := range rooms {
		run := newRun(rb)
		for _, t := range list {
			if d := run.say(t); d != nil && d.Alarm != "" {
				alarms++
				span := d.Hits[0].Spans[0]
				o.Show("false alarm", name, time.UnixMilli(t.at).UTC().Format(time.DateTime), t.text[span.Start:span.End], d.Alarm, t.text)
			}
		}
		weeks += float64(list[len(list)-1].at-list[0].at) / weekMs
	}
	r := Row{Name: name, Value: float64(alarms) / max(weeks, 1.0/7), Unit: "/week", N: alarms, Target: opinionPerWeek, AtMost: true}
	r.Low, r.High = poisson(alarms)
	r.Low, r.High = r.Low/max(weeks, 1.0/7), r.High/max(weeks, 1.0/7)
	r.Met = r.Value <= opinionPerWeek
	return []Row{r, {Name: name + ".weeks", Value: weeks, Unit: "weeks", Low: weeks, High: weeks, N: len(rooms), Met: true}}
}

// poisson is about where the true count lies in 95 of 100 cases when so many were seen (Byar's approximation).
func poisson(n int) (low, high float64) {
	const z = 1.959964
	bound := func(k, side float64) float64 { return k * math.Pow(1-1/(9*k)+side*z/(3*math.Sqrt(k)), 3) }
	if n > 0 {
		low = bound(float64(n), -1)
	}
	return low, bound(float64(n+1), 1)
}

// planted plants waves into the middle of recorded talk, each into its own copy, and looks whether it is found before it is over;
// and the same subjects without complaint.
func (o Options) planted(lang string, rb *policy.Rulebook, rooms [][]timed) []Row {
	var found, alarmed count
	for i, w := range complaints {
		if w.lang == lang && len(rooms) > 0 {
			if found.add(o.plant(rb, rooms[i%len(rooms)], w, uint64(i))); !o.plant(rb, rooms[i%len(rooms)], w, uint64(i)) {
				o.Show("missed wave", w.lines[0])
			}
		}
	}
	for i, w := range calm {
		if w.lang == lang && len(rooms) > 0 {
			alarmed.add(o.plant(rb, rooms[i%len(rooms)], w, uint64(i)))
		}
	}
	return []Row{least("opinion."+lang+".found", found, opinionFound), most("opinion."+lang+".calm", alarmed, 0)}
}

// plant says a wave in the middle of a room's talk, its lines some two minutes apart; true: somebody would be alarmed by one of
// them.
func (o Options) plant(rb *policy.Rulebook, list []timed, w complaint, seed uint64) bool {
	chance := rand.New(rand.NewPCG(seed, 7))
	first := len(list)/2 + chance.IntN(max(1, len(list)/4))
	list = list[max(0, first-3000):] // what came long before changes nothing but what is usual
	first = min(first, 3000)
	var mixed []timed
	at := list[first].at
	for i, line := range w.lines {
		at += 60_000 + chance.Int64N(120_000)
		mixed = append(mixed, timed{talk{nick: "planted-" + string(rune('a'+i)), text: line}, at})
	}
	for _, t := range list[first:] {
		if t.at > at {
			break
		}
		mixed = append(mixed, t)
	}
	slices.SortStableFunc(mixed, func(a, b timed) int { return int(min(max(a.at-b.at, -1), 1)) })
	run := newRun(rb)
	for _, t := range list[:first] {
		run.say(t)
	}
	for _, t := range mixed {
		if d := run.say(t); d != nil && d.Alarm != "" && strings.HasPrefix(t.nick, "planted-") {
			return true
		}
	}
	return false
}

// gitter reads a room of years: the first half to build with, the second to measure on.
func (o Options) gitter(name string) ([]timed, error) {
	var list []timed
	err := o.gitterRows(name, func(at int64, user, _, text string) {
		list = append(list, timed{talk{nick: user, text: text}, at})
	})
	if err != nil {
		return nil, err
	}
	slices.SortStableFunc(list, func(a, b timed) int { return int(min(max(a.at-b.at, -1), 1)) })
	if len(list) == 0 {
		return nil, community.Errorf(community.CodeNotFound, "%s holds no messages", name)
	}
	if o.Part == Train {
		return list[:len(list)/2], nil
	}
	return list[len(list)/2:], nil
}

// gitterRows reads the messages of a room, in the order of the file.
func (o Options) gitterRows(name string, row func(at int64, user, called, text string)) error {
	files, err := o.archive("gitter-fcc.tar.gz", func(p string) bool { return p == name })
	if err != nil || len(files) == 0 {
		return community.Errorf(community.CodeNotFound, "the folder of data does not hold %s: %v", name, err)
	}
	for line := range bytes.Lines(files[0].body) {
		cells := strings.SplitN(strings.TrimRight(strings.ToValidUTF8(string(line), ""), "\r\n"), "\t", 7)
		if len(cells) < 7 {
			continue
		}
		if at, err := time.Parse(time.RFC3339, cells[2]); err == nil {
			row(at.UnixMilli(), cells[3], cells[4], cells[6])
		}
	}
	return nil
}
