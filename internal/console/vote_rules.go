package console

import (
	"strconv"
	"strings"

	"qunluo/internal/community"
	"qunluo/internal/console/view"
	"qunluo/internal/console/view/ui"
	"qunluo/internal/points"
	"qunluo/internal/rights"
)

// voteRules shows a group's rules of the vote; an owner changes them.
func (c *Console) voteRules(k *call) error {
	g, err := k.pointGroup(k.query("g"))
	if err != nil {
		return err
	}
	if g.Key == 0 {
		return k.redirect("/vote")
	}
	r, err := k.votes().Rules(k.ctx(), g.Key)
	if err != nil {
		return err
	}
	return k.voteRulesShow(g, r, prizeLines(r.Prizes), nil)
}

// prizeLines writes prizes as people edit them: a line a place, "50" or "50 一本书" or "一本书".
func prizeLines(list []points.Prize) string {
	var lines []string
	for _, p := range list {
		line := p.Name
		if p.Points > 0 || p.Name == "" {
			line = strings.TrimSpace(strconv.Itoa(p.Points) + " " + p.Name)
		}
		lines = append(lines, line)
	}
	return strings.Join(lines, "\n")
}

// readPrizes reads them again.
func readPrizes(text string) []points.Prize {
	var out []points.Prize
	for _, line := range strings.Split(text, "\n") {
		if line = strings.TrimSpace(line); line == "" {
			continue
		}
		first, rest, _ := strings.Cut(line, " ")
		n, err := strconv.Atoi(first)
		if err != nil {
			out = append(out, points.Prize{Name: line})
			continue
		}
		out = append(out, points.Prize{Points: n, Name: strings.TrimSpace(rest)})
	}
	return out
}

func (k *call) voteRulesShow(g community.GroupRow, r points.VoteRules, prizes string, faults []string) error {
	n := func(name string, v int) ui.Input {
		return ui.Input{Kind: "number", Name: name, Label: k.T("vote.rule_" + name), Value: strconv.Itoa(v), Required: true}
	}
	var days []ui.Option
	for d := range 7 {
		days = append(days, ui.Option{Value: strconv.Itoa(d), Text: k.T("vote.day_" + strconv.Itoa(d))})
	}
	p := view.PlanForm{Head: ui.Head{Title: k.T("vote.rules"), Sub: g.Name, Back: "/vote?g=" + g.ID.String()}, Action: "/vote/rules", Do: k.T("form.save"), Faults: faults, Hidden: []ui.Option{{Value: "g", Text: g.ID.String()}}}
	if !k.may(rights.Tune) {
		p.Wait, p.Hint = true, k.T("bulk.rules_owner")
	}
	p.Groups = []view.PlanFields{
		{Title: k.T("vote.rules"), Note: k.T("vote.rules_note", "zone", g.Zone), Rows: []ui.Input{{Kind: "check", Name: "on", Label: k.T("vote.rule_on"), Value: oneIf(r.On)},
			{Kind: "select", Name: "weekday", Label: k.T("vote.rule_weekday"), Value: strconv.Itoa(r.Weekday), Options: days}, n("hour", r.Hour), n("hours", r.Hours)}},
		{Title: k.T("vote.candidates"), Note: k.T("vote.rule_note"), Rows: []ui.Input{n("most", r.Most), n("least", r.Least), {Kind: "text", Name: "word", Label: k.T("vote.rule_word"), Value: r.Word, Required: true, Max: 20},
			k.toldIn(r.Lang)}},
		{Title: k.T("vote.prizes"), Note: k.T("vote.prizes_note"), Rows: []ui.Input{{Kind: "area", Name: "prizes", Label: k.T("vote.prizes"), Value: prizes, Rows: 4, Max: 1200}, {Kind: "text", Name: "reason", Label: k.T("form.reason"), Value: k.form("reason")}}},
	}
	return k.show(p.Head.Title, view.PlanEdit(p))
}

// voteRulesSave changes them.
func (c *Console) voteRulesSave(k *call) error {
	g, err := k.groupNamed(k.form("g"))
	if err != nil {
		return err
	}
	if g.Key == 0 {
		return community.Errorf(community.CodeBadInput, "g: no group")
	}
	prizes := k.typed("prizes")
	r := points.VoteRules{On: k.form("on") == "1", Weekday: whole(k.form("weekday")), Hour: whole(k.form("hour")), Hours: whole(k.form("hours")), Most: whole(k.form("most")), Least: whole(k.form("least")), Word: k.form("word"), Lang: k.form("lang"), Prizes: readPrizes(prizes)}
	err = k.votes().SetRules(k.ctx(), k.who(), g.Key, r, k.form("reason"))
	if community.CodeOf(err) == community.CodeBadInput {
		return k.voteRulesShow(g, r, prizes, []string{k.T("vote.bad_rules")})
	}
	if err != nil {
		return k.refused("/vote", err)
	}
	return k.ok("/vote?g="+g.ID.String(), k.T("vote.saved"))
}

// whole reads a number that the rules check themselves; -1 = it is none.
func whole(text string) int {
	n, err := strconv.Atoi(text)
	if err != nil {
		return -1
	}
	return n
}

// toldIn is the field of the language in which a group is told something.
func (k *call) toldIn(lang string) ui.Input {
	return ui.Input{Kind: "select", Name: "lang", Label: k.T("vote.rule_lang"), Value: lang, Options: []ui.Option{{Value: "zh-CN", Text: k.T("vote.lang_zh")}, {Value: "en", Text: k.T("vote.lang_en")}}}
}
