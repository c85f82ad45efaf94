package console

import (
	"encoding/json"
	"strconv"

	"github.com/a-h/templ"

	"qunluo/internal/community"
	"qunluo/internal/console/view"
	"qunluo/internal/console/view/ui"
	"qunluo/internal/rights"
	"qunluo/internal/tier"
)

// tierWeeks are how many weeks a trial of rules looks back.
const tierWeeks = 12

// tierNumber is a number of the rules that a form holds.
type tierNumber struct {
	name string
	at   func(*tier.Rules) *int
}

// tierNumbers are the numbers of the rules, by part of the form.
var tierNumbers = map[string][]tierNumber{
	"shares": {
		{"core_low", func(r *tier.Rules) *int { return &r.Core.Low }}, {"core_high", func(r *tier.Rules) *int { return &r.Core.High }},
		{"normal_low", func(r *tier.Rules) *int { return &r.Normal.Low }}, {"normal_high", func(r *tier.Rules) *int { return &r.Normal.High }},
		{"lurker_low", func(r *tier.Rules) *int { return &r.Lurker.Low }}, {"lurker_high", func(r *tier.Rules) *int { return &r.Lurker.High }},
	},
	"lines": {
		{"core_in", func(r *tier.Rules) *int { return &r.CoreIn }}, {"core_cut", func(r *tier.Rules) *int { return &r.CoreCut }}, {"core_out", func(r *tier.Rules) *int { return &r.CoreOut }},
		{"normal_in", func(r *tier.Rules) *int { return &r.NormalIn }}, {"normal_cut", func(r *tier.Rules) *int { return &r.NormalCut }}, {"normal_out", func(r *tier.Rules) *int { return &r.NormalOut }},
		{"grace", func(r *tier.Rules) *int { return &r.Grace }}, {"silence", func(r *tier.Rules) *int { return &r.Silence }}, {"least", func(r *tier.Rules) *int { return &r.Least }},
	},
	"score": {
		{"half_life", func(r *tier.Rules) *int { return &r.HalfLife }}, {"reach", func(r *tier.Rules) *int { return &r.Reach }}, {"answer_cap", func(r *tier.Rules) *int { return &r.AnswerCap }},
	},
}

// tierDraft is what a form of rules holds.
type tierDraft struct {
	group  community.GroupRow
	base   int
	rules  tier.Rules
	tried  bool // these very rules were tried
	reason string
	tags   string // as they were typed
	faults []string
}

// tierRules shows a group's rules; an owner changes them once they were tried.
func (c *Console) tierRules(k *call) error {
	g, err := k.groupNamed(k.query("g"))
	if err != nil {
		return err
	}
	if g.Key == 0 {
		return community.Errorf(community.CodeNotFound, "group %q: not found", k.query("g"))
	}
	book, err := k.tiers().Book(k.ctx(), g.Key)
	if err != nil {
		return err
	}
	return k.tierForm(tierDraft{group: g, base: book.Version, rules: book.Rules, tags: tier.TagText(book.Rules.Tags)}, nil)
}

// tierDraft reads the form. What is no number is −1, which the rules refuse.
func (k *call) tierDraft() (tierDraft, error) {
	g, err := k.groupNamed(k.form("g"))
	if err != nil {
		return tierDraft{}, err
	}
	if g.Key == 0 {
		return tierDraft{}, community.Errorf(community.CodeNotFound, "group %q: not found", k.form("g"))
	}
	d := tierDraft{group: g, base: number(k.form("base"), 0, 1<<30, -1), rules: tier.Default(), reason: k.typed("reason")}
	for _, part := range tierNumbers {
		for _, n := range part {
			*n.at(&d.rules) = number(k.form(n.name), 0, 9999, -1)
		}
	}
	d.rules.Weekday, d.rules.KeepShare, d.rules.Tell = number(k.form("weekday"), 0, 6, -1), k.form("keep_share") == "1", k.form("tell") == "1"
	if d.rules.Tags, err = tier.ParseTags(k.typed("tags")); err != nil {
		d.tags, d.faults = k.typed("tags"), []string{k.T("tier.bad_tags")}
		return d, nil
	}
	d.tags = tier.TagText(d.rules.Tags)
	d.tried = k.R.PostFormValue("tried") == tierMark(d.rules)
	return d, nil
}

// tierMark is rules as a form carries them to say what was tried.
func tierMark(r tier.Rules) string {
	raw, err := json.Marshal(r)
	if err != nil {
		return ""
	}
	return string(raw)
}

// tierRulesTry runs the rules of the form over the past and changes nothing.
func (c *Console) tierRulesTry(k *call) error {
	d, err := k.tierDraft()
	if err != nil {
		return err
	}
	return k.tierTry(d)
}

func (k *call) tierTry(d tierDraft) error {
	if len(d.faults) > 0 && d.rules.Tags == nil && d.tags != "" {
		return k.tierForm(d, nil) // tags that could not be read are shown as they were typed
	}
	was, err := k.tiers().Try(k.ctx(), d.group.Key, d.rules, tierWeeks)
	if community.CodeOf(err) == community.CodeBadInput {
		d.faults = append(d.faults, k.T("tier.bad_rules"))
		return k.tierForm(d, nil)
	}
	if err != nil {
		return k.refused("/tiers/rules?g="+d.group.ID.String(), err)
	}
	d.tried = true
	return k.tierForm(d, &was)
}

// tierRulesSave makes the rules those of the group. Rules that were not tried are tried first.
func (c *Console) tierRulesSave(k *call) error {
	d, err := k.tierDraft()
	if err != nil {
		return err
	}
	if !d.tried {
		return k.tierTry(d)
	}
	if d.reason == "" {
		d.faults = []string{k.T("tier.need_reason")}
		return k.tierTry(d)
	}
	if k.unsaid() {
		d.faults = []string{k.T("adjust.ask")}
		return k.tierTry(d)
	}
	version, err := k.tiers().SetRules(k.aimed(), k.who(), d.group.Key, d.base, d.rules, d.reason)
	if err != nil {
		return k.refused("/tiers/rules?g="+d.group.ID.String(), err)
	}
	return k.ok("/tiers?g="+d.group.ID.String(), k.T("tier.saved", "version", version)+k.aimSaid(d.group.Key))
}

func (k *call) tierForm(d tierDraft, was *tier.Comparison) error {
	g := d.group.ID.String()
	p := view.PlanForm{Head: ui.Head{Title: k.T("tier.rules"), Sub: d.group.Name, Back: "/tiers?g=" + g}, Action: "/tiers/rules", Ask: "/tiers/rules/try", AskText: k.T("tier.try", "weeks", tierWeeks), Do: k.T("tier.apply"), Faults: d.faults,
		Hidden: []ui.Option{{Value: "g", Text: g}, {Value: "base", Text: strconv.Itoa(d.base)}}}
	switch {
	case !k.may(rights.Tune):
		p.Wait, p.Hint = true, k.T("bulk.rules_owner")
	case !d.tried:
		p.Wait, p.Hint = true, k.T("tier.try_first")
	default:
		p.Hint = k.T("tier.next_decision", "weekday", k.weekdayWord(d.rules.Weekday))
	}
	if d.tried {
		p.Hidden = append(p.Hidden, ui.Option{Value: "tried", Text: tierMark(d.rules)})
	}
	for _, part := range []string{"shares", "lines", "score"} {
		fields := view.PlanFields{Title: k.T("tier.part_" + part), Note: k.T("tier.part_" + part + "_note")}
		for _, n := range tierNumbers[part] {
			fields.Rows = append(fields.Rows, ui.Input{Kind: "number", Name: n.name, Label: k.T("tier.rule_" + n.name), Value: strconv.Itoa(*n.at(&d.rules)), Required: true})
		}
		p.Groups = append(p.Groups, fields)
	}
	weekday := ui.Input{Kind: "select", Name: "weekday", Label: k.T("tier.rule_weekday"), Value: strconv.Itoa(d.rules.Weekday)}
	for i := range 7 {
		weekday.Options = append(weekday.Options, ui.Option{Value: strconv.Itoa(i), Text: k.weekdayWord(i)})
	}
	p.Groups[0].Rows = append(p.Groups[0].Rows, ui.Input{Kind: "check", Name: "keep_share", Label: k.T("tier.rule_keep_share"), Value: oneIf(d.rules.KeepShare)})
	p.Groups[1].Rows = append(p.Groups[1].Rows, weekday)
	p.Groups[2].Rows = append(p.Groups[2].Rows, ui.Input{Kind: "check", Name: "tell", Label: k.T("tier.rule_tell"), Value: oneIf(d.rules.Tell)})
	p.Groups[2].Rows = append(p.Groups[2].Rows, ui.Input{Kind: "area", Name: "tags", Label: k.T("tier.rule_tags"), Help: k.T("tier.rule_tags_help"), Value: d.tags, Max: 2000, Rows: 3})
	p.Groups[2].Rows = append(p.Groups[2].Rows, ui.Input{Kind: "text", Name: "reason", Label: k.T("form.reason"), Value: d.reason})
	p.Groups = append(p.Groups, k.moveFields("adjust.offer_one")...)
	if was != nil {
		p.Stats, p.Tables = k.trialStats(*was), []view.PlanTable{k.trialWeeks(*was), k.trialToday(*was)}
	}
	versions, err := k.versionTable(d.group)
	if err != nil {
		return err
	}
	p.Tables = append(p.Tables, versions)
	return k.show(p.Head.Title, view.PlanEdit(p))
}

// trialStats says how rules would have done, beside those in force.
func (k *call) trialStats(c tier.Comparison) []ui.Number {
	weeks, within, members, changes, needless := c.New.Sum()
	_, withinNow, membersNow, changesNow, needlessNow := c.Now.Sum()
	if weeks == 0 {
		return []ui.Number{{Label: k.T("tier.trial_weeks"), Value: "0", Note: k.T("tier.too_few", "least", c.Least)}}
	}
	share := func(n, of int) string {
		if of == 0 {
			return "–"
		}
		return percent(float64(n) / float64(of))
	}
	return []ui.Number{
		{Label: k.T("tier.trial_within"), Value: strconv.Itoa(within) + "/" + strconv.Itoa(weeks), Note: k.T("tier.trial_now", "value", withinNow)},
		{Label: k.T("tier.trial_changes"), Value: k.Words.Number(changes), Note: k.T("tier.trial_now", "value", changesNow)},
		{Label: k.T("tier.trial_needless"), Value: share(needless, members), Note: k.T("tier.trial_now", "value", share(needlessNow, membersNow))},
		{Label: k.T("tier.trial_today"), Value: k.Words.Number(len(c.Today)), Note: k.T("tier.trial_today_note")},
	}
}

// trialWeeks lists the weeks of a trial, the latest first.
func (k *call) trialWeeks(c tier.Comparison) view.PlanTable {
	t := ui.Table{Label: k.T("tier.trial_weeks"), Columns: []ui.Column{{Title: k.T("tier.week")}, {Title: k.T("tier.ranked"), Num: true}, {Title: k.T("tier.core"), Num: true}, {Title: k.T("tier.normal"), Num: true}, {Title: k.T("tier.lurker"), Num: true}, {Title: k.T("tier.trial_changes"), Num: true}, {Title: k.T("tier.needless"), Num: true}}}
	for i := len(c.New.Weeks) - 1; i >= 0; i-- {
		w := c.New.Weeks[i]
		row := ui.Row{Cells: []templ.Component{ui.Text(dayWord(w.Day)), ui.Figure(int64(w.Members))}}
		if w.Shares == nil {
			row.Cells = append(row.Cells, view.Unknown(), view.Unknown(), view.Unknown())
		}
		for _, s := range w.Shares {
			mark := ""
			if !s.Within {
				mark = " " + k.T("tier.mark_outside")
			}
			row.Cells = append(row.Cells, ui.Two(percent(s.Share/100)+mark, k.Words.Number(s.Count)))
		}
		t.Rows = append(t.Rows, ui.Row{Cells: append(row.Cells, ui.Figure(int64(w.Changes)), ui.Figure(int64(w.Needless)))})
	}
	return view.PlanTable{Title: k.T("tier.trial_weeks"), Note: k.T("tier.trial_weeks_note"), Table: t}
}

// trialShown bounds how many members a trial lists.
const trialShown = 100

// trialToday lists who would move, were it decided today.
func (k *call) trialToday(c tier.Comparison) view.PlanTable {
	t := ui.Table{Label: k.T("tier.trial_today"), Columns: []ui.Column{{Title: k.T("member.name")}, {Title: k.T("tier.change")}, {Title: k.T("tier.why")}}, Empty: ui.Empty{Icon: "users", Title: k.T("tier.nobody_moves"), Text: k.T("tier.nobody_moves_text")}}
	shown := c.Today[:min(len(c.Today), trialShown)]
	for _, d := range shown {
		m := c.People[d.Member]
		row := ui.Row{Cells: []templ.Component{ui.Name(named(m.Name, m.External)), ui.Text(k.tierWord(d.Was) + " → " + k.tierWord(d.Tier)), ui.Two(k.reasonOf(d.Numbers, d.Percent()), k.T("tier.why_"+d.Why))}}
		if !m.ID.IsZero() {
			row.Link = "/members/" + m.ID.String()
		}
		t.Rows = append(t.Rows, row)
	}
	return view.PlanTable{Title: k.T("tier.trial_today"), Note: k.T("tier.trial_today_of", "shown", len(shown), "all", len(c.Today)), Table: t}
}

// versionTable lists the versions of the rules.
func (k *call) versionTable(g community.GroupRow) (view.PlanTable, error) {
	t := ui.Table{Label: k.T("tier.versions"), Columns: []ui.Column{{Title: k.T("tier.version"), Num: true}, {Title: k.T("audit.at")}, {Title: k.T("audit.who")}, {Title: k.T("form.reason")}}, Empty: ui.Empty{Icon: "history", Title: k.T("tier.no_versions"), Text: k.T("tier.no_versions_text")}}
	list, err := k.tiers().Versions(k.ctx(), g.Key)
	if err != nil {
		return view.PlanTable{}, err
	}
	who, err := k.userNames()
	for _, v := range list {
		t.Rows = append(t.Rows, ui.Row{Cells: []templ.Component{ui.Figure(int64(v.Version)), ui.Moment(v.At), ui.Text(who(v.User)), ui.Text(v.Note)}})
	}
	return view.PlanTable{Title: k.T("tier.versions"), Table: t}, err
}
