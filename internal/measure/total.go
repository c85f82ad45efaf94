package measure

import "context"

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
	for i := range list {
		list[i].Date = (from + Day(i)).String()
	}
	err := src.DaySums(ctx, keysOf(places), from, to, func(s *DaySum) error {
		t := &list[s.Day-from]
		t.Messages, t.Speakers, t.Joins, t.Leaves = s.Messages, int64(len(s.Said)), s.Joins, s.Leaves
		return nil
	})
	return list, err
}

// HeatMap counts own messages by weekday (0 = Monday) and hour over [from, to].
func HeatMap(ctx context.Context, src Source, places []Place, from, to Day) ([7][24]int64, error) {
	var heat [7][24]int64
	err := src.DaySums(ctx, keysOf(places), from, to, func(s *DaySum) error {
		for _, c := range s.Cells {
			heat[s.Day.Weekday()][c.Hour] += c.Count
		}
		return nil
	})
	return heat, err
}
