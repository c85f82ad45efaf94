package eval

import (
	"context"
	"math/rand/v2"
	"slices"
	"strconv"

	"qunluo/internal/community"
	"qunluo/internal/policy"
)

// copyGroups is over how many groups texts are spread.
const copyGroups = 12

// street is several groups that are compared with each other, each decided upon by itself.
type street struct {
	rb    *policy.Rulebook
	crowd *policy.Crowd
	runs  []*run
	last  int64
}

func newStreet(rb *policy.Rulebook, groups int) *street {
	s := &street{rb: rb, crowd: policy.NewCrowd()}
	for range groups {
		s.runs = append(s.runs, newRun(rb))
	}
	return s
}

// event is the next message in a group. Members are known by their names in all groups.
func (s *street) event(group int, t timed) *community.Event {
	ev := s.runs[group].event(t)
	s.last++
	ev.Number, ev.Group, ev.Actor = s.last, community.GroupKey(group+1), s.runs[0].who(t.nick)
	return ev
}

// judge compares a message with the other groups' and gives the decision about it; nil = none.
func (s *street) judge(ev *community.Event) *community.Decision {
	ev.Body.Elsewhere = s.crowd.Hear(1, s.rb, nil, ev, community.RoleMember, community.RoleNone)
	if len(ev.Body.Elsewhere) == 0 {
		return nil // the rule alone stands in the book
	}
	out := policy.Step(s.rb, s.runs[ev.Group-1].state, ev)
	if len(out) == 0 {
		return nil
	}
	return &out[0]
}

// copiesAcross measures copies that are spread over groups: mutated ones, one in each group and each by somebody else, among other
// groups' talk and other people's advertisements; and whom the rule hits in talk of several groups that nobody spread.
func copiesAcross(ctx context.Context, o Options, p parts) ([]Row, error) {
	rb, err := bookOf(policy.Rule{ID: "across", Name: "across", Kind: "across", Mode: policy.RuleLive, Params: jsonOf(map[string]any{"acts": true})})
	if err != nil {
		return nil, err
	}
	talk, err := o.spreadTalk()
	if err != nil {
		return nil, err
	}
	found := o.foundAcross(rb, p, talk)
	wrong, hits := o.wrongAcross(rb, talk)
	cost := costAcross(rb, talk)
	return []Row{least("copies.across.found", found, copiesFound), percent("copies.across.hit", hits), most("copies.across.wrong", wrong, copiesWrong), cost}, ctx.Err()
}

// placed is a message of recorded talk in one of the groups.
type placed struct {
	timed
	group int
}

// spreadTalk is the recorded channels as groups of one organisation, in the order of time: each channel is one, and the Chinese one
// is dealt out over several by its members.
func (o Options) spreadTalk() ([]placed, error) {
	from, to := "11", "20"
	if o.Part == Train {
		from, to = "01", "10"
	}
	var all []placed
	for i, name := range []string{"#ubuntu-cn", "#ubuntu-tw", "#ubuntu", "#ubuntu-de", "#ubuntu-devel", "#ubuntu-server", "#ubuntu-touch", "#kubuntu"} {
		list, err := o.channel(name, from, to)
		if err != nil {
			return nil, err
		}
		for _, t := range list {
			group := i
			if i == 0 && t.nick != "" {
				group = []int{0, 8, 9, 10, 11}[int(t.nick[0])%5]
			}
			all = append(all, placed{t, group})
		}
	}
	slices.SortStableFunc(all, func(a, b placed) int { return int(min(max(a.at-b.at, -1), 1)) })
	return all, nil
}

// quietTalk is how many ordinary messages stand between one text's copies and the next one's.
const quietTalk = 8

// foundAcross puts each text of live rooms into six groups, changed each time, all within the hour that is remembered, which is kept
// full: of the third copy on, those count that the rule hits by copies of the same text.
func (o Options) foundAcross(rb *policy.Rulebook, p parts, lines []placed) (found count) {
	s, other := newStreet(rb, copyGroups), hanOf(p.check)
	const began = 1_700_000_000_000
	at := int64(began)
	for i, t := range o.measured(p) {
		if !t.spam || countLetters(t.text) < copiesLeast {
			continue
		}
		for range quietTalk {
			quiet := lines[int(at-began)%len(lines)]
			quiet.at, quiet.nick = at, "talk "+quiet.nick
			s.judge(s.event(quiet.group, quiet.timed))
			at++
		}
		chance, first := rand.New(rand.NewPCG(uint64(i), 3)), s.last
		for n := range copiesOf {
			changed := change(t.text, chance, other)
			ev := s.event((i+n)%copyGroups, timed{talk{nick: strconv.Itoa(i) + string(rune('a'+n)), text: changed}, at})
			d := s.judge(ev)
			at++
			if n < 2 {
				continue
			}
			own := 0
			for _, e := range ev.Body.Elsewhere {
				if e.Event > first {
					own++
				}
			}
			if found.add(d != nil && own >= 2); d == nil {
				o.Show("missed copy", t.text, changed)
			}
		}
	}
	return found
}

// wrongAcross are the hits in the talk, and those among them on texts that are no copies by another measure.
func (o Options) wrongAcross(rb *policy.Rulebook, all []placed) (wrong, hits count) {
	s := newStreet(rb, copyGroups)
	plain := make([]timed, len(all))
	for i, t := range all {
		plain[i] = t.timed
	}
	for i, t := range all {
		ev := s.event(t.group, t.timed)
		d := s.judge(ev)
		var near []int64
		for _, e := range ev.Body.Elsewhere {
			near = append(near, e.Event)
		}
		bad := d != nil && !areCopies(plain, i, near)
		hits.add(d != nil)
		if wrong.add(bad); bad {
			o.Show("no copy", t.nick, t.text)
		}
	}
	return wrong, hits
}

// costAcross is what comparing and judging takes when the memory is full of talk of the same hour.
func costAcross(rb *policy.Rulebook, all []placed) Row {
	s := newStreet(rb, copyGroups)
	events := make([]*community.Event, len(all))
	for i, t := range all {
		t.at = 1_700_000_000_000 + int64(i)
		events[i] = s.event(t.group, t.timed)
	}
	half := len(events) / 2
	for _, ev := range events[:half] {
		s.judge(ev)
	}
	began := cpuSeconds()
	for _, ev := range events[half:] {
		s.judge(ev)
	}
	row := Row{Name: "copies.across.cost", Value: (cpuSeconds() - began) / float64(max(len(events)-half, 1)) * 1e6, Unit: "µs", N: len(events) - half, Target: copiesCost, AtMost: true}
	row.Low, row.High, row.Met = row.Value, row.Value, row.Value <= row.Target
	return row
}
