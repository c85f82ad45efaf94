package founding

import (
	"encoding/json"
	"reflect"
	"slices"
	"strings"

	"qunluo/internal/community"
	"qunluo/internal/measure"
	"qunluo/internal/plan"
	"qunluo/internal/policy"
	"qunluo/internal/tier"
)

const kindWelcome, kindMirror = "welcome", "mirror"

// NextBook is a group's rulebook after some parts: what is the group's own (its name, zone, mode, staff, allowed members, whom it
// copies to) stays.
func (f Foundation) NextBook(now policy.Book, parts []Part) policy.Book {
	next := now
	if f.Book != nil && slices.Contains(parts, Rules) {
		next = *f.Book
		next.Version, next.Group, next.Zone, next.Mode, next.Staff, next.TrustGateway, next.ReadPictures = now.Version, now.Group, now.Zone, now.Mode, now.Staff, now.TrustGateway, now.ReadPictures
		next.Allow.Members = now.Allow.Members
		next.Rules = slices.Concat(next.Rules, rulesOf(now, kindWelcome), rulesOf(now, kindMirror))
	}
	if len(f.Welcome) > 0 && slices.Contains(parts, Welcome) {
		at := slices.IndexFunc(next.Rules, func(r policy.Rule) bool { return r.Kind == kindWelcome })
		rest := slices.DeleteFunc(slices.Clone(next.Rules), func(r policy.Rule) bool { return r.Kind == kindWelcome })
		if at < 0 {
			at = len(rest)
		}
		next.Rules = slices.Insert(rest, at, f.welcomeRule(rest))
	}
	return next
}

func rulesOf(b policy.Book, kind string) []policy.Rule {
	return slices.DeleteFunc(slices.Clone(b.Rules), func(r policy.Rule) bool { return r.Kind != kind })
}

// welcomeRule greets with the template's texts: those who came in a certain way first.
func (f Foundation) welcomeRule(others []policy.Rule) policy.Rule {
	list := slices.Clone(f.Welcome)
	slices.SortStableFunc(list, func(a, b Greeting) int {
		return boolInt(a.Scene == "") - boolInt(b.Scene == "")
	})
	params, _ := json.Marshal(map[string]any{"coalesce": 5, "entries": list}) // plain values
	name, id := "欢迎新人", "welcome"
	if f.Use.Lang == "en" {
		name = "Welcome newcomers"
	}
	for slices.ContainsFunc(others, func(r policy.Rule) bool { return r.ID == id }) {
		id += "-"
	}
	return policy.Rule{ID: id, Name: name, Kind: kindWelcome, Mode: policy.RuleLive, Params: params}
}

func boolInt(b bool) int {
	if b {
		return 1
	}
	return 0
}

// Standing is what a group has now.
type Standing struct {
	Goal    measure.GoalVersion // Version 0 = none
	Book    policy.Book
	Tiers   tier.Rules
	TierVer int
	Plans   []plan.SOP // that the group is in
}

// Change is one difference; Before or After "" = it was, or is, not there.
type Change struct {
	What   string // for the command line: "goal", "targets", "tiers.core_in", "plan step d1"
	Before string
	After  string
}

// Difference is what a template would change in one part of a group.
type Difference struct {
	Part    Part
	Changes []Change    // of rules and welcome: by rule and field
	Same    bool        // the group has just that
	Next    policy.Book // of rules and welcome: the rulebook after this part alone
}

// Differences compares a group with a foundation, part by part, in the order of [Parts]; can says what its connections can do.
func (f Foundation) Differences(now Standing, can func(community.Verb) bool) []Difference {
	var out []Difference
	for _, p := range f.Holds() {
		d := Difference{Part: p}
		switch p {
		case Goal:
			d.Changes = goalChanges(now.Goal, *f.Goal)
		case Rules, Welcome:
			d.Next, _ = Fitted(f.NextBook(now.Book, []Part{p}), can)
			d.Changes = bookChanges(now.Book, d.Next)
		case Tiers:
			d.Changes = tierChanges(now.Tiers, *f.Tiers)
		case Plan:
			d.Changes = f.planChanges(now.Plans)
		}
		d.Same = len(d.Changes) == 0
		out = append(out, d)
	}
	return out
}

func goalChanges(now measure.GoalVersion, next measure.Goal) (out []Change) {
	lines := func(g measure.Goal) (list []string) {
		for _, t := range g.Targets {
			list = append(list, t.String())
		}
		return list
	}
	for _, c := range []Change{{"goal", now.Goal.Goal, next.Goal}, {"value", now.Value, next.Value}, {"targets", strings.Join(lines(now.Goal), "; "), strings.Join(lines(next), "; ")}} {
		if c.Before != c.After {
			out = append(out, c)
		}
	}
	return out
}

func bookChanges(now, next policy.Book) (out []Change) {
	for _, c := range policy.DiffBooks(now, next) {
		what := c.Field
		if c.Rule != "" {
			what = "rule " + c.Rule + " " + what
		}
		if c.Article != "" {
			what = "article " + c.Article + " " + what
		}
		out = append(out, Change{strings.TrimSpace(what), string(c.Before), string(c.After)})
	}
	return out
}

// tierChanges names the rules by their fields.
func tierChanges(now, next tier.Rules) (out []Change) {
	a, b := reflect.ValueOf(now), reflect.ValueOf(next)
	for i := range a.NumField() {
		before, _ := json.Marshal(a.Field(i).Interface()) // plain values
		after, _ := json.Marshal(b.Field(i).Interface())  // plain values
		if string(before) == string(after) {
			continue
		}
		name, _, _ := strings.Cut(a.Type().Field(i).Tag.Get("json"), ",")
		out = append(out, Change{name, string(before), string(after)})
	}
	return out
}

// planChanges lists the steps that no plan of the group has.
func (f Foundation) planChanges(plans []plan.SOP) (out []Change) {
	if slices.ContainsFunc(plans, func(s plan.SOP) bool { return SameSteps(s.Steps, f.Steps) }) {
		return nil
	}
	for _, s := range f.Steps {
		out = append(out, Change{What: When(s), After: s.Text})
	}
	return out
}

// SameSteps says whether two plans say the same at the same times.
func SameSteps(a, b []plan.Step) bool {
	x, _ := json.Marshal(nameless(a)) // plain values
	y, _ := json.Marshal(nameless(b)) // plain values
	return string(x) == string(y)
}

func nameless(list []plan.Step) []plan.Step {
	out := slices.Clone(list)
	for i := range out {
		out[i].ID = ""
	}
	return out
}

// When says briefly when a step comes: "day 1 09:00", "weekday 3 20:00", "2026-12-01 08:00".
func When(s plan.Step) string {
	switch s.Kind {
	case plan.ByDay:
		return "day " + number(s.Day) + " " + s.At
	case plan.Weekly:
		return "weekday " + number(s.Weekday) + " " + s.At
	}
	return s.Date + " " + s.At
}

// PlanName is what the plan of a foundation is called.
func (f Foundation) PlanName() string {
	name := f.Title + " v" + number(f.Use.Version)
	for _, s := range []string{f.Use.Purpose, f.Use.Preset} {
		if s != "" {
			name += " · " + s
		}
	}
	return name
}
