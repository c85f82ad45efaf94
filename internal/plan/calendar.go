package plan

import (
	"slices"
	"strconv"
	"strings"

	"qunluo/internal/community"
)

// Calendar is what is shown of some days, of one group or of all that somebody sees.
type Calendar struct {
	From, To  string // dates, both included
	Today     string
	Zone      string
	Items     []Item
	Fixtures  []Fixture
	Limits    Limits
	Real      Mix // of the MixDays days that end now
	Projected Mix // of those that end with To, with what is planned
}

// PlaceBeyond is how an item goes beyond what one group should get.
type PlaceBeyond struct {
	Group community.GroupKey
	Name  string
	List  []Beyond
}

// Outlook is what is known of an item before it is approved.
type Outlook struct {
	Beyond   []PlaceBeyond
	Remarks  []Remark
	Ad       string // why it is an advertisement; "" = it is none
	Says     Post   // as it will be sent
	Estimate Estimate
	Repeats  []Former // what it repeats
}

// Demands reports whether a reason is needed: the item goes beyond, and says none.
func (o Outlook) Demands(c Content) bool {
	return len(o.Beyond) > 0 && strings.TrimSpace(c.Reason) == ""
}

// PlaceOutcome is how a poll, or a question of the day, came out in one group.
type PlaceOutcome struct {
	Place
	Outcome
	Until int64 // when answers end, or ended
}

// FieldChange is one field of an item that differs between two versions.
type FieldChange struct {
	Field         string `json:"field"`
	Before, After string
}

// Difference lists what differs between two versions, in the order of the form. names are those of groups.
func Difference(a, b Content, names map[community.GroupKey]string) []FieldChange {
	groups := func(c Content) string {
		var out []string
		for _, g := range c.Groups {
			out = append(out, names[g])
		}
		slices.Sort(out)
		return strings.Join(out, ", ")
	}
	var out []FieldChange
	for _, f := range []struct{ name, a, b string }{
		{"title", a.Title, b.Title}, {"text", a.Text, b.Text}, {"options", strings.Join(a.Options, "\n"), strings.Join(b.Options, "\n")},
		{"link", strings.TrimSpace(a.Link.Title + " " + a.Link.URL), strings.TrimSpace(b.Link.Title + " " + b.Link.URL)},
		{"class", string(a.Class), string(b.Class)}, {"format", a.Format, b.Format},
		{"minutes", strconv.FormatInt(a.Minutes, 10), strconv.FormatInt(b.Minutes, 10)}, {"fen", strconv.FormatInt(a.Fen, 10), strconv.FormatInt(b.Fen, 10)},
		{"serves", a.Serves, b.Serves}, {"groups", groups(a), groups(b)}, {"slot", a.Fixture, b.Fixture}, {"date", a.Date, b.Date}, {"at", a.At, b.At}, {"reason", a.Reason, b.Reason},
	} {
		if f.a != f.b {
			out = append(out, FieldChange{f.name, f.a, f.b})
		}
	}
	return out
}
