package tag

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"qunluo/internal/community"
)

// Rule gives a tag to whoever fits, and takes it from whom it gave it to and who fits no more.
type Rule struct {
	Scope    Scope          `json:"scope"`
	Tag      string         `json:"tag"`
	Groups   []community.ID `json:"groups,omitempty"`    // in these groups only; none = in all
	GroupTag string         `json:"group_tag,omitempty"` // in groups with this tag only; "" = in all
	Any      bool           `json:"any,omitempty"`       // one condition is enough; else all must hold
	When     []Condition    `json:"when"`
}

// Condition is one thing that must hold.
type Condition struct {
	Fact  string `json:"fact"`
	Op    string `json:"op"`             // "is", "not", "least", "most", "has"
	Value string `json:"value"`          // a number, a tier, a mark, an id
	Days  int    `json:"days,omitempty"` // of "messages": counted over so many days up to yesterday
}

// Bounds of rules.
const (
	MaxConditions = 8
	MaxDays       = 365
	maxGroups     = 200
	maxNumber     = 10_000_000
)

// Fact says what a condition may be about: in which scopes, and how it is compared.
type Fact struct {
	Name   string
	Scopes []Scope
	Ops    []string
	Number bool     // the value is a whole number from 0
	Window bool     // it is counted over days
	Values []string // what the value may be; none = anything
}

var (
	stays = []Scope{Person, Stay}
	both  = []string{"least", "most"}
	same  = []string{"is", "not"}
)

// Facts lists what rules know. For people they hold in one group: a person fits when they fit in any.
func Facts() []Fact {
	return []Fact{
		{Name: "tier", Scopes: stays, Ops: same, Values: []string{"core", "normal", "lurker"}},
		{Name: "joined_days", Scopes: stays, Ops: both, Number: true}, // whole days since joining, where that is known
		{Name: "silent_days", Scopes: stays, Ops: both, Number: true}, // whole days since the last word; who never spoke is silent for ever
		{Name: "messages", Scopes: []Scope{Person, Stay, Group}, Ops: both, Number: true, Window: true},
		{Name: "strikes", Scopes: stays, Ops: both, Number: true},                                    // live ones
		{Name: "source", Scopes: stays, Ops: same},                                                   // how they joined, or the mark of the code
		{Name: "invited_by", Scopes: stays, Ops: same},                                               // the id of a member, or "anybody"
		{Name: "form", Scopes: stays, Ops: []string{"is"}, Values: []string{"confirmed", "missing"}}, // whether they confirmed the rules
		{Name: "members", Scopes: []Scope{Group}, Ops: both, Number: true},
		{Name: "age_days", Scopes: []Scope{Group}, Ops: both, Number: true}, // since we know the group
		{Name: "platform", Scopes: []Scope{Group}, Ops: same},
		{Name: "mode", Scopes: []Scope{Group}, Ops: []string{"is"}, Values: []string{"observe", "live"}},
		{Name: "name", Scopes: []Scope{Group}, Ops: []string{"has"}},
	}
}

// FactsOf are the facts of a scope.
func FactsOf(s Scope) []Fact {
	return slices.DeleteFunc(Facts(), func(f Fact) bool { return !slices.Contains(f.Scopes, s) })
}

func factNamed(name string) (Fact, bool) {
	for _, f := range Facts() {
		if f.Name == name {
			return f, true
		}
	}
	return Fact{}, false
}

// Check says what is wrong with a rule: community.CodeBadInput.
func (r Rule) Check() error {
	if _, err := ParseScope(string(r.Scope)); err != nil {
		return err
	}
	if _, err := Name(r.Tag); err != nil {
		return err
	}
	if len(r.Groups) > maxGroups {
		return community.Errorf(community.CodeBadInput, "groups: at most %d", maxGroups)
	}
	if n := len(r.When); n < 1 || n > MaxConditions {
		return community.Errorf(community.CodeBadInput, "conditions: want 1 to %d", MaxConditions)
	}
	for i, c := range r.When {
		if err := c.check(r.Scope); err != nil {
			return fmt.Errorf("condition %d: %w", i+1, err)
		}
	}
	return nil
}

func (c Condition) check(s Scope) error {
	f, ok := factNamed(c.Fact)
	if !ok || !slices.Contains(f.Scopes, s) {
		return community.Errorf(community.CodeBadInput, "fact %q is not known of a %s", c.Fact, s)
	}
	if !slices.Contains(f.Ops, c.Op) {
		return community.Errorf(community.CodeBadInput, "%s: want %s", c.Fact, strings.Join(f.Ops, " or "))
	}
	if f.Number {
		if n, err := strconv.Atoi(c.Value); err != nil || n < 0 || n > maxNumber {
			return community.Errorf(community.CodeBadInput, "%s: want a number from 0 to %d", c.Fact, maxNumber)
		}
	}
	if len(f.Values) > 0 && !slices.Contains(f.Values, c.Value) {
		return community.Errorf(community.CodeBadInput, "%s: want %s", c.Fact, strings.Join(f.Values, ", "))
	}
	if c.Value == "" || utf8.RuneCountInString(c.Value) > 60 || strings.ContainsFunc(c.Value, unseen) {
		return community.Errorf(community.CodeBadInput, "%s: want a value of 1 to 60 characters that can be seen", c.Fact)
	}
	if f.Window != (c.Days > 0) || c.Days > MaxDays {
		return community.Errorf(community.CodeBadInput, "%s: want a span of 1 to %d days where it is counted over one, else none", c.Fact, MaxDays)
	}
	return nil
}

// Back is how many days a rule looks back, for reading no more than that.
func (r Rule) Back() int {
	most := 0
	for _, c := range r.When {
		most = max(most, c.Days)
	}
	return most
}

// ParseConditions reads conditions as the command line and the form write them, one a line:
//
//	tier is core
//	messages least 10 in 28
//	silent_days least 30
func ParseConditions(text string) ([]Condition, error) {
	var out []Condition
	for i, line := range strings.Split(text, "\n") {
		part := strings.Fields(line)
		if len(part) == 0 {
			continue
		}
		if len(part) < 3 {
			return nil, community.Errorf(community.CodeBadInput, "line %d: want FACT is|not|least|most|has VALUE [in DAYS]", i+1)
		}
		c := Condition{Fact: part[0], Op: part[1]}
		if n := len(part); n >= 5 && part[n-2] == "in" {
			days, err := strconv.Atoi(part[n-1])
			if err != nil {
				return nil, community.Errorf(community.CodeBadInput, "line %d: %q is no number of days", i+1, part[n-1])
			}
			c.Days, part = days, part[:n-2]
		}
		c.Value = strings.Join(part[2:], " ")
		out = append(out, c)
	}
	return out, nil
}

// ConditionText writes conditions as ParseConditions reads them.
func ConditionText(list []Condition) string {
	out := make([]string, len(list))
	for i, c := range list {
		out[i] = c.Fact + " " + c.Op + " " + c.Value
		if c.Days > 0 {
			out[i] += " in " + strconv.Itoa(c.Days)
		}
	}
	return strings.Join(out, "\n")
}

// Version is a rule as it stands, or stood.
type Version struct {
	Rule
	ID      community.ID
	Version int // from 1
	On      bool
	At      int64 // UTC ms
	User    string
	Note    string
	Ran     int64  // UTC ms of the last run by any version; 0 = never
	Trouble string // why the last run did nothing; "" = it ran
}
