package console

import (
	"net/url"
	"slices"
	"strconv"

	"qunluo/internal/community"
	"qunluo/internal/console/view"
	"qunluo/internal/console/view/ui"
	"qunluo/internal/proof"
	"qunluo/internal/rights"
)

var reviewRoutes = []route{
	{pattern: "GET /review", may: rights.SeeTexts, serve: (*Console).review},
	{pattern: "POST /review/{id}/judge", may: rights.Judge, asks: judgeAsks, serve: (*Console).reviewJudge},
	{pattern: "POST /review/{id}/act", may: rights.Judge, asks: reviewAsks, serve: (*Console).reviewAct},
	{pattern: "POST /review/{id}/undo", may: rights.Judge, serve: (*Console).reviewUndo},
}

// Bounds of the review page: rows of the queue, and neighbours of the message on each side.
const (
	reviewLimit = 30
	reviewSide  = 6
)

// review shows the queue with one decision open: the one of ?d=, else the first.
func (c *Console) review(k *call) error {
	g, err := k.groupNamed(k.query("g"))
	if err != nil {
		return err
	}
	all := k.query("all") == "1"
	f := community.DecisionFilter{Group: g.Key, Tag: k.query("tag"), Rule: k.query("rule"), Verdict: community.Verdict(k.query("verdict")), Open: !all, Page: k.page(reviewLimit)}
	rows, total, err := k.Desk.FindDecisions(k.ctx(), f)
	if err != nil {
		return err
	}
	p := view.ReviewPage{Head: ui.Head{Title: k.T("nav.review"), Sub: k.T("review.sub")}, Total: total}
	p.Tabs = []ui.Tab{{Text: k.T("review.open"), Link: k.here("all", "", "d", ""), Here: !all}, {Text: k.T("review.all"), Link: k.here("all", "1", "d", ""), Here: all}}
	if !all {
		p.Tabs[0].Count = min(total, community.CountCap)
	}
	if p.Filters, err = reviewFilters(k, g); err != nil {
		return err
	}
	open, err := reviewOpen(k, rows)
	if err != nil {
		return err
	}
	p.Queue = reviewQueue(k, rows, open)
	p.Pager = k.pager(f.Page, len(rows), total)
	p.Empty = ui.Empty{Icon: "circle-check", Title: k.T("review.none"), Text: k.T("review.none_text")}
	if open != nil {
		if err := reviewItem(k, &p, *open, rows); err != nil {
			return err
		}
	}
	return k.show(p.Head.Title, view.Review(p))
}

func reviewFilters(k *call, g community.GroupRow) (ui.Filters, error) {
	fields, err := decisionFilters(k, g)
	if err != nil {
		return ui.Filters{}, err
	}
	out := ui.Filters{Action: "/review", Fields: fields}
	if k.query("all") == "1" {
		out.Keep = []ui.Option{{Value: "all", Text: "1"}}
	}
	if k.query("g")+k.query("tag")+k.query("verdict")+k.query("rule") != "" {
		out.Clear = "/review"
	}
	return out, nil
}

// decisionFilters are what lists of decisions are asked by: group, tag, verdict and rule, and between the last two what else a
// list is asked by.
func decisionFilters(k *call, g community.GroupRow, also ...ui.Filter) ([]ui.Filter, error) {
	groups, err := k.groupChoice(k.T("list.any"), g)
	if err != nil {
		return nil, err
	}
	tags, err := k.tagFilter(k.T("list.any"))
	if err != nil {
		return nil, err
	}
	verdicts := []ui.Option{{Text: k.T("list.any")}}
	for _, v := range []community.Verdict{community.Hit, community.DryHit, community.Spared, community.Faulted} {
		verdicts = append(verdicts, ui.Option{Value: string(v), Text: k.T("verdict." + string(v))})
	}
	out := []ui.Filter{
		{Kind: "select", Name: "g", Label: k.T("word.group"), Value: k.query("g"), Options: groups}, tags,
		{Kind: "select", Name: "verdict", Label: k.T("review.verdict"), Value: k.query("verdict"), Options: verdicts},
	}
	return append(append(out, also...), ui.Filter{Kind: "text", Name: "rule", Label: k.T("rule.rule"), Value: k.query("rule")}), nil
}

// reviewOpen is the decision that stands open; nil where the queue is empty. One that is gone from the queue can still be
// opened by its address.
func reviewOpen(k *call, rows []community.DecisionRow) (*community.DecisionRow, error) {
	want, err := community.ParseID(k.query("d"))
	if err == nil {
		for i := range rows {
			if rows[i].ID == want {
				return &rows[i], nil
			}
		}
		got, err := k.Desk.DecisionByID(k.ctx(), want)
		if err != nil {
			return nil, err
		}
		return &got, nil
	}
	if len(rows) == 0 {
		return nil, nil
	}
	return &rows[0], nil
}

func reviewQueue(k *call, rows []community.DecisionRow, open *community.DecisionRow) []view.QueueLine {
	var out []view.QueueLine
	for _, d := range rows {
		l := view.QueueLine{Link: k.here("d", d.ID.String(), "p", k.query("p")), Name: d.MemberName, Group: d.GroupName, At: d.At, Text: short(d.Message.Text, 40),
			Here: open != nil && d.ID == open.ID, Held: held(d) != nil, Verdict: k.T("verdict." + string(d.Verdict)), Closed: d.Resolution != ""}
		if l.Text == "" {
			l.Text = k.classNote(d.Message.Class)
		}
		out = append(out, l)
	}
	return out
}

// held is the first action of a decision that waits for a person to release it.
func held(d community.DecisionRow) *community.Action {
	for i, a := range d.Actions {
		if a.Hold != "" && d.States[a.ID.String()] == community.HumanTask {
			return &d.Actions[i]
		}
	}
	return nil
}

func reviewItem(k *call, p *view.ReviewPage, d community.DecisionRow, rows []community.DecisionRow) error {
	it := &view.ReviewItem{ID: d.ID.String(), At: d.At, Name: d.MemberName, Verdict: k.T("verdict." + string(d.Verdict)), Did: actionsSaid(k, d), Group: d.GroupName, GroupLink: "/groups/" + d.GroupID.String()}
	if !d.MemberID.IsZero() {
		it.MemberLink = "/members/" + d.MemberID.String()
	}
	for _, h := range d.Hits {
		it.Reasons = append(it.Reasons, k.reason(d, h))
	}
	if err := reviewCopies(k, it, d); err != nil {
		return err
	}
	if d.Rung > 0 {
		it.Rung = k.T("review.rung", "rung", d.Rung)
	}
	g := community.GroupRow{Group: community.Group{Key: d.Group, ID: d.GroupID}}
	if found, err := k.groupsOf([]community.GroupKey{d.Group}); err != nil {
		return err
	} else if row, ok := found[d.Group]; ok {
		g = row
	}
	near, err := k.Desk.Around(k.ctx(), d.Group, d.About(), reviewSide, reviewSide)
	if err != nil {
		return err
	}
	if len(near) == 0 && d.Message.Number != 0 {
		near = []community.MessageRow{d.Message}
	}
	it.Talk = talk(k, g, near, d.About(), spansOf(d.Decision))
	it.Context = messageLink(g, d.About())
	i := slices.IndexFunc(rows, func(r community.DecisionRow) bool { return r.ID == d.ID })
	if i > 0 {
		it.Prev = k.here("d", rows[i-1].ID.String(), "p", k.query("p"))
	}
	if i >= 0 && i+1 < len(rows) {
		it.Next = k.here("d", rows[i+1].ID.String(), "p", k.query("p"))
	}
	if err := reviewHistory(k, it, d); err != nil {
		return err
	}
	who, err := k.userNames()
	if err != nil {
		return err
	}
	if d.Resolution != "" {
		it.Closed = k.T("review.closed", "what", k.T("resolution."+d.Resolution), "who", ui.Visible(who(d.ResolvedBy)), "at", moment(d.ResolvedAt, g))
		it.Reason = d.Reason
	}
	if err := reviewAppeal(k, it, d); err != nil {
		return err
	}
	if err := reviewReport(k, it, d); err != nil {
		return err
	}
	reviewButtons(k, it, d, g, rows, i)
	p.Item = it
	return nil
}

// reviewHistory says who the member is in the group and what was held against them before.
func reviewHistory(k *call, it *view.ReviewItem, d community.DecisionRow) error {
	if d.Member == 0 {
		return nil
	}
	places, err := k.Desk.Memberships(k.ctx(), d.Member)
	if err != nil {
		return err
	}
	for _, row := range places {
		if row.Group != d.Group {
			continue
		}
		since := k.T("member.joined_unknown")
		if row.JoinedAt != 0 {
			since = k.Words.Ago(row.JoinedAt, d.At)
		}
		it.Facts = []ui.Option{{Value: k.T("member.joined"), Text: since}, {Value: k.T("home.messages"), Text: k.Words.Number(row.Messages)}, {Value: k.T("member.strikes"), Text: strconv.Itoa(row.Strikes)}}
		if row.Role != "" && row.Role != community.RoleMember {
			it.Facts = append(it.Facts, ui.Option{Value: k.T("member.role"), Text: k.T("grouprole." + string(row.Role))})
		}
	}
	past, total, err := k.Desk.FindDecisions(k.ctx(), community.DecisionFilter{Member: d.Member, Page: community.Page{Limit: 6}})
	if err != nil {
		return err
	}
	who, err := k.userNames()
	if err != nil {
		return err
	}
	for _, one := range past {
		if one.ID != d.ID && len(it.History) < 5 {
			it.History = append(it.History, decisionStep(k, one, who))
		}
	}
	it.Facts = append(it.Facts, ui.Option{Value: k.T("review.decisions"), Text: k.Words.Number(min(total, community.CountCap))})
	return nil
}

// reviewButtons says what can be done about the open item. The same things are always in the same place.
func reviewButtons(k *call, it *view.ReviewItem, d community.DecisionRow, g community.GroupRow, rows []community.DecisionRow, i int) {
	keep := []ui.Option{}
	for _, name := range []string{"g", "rule", "verdict", "all"} {
		if v := k.query(name); v != "" {
			keep = append(keep, ui.Option{Value: name, Text: v})
		}
	}
	if i >= 0 && i+1 < len(rows) {
		keep = append(keep, ui.Option{Value: "next", Text: rows[i+1].ID.String()})
	} else if i > 0 {
		keep = append(keep, ui.Option{Value: "next", Text: rows[i-1].ID.String()})
	}
	at := "/review/" + d.ID.String()
	judge := func(kind, key, icon, class string) view.Deed {
		return view.Deed{Action: at + "/judge", Fields: append([]ui.Option{{Value: "kind", Text: kind}}, keep...), Text: k.T("review.do_" + kind), Key: key, Icon: icon, Class: class}
	}
	act := func(do, key, icon string) view.Deed {
		return view.Deed{Action: at + "/act", Fields: append([]ui.Option{{Value: "do", Text: do}}, keep...), Text: k.T("review.do_" + do), Key: key, Icon: icon}
	}
	undone := d.Resolution == "undone" || d.Resolution == "false_hit"
	if d.Resolution == "" {
		kind := "kept"
		if d.Verdict != community.Hit {
			kind = "dismiss"
		}
		it.Deeds = append(it.Deeds, judge(kind, "a", "check", "btn-success"))
	}
	if h := held(d); h != nil && d.Resolution == "" {
		it.Held = k.T("review.held", "what", k.T("verb."+string(h.Verb)), "why", holdWord(k, h.Hold))
		it.Release = &ui.Confirm{ID: "release", Title: k.T("review.do_release"), Object: d.MemberName, Effect: k.T("review.release_effect", "what", k.T("verb."+string(h.Verb)), "group", d.GroupName) + k.T("act.level_"+string(k.ability(g, h.Verb).Level)),
			Action: at + "/judge", Button: k.T("review.do_release"), Danger: true, Reason: k.T("form.reason"), Need: true, Fields: append([]ui.Option{{Value: "kind", Text: "release"}}, keep...)}
	}
	if d.Event != 0 && d.Message.Number != 0 && d.Message.Type != community.MemberReported && !d.Message.Recalled && d.Message.Origin != community.OriginImport {
		it.Deeds = append(it.Deeds, act("recall", "d", "arrow-back-up"))
	}
	if d.Member != 0 && d.Message.Origin != community.OriginImport {
		it.Deeds = append(it.Deeds, act("warn", "w", "alert-circle"), act("mute", "m", "volume-off"))
		it.Remove = &ui.Confirm{ID: "remove", Title: k.T("act.remove"), Object: d.MemberName, Effect: k.T("act.remove_effect") + "\n" + d.GroupName + k.T("act.level_"+string(k.ability(g, community.Remove).Level)),
			Action: at + "/act", Button: k.T("act.remove_button"), Danger: true, Reason: k.T("form.reason"), Need: true, Fields: append([]ui.Option{{Value: "do", Text: "remove"}}, keep...), Inputs: actInputs(k, "remove")}
	}
	if !undone && len(d.Hits) > 0 {
		it.Deeds = append(it.Deeds, judge("false_hit", "f", "flame", ""))
	}
	if !undone && (len(d.Strikes) > 0 || len(d.Actions) > 0) {
		it.Undo = &ui.Confirm{ID: "undo", Title: k.T("review.undo"), Object: d.MemberName, Effect: k.T("review.undo_effect", "strikes", len(d.Strikes), "actions", actionsSaid(k, d)),
			Action: at + "/undo", Button: k.T("review.undo"), Reason: k.T("form.reason"), Need: true, Fields: keep}
	}
	for _, v := range []community.Verb{community.RecallMsg, community.Send, community.Mute, community.Remove} {
		it.Abilities = append(it.Abilities, k.abilityMark(v, k.ability(g, v)))
	}
}

func holdWord(k *call, hold string) string {
	if key := "hold." + hold; k.Words.Has(key) {
		return k.T(key)
	}
	return hold
}

// reviewNext is where a handled item leads: the next one, with the same filter.
func reviewNext(k *call) string {
	q := url.Values{}
	for _, name := range []string{"g", "rule", "verdict", "all"} {
		if v := k.form(name); v != "" {
			q.Set(name, v)
		}
	}
	if id, err := community.ParseID(k.form("next")); err == nil {
		q.Set("d", id.String())
	}
	if len(q) == 0 {
		return "/review"
	}
	return "/review?" + q.Encode()
}

// reviewHere reads the decision of the path.
func reviewHere(k *call) (community.DecisionRow, error) {
	id, err := k.id()
	if err != nil {
		return community.DecisionRow{}, err
	}
	return k.Desk.DecisionByID(k.ctx(), id)
}

// reviewKinds are the judgements that the page offers.
var reviewKinds = []string{"kept", "false_hit", "dismiss", "release"}

// judgeAsks says how fresh a proof a judgement takes: none, but to let go a removal that a limit held back.
func judgeAsks(k *call) (proof.Age, error) {
	if k.form("kind") != "release" {
		return proof.Any, nil
	}
	d, err := reviewHere(k)
	if h := held(d); err != nil || h == nil || h.Verb != community.Remove {
		return proof.Any, err
	}
	return proof.OfShift, nil
}

// reviewAsks says how fresh a proof answering a decision takes: to remove whom a rule put before people that of a shift; otherwise, and
// where it was somebody's word that did (people of the house report, too), a late one.
func reviewAsks(k *call) (proof.Age, error) {
	if k.form("do") != "remove" {
		return proof.Any, nil
	}
	d, err := reviewHere(k)
	if err == nil && d.Review == "open" && d.Message.Type != community.MemberReported {
		return proof.OfShift, nil
	}
	return proof.Lately, err
}

// reviewJudge closes a decision.
func (c *Console) reviewJudge(k *call) error {
	d, err := reviewHere(k)
	if err != nil {
		return err
	}
	kind, reason, stay := k.form("kind"), k.form("reason"), "/review?d="+d.ID.String()
	if !slices.Contains(reviewKinds, kind) {
		return community.Errorf(community.CodeBadInput, "judge %q", kind)
	}
	if kind == "release" && reason == "" {
		return k.done(stay, "danger", k.T("act.need_reason"), community.ID{})
	}
	if err := k.Hands.Judge(k.ctx(), k.who(), d.ID, kind, reason); err != nil {
		return k.refused(stay, err)
	}
	return k.ok(reviewNext(k), k.T("review.said_"+kind, "name", d.MemberName))
}

// reviewAct does something to the message or the member and closes the decision.
func (c *Console) reviewAct(k *call) error {
	d, err := reviewHere(k)
	if err != nil {
		return err
	}
	stay, do, reason := "/review?d="+d.ID.String(), k.form("do"), k.form("reason")
	a, err := reviewOrder(k, do).Action(d)
	if err != nil {
		return err
	}
	if do == "remove" && reason == "" {
		return k.done(stay, "danger", k.T("act.need_reason"), community.ID{})
	}
	if reason == "" {
		reason = k.T("review.by_queue", "rules", ruleNames(d))
	}
	ids, undone := k.Hands.Answer(k.ctx(), k.who(), d.ID, reviewOrder(k, do), reason)
	if undone != nil && len(ids) == 0 {
		return k.refused(stay, undone)
	}
	g, err := k.groupsOf([]community.GroupKey{d.Group})
	if err != nil {
		return err
	}
	said := actSaid(k, do, d.MemberName, g[d.Group], a.Verb)
	if undone != nil {
		return k.halfDone(stay, said, undone)
	}
	return k.done(reviewNext(k), "ok", said, first(ids))
}

func ruleNames(d community.DecisionRow) string {
	var out string
	for i, h := range d.Hits {
		if i > 0 {
			out += ", "
		}
		out += d.RuleCalled(h.Rule)
	}
	return out
}

// reviewOrder is what the form wants done; a warning says what it always says.
func reviewOrder(k *call, do string) community.ReviewOrder {
	return community.ReviewOrder{Do: do, Text: k.T("act.warn_default"), Block: k.form("block") == "1"}
}

// reviewUndo takes a decision back.
func (c *Console) reviewUndo(k *call) error {
	d, err := reviewHere(k)
	if err != nil {
		return err
	}
	stay, reason := "/review?d="+d.ID.String(), k.form("reason")
	if reason == "" {
		return k.done(stay, "danger", k.T("act.need_reason"), community.ID{})
	}
	if err := k.Hands.Undo(k.ctx(), k.who(), d.ID, reason); err != nil {
		return k.refused(stay, err)
	}
	return k.ok(reviewNext(k), k.T("review.said_undo", "name", d.MemberName))
}
