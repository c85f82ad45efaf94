package console

import (
	"encoding/json"
	"strconv"
	"strings"
	"time"

	"github.com/a-h/templ"

	"qunluo/internal/community"
	"qunluo/internal/console/view"
	"qunluo/internal/console/view/ui"
	"qunluo/internal/policy"
)

// ruleTest is the test box: one message against the book on the desk. It does nothing to anybody.
func (c *Console) ruleTest(k *call) error {
	b, err := bookHere(k)
	if err != nil {
		return err
	}
	if !b.begun() {
		return k.redirect(b.at())
	}
	text := strings.ReplaceAll(k.R.PostFormValue("text"), "\r\n", "\n")
	joined, repeat, strikes := number(k.form("joined"), 0, 3650, 30), number(k.form("repeat"), 1, 100, 1), number(k.form("strikes"), 0, 10, 0)
	p := view.RuleTest{Action: b.at() + "/test", Tried: k.R.Method == "POST" && text != ""}
	p.Head, p.Tabs = b.head(k)
	role := community.Role(k.form("role"))
	p.Inputs = []ui.Input{
		{Kind: "area", Name: "text", Label: k.T("rule.try_text"), Value: text, Required: true, Rows: 3},
		{Kind: "select", Name: "role", Label: k.T("member.role"), Value: string(role), Options: []ui.Option{{Value: "member", Text: k.T("grouprole.member")}, {Value: "admin", Text: k.T("grouprole.admin")}, {Value: "owner", Text: k.T("grouprole.owner")}, {Value: "bot", Text: k.T("grouprole.bot")}}},
		{Kind: "number", Name: "joined", Label: k.T("rule.try_joined"), Value: strconv.Itoa(joined), Help: k.T("rule.try_joined_help")},
		{Kind: "number", Name: "repeat", Label: k.T("rule.try_repeat"), Value: strconv.Itoa(repeat)},
		{Kind: "number", Name: "strikes", Label: k.T("rule.try_strikes"), Value: strconv.Itoa(strikes)},
	}
	if !p.Tried {
		return k.show(p.Head.Title, view.RuleTryPage(p))
	}
	raw := b.raw()
	if faults := c.deps.Books.Check(k.ctx(), b.g.Key, raw); len(faults) > 0 {
		p.Faults = b.faultList(k)
		return k.show(p.Head.Title, view.RuleTryPage(p))
	}
	rb, err := policy.Parse(raw)
	if err != nil {
		return err
	}
	probe := policy.Probe{Text: text, Role: role, Name: k.T("rule.try_name"), Messages: int64(joined), Strikes: strikes, Repeat: repeat, At: k.now(), JoinedMs: int64(joined) * 24 * time.Hour.Milliseconds()}
	if joined == 0 {
		probe.JoinedMs = time.Minute.Milliseconds()
	}
	tryResult(k, &p, text, policy.Test(rb, probe))
	return k.show(p.Head.Title, view.RuleTryPage(p))
}

func tryResult(k *call, p *view.RuleTest, text string, t policy.Trial) {
	var spans []community.Span
	for _, d := range t.Decisions {
		if len(spans) == 0 {
			spans = spansOf(d)
		}
		row := community.DecisionRow{Decision: d}
		said := k.T("verdict." + string(d.Verdict))
		if did := actionsSaid(k, row); did != "" {
			said += k.T("list.colon") + did
		}
		if len(d.Strikes) > 0 {
			said += k.T("rule.try_strike", "rung", d.Rung)
		}
		for _, a := range d.Actions {
			if a.Text != "" {
				said += "\n" + a.Text
			}
		}
		p.Outcome = append(p.Outcome, said)
	}
	p.Parts = marked(text, spans)
	p.Rules = ui.Table{Label: k.T("rule.try_rules"), Columns: []ui.Column{{Title: k.T("rule.rule")}, {Title: k.T("rule.kind")}, {Title: k.T("rule.mode")}, {Title: k.T("rule.try_says")}}}
	for _, r := range t.Rules {
		says := view.Quiet(k.T("rule.try_silent"))
		if r.Hit != nil {
			why := k.whyWord(r.Hit.Why)
			if r.Hit.Dry {
				says = ui.Pill("info", "eye", k.T("rule.try_dry")+" "+why)
			} else {
				says = ui.Pill("warning", "gavel", k.T("rule.try_hit")+" "+why)
			}
		}
		p.Rules.Rows = append(p.Rules.Rows, ui.Row{Cells: []templ.Component{ui.Two(r.Name, r.ID), ui.Text(k.kindTitle(r.Kind)), ui.Text(k.T("rulemode." + r.Mode)), says}})
	}
}

// replayDays are the spans that a replay offers.
var replayDays = []int{7, 30, 90, 365}

// ruleReplay runs the book on the desk over the group's own history: nothing is done to anybody. It is a reading, so its
// address can be sent to a colleague.
func (c *Console) ruleReplay(k *call) error {
	b, err := bookHere(k)
	if err != nil {
		return err
	}
	if !b.begun() {
		return k.redirect(b.at())
	}
	days, against := number(k.query("days"), 1, 3650, 30), k.query("against")
	p := view.RuleReplay{Ran: k.query("run") == "1", Empty: ui.Empty{Icon: "history", Title: k.T("replay.not_run"), Text: k.T("replay.not_run_text")}}
	p.Head, p.Tabs = b.head(k)
	p.Filters = ui.Filters{Action: b.at() + "/replay", Keep: []ui.Option{{Value: "run", Text: "1"}}, Fields: []ui.Filter{
		{Kind: "select", Name: "days", Label: k.T("group.span"), Value: strconv.Itoa(days)},
		{Kind: "select", Name: "against", Label: k.T("replay.against"), Value: against, Options: []ui.Option{{Text: k.T("replay.whatif")}}},
	}}
	for _, n := range replayDays {
		p.Filters.Fields[0].Options = append(p.Filters.Fields[0].Options, ui.Option{Value: strconv.Itoa(n), Text: k.T("group.days", "count", n)})
	}
	if b.force.Version > 0 && b.drafted() {
		p.Filters.Fields[1].Options = append(p.Filters.Fields[1].Options, ui.Option{Value: "force", Text: k.T("replay.difference", "v", b.force.Version)})
	}
	p.Publish = b.publishAsk(k, len(bookDiff(k, b.force.Body, b.raw())))
	if !p.Ran {
		return k.show(p.Head.Title, view.RuleReplayPage(p))
	}
	if p.Faults = b.faultList(k); len(p.Faults) > 0 {
		p.Ran = false
		return k.show(p.Head.Title, view.RuleReplayPage(p))
	}
	var base json.RawMessage
	if against == "force" && b.force.Version > 0 {
		base = b.force.Body
	}
	rep, err := c.deps.Books.Replay(k.ctx(), b.g.Key, b.raw(), base, k.now()-int64(days)*24*time.Hour.Milliseconds(), k.now())
	if err != nil {
		return k.refused(b.at()+"/replay", err)
	}
	replayResult(k, &p, b, rep, base != nil)
	return k.show(p.Head.Title, view.RuleReplayPage(p), inZone(b.g))
}

func replayResult(k *call, p *view.RuleReplay, b bookDesk, rep ReplayReport, compared bool) {
	p.Sum = k.T("replay.sum", "events", k.Words.Number(rep.Events), "from", moment(rep.From, b.g), "to", moment(rep.To, b.g), "millis", k.Words.Number(rep.Millis))
	p.Notes = append(p.Notes, k.T("replay.judges"))
	if rep.Erased > 0 {
		p.Notes = append(p.Notes, k.T("replay.erased", "count", k.Words.Number(rep.Erased)))
	}
	names := map[string]string{}
	for _, r := range typed(b.raw()).Rules {
		names[r.ID] = r.Name
	}
	cols := []string{"replay.hits", "replay.members"}
	if compared {
		cols = append(cols, "replay.base_hits", "replay.base_members")
	}
	cols = append(cols, "rung.recall", "rung.warn", "rung.mute", "rung.remove")
	p.Counts = ui.Table{Label: k.T("replay.per_rule"), Columns: []ui.Column{{Title: k.T("rule.rule")}}, Empty: ui.Empty{Icon: "shield-check", Title: k.T("replay.nothing"), Text: k.T("replay.nothing_text")}}
	for _, c := range cols {
		p.Counts.Columns = append(p.Counts.Columns, ui.Column{Title: k.T(c), Num: true})
	}
	for _, n := range rep.PerRule {
		figures := []int64{n.Hits, n.Members}
		if compared {
			figures = append(figures, n.BaseHits, n.BaseMembers)
		}
		row := ui.Row{Cells: []templ.Component{ui.Two(names[n.Rule], n.Rule)}}
		for _, f := range append(figures, n.Recall, n.Warn, n.Mute, n.Remove) {
			row.Cells = append(row.Cells, ui.Figure(f))
		}
		p.Counts.Rows = append(p.Counts.Rows, row)
	}
	for _, d := range rep.Rows {
		p.Rows = append(p.Rows, replayRow(k, b, d))
	}
	for _, d := range rep.Gone {
		p.Gone = append(p.Gone, replayRow(k, b, d))
	}
	if len(rep.Rows) >= 200 || len(rep.Gone) >= 200 {
		p.Cut = k.T("replay.cut")
	}
}

func replayRow(k *call, b bookDesk, d community.DecisionRow) view.ReplayRow {
	row := view.ReplayRow{At: d.At, Name: d.MemberName, Parts: marked(d.Message.Text, spansOf(d.Decision)), Note: k.classNote(d.Message.Class), Link: messageLink(b.g, d.Event), Did: actionsSaid(k, d)}
	if !d.MemberID.IsZero() {
		row.MemberLink = "/members/" + d.MemberID.String()
	}
	if row.Did == "" {
		row.Did = k.T("verdict." + string(d.Verdict))
	}
	for _, h := range d.Hits {
		row.Reasons = append(row.Reasons, ui.Reason{Rule: h.Rule, Why: k.whyWord(h.Why), Dry: h.Dry})
	}
	return row
}
