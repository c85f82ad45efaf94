// Package bulk keeps the guard over what touches many people at once: how many one person may do alone, what needs a second
// person, how long it cools off, how much there may be in a run and a day, and who is left out and why. It decides purely; who
// the people are and what is done to them is not known here.
//
// It is a room of its own because removals and strikes (policy), lockdowns (duty), mass sends (plan) and exports stand under
// the same guard, and two subject rooms never import each other.
package bulk

import (
	"slices"

	"qunluo/internal/community"
)

// Kind is what is done to many at once.
type Kind string

// Kinds of what is done to many.
const (
	Remove   Kind = "remove"
	Mute     Kind = "mute"
	Strike   Kind = "strike"
	Tag      Kind = "tag"
	Untag    Kind = "untag"
	Undo     Kind = "undo"     // decisions are taken back
	Lockdown Kind = "lockdown" // counted in groups
	Send     Kind = "send"     // a mass send, counted in groups
	Export   Kind = "export"   // counted in rows
	Loosen   Kind = "loosen"   // the limits of this guard are widened
)

// Kinds lists them as forms offer them.
var Kinds = []Kind{Remove, Strike, Mute, Tag, Untag, Undo, Lockdown, Send, Export, Loosen}

// OnPeople are the kinds that are done to chosen people, one by one.
var OnPeople = []Kind{Remove, Strike, Mute, Tag, Untag, Undo}

// Grave reports whether a kind may put people out of a group: it cools off by default and goes at the pace of removals.
func (k Kind) Grave() bool { return k == Remove || k == Strike }

// Limit bounds one kind. All are counted in what the kind is counted in: people, groups or rows.
type Limit struct {
	Soft int `json:"soft"` // one person alone, within 24 hours
	Run  int `json:"run"`  // at once, whoever confirms
	Day  int `json:"day"`  // the whole organisation, within 24 hours
	Cool int `json:"cool"` // minutes between the last yes and the start, within which it can be called off
}

// Rules are an organisation's limits.
type Rules struct {
	Limits map[Kind]Limit `json:"limits"`
	Expiry int            `json:"expiry"` // hours that a second person has
}

// Default is what holds until somebody says otherwise. Exports over 100 people need four eyes, removals cool off ten minutes.
func Default() Rules {
	return Rules{Expiry: 24, Limits: map[Kind]Limit{
		Remove: {Soft: 5, Run: 200, Day: 500, Cool: 10}, Strike: {Soft: 5, Run: 200, Day: 500, Cool: 10},
		Mute: {Soft: 50, Run: 1000, Day: 3000}, Tag: {Soft: 50, Run: 5000, Day: 20000}, Untag: {Soft: 50, Run: 5000, Day: 20000},
		Undo: {Soft: 50, Run: 1000, Day: 5000}, Lockdown: {Soft: 50, Run: 1000, Day: 5000}, Send: {Soft: 50, Run: 5000, Day: 20000},
		Export: {Soft: 100, Run: 200_000, Day: 1_000_000}, Loosen: {Soft: 0, Run: 1, Day: 20},
	}}
}

// Or fills in what is missing with the default.
func (r Rules) Or() Rules {
	out := Default()
	if r.Expiry > 0 {
		out.Expiry = r.Expiry
	}
	for k, l := range r.Limits {
		if k != Loosen {
			out.Limits[k] = l
		}
	}
	return out
}

// Bounds of the rules.
const (
	maxCount = 1_000_000
	maxCool  = 24 * 60 // minutes
	maxItems = 10_000  // people of one run on chosen people: they are kept one by one
	maxHours = 7 * 24
)

// Check says what is wrong with rules: community.CodeBadInput.
func (r Rules) Check() error {
	for _, k := range Kinds {
		l := r.Limits[k]
		most := maxCount
		if slices.Contains(OnPeople, k) {
			most = maxItems
		}
		switch {
		case l.Soft < 0 || l.Soft > most || k != Loosen && (l.Run < 1 || l.Run > most) || l.Day < l.Run || l.Day > 10*maxCount:
			return refuse(community.CodeBadInput, "限额（%s）：独自确认 0 到 %d，一次最多 1 到 %d，一天不能少于一次。", "%s: want soft 0 to %d, run 1 to %d, day at least run", k, most, most)
		case l.Cool < 0 || l.Cool > maxCool:
			return refuse(community.CodeBadInput, "限额（%s）：冷静期 0 到 %d 分钟。", "%s: cool-off: want 0 to %d minutes", k, maxCool)
		}
	}
	if r.Expiry < 1 || r.Expiry > maxHours {
		return refuse(community.CodeBadInput, "确认期限要在 1 到 %d 小时之间。", "expiry: want 1 to %d hours", maxHours)
	}
	return nil
}

// Looser reports whether rules allow anything that others did not: then a second person is asked.
func (r Rules) Looser(than Rules) bool {
	for _, k := range Kinds {
		l, was := r.Limits[k], than.Limits[k]
		if l.Soft > was.Soft || l.Run > was.Run || l.Day > was.Day || l.Cool < was.Cool {
			return true
		}
	}
	return r.Expiry > than.Expiry
}

// Spent is what was done of a kind within the last 24 hours, or waits to be: by one person alone, and by everybody.
type Spent struct{ Alone, All int }

// Need is what an order needs before it starts.
type Need struct {
	Second bool  // a second person
	Cool   int64 // ms
}

// Need says what n of a kind need. community.CodeBadInput: nothing to do; CodeTooLarge: beyond the cap of a run; CodeLimited:
// beyond the cap of the day. What one person did alone counts, so that a large run cannot be cut into small ones.
func (r Rules) Need(k Kind, n int, spent Spent) (Need, error) {
	l, known := r.Limits[k]
	switch {
	case !known:
		return Need{}, refuse(community.CodeBadInput, "没有这一类批量操作：%s。", "kind: no %q", k)
	case n <= 0:
		return Need{}, refuse(community.CodeBadInput, "没有剩下的人：没有什么可做。", "nobody is left: there is nothing to do")
	case n > l.Run:
		return Need{}, refuse(community.CodeTooLarge, "一次 %d 个太多：最多 %d 个，谁确认都不行。请缩小范围，或由两位所有者放宽限额。", "%d at once: at most %d, whoever confirms; narrow it down, or have two owners widen the limits", n, l.Run)
	case spent.All+n > l.Day:
		return Need{}, refuse(community.CodeLimited, "24 小时内已有 %d 个，再加 %d 个就超过每天 %d 个的上限，谁确认都不行。请明天再做，或由两位所有者放宽限额。", "%d today and %d more: at most %d in 24 hours, whoever confirms; go on tomorrow, or have two owners widen the limits", spent.All, n, l.Day)
	}
	return Need{Second: spent.Alone+n > l.Soft, Cool: int64(l.Cool) * 60_000}, nil
}

// Single says what one more act by hand on one person needs: second, that it must be proposed. Where nobody could be the second, it
// goes on slowly: community.CodeLimited until the cool-off since the last one (UTC ms) is over. The cap of the day holds as for runs.
func (r Rules) Single(k Kind, spent Spent, others int, last, now int64) (second bool, err error) {
	need, err := r.Need(k, 1, spent)
	if err != nil || !need.Second {
		return false, err
	}
	if others > 0 {
		return true, nil
	}
	pace := max(need.Cool, 60_000)
	if left := last + pace - now; left > 0 {
		return false, refuse(community.CodeLimited, "24 小时内你已独自做了 %d 次，到了一个人可以独自确认的上限，又没有别的用户能当第二个人：之后每 %d 分钟只能做一次，还要等 %d 分钟。加一位用户，就可以请他复核。",
			"you have done this %d times alone in 24 hours, which is what one person may confirm, and there is no other user to be the second: from now on it can be done once in %d minutes, the next time in %d. Add a user, and they can confirm it", spent.Alone, pace/60_000, (left+59_999)/60_000)
	}
	return false, nil
}

// MayPropose says whether a person may want a kind at all: community.CodeForbidden for what only owners may. A few rows of people, as
// many as one person may let out alone, any of ours may fetch: they are counted.
func MayPropose(k Kind, need Need, who Person) error {
	switch {
	case who.Owner || !OwnersOnly(k) || k == Export && !need.Second:
		return nil
	case k == Export:
		return refuse(community.CodeForbidden, "24 小时内你导出的行数超过了一个人可以独自导出的上限：请所有者导出（另一位所有者确认），或明天再来。", "you have let out more rows in 24 hours than one person may alone: ask an owner to export (another owner confirms), or come back tomorrow")
	}
	return refuse(community.CodeForbidden, "这只有所有者可以做。", "this is for owners")
}

// Fact is what is known of one person at the moment.
type Fact struct {
	Left   bool
	Role   community.Role
	Mark   community.Role
	Immune bool // by the group's rulebook: roles, marks, our own people, the allow-list
	Ours   bool // an account of ours
	Tagged bool // has the tag
	Undone bool // the decision was taken back
	Silent bool // there is no message of theirs that a strike could rest on
	Struck bool // that message is the evidence of a live strike
	Muted  bool // muted already, for longer
}

// Exempt says why nothing of a kind is done to a person; "" = it is done.
func Exempt(k Kind, f Fact) string {
	punishes := k == Remove || k == Strike || k == Mute
	for _, e := range []struct {
		when bool
		why  string
	}{
		{f.Ours && punishes, "ours"},
		{f.Left && punishes, "left"},
		{punishes && (f.Mark == community.RoleStaff || f.Role == community.RoleStaff), "staff"},
		{punishes && (f.Immune || f.Role.Immune()), "immune"},
		{k == Strike && f.Silent, "silent"},
		{k == Strike && f.Struck, "struck"},
		{k == Mute && f.Muted, "muted"},
		{f.Left && (k == Tag || k == Untag), "left"},
		{k == Tag && f.Tagged, "tagged"},
		{k == Untag && !f.Tagged, "untagged"},
		{k == Undo && f.Undone, "undone"},
	} {
		if e.when {
			return e.why
		}
	}
	return ""
}

// Pace says how many of a group may be done now when at most so many are in an hour, and, when none may, when the next may
// (UTC ms). done are the times of the last hour's, in any order.
func Pace(perHour int, done []int64, now int64) (free int, next int64) {
	const hour = 3600_000
	perHour = max(perHour, 1) // people asked for it: it goes on, however slowly
	recent := slices.DeleteFunc(slices.Clone(done), func(at int64) bool { return at <= now-hour })
	if free = perHour - len(recent); free > 0 {
		return free, now
	}
	slices.Sort(recent)
	return 0, recent[len(recent)-perHour] + hour
}
