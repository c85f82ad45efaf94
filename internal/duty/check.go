package duty

import (
	"fmt"
	"strings"
	"time"

	"qunluo/internal/community"
)

// MaxNote bounds a hand-over note, in bytes.
const MaxNote = 4000

// Check says what is wrong with a shift: community.CodeBadInput.
func (s Shift) Check() error {
	switch {
	case s.User == "":
		return community.Errorf(community.CodeBadInput, "user: empty")
	case s.Weekday < 0 || s.Weekday > 6:
		return community.Errorf(community.CodeBadInput, "weekday: want 0 (Monday) to 6 (Sunday)")
	}
	return checkTimes(s.Start, s.End)
}

func checkTimes(start, end int) error {
	if start < 0 || start >= DayMinutes || end < 0 || end > DayMinutes {
		return community.Errorf(community.CodeBadInput, "time: want 00:00 to 24:00")
	}
	return nil
}

// Check says what is wrong with a change by itself: community.CodeBadInput.
func (c Change) Check() error {
	if _, err := time.Parse(time.DateOnly, c.Date); err != nil {
		return community.Errorf(community.CodeBadInput, "date: want e.g. 2026-05-01")
	}
	if len(c.Note) > MaxNote {
		return community.Errorf(community.CodeTooLarge, "note: at most %d bytes", MaxNote)
	}
	if !c.Shift.IsZero() {
		return nil
	}
	if c.User == "" {
		return community.Errorf(community.CodeBadInput, "user: an additional shift needs somebody")
	}
	return checkTimes(c.Start, c.End)
}

// ParseTime reads a time of day ("08:00", "24:00") as minutes from midnight.
func ParseTime(s string) (int, error) {
	var h, m int
	if _, err := fmt.Sscanf(s, "%d:%d", &h, &m); err != nil || Clock(h*60+m) != strings.TrimSpace(s) {
		return 0, community.Errorf(community.CodeBadInput, "time %q: want HH:MM", s)
	}
	return h*60 + m, nil
}

// Clock writes minutes from midnight as a time of day; "" for what is none.
func Clock(minutes int) string {
	if minutes < 0 || minutes > DayMinutes {
		return ""
	}
	return fmt.Sprintf("%02d:%02d", minutes/60, minutes%60)
}
