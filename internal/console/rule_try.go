package console

import (
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/a-h/templ"

	"qunluo/internal/community"
	"qunluo/internal/console/view"
	"qunluo/internal/console/view/ui"
	"qunluo/internal/policy"
	"qunluo/internal/replay"
	"qunluo/internal/rights"
)

// ruleTest leads to the laboratory, where the test box stands.
func (c *Console) ruleTest(k *call) error {
	b, err := bookHere(k)
	if err != nil {
		return err
	}
	return k.redirect(b.labAt("") + "#try")
}

// ruleTry tries one message against the book on the desk, in the laboratory. It does nothing to anybody.
func (c *Console) ruleTry(k *call) error {
	b, err := bookHere(k)
	if err != nil {
		return err
	}
	if !b.begun() {
		return k.redirect(b.at())
	}
	if b.lab = k.form("rule"); b.lab == "" && len(b.rules()) > 0 {
		b.lab = text(b.rules()[0]["id"])
	}
	t := k.trial()
	p := view.RuleTest{Action: b.at() + "/test", Rule: b.lab, Inputs: t.inputs(k), Tried: true}
	if p.Faults = t.faults(k); len(p.Faults) == 0 {
		p.Faults = b.faultList(k)
	}
	b.tried = &p
	if len(p.Faults) > 0 {
		return b.labForm(k, http.StatusUnprocessableEntity)
	}
	rb, err := c.deps.Books.Ready(b.raw())
	if err != nil {
		return err
	}
	probe := t.probe(k, b.g)
	if probe.Unofficial, err = k.unofficial(b.g); err != nil {
		return err
	}
	if t.join {
		t.text = ""
	}
	tryResult(k, &p, t.text, policy.Test(rb, probe))
	return b.labForm(k, http.StatusOK)
}

// trial is what somebody types into the test box: a message of a member with a past, or somebody who joins.
type trial struct {
	join                    bool
	text, role              string
	joined, repeat, strikes int
	clock                   string // HH:MM in the group's zone; "" = now
	scene, state            string
	class                   community.Class
}

// triedClasses are the kinds of content that the test box offers.
var triedClasses = []community.Class{community.Text, community.Link, community.Share, community.File, community.Image, community.Voice, community.Video, community.Forward, community.Card}

func (k *call) trial() trial {
	return trial{
		join: k.form("what") == "join", text: strings.ReplaceAll(k.R.PostFormValue("text"), "\r\n", "\n"), role: k.form("role"),
		joined: number(k.form("joined"), 0, 3650, 30), repeat: number(k.form("repeat"), 1, 100, 1), strikes: number(k.form("strikes"), 0, 10, 0),
		clock: k.form("clock"), scene: k.form("scene"), state: k.form("state"), class: community.Class(number(k.form("class"), 0, 99, 0)),
	}
}

func (t trial) inputs(k *call) []ui.Input {
	what := ui.Input{Kind: "select", Name: "what", Label: k.T("rule.try_what"), Options: []ui.Option{{Value: "message", Text: k.T("rule.try_text")}, {Value: "join", Text: k.T("rule.try_join")}}}
	if t.join {
		what.Value = "join"
	}
	roles := ui.Input{Kind: "select", Name: "role", Label: k.T("member.role"), Value: t.role}
	for _, r := range []string{"member", "admin", "owner", "bot"} {
		roles.Options = append(roles.Options, ui.Option{Value: r, Text: k.T("grouprole." + r)})
	}
	classes := ui.Input{Kind: "select", Name: "class", Label: k.T("rule.try_class"), Value: strconv.Itoa(int(t.class))}
	for _, c := range triedClasses {
		classes.Options = append(classes.Options, ui.Option{Value: strconv.Itoa(int(c)), Text: k.className(c)})
	}
	return []ui.Input{
		what,
		classes,
		{Kind: "area", Name: "text", Label: k.T("rule.try_text"), Value: t.text, Rows: 3, Help: k.T("rule.try_text_help")},
		roles,
		{Kind: "number", Name: "joined", Label: k.T("rule.try_joined"), Value: strconv.Itoa(t.joined), Help: k.T("rule.try_joined_help")},
		{Kind: "number", Name: "repeat", Label: k.T("rule.try_repeat"), Value: strconv.Itoa(t.repeat)},
		{Kind: "number", Name: "strikes", Label: k.T("rule.try_strikes"), Value: strconv.Itoa(t.strikes)},
		{Kind: "text", Name: "clock", Label: k.T("rule.try_clock"), Value: t.clock, Help: k.T("rule.try_clock_help"), Max: 5},
		{Kind: "text", Name: "scene", Label: k.T("rule.try_scene"), Value: t.scene, Help: k.T("rule.try_scene_help"), Max: 40},
		{Kind: "text", Name: "state", Label: k.T("rule.try_state"), Value: t.state, Max: 100},
	}
}

// faults says what is missing or cannot be read.
func (t trial) faults(k *call) []string {
	var out []string
	if !t.join && t.class == community.Text && strings.TrimSpace(t.text) == "" {
		out = append(out, k.T("rule.try_need_text"))
	}
	if len(t.text) > community.MaxText {
		out = append(out, k.T("rule.try_long"))
	}
	if _, err := time.Parse("15:04", t.clock); t.clock != "" && err != nil {
		out = append(out, k.T("rule.try_bad_clock", "clock", ui.Visible(t.clock)))
	}
	return out
}

func (t trial) probe(k *call, g community.GroupRow) policy.Probe {
	p := policy.Probe{Text: t.text, Class: t.class, Role: community.Role(t.role), Name: k.T("rule.try_name"), Messages: int64(t.joined), Strikes: t.strikes, Repeat: t.repeat,
		At: k.now(), JoinedMs: int64(t.joined) * 24 * time.Hour.Milliseconds(), Join: t.join, Scene: t.scene, State: t.state}
	if t.joined == 0 {
		p.JoinedMs = time.Minute.Milliseconds()
	}
	if at, err := time.Parse("15:04", t.clock); t.clock != "" && err == nil {
		now := time.UnixMilli(p.At).In(zone(g.Zone))
		p.At = time.Date(now.Year(), now.Month(), now.Day(), at.Hour(), at.Minute(), 0, 0, now.Location()).UnixMilli()
	}
	return p
}

// unofficial reports whether a group hears through an unofficial gateway only.
func (k *call) unofficial(g community.GroupRow) (bool, error) {
	accounts, err := k.Desk.Accounts(k.ctx())
	if err != nil {
		return false, err
	}
	heard := false
	for _, a := range accounts {
		if !slices.Contains(g.Accounts, a.Key) || !a.Enabled {
			continue
		}
		kind, err := k.c.kind(a.Connector)
		if err != nil || !kind.Unofficial {
			return false, nil
		}
		heard = true
	}
	return heard, nil
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
			if a.Hold != "" {
				said += "\n" + k.T("rule.try_held", "why", holdWord(k, a.Hold))
			}
		}
		p.Outcome = append(p.Outcome, said)
	}
	if text != "" {
		p.Parts = marked(text, spans)
	}
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
	if k.query("run") != "1" {
		return k.redirect(b.labAt("") + "#past")
	}
	days, against := number(k.query("days"), 1, 3650, 30), k.query("against")
	p := view.RuleReplay{Ran: true, Empty: k.notRun()}
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
	p.Act = b.actAsk(k)
	if p.Publish, err = b.publishAsk(k, len(bookDiff(k, b.force.Body, b.raw()))); err != nil {
		return err
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

// notRun is what stands in the place of a past that was not tried yet.
func (k *call) notRun() ui.Empty {
	return ui.Empty{Icon: "history", Title: k.T("replay.not_run"), Text: k.T("replay.not_run_text")}
}

func replayResult(k *call, p *view.RuleReplay, b bookDesk, rep ReplayReport, compared bool) {
	p.Sum = k.T("replay.sum", "events", k.Words.Number(rep.Events), "from", moment(rep.From, b.g), "to", moment(rep.To, b.g), "millis", k.Words.Number(rep.Millis))
	switch {
	case !compared:
		p.Notes = append(p.Notes, replayCost(k, rep))
	case len(rep.Rows)+len(rep.Gone) == 0:
		p.Notes = append(p.Notes, k.T("replay.same"))
	}
	if rep.Labelled.Cases > 0 {
		p.Notes = append(p.Notes, k.T("case.in_replay")+k.caseSum(rep.Labelled))
	}
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
	cols = append(cols, "case.of_hits", "rung.recall", "rung.warn", "rung.mute", "rung.remove", "replay.answer")
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
		for _, f := range figures {
			row.Cells = append(row.Cells, ui.Figure(f))
		}
		row.Cells = append(row.Cells, ui.Text(casesOf(rep.Labelled, n.Rule)))
		for _, f := range []int64{n.Would["recall"], n.Would["warn"], n.Would["mute"], n.Would["remove"] + n.Would["held"], n.Would["answer"]} {
			row.Cells = append(row.Cells, ui.Figure(f))
		}
		if ask, ok := b.enableAsk(k, n.Rule); ok {
			row.Actions = ui.ConfirmButton(ui.Opener{Target: ask.ID, Text: k.T("replay.enable"), Icon: "rosette-discount-check", Small: true})
			p.Asks = append(p.Asks, ask)
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

// casesOf is how many of a rule's hits among the labelled cases were wanted: "9/10"; "–" = it hits none of them.
func casesOf(s replay.CaseSums, rule string) string {
	i := slices.IndexFunc(s.Rules, func(r replay.RuleCases) bool { return r.Rule == rule })
	if i < 0 {
		return "–"
	}
	return strconv.Itoa(s.Rules[i].Found) + "/" + strconv.Itoa(s.Rules[i].Found+s.Rules[i].False)
}

// replayCost says what the book would cost: how much would be done, to how many, what of it waits for people, and the
// time of looking. Nothing outside is asked.
func replayCost(k *call, rep ReplayReport) string {
	var acts []string
	for _, act := range []string{"recall", "warn", "mute", "remove", "held", "answer"} {
		if n := rep.Would[act]; n > 0 {
			acts = append(acts, k.T("replay.did_"+act, "n", k.Words.Number(n)))
		}
	}
	if len(acts) == 0 {
		return k.T("replay.cost_none")
	}
	micros := (rep.Millis+1)*1000/max(1, rep.Events) + 1 // the clock of a replay counts whole milliseconds
	if rep.Micros > 0 {
		micros = rep.Micros/max(1, rep.Events) + 1
	}
	return k.T("replay.cost", "acts", strings.Join(acts, k.T("list.comma")), "people", k.Words.Number(rep.Concerned), "micros", micros)
}

// enableAsk asks before a rule in dry run of the book that was replayed is switched on and the book published; for owners.
func (b bookDesk) enableAsk(k *call, rule string) (ui.Confirm, bool) {
	i := slices.IndexFunc(b.rules(), func(r map[string]any) bool { return text(r["id"]) == rule })
	if i < 0 || !k.may(rights.Publish) || text(b.rules()[i]["mode"]) != policy.RuleDry {
		return ui.Confirm{}, false
	}
	return ui.Confirm{ID: "enable-" + rule, Title: k.T("replay.enable"), Object: ruleName(b.rules()[i]) + " · " + b.g.Name, Effect: k.T("replay.enable_" + string(b.g.Mode)),
		Action: b.at() + "/enable", Button: k.T("replay.enable"), Danger: true, Reason: k.T("rule.publish_note"), Need: true,
		Fields: []ui.Option{{Value: "stamp", Text: b.stamp()}, {Value: "rule", Text: rule}}, Inputs: append(k.despite(), k.moveOffer()...)}, true
}

// actAsk asks before an observing group is switched on under the book that was replayed; for owners.
func (b bookDesk) actAsk(k *call) *ui.Confirm {
	if !k.may(rights.Publish) || b.g.Mode == community.Live {
		return nil
	}
	return &ui.Confirm{ID: "act", Title: k.T("replay.act"), Object: b.g.Name, Effect: k.T("replay.act_effect", "members", k.Words.Number(b.g.Members)),
		Action: b.at() + "/enable", Button: k.T("replay.act"), Danger: true, Reason: k.T("rule.publish_note"), Need: true,
		Fields: []ui.Option{{Value: "stamp", Text: b.stamp()}, {Value: "live", Text: "1"}}, Inputs: append(k.despite(), k.moveOffer()...)}
}

// ruleEnable puts the book that was tried in force from the same screen: with one rule in another mode (live where none is
// named), or with the group switched on.
func (c *Console) ruleEnable(k *call) error {
	b, err := bookChange(k)
	if err != nil {
		return b.refuse(k, err)
	}
	if id := k.form("rule"); id != "" {
		i := slices.IndexFunc(b.rules(), func(r map[string]any) bool { return text(r["id"]) == id })
		if i < 0 {
			return community.Errorf(community.CodeNotFound, "no rule %q", id)
		}
		mode := k.form("mode")
		if mode == "" {
			mode = policy.RuleLive
		}
		if !slices.Contains(ruleModes, mode) {
			return community.Errorf(community.CodeBadInput, "mode %q", mode)
		}
		b.rules()[i]["mode"] = mode
	}
	if k.form("live") == "1" {
		b.g.Mode = community.Live
	}
	return b.publish(k, b.doc, k.form("reason"), "")
}

func replayRow(k *call, b bookDesk, d community.DecisionRow) view.ReplayRow {
	row := view.ReplayRow{At: d.At, Name: d.MemberName, Parts: marked(d.Message.Text, spansOf(d.Decision)), Note: k.classNote(d.Message.Class), Link: messageLink(b.g, d.Event), Did: actionsSaid(k, d)}
	if !d.MemberID.IsZero() {
		row.MemberLink = "/members/" + d.MemberID.String()
	}
	if row.Did == "" && d.Why != "" { // what would follow
		row.Did = k.wouldWord(d.Why)
	}
	if row.Did == "" {
		row.Did = k.T("verdict." + string(d.Verdict))
	}
	for _, h := range d.Hits {
		row.Reasons = append(row.Reasons, ui.Reason{Rule: h.Rule, Why: k.whyWord(h.Why), Dry: h.Dry})
	}
	return row
}
