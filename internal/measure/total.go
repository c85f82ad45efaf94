package measure

import (
	"context"

	"qunluo/internal/community"
)

// Total is what happened on one day.
type Total struct {
	Date     string // "2006-01-02"
	Messages int64
	Speakers int64 // distinct over all groups asked for
	Joins    int64
	Leaves   int64
}

// Totals adds up groups day by day over [from, to].
func Totals(ctx context.Context, src Source, places []Place, from, to Day) ([]Total, error) {
	list := make([]Total, to-from+1)
	speakers := make([]map[community.MemberKey]bool, len(list))
	for i := range list {
		list[i].Date = (from + Day(i)).String()
		speakers[i] = map[community.MemberKey]bool{}
	}
	err := src.DayRows(ctx, keysOf(places), from, to, func(row DayRow) error {
		i := row.Day - from
		list[i].Messages += row.Messages
		list[i].Joins += row.Joins
		list[i].Leaves += row.Leaves
		for _, s := range row.Speech {
			speakers[i][s.Member] = true
		}
		return nil
	})
	for i := range list {
		list[i].Speakers = int64(len(speakers[i]))
	}
	return list, err
}

// HeatMap counts own messages by weekday (0 = Monday) and hour over [from, to].
func HeatMap(ctx context.Context, src Source, places []Place, from, to Day) ([7][24]int64, error) {
	var heat [7][24]int64
	err := src.DayRows(ctx, keysOf(places), from, to, func(row DayRow) error {
		for _, s := range row.Speech {
			for _, c := range s.Cells {
				heat[row.Day.Weekday()][c.Hour] += c.Count
			}
		}
		return nil
	})
	return heat, err
}
