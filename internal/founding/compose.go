package founding

import (
	"encoding/json"
	"errors"
	"slices"

	"qunluo/internal/community"
	"qunluo/internal/measure"
	"qunluo/internal/plan"
	"qunluo/internal/policy"
	"qunluo/internal/tier"
)

// Use names which template a group is begun with, and how.
type Use struct {
	Name    string `json:"name"`
	Version int    `json:"version"`
	Lang    string `json:"lang"`
	Purpose string `json:"purpose,omitempty"`
	Preset  string `json:"preset,omitempty"`
	Own     bool   `json:"own,omitempty"` // the organisation's own; else one that comes with Qunluo
}

// Foundation is what a template makes for one purpose and trade. A part that it does not fill is nil or empty.
type Foundation struct {
	Use     Use
	Type    string
	KPI     string
	Title   string
	Goal    *measure.Goal
	Book    *policy.Book // without welcome
	Welcome []Greeting
	Tiers   *tier.Rules
	Steps   []plan.Step
	Moves   map[Part]Move
}

// Holds lists the parts that it fills.
func (f Foundation) Holds() (list []Part) {
	for _, p := range Parts() {
		if map[Part]bool{Goal: f.Goal != nil, Rules: f.Book != nil, Welcome: len(f.Welcome) > 0, Tiers: f.Tiers != nil, Plan: len(f.Steps) > 0}[p] {
			list = append(list, p)
		}
	}
	return list
}

// Compose lays a purpose and a trade over a template; "" = none. The error is a [*Fault]; community.CodeNotFound: the template has no
// such purpose or trade.
func (t Template) Compose(purpose, preset string) (Foundation, error) {
	f := Foundation{Use: Use{Name: t.Name, Version: t.Version, Lang: t.Lang, Purpose: purpose, Preset: preset}, Type: t.Type, KPI: t.KPI, Title: t.Title, Welcome: t.Welcome, Steps: plan.NameSteps(t.Plan), Moves: t.Moves}
	aim := Aim{}
	if t.Goal != nil {
		aim = *t.Goal
	}
	if !t.Book.IsZero() {
		book, err := policy.Read(t.Book.RawMessage)
		if err != nil {
			return f, fault("rules", "不对："+err.Error(), err.Error())
		}
		f.Book = &book
	}
	for _, l := range []struct {
		key, field string
		of         map[string]Overlay
	}{{purpose, "purposes", t.Purpose}, {preset, "presets", t.Preset}} {
		if l.key == "" {
			continue
		}
		o, ok := l.of[l.key]
		if !ok {
			return f, &Fault{Path: l.field, Zh: "没有 " + l.key, En: "there is no " + l.key, Code: community.CodeNotFound}
		}
		f.lay(o, &aim)
	}
	if t.Goal != nil {
		goal, err := aim.goal()
		if err != nil {
			return f, err
		}
		f.Goal = &goal
	}
	if len(t.Tiers) > 0 {
		r, err := tiersOf(t.Tiers)
		if err != nil {
			return f, err
		}
		f.Tiers = &r
	}
	return f, nil
}

// lay puts an overlay on.
func (f *Foundation) lay(o Overlay, aim *Aim) {
	if o.Goal != "" {
		aim.Goal = o.Goal
	}
	if o.Value != "" {
		aim.Value = o.Value
	}
	if len(o.Targets) > 0 {
		aim.Targets = o.Targets
	}
	if len(o.Welcome) > 0 {
		f.Welcome = o.Welcome
	}
	if f.Book != nil && len(o.Articles) > 0 {
		book := *f.Book
		book.Charter.Articles = append(slices.Clone(book.Charter.Articles), o.Articles...)
		f.Book = &book
	}
	for _, step := range o.Plan {
		if i := slices.IndexFunc(f.Steps, func(s plan.Step) bool { return s.ID == step.ID && s.ID != "" }); i >= 0 {
			f.Steps[i] = step
			continue
		}
		f.Steps = append(f.Steps, step)
	}
	f.Steps = plan.NameSteps(f.Steps)
}

func (a Aim) goal() (measure.Goal, error) {
	g := measure.Goal{Goal: a.Goal, Value: a.Value}
	for _, text := range a.Targets {
		t, err := measure.ParseTarget(text)
		if err != nil {
			return g, fault("goal.targets", "看不懂 "+text, err.Error())
		}
		g.Targets = append(g.Targets, t)
	}
	if err := g.Check(); err != nil {
		return g, fault("goal", "不对："+err.Error(), err.Error())
	}
	return g, nil
}

// check says what is wrong with a foundation: the first thing.
func (f Foundation) check() error {
	if len(f.Welcome) > maxGreeting {
		return fault("welcome", "最多 20 条", "at most 20")
	}
	for i, g := range f.Welcome {
		if err := text("welcome["+number(i)+"].text", g.Text, maxWelcome, false); err != nil {
			return err
		}
	}
	if f.Goal != nil {
		for path, s := range map[string]string{"goal.goal": f.Goal.Goal, "goal.value": f.Goal.Value} {
			if err := text(path, s, maxSummary, false); err != nil {
				return err
			}
		}
	}
	if err := f.checkPlan(); err != nil || f.Book == nil {
		return err
	}
	b := *f.Book
	if b.Version != 0 || b.Group != "" || len(b.Staff) > 0 || len(b.Allow.Members) > 0 {
		return fault("rules", "不能带版本、群名和成员", "may name no version, group or member")
	}
	if slices.ContainsFunc(b.Rules, func(r policy.Rule) bool { return r.Kind == "welcome" || r.Kind == "mirror" }) {
		return fault("rules", "不能带欢迎语和转发：欢迎语写在 welcome 里，转发属于一个群", "may hold no rule that welcomes or copies: welcomes stand in welcome, copying is of one group")
	}
	return f.checkBook()
}

func (f Foundation) checkPlan() error {
	if len(f.Steps) == 0 {
		return nil
	}
	for i, s := range f.Steps {
		if len(s.Pieces) > 0 {
			return fault("plan["+number(i)+"].pieces", "模板里不能带文件", "a template carries no files")
		}
		if err := text("plan["+number(i)+"].text", s.Text, plan.MaxText, false); err != nil {
			return err
		}
	}
	if err := (plan.SOP{Name: f.Title, Steps: f.Steps}).Check(); err != nil {
		return fault("plan", "不对："+err.Error(), err.Error())
	}
	return nil
}

// checkBook looks whether a group that never had a book could have the template's.
func (f Foundation) checkBook() error {
	book := f.NextBook(policy.Book{Zone: policy.DefaultZone, Mode: community.Observe}, []Part{Rules, Welcome})
	raw, err := json.Marshal(book)
	if err != nil {
		return fault("rules", "不对："+err.Error(), err.Error())
	}
	var problems policy.Problems
	if _, err := policy.Sound(raw); errors.As(err, &problems) && len(problems) > 0 {
		p := problems[0]
		words := p.Words()
		return fault("rules."+p.Path, words[0], words[1])
	} else if err != nil {
		return fault("rules", "不对："+err.Error(), err.Error())
	}
	return nil
}
