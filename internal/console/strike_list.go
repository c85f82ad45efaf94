package console

import (
	"strings"

	"github.com/a-h/templ"

	"qunluo/internal/community"
	"qunluo/internal/console/view"
	"qunluo/internal/console/view/ui"
	"qunluo/internal/policy"
	"qunluo/internal/rights"
)

var strikeRoutes = []route{
	{pattern: "GET /strikes", may: rights.SeePeople, or: rights.SeeVeiled, serve: (*Console).strikeList},
	{pattern: "POST /strikes/{id}/lift", may: rights.Judge, serve: (*Console).strikeLift},
}

// strikeList shows live strikes, or running mutes (?view=mutes), or all strikes (?view=all).
func (c *Console) strikeList(k *call) error {
	g, err := k.groupNamed(k.query("g"))
	if err != nil {
		return err
	}
	at := k.query("view")
	p := view.List{Head: ui.Head{Title: k.T("nav.strikes"), Sub: k.T("strike.sub")}}
	for _, v := range []string{"", "mutes", "all"} {
		p.Tabs = append(p.Tabs, ui.Tab{Text: k.T("strike.tab_" + v + "x"), Link: k.here("view", v), Here: at == v})
	}
	groups, err := k.groupChoice(k.T("list.any"), g)
	if err != nil {
		return err
	}
	tags, err := k.tagFilter(k.T("list.any"))
	if err != nil {
		return err
	}
	p.Filters = ui.Filters{Action: "/strikes", Fields: []ui.Filter{{Kind: "select", Name: "g", Label: k.T("word.group"), Value: k.query("g"), Options: groups}, tags}}
	if at != "" {
		p.Filters.Keep = []ui.Option{{Value: "view", Text: at}}
	}
	if g.Key != 0 || tags.Value != "" {
		p.Filters.Clear = "/strikes"
	}
	if at == "mutes" {
		return muteList(k, p, g)
	}
	f := community.StrikeFilter{Group: g.Key, Tag: tags.Value, Live: at != "all", Now: k.now(), Page: k.page(listLimit)}
	rows, total, err := k.Desk.FindStrikes(k.ctx(), f)
	if err != nil {
		return err
	}
	if p.Table, err = strikeTable(k, rows, "lift-"); err != nil {
		return err
	}
	p.Asks = liftAsks(k, rows, "lift-", k.here())
	p.Table.Empty = ui.Empty{Icon: "scale", Title: k.T("strike.none"), Text: k.T("strike.none_text")}
	p.Table.Pager = k.pager(f.Page, len(rows), total)
	return k.show(p.Head.Title, view.ListPage(p))
}

func strikeTable(k *call, rows []community.StrikeRow, ask string) (ui.Table, error) {
	keys := make([]community.GroupKey, 0, len(rows))
	for _, s := range rows {
		keys = append(keys, s.Group)
	}
	groups, err := k.groupsOf(keys)
	if err != nil {
		return ui.Table{}, err
	}
	who, err := k.userNames()
	if err != nil {
		return ui.Table{}, err
	}
	t := ui.Table{Label: k.T("nav.strikes"), Columns: []ui.Column{{Title: k.T("member.name")}, {Title: k.T("rule.rule")}, {Title: k.T("strike.at")}, {Title: k.T("strike.state")}, {Title: k.T("strike.evidence")}}}
	for _, s := range rows {
		row := ui.Row{Link: "/members/" + s.MemberID.String(), Cells: []templ.Component{ui.Two(s.MemberName, s.GroupName), strikeRule(k, s, groups[s.Group], who),
			ui.Moment(s.At), strikeState(k, s, who), view.Link(messageLink(groups[s.Group], s.Event), evidence(k, s.Message))}}
		if s.Revoked == 0 && s.Expires > k.now() && !k.veiled() {
			row.Actions = ui.ConfirmButton(ui.Opener{Target: ask + s.ID.String(), Text: k.T("strike.lift"), Icon: "arrow-back-up", Small: true})
		}
		t.Rows = append(t.Rows, row)
	}
	return t, nil
}

// evidence is the beginning of the message that a strike rests on.
func evidence(k *call, m community.MessageRow) string {
	if m.Text == "" {
		return k.T("strike.see")
	}
	return short(m.Text, 24)
}

// strikeRule names the rule, or the person who gave the strike.
func strikeRule(k *call, s community.StrikeRow, g community.GroupRow, who func(string) string) templ.Component {
	if s.User != "" {
		return ui.Two(k.T("strike.by_hand")+k.cited(s.Book, s.Article), who(s.User))
	}
	return ui.ReasonChip(ui.Reason{Rule: s.RuleCalled(), Version: s.Book, Article: s.Article, Link: ruleLink(g, s.Rule)})
}

// cited names the version and article on which a strike rests; "" = no rules were in force.
func (k *call) cited(version, article int) string {
	if version == 0 {
		return ""
	}
	said := " · " + k.T("rule.version", "v", version)
	if article > 0 {
		said += " " + k.T("charter.number", "no", article)
	}
	return said
}

func ruleLink(g community.GroupRow, rule string) string {
	if g.Key == 0 || rule == "" {
		return ""
	}
	return "/rules/" + g.ID.String() + "#rule-" + rule
}

func messageLink(g community.GroupRow, number int64) string {
	if g.Key == 0 || number == 0 {
		return ""
	}
	return "/messages/" + g.ID.String() + "/" + itoa(number)
}

func strikeState(k *call, s community.StrikeRow, who func(string) string) templ.Component {
	switch {
	case s.Revoked != 0:
		return view.Stack(ui.Pill("", "arrow-back-up", k.T("strike.revoked")), strings.TrimSpace(who(s.RevokedBy)+" "+s.Why+k.appealOfStrike(s)))
	case s.Expires <= k.now():
		return ui.Pill("", "clock", k.T("strike.expired"))
	}
	return view.Stack(ui.Pill("warning", "scale", k.T("strike.live")), k.T("strike.left", "t", k.Words.Round((s.Expires-k.now())/1000))+k.appealOfStrike(s))
}

// appealOfStrike says what came of the appeal against a strike; "" = there was none.
func (k *call) appealOfStrike(s community.StrikeRow) string {
	if s.Appeal == "" {
		return ""
	}
	return " · " + k.T("appeal.ledger_"+string(s.Appeal))
}

// liftAsks puts the question before each live strike is taken back.
func liftAsks(k *call, rows []community.StrikeRow, ask, back string) []ui.Confirm {
	var out []ui.Confirm
	for _, s := range rows {
		if s.Revoked != 0 || s.Expires <= k.now() {
			continue
		}
		out = append(out, ui.Confirm{ID: ask + s.ID.String(), Title: k.T("strike.lift"), Object: s.MemberName + " · " + s.RuleCalled(), Effect: k.T("strike.lift_effect"),
			Action: "/strikes/" + s.Decision.String() + "/lift", Button: k.T("strike.lift"), Reason: k.T("form.reason"), Need: true, Fields: []ui.Option{{Value: "back", Text: back}}})
	}
	return out
}

// strikeLift takes the decision of the path back: its strikes no longer count.
func (c *Console) strikeLift(k *call) error {
	id, err := k.id()
	if err != nil {
		return err
	}
	to, reason := k.back("/strikes"), k.form("reason")
	if reason == "" {
		return k.done(to, "danger", k.T("act.need_reason"), community.ID{})
	}
	if err := k.Hands.Undo(k.ctx(), k.who(), id, reason); err != nil {
		return k.refused(to, err)
	}
	return k.ok(to, k.T("strike.lifted"))
}

func muteList(k *call, p view.List, g community.GroupRow) error {
	at := k.page(listLimit)
	rows, total, err := k.Desk.FindMuted(k.ctx(), g.Key, k.query("tag"), k.now(), at)
	if err != nil {
		return err
	}
	p.Table = ui.Table{Label: k.T("strike.tab_mutesx"), Columns: []ui.Column{{Title: k.T("member.name")}, {Title: k.T("word.group")}, {Title: k.T("strike.until")}, {Title: k.T("strike.remains")}},
		Empty: ui.Empty{Icon: "message", Title: k.T("strike.no_mutes"), Text: k.T("strike.no_mutes_text")}, Pager: k.pager(at, len(rows), total)}
	keys := make([]community.GroupKey, 0, len(rows))
	for _, m := range rows {
		keys = append(keys, m.Group)
	}
	groups, err := k.groupsOf(keys)
	if err != nil {
		return err
	}
	for _, m := range rows {
		ask := "unmute-" + m.ID.String() + "-" + itoa(int64(m.Group))
		where := groups[m.Group]
		p.Table.Rows = append(p.Table.Rows, ui.Row{Link: "/members/" + m.ID.String(), Cells: []templ.Component{ui.Two(shownName(m), m.External), ui.Name(m.GroupName), ui.Moment(m.MutedTill),
			ui.Text(k.Words.Round((m.MutedTill - k.now()) / 1000))}, Actions: ui.ConfirmButton(ui.Opener{Target: ask, Text: k.T("act.unmute"), Icon: "message", Small: true})})
		p.Asks = append(p.Asks, ui.Confirm{ID: ask, Title: k.T("act.unmute"), Object: shownName(m), Effect: k.T("act.unmute_effect") + "\n" + m.GroupName + k.T("act.level_"+string(k.ability(where, community.Unmute).Level)),
			Action: "/members/" + m.ID.String() + "/unmute", Button: k.T("act.unmute_button"), Reason: k.T("form.reason"), Need: true,
			Fields: []ui.Option{{Value: "g", Text: where.ID.String()}, {Value: "back", Text: "/strikes?view=mutes"}}})
	}
	return k.show(p.Head.Title, view.ListPage(p))
}

// kindTitle says a kind of rule.
func (k *call) kindTitle(kind string) string {
	for _, s := range policy.Kinds() {
		if s.Name == kind {
			return k.Words.Pick(s.Title)
		}
	}
	return kind
}

func (k *call) reason(d community.DecisionRow, h community.RuleHit) ui.Reason {
	r := ui.Reason{Rule: d.RuleCalled(h.Rule), Kind: k.kindTitle(h.Kind), Version: d.Book, Why: k.whyWord(h.Why), Dry: h.Dry}
	if h.Chose {
		r.Article = d.Article
	}
	if !d.GroupID.IsZero() {
		r.Link = "/rules/" + d.GroupID.String() + "#rule-" + h.Rule
	}
	if said := k.hitWords(h); said != "" {
		r.Why = strings.TrimSpace(r.Why + " · " + said)
	}
	return r
}

// hitWords names the words of word lists on which a hit rests; "" = none, or it cannot be told now.
func (k *call) hitWords(h community.RuleHit) string {
	if len(h.Words) == 0 || k.c.deps.Words == nil {
		return ""
	}
	list, err := k.words().Named(k.ctx(), h.Words)
	if err != nil {
		return "" // the hit stands without
	}
	var said []string
	for _, n := range list {
		said = append(said, k.T("words.named_hit", "list", n.List, "v", n.Version, "word", n.Word))
	}
	return strings.Join(said, k.T("list.comma"))
}

// decisionStep is a decision as a line of a history.
func decisionStep(k *call, d community.DecisionRow, who func(string) string) ui.Step {
	s := ui.Step{At: d.At, Icon: "gavel", Title: k.T("verdict." + string(d.Verdict)), Actor: d.GroupName, Text: short(d.Message.Text, 80), Link: "/review?d=" + d.ID.String()}
	if d.Verdict == community.Hit {
		s.Tone = "warning"
	}
	if d.User != "" {
		s.Icon, s.Actor = "user-check", who(d.User)+" · "+d.GroupName
		if _, why, ok := strings.Cut(d.Why, ": "); ok && s.Text == "" {
			s.Text = short(why, 80) // a person's own words
		}
	}
	if did := actionsSaid(k, d); did != "" {
		s.Title += k.T("list.colon") + did
	}
	if d.Resolution != "" {
		s.Title += " · " + k.T("resolution."+d.Resolution)
	}
	for _, h := range d.Hits {
		if h.Chose || s.Reason == nil {
			r := k.reason(d, h)
			s.Reason = &r
		}
	}
	return s
}

// actionsSaid lists what a decision does, with what became of it.
func actionsSaid(k *call, d community.DecisionRow) string {
	var out []string
	for _, a := range d.Actions {
		word := k.T("verb." + string(a.Verb))
		if a.Verb == community.Mute && a.Seconds > 0 {
			word += " " + k.Words.Seconds(a.Seconds)
		}
		if st := d.States[a.ID.String()]; st != "" {
			word += k.T("list.paren", "what", k.T("state."+string(st)))
		}
		out = append(out, word)
	}
	return strings.Join(out, k.T("list.comma"))
}
