package measure

import (
	"context"

	"qunluo/internal/community"
)

// MemberActivity is what one member said in [From, To].
type MemberActivity struct {
	Member   community.MemberKey
	From, To Day
	Messages int64
	Days     int     // distinct active days
	Daily    []int64 // own messages by day
	Hours    [24]int64
	Weekdays [7]int64
	Classes  map[community.Class]int64
}

// MeasureMember adds up what a member said in groups, a bot too.
func MeasureMember(ctx context.Context, src Source, places []Place, m community.MemberKey, from, to Day) (MemberActivity, error) {
	a := MemberActivity{Member: m, From: from, To: to, Classes: map[community.Class]int64{}}
	if to < from {
		return a, community.Errorf(community.CodeBadInput, "from %s to %s", from, to)
	}
	a.Daily = make([]int64, to-from+1)
	err := src.DayRows(ctx, keysOf(places), from, to, func(row DayRow) error {
		for _, list := range [][]Speech{row.Speech, row.Apart} {
			for _, s := range list {
				if s.Member == m {
					a.add(row.Day, s)
				}
			}
		}
		return nil
	})
	for _, n := range a.Daily {
		if n > 0 {
			a.Days++
		}
	}
	return a, err
}

func (a *MemberActivity) add(day Day, s Speech) {
	for _, c := range s.Cells {
		a.Messages += c.Count
		a.Daily[day-a.From] += c.Count
		a.Hours[c.Hour] += c.Count
		a.Weekdays[day.Weekday()] += c.Count
		a.Classes[c.Class] += c.Count
	}
}
