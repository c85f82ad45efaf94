package measure

// Triangle is daily retention of many: for each day of beginning, how many of those who began then were active so many days
// later. It is filled in one pass over the days, each with its members, instead of by cutting sets with sets.
type Triangle struct {
	days  int
	began []uint16 // by place of the member: the day of beginning, or never
	size  []int64  // by day of beginning
	cells []int32  // [began*days + day]
}

const never = 1<<16 - 1

// NewTriangle makes a triangle of days for members with places 0 … members-1. At most 65,534 days.
func NewTriangle(days, members int) *Triangle {
	t := &Triangle{days: days, began: make([]uint16, members), size: make([]int64, days), cells: make([]int32, days*days)}
	for i := range t.began {
		t.began[i] = never
	}
	return t
}

// Begin says on which day (0 … days-1) a member began; a day outside counts as never.
func (t *Triangle) Begin(member uint32, day int) {
	if day < 0 || day >= t.days || t.began[member] != never {
		return
	}
	t.began[member] = uint16(day)
	t.size[day]++
}

// Add counts members who were active on a day, each once. It may be called several times for a day.
func (t *Triangle) Add(day int, members []uint32) {
	row, began, n := t.cells[day:], t.began, t.days
	for _, m := range members {
		if b := began[m]; int(b) <= day {
			row[int(b)*n]++
		}
	}
}

// Cell is how many of those who began on a day were active on a later one, and how many began then.
func (t *Triangle) Cell(began, day int) (active, of int64) {
	return int64(t.cells[began*t.days+day]), t.size[began]
}
