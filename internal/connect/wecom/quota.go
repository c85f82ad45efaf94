package wecom

import (
	"fmt"
	"time"

	"qunluo/internal/community"
)

// shanghai is where the platform cuts days.
var shanghai = time.FixedZone("Asia/Shanghai", 8*3600)

// usage is when each group was given a mass send, UTC ms, oldest first.
type usage map[string][]int64

// keepUsage is how long a use is remembered: the longest window is a month.
const keepUsage = 62 * 24 * time.Hour

// free says from when on a group may get another mass send under a rule; the zero time = now.
func (u usage) free(rule, chat string, now time.Time) time.Time {
	now = now.In(shanghai)
	today := time.Date(now.Year(), now.Month(), now.Day(), 0, 0, 0, 0, shanghai)
	switch rule {
	case quotaWeek: // any seven days: stricter than the platform's week, whose first day is not documented
		used := u.since(chat, now.Add(-7*24*time.Hour))
		if len(used) >= 7 {
			return time.UnixMilli(used[len(used)-7]).Add(7 * 24 * time.Hour)
		}
	case quotaMonth:
		first := time.Date(now.Year(), now.Month(), 1, 0, 0, 0, 0, shanghai)
		next := first.AddDate(0, 1, 0)
		if len(u.since(chat, first)) >= next.AddDate(0, 0, -1).Day() {
			return next
		}
	default:
		if len(u.since(chat, today)) > 0 {
			return today.AddDate(0, 0, 1)
		}
	}
	return time.Time{}
}

func (u usage) since(chat string, from time.Time) []int64 {
	all := u[chat]
	for i, at := range all {
		if at >= from.UnixMilli() {
			return all[i:]
		}
	}
	return nil
}

// spent gives the groups that may not get another one now. When that is all of them it refuses, and says until when.
func (u usage) spent(rule string, chats []string, now time.Time) (full []string, err error) {
	latest := time.Time{}
	for _, chat := range chats {
		if until := u.free(rule, chat, now); !until.IsZero() {
			full = append(full, chat)
			if until.After(latest) {
				latest = until
			}
		}
	}
	if len(full) < len(chats) {
		return full, nil
	}
	return nil, community.Errorf(community.CodeRefused, "the mass-send quota (%s) of %d of %d groups is used up, the first is %s; all are free again from %s",
		rule, len(full), len(chats), full[0], latest.In(shanghai).Format("2006-01-02 15:04"))
}

// use notes a mass send; giveBack takes it back when nothing came of it.
func (u usage) use(chats []string, at int64) {
	for _, chat := range chats {
		u[chat] = append(u[chat], at)
	}
}

func (u usage) giveBack(chats []string, at int64) {
	for _, chat := range chats {
		for i, x := range u[chat] {
			if x == at {
				u[chat] = append(u[chat][:i:i], u[chat][i+1:]...)
				break
			}
		}
	}
}

// forget drops what no window reaches any more.
func (u usage) forget(now time.Time) {
	for chat := range u {
		if u[chat] = u.since(chat, now.Add(-keepUsage)); len(u[chat]) == 0 {
			delete(u, chat)
		}
	}
}

// remindable says whether a mass send may be recalled to its people's minds: three times within 24 hours.
func remindable(past []int64, now time.Time) error {
	recent := recently(past, now)
	if len(recent) < maxReminders {
		return nil
	}
	next := time.UnixMilli(recent[0]).Add(24 * time.Hour).In(shanghai)
	return community.Errorf(community.CodeRefused, "reminded %d times within 24 hours; the next is possible at %s", len(recent), next.Format("2006-01-02 15:04"))
}

const maxReminders = 3

func recently(past []int64, now time.Time) []int64 {
	for i, at := range past {
		if now.Sub(time.UnixMilli(at)) < 24*time.Hour {
			return past[i:]
		}
	}
	return nil
}

func massName(lead string) string { return fmt.Sprintf("mass/%s", lead) }
