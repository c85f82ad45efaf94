package tag

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"qunluo/internal/community"
)

// Known is what rules know of a member in a group, or of a group, at one moment.
type Known struct {
	Target
	Tier     string
	Joined   int64 // UTC ms; 0 = not known
	LastWord int64 // UTC ms; 0 = never
	Strikes  int
	Scene    string
	State    string // the code's mark
	Inviter  community.ID
	Form     bool // confirmed the rules
	Daily    []Spoken
	Members  int
	Created  int64 // UTC ms
	Platform string
	Mode     string
	Name     string
}

// Spoken is how many messages there were on a day, counted from 1970-01-01 in the group's zone.
type Spoken struct {
	Day, Messages int64
}

const dayMS = 24 * 3600_000

// Moment is when a rule is asked: the time and the group's day.
type Moment struct {
	Now   int64 // UTC ms
	Today int64 // from 1970-01-01 in the group's zone; windows end the day before
}

// Fits says whether somebody fits a rule, and which conditions held; why is what ParseConditions would read, with the value found.
func (r Rule) Fits(k Known, m Moment) (fits bool, why string) {
	var held []string
	for _, c := range r.When {
		got, ok := c.holds(k, m)
		if ok {
			held = append(held, ConditionText([]Condition{c})+" ("+got+")")
		}
		if !ok && !r.Any {
			return false, ""
		}
	}
	return len(held) > 0, strings.Join(held, "; ")
}

// holds says what was found, and whether that is what the condition asks.
func (c Condition) holds(k Known, m Moment) (string, bool) {
	number := func(n int64) (string, bool) {
		want, _ := strconv.ParseInt(c.Value, 10, 64)
		return strconv.FormatInt(n, 10), c.Op == "least" && n >= want || c.Op == "most" && n <= want
	}
	text := func(found bool, what string) (string, bool) { return what, found == (c.Op != "not") }
	switch c.Fact {
	case "tier":
		return text(k.Tier == c.Value, cmp.Or(k.Tier, "–"))
	case "joined_days":
		if k.Joined == 0 {
			return "–", false
		}
		return number((m.Now - k.Joined) / dayMS)
	case "silent_days":
		if k.LastWord == 0 {
			return "∞", c.Op == "least"
		}
		return number(max(0, m.Now-k.LastWord) / dayMS)
	case "messages":
		var n int64
		for _, d := range k.Daily {
			if d.Day >= m.Today-int64(c.Days) && d.Day < m.Today {
				n += d.Messages
			}
		}
		return number(n)
	case "strikes":
		return number(int64(k.Strikes))
	case "source":
		return text(k.Scene == c.Value || k.State == c.Value, cmp.Or(k.State, k.Scene, "–"))
	case "invited_by":
		by := "–"
		if !k.Inviter.IsZero() {
			by = k.Inviter.String()
		}
		return text(by == c.Value || c.Value == "anybody" && by != "–", by)
	case "form":
		got := "missing"
		if k.Form {
			got = "confirmed"
		}
		return text(got == c.Value, got)
	case "members":
		return number(int64(k.Members))
	case "age_days":
		return number((m.Now - k.Created) / dayMS)
	case "platform":
		return text(k.Platform == c.Value, k.Platform)
	case "mode":
		return text(k.Mode == c.Value, k.Mode)
	case "name":
		return text(strings.Contains(strings.ToLower(k.Name), strings.ToLower(c.Value)), k.Name)
	}
	return "", false
}

// Change is what a rule would do to one.
type Change struct {
	Target
	Put bool
	Why string // of one that is put: what held
}

// Have is what one wears of the rule's tag now.
type Have struct {
	Source string
	No     bool // a person took it off by hand: no rule puts it back
}

// Outcome is what a run comes to.
type Outcome struct {
	Put, Take []Change
	Keep      int // fit, and wear it already
	Hand      int // fit or not: worn by a person's hand or another source, left alone
	No        int // fit, but a person took it off by hand
}

// Settle compares who fits with who wears the tag. What a person or another source stuck on is never taken; what a person took
// off is never put back; a rule takes only what it put there itself. Both lists come in order of target.
func Settle(source string, fits map[Target]string, have map[Target]Have) Outcome {
	var out Outcome
	for t, why := range fits {
		switch h, there := have[t]; {
		case h.No:
			out.No++
		case !there:
			out.Put = append(out.Put, Change{Target: t, Put: true, Why: why})
		case h.Source == source:
			out.Keep++
		default:
			out.Hand++
		}
	}
	for t, h := range have {
		if _, ok := fits[t]; ok || h.No {
			continue
		}
		if h.Source != source {
			out.Hand++
			continue
		}
		out.Take = append(out.Take, Change{Target: t})
	}
	slices.SortFunc(out.Put, byTarget)
	slices.SortFunc(out.Take, byTarget)
	return out
}

func byTarget(a, b Change) int {
	return cmp.Or(cmp.Compare(a.Group, b.Group), cmp.Compare(a.Member, b.Member), slices.Compare(a.Stay[:], b.Stay[:]))
}

// Trial says what a rule would do, or did.
type Trial struct {
	Put, Take int
	Keep      int // fit and wear it already, by this rule
	Hand      int // wear it by a person's hand or another source: left alone
	No        int // fit, but a person took it off by hand
	Lines     []TrialLine
	Trouble   string // why nothing was looked at; "" = it was
}

// TrialLine names one of the first to be tagged or untagged.
type TrialLine struct {
	Put       bool
	Why       string
	MemberID  community.ID // zero of a group
	Name      string
	GroupID   community.ID // zero of a person
	GroupName string
}
