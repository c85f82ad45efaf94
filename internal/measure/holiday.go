package measure

import "time"

// springFestival is the first day of the Chinese year (春节) by month and day: the first new moon from 21 January on, in UTC+8, as the
// calendar rules of GB/T 33661-2017 give it for these years. A test computes the new moons.
var springFestival = map[int][2]int{
	2015: {2, 19}, 2016: {2, 8}, 2017: {1, 28}, 2018: {2, 16}, 2019: {2, 5}, 2020: {1, 25}, 2021: {2, 12}, 2022: {2, 1}, 2023: {1, 22}, 2024: {2, 10}, 2025: {1, 29},
	2026: {2, 17}, 2027: {2, 6}, 2028: {1, 26}, 2029: {2, 13}, 2030: {2, 3}, 2031: {1, 23}, 2032: {2, 11}, 2033: {1, 31}, 2034: {2, 19}, 2035: {2, 8},
}

// Holidays that change what groups do.
const (
	SpringFestival = "spring_festival" // 春节: the day before and seven days from the first of the year
	NationalDay    = "national_day"    // 国庆: 1 to 7 October
)

// holidayLeast is on how many days of a week a holiday must fall for the week to be known as one.
const holidayLeast = 2

// Holiday names the holiday that a day belongs to; "" = none. The table holds 2015 to 2035.
func Holiday(d Day) string {
	t := time.Unix(int64(d)*86400, 0).UTC()
	if t.Month() == time.October && t.Day() <= 7 {
		return NationalDay
	}
	if first, ok := springFestival[t.Year()]; ok {
		begins := Day(time.Date(t.Year(), time.Month(first[0]), first[1], 0, 0, 0, 0, time.UTC).Unix() / 86400)
		if d >= begins-1 && d < begins+7 {
			return SpringFestival
		}
	}
	return ""
}

// holidayWeek names the holiday that falls on at least two of the seven days from monday on.
func holidayWeek(monday Day) string {
	days := map[string]int{}
	for d := monday; d < monday+7; d++ {
		if h := Holiday(d); h != "" {
			if days[h]++; days[h] == holidayLeast {
				return h
			}
		}
	}
	return ""
}
