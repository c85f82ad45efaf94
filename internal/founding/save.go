package founding

import (
	"encoding/json"
	"slices"
	"strconv"

	"qunluo/internal/measure"
	"qunluo/internal/plan"
	"qunluo/internal/policy"
	"qunluo/internal/tier"
)

// Of makes a template of what a group has; parts nil = all that it has. What is the group's alone stays out: name, zone, mode, people,
// copying, files. The error is a [*Fault].
func Of(now Standing, head Template, parts []Part) (Template, error) {
	t := head
	t.Format, t.Version, t.Moves = Format, max(head.Version, 1), map[Part]Move{}
	wants := func(p Part) bool { return parts == nil || slices.Contains(parts, p) }
	if wants(Goal) && now.Goal.Version > 0 {
		t.Goal = &Aim{Goal: now.Goal.Goal.Goal, Value: now.Goal.Value}
		for _, one := range now.Goal.Targets {
			t.Goal.Targets = append(t.Goal.Targets, one.String())
		}
	}
	if wants(Rules) {
		book := now.Book
		book.Version, book.Group, book.Zone, book.Mode, book.Staff, book.Allow.Members, book.TrustGateway, book.ReadPictures = 0, "", "", "", nil, nil, false, false
		book.Rules = slices.DeleteFunc(slices.Clone(book.Rules), func(r policy.Rule) bool { return r.Kind == kindWelcome || r.Kind == kindMirror })
		raw, err := json.Marshal(book)
		if err != nil {
			return t, fault("rules", "不对："+err.Error(), err.Error())
		}
		t.Book.RawMessage = raw
	}
	if wants(Welcome) {
		t.Welcome = greetingsOf(now.Book)
	}
	if wants(Tiers) && now.TierVer > 0 {
		raw, err := json.Marshal(changed(now.Tiers))
		if err != nil {
			return t, fault("tiers", "不对："+err.Error(), err.Error())
		}
		t.Tiers = raw
	}
	if wants(Plan) {
		for _, s := range now.Plans {
			for _, step := range s.Steps {
				if !step.Library.IsZero() { // what it names stays in its library
					continue
				}
				step.ID, step.Pieces = "", nil
				t.Plan = append(t.Plan, step)
			}
		}
		t.Plan = plan.NameSteps(t.Plan)
	}
	for _, p := range moving {
		if slices.Contains(t.Holds(), p) {
			t.Moves[p] = usual(t.Type, p)
		}
	}
	return t, t.Check()
}

// greetingsOf are the texts of a book's first welcome that is on; those for a mark of a code are of the group alone.
func greetingsOf(b policy.Book) (out []Greeting) {
	for _, r := range rulesOf(b, kindWelcome) {
		var w struct {
			Entries []struct{ Scene, State, Text string } `json:"entries"`
		}
		if r.Mode == policy.RuleOff || json.Unmarshal(r.Params, &w) != nil {
			continue
		}
		for _, e := range w.Entries {
			if e.State == "" && e.Text != "" { // an item that is named stays in its library
				out = append(out, Greeting{e.Scene, e.Text})
			}
		}
		return out
	}
	return nil
}

// changed are the rules of tiers that are different from those that every group begins with, by field.
func changed(r tier.Rules) map[string]json.RawMessage {
	out := map[string]json.RawMessage{}
	for _, c := range tierChanges(tier.Default(), r) {
		out[c.What] = json.RawMessage(c.After)
	}
	return out
}

// usual is the figure that a part of a type's template moves, as the templates that come with Qunluo say.
func usual(kind string, p Part) Move {
	if t, err := ShippedNamed(kind, "en"); err == nil {
		if m, ok := t.Moves[p]; ok {
			return m
		}
	}
	return Move{Metric: measure.MoveSpeakers, Review: 28}
}

// Label names a use as people read it: "service v1 · brand · education".
func (u Use) Label() string {
	out := u.Name + " v" + strconv.Itoa(u.Version)
	for _, s := range []string{u.Purpose, u.Preset} {
		if s != "" {
			out += " · " + s
		}
	}
	return out
}
