package eval

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"regexp"
	"slices"

	"qunluo/internal/community"
	"qunluo/internal/measure"
	"qunluo/internal/tier"
)

// Targets of tiers, in percent (methods.md §3).
const (
	tiersWithin   = 95
	tiersNeedless = 3
)

// rosterDays: who spoke within so many days is in the roster, where nothing else says who is there.
const rosterDays = 90

const dayMS = 24 * 3600e3

// spokenRow is a message of a room: in UTC days.
type spokenRow struct {
	at                 int64
	user, called, text string
}

// tierSum adds up trials.
type tierSum struct{ within, needless count }

func (s *tierSum) add(t tier.Trial) (weeks int) {
	weeks, within, members, _, needless := t.Sum()
	s.within.hits, s.within.n = s.within.hits+within, s.within.n+weeks
	s.needless.hits, s.needless.n = s.needless.hits+needless, s.needless.n+members
	return weeks
}

// tiers divides recorded rooms week by week and counts the weeks with at least 20 members in which all three shares lie within
// their targets, and the changes that were taken back within two weeks, per member and week. Beside the rules that every group
// begins with stand the same without the keeping of shares, and hard cuts. Each room's record is cut in halves; the one that is
// not measured is left out. The roster is who spoke within 90 days.
func tiers(ctx context.Context, o Options) ([]Row, error) {
	rules := tier.Default()
	loose := rules
	loose.KeepShare = false
	var ours, lines, hard tierSum
	for _, name := range []string{"Casual", "DataScience", "LiveCoding", "linux", "python"} {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		list, err := o.gitterRoom("archives/" + name + ".tsv")
		if err != nil {
			return nil, err
		}
		people, last, weeks := lived(list)
		kept := rules.Simulate(people, nil, last, weeks)
		n := ours.add(kept)
		lines.add(loose.Simulate(people, nil, last, weeks))
		hard.add(rules.HardCuts().Simulate(people, nil, last, weeks))
		o.tell("tiers: %s, %d speakers, %d weeks, %d of them with at least %d members (roster = spoken within %d days)", name, len(people), weeks, n, rules.Least, rosterDays)
		for _, w := range kept.Weeks {
			if w.Shares != nil && !w.Within {
				o.Show(name, measure.Day(w.Day).String(), fmt.Sprint(w.Shares))
			}
		}
	}
	shown, err := o.tiersShown(rules)
	if err != nil {
		return nil, err
	}
	rows := []Row{
		least("tiers.within", ours.within, tiersWithin).beside(hard.within),
		most("tiers.needless", ours.needless, tiersNeedless).beside(hard.needless),
		percent("tiers.lines.within", lines.within),
		percent("tiers.lines.needless", lines.needless),
	}
	return append(rows, shown...), nil
}

// tiersShown divides a Chinese channel of twenty days, as an example only: three weeks say little.
func (o Options) tiersShown(rules tier.Rules) ([]Row, error) {
	talks, err := o.ordinary("00", "99")
	if err != nil {
		return nil, err
	}
	var list []spokenRow
	for i, t := range talks {
		day, err := measure.ParseDay("2013-01-" + t.day)
		if err != nil {
			return nil, err
		}
		list = append(list, spokenRow{int64(day)*dayMS + int64(i), t.nick, t.nick, t.text})
	}
	people, last, weeks := lived(list)
	trial := rules.Simulate(people, nil, last, weeks)
	end := trial.Weeks[len(trial.Weeks)-1]
	var rows []Row
	for _, s := range end.Shares {
		o.tell("tiers: #ubuntu-cn on %s: %s %d of %d (shown only)", measure.Day(end.Day), s.Tier, s.Count, s.Of)
		rows = append(rows, percent("tiers.ubuntu-cn."+string(s.Tier), count{s.Count, s.Of}))
	}
	return rows, nil
}

// gitterRoom reads the half of a room's record that is to be measured, in order of time.
func (o Options) gitterRoom(name string) ([]spokenRow, error) {
	var list []spokenRow
	err := o.gitterRows(name, func(at int64, user, called, text string) {
		list = append(list, spokenRow{at, user, called, text})
	})
	if err != nil {
		return nil, err
	}
	slices.SortStableFunc(list, func(a, b spokenRow) int { return cmp.Compare(a.at, b.at) })
	if len(list) < 2 {
		return nil, community.Errorf(community.CodeNotFound, "%s holds no messages", name)
	}
	if o.Part == Train {
		return list[:len(list)/2], nil
	}
	return list[len(list)/2:], nil
}

var atName = regexp.MustCompile(`@([0-9A-Za-z_-]+)`)

// lived makes of a record what tiers rest on, by UTC days, with its last day and how many whole weeks it has.
func lived(list []spokenRow) (people []tier.Person, last int64, weeks int) {
	keys, names := map[string]community.MemberKey{}, map[string]community.MemberKey{}
	for _, s := range list {
		if keys[s.user] == 0 {
			keys[s.user] = community.MemberKey(len(keys) + 1)
		}
		names[s.called] = keys[s.user]
	}
	by := map[community.MemberKey]*tier.Person{}
	threads, asker, answered := measure.NewThreads(), map[int64]community.MemberKey{}, map[int64]bool{}
	for i, s := range list {
		who, day := keys[s.user], s.at/dayMS
		said := measure.Said{Number: int64(i + 1), At: s.at, Member: who, Name: s.called, Text: s.text}
		for _, m := range atName.FindAllStringSubmatch(s.text, -1) {
			if to := names[m[1]]; to != 0 && to != who {
				said.Mentions = append(said.Mentions, to)
			}
		}
		link := threads.Follow(said)
		p := personIn(by, who, s.at)
		if n := len(p.Active); n == 0 || p.Active[n-1] != day {
			p.Active = append(p.Active, day)
		}
		for _, to := range append(said.Mentions, link.Whom) {
			if to != 0 && to != who {
				p.Contacts = append(p.Contacts, tier.Contact{Day: day, With: to})
				other := personIn(by, to, s.at)
				other.Contacts = append(other.Contacts, tier.Contact{Day: day, With: who})
			}
		}
		if a := asker[link.To]; a != 0 && a != who && !answered[link.To] {
			answered[link.To] = true
			p.Answers = append(p.Answers, day)
		}
		if measure.Asks(s.text) {
			asker[said.Number] = who
		}
	}
	for _, m := range slices.Sorted(maps.Keys(by)) {
		p := by[m]
		p.Spans = tier.Spoken(p.Active, rosterDays)
		people = append(people, *p)
	}
	last = list[len(list)-1].at / dayMS
	return people, last, int(last-list[0].at/dayMS)/7 + 1
}

// personIn finds somebody, who joined when they were first heard of.
func personIn(by map[community.MemberKey]*tier.Person, m community.MemberKey, at int64) *tier.Person {
	if by[m] == nil {
		by[m] = &tier.Person{Member: m, Joined: at}
	}
	return by[m]
}
