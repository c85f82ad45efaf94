package console

import (
	"strconv"
	"strings"

	"github.com/a-h/templ"

	"qunluo/internal/bulk"
	"qunluo/internal/community"
	"qunluo/internal/console/view"
	"qunluo/internal/console/view/ui"
	"qunluo/internal/rights"
)

// bulkList shows what waits for a second person, and what became of the rest.
func (c *Console) bulkList(k *call) error {
	page, state := k.page(listLimit), bulk.State(k.query("state"))
	rows, total, err := k.bulks().List(k.ctx(), state, page)
	if err != nil {
		return err
	}
	who, err := k.userNames()
	if err != nil {
		return err
	}
	states := []ui.Option{{Text: k.T("list.any")}}
	for _, s := range bulk.States {
		states = append(states, ui.Option{Value: string(s), Text: k.T("bulk.is_" + string(s))})
	}
	p := view.List{Head: ui.Head{Title: k.T("bulk.title"), Sub: k.T("bulk.sub"), Back: "/inbox", Actions: view.LinkButtons([][3]string{{"/bulk/rules", "settings", k.T("bulk.rules")}, {"/bulk/new?do=undo", "arrow-back-up", k.T("bulk.do_undo")}})}, Live: "task"}
	p.Filters = ui.Filters{Action: "/bulk", Fields: []ui.Filter{{Kind: "select", Name: "state", Label: k.T("bulk.state"), Value: string(state), Options: states}}}
	p.Table = ui.Table{Label: k.T("bulk.title"), Columns: []ui.Column{{Title: k.T("bulk.what")}, {Title: k.T("bulk.state")}, {Title: k.T("bulk.by")}, {Title: k.T("bulk.decider")}, {Title: k.T("bulk.created")}},
		Empty: ui.Empty{Icon: "users", Title: k.T("bulk.none"), Text: k.T("bulk.none_text"), Button: k.T("nav.members"), Link: "/members"}, Pager: k.pager(page, len(rows), total)}
	for _, b := range rows {
		p.Table.Rows = append(p.Table.Rows, ui.Row{Link: "/bulk/" + b.ID.String(), Cells: []templ.Component{ui.Two(k.bulkWhat(b), b.Reason), k.bulkState(b), ui.Name(who(b.User)), ui.Text(k.bulkDecider(b, who)), ui.Moment(b.Created)}})
	}
	return k.show(p.Head.Title, view.ListPage(p))
}

// bulkWhat is a run in words: what, and to how many.
func (k *call) bulkWhat(b bulk.Proposal) string {
	return k.T("bulk.unit_"+bulkUnit(b.Kind), "what", k.T("bulk.do_"+string(b.Kind)), "num", b.Total, "people", b.People)
}

// bulkUnit is what a kind is counted in.
func bulkUnit(kind bulk.Kind) string {
	switch kind {
	case bulk.Lockdown, bulk.Send:
		return "groups"
	case bulk.Export:
		return "rows"
	case bulk.Loosen:
		return "one"
	case bulk.Undo:
		return "decisions"
	}
	return "people"
}

func (k *call) bulkDecider(b bulk.Proposal, who func(string) string) string {
	switch {
	case b.Decider != "":
		return who(b.Decider)
	case !b.Second:
		return k.T("bulk.not_needed")
	}
	return "–"
}

func (k *call) bulkState(b bulk.Proposal) templ.Component {
	look := map[bulk.State][2]string{bulk.Waiting: {"warning", "clock"}, bulk.Approved: {"warning", "clock"}, bulk.Running: {"info", "refresh"}, bulk.Done: {"good", "check"}, bulk.Stopped: {"", "x"}, bulk.Refused: {"danger", "x"},
		bulk.Expired: {"", "clock"}, bulk.Withdrawn: {"", "x"}, bulk.Undoing: {"info", "arrow-back-up"}, bulk.Undone: {"", "arrow-back-up"}}[b.State]
	return ui.Pill(look[0], look[1], k.T("bulk.is_"+string(b.State)))
}

// bulkPage shows one run: who, what, how far, and what may be done about it.
func (c *Console) bulkPage(k *call) error {
	id, err := k.id()
	if err != nil {
		return err
	}
	b, err := k.bulks().ByID(k.ctx(), id)
	if err != nil {
		return err
	}
	who, err := k.userNames()
	if err != nil {
		return err
	}
	p := view.PlanPage{Head: ui.Head{Title: k.bulkWhat(b), Sub: k.T("bulk.by_line", "who", who(b.User)), Back: "/bulk"}, State: k.bulkState(b), Text: b.Reason, Busy: b.State == bulk.Running || b.State == bulk.Undoing}
	if err := k.bulkAsks(&p, b); err != nil {
		return err
	}
	n := b.Progress
	if n.Planned+n.Done+n.Left+n.Failed+n.Undone+n.Kept > 0 && bulkUnit(b.Kind) != "groups" && b.Kind != bulk.Export && b.Kind != bulk.Loosen {
		for _, s := range []struct {
			key string
			n   int
		}{{"planned", n.Planned}, {"done", n.Done}, {"left_out", n.Left}, {"failed", n.Failed}, {"undone", n.Undone}, {"kept", n.Kept}} {
			if s.n > 0 || s.key == "planned" || s.key == "done" {
				p.Stats = append(p.Stats, ui.Number{Label: k.T("bulk.item_" + s.key), Value: k.Words.Number(int64(s.n))})
			}
		}
		after := number(k.query("after"), 0, 1<<30, 0)
		items, err := k.bulks().Items(k.ctx(), id, k.query("state"), after, listLimit+1)
		if err != nil {
			return err
		}
		more := ""
		if len(items) > listLimit {
			items = items[:listLimit]
			more = k.here("after", strconv.Itoa(items[listLimit-1].N))
			p.Links = append(p.Links, ui.Option{Value: more, Text: k.T("bulk.more")})
		}
		p.Tables = append(p.Tables, view.PlanTable{Title: k.T("bulk.in"), Table: k.bulkPeople(items, true)})
	}
	if len(b.Out) > 0 {
		p.Tables = append(p.Tables, view.PlanTable{Title: k.T("bulk.out"), Note: k.T("bulk.out_note"), Table: k.bulkOut(b.Out)})
	}
	p.Tables = append(p.Tables, view.PlanTable{Title: k.T("bulk.trail"), Table: k.bulkTrail(b, who)})
	return k.show(p.Head.Title, view.PlanShow(p))
}

// bulkTrail is who did what about it, and when.
func (k *call) bulkTrail(b bulk.Proposal, who func(string) string) ui.Table {
	t := ui.Table{Label: k.T("bulk.trail"), Columns: []ui.Column{{Title: k.T("audit.at")}, {Title: k.T("audit.who")}, {Title: k.T("audit.what")}}}
	add := func(at int64, user, key, note string) {
		if at != 0 {
			t.Rows = append(t.Rows, ui.Row{Cells: []templ.Component{ui.Moment(at), ui.Name(who(user)), ui.Two(k.T(key), note)}})
		}
	}
	add(b.Created, b.User, "bulk.did_propose", b.Reason)
	if b.Decider != "" {
		key := "bulk.did_approve"
		if b.State == bulk.Refused {
			key = "bulk.did_refuse"
		}
		add(b.Decided, b.Decider, key, b.Answer)
	}
	add(b.Began, "system", "bulk.did_begin", "")
	if b.Ended != 0 {
		add(b.Ended, b.EndedBy, "bulk.is_"+string(b.State), b.Note)
	}
	return t
}

// bulkAsks offers what this person may do now, or says why they may not.
func (k *call) bulkAsks(p *view.PlanPage, b bulk.Proposal) error {
	at := "/bulk/" + b.ID.String()
	offer := func(key, icon string, danger, need bool) {
		p.Openers = append(p.Openers, ui.Opener{Target: key, Text: k.T("bulk." + key), Icon: icon, Danger: danger})
		p.Asks = append(p.Asks, ui.Confirm{ID: key, Title: k.T("bulk." + key), Object: k.bulkWhat(b), Effect: k.T("bulk." + key + "_effect"), Action: at + "/" + key, Button: k.T("bulk." + key), Danger: danger, Reason: k.T("form.reason"), Need: need})
	}
	switch b.State {
	case bulk.Waiting:
		if err := k.bulkMay(p, b, offer); err != nil {
			return err
		}
		offer("cancel", "x", true, false)
	case bulk.Approved:
		p.Means = k.T("bulk.starts", "at", moment(b.Starts, community.GroupRow{}))
		offer("cancel", "x", true, false)
	case bulk.Running:
		p.Means = k.T("bulk.running")
		offer("cancel", "x", true, false)
	case bulk.Done, bulk.Stopped:
		if b.Kind == bulk.Export && b.User == k.who() {
			if p.Means = k.T("bulk.fetch_line", "id", b.ID.String()); strings.HasPrefix(b.Params.Path, "/") {
				p.Means, p.Links = k.T("bulk.fetch_note"), append(p.Links, ui.Option{Value: bulkFetch(b), Text: k.T("bulk.fetch")})
			}
		}
		if b.Progress.Done > 0 && b.Kind != bulk.Undo {
			offer("undo", "arrow-back-up", true, true)
		}
	}
	return nil
}

// bulkMay offers the second person's word to whoever may give it.
func (k *call) bulkMay(p *view.PlanPage, b bulk.Proposal, offer func(key, icon string, danger, need bool)) error {
	err := k.bulks().MayDecide(k.ctx(), k.who(), b)
	switch community.CodeOf(err) {
	case community.CodeNone:
		p.Means = k.T("bulk.yours", "at", moment(b.Expires, community.GroupRow{}))
		offer("approve", "check", false, false)
		offer("refuse", "x", false, true)
		return nil
	case community.CodeForbidden, community.CodeLate, community.CodeConflict:
	default:
		return err
	}
	others, err := k.bulks().Others(k.ctx(), b.User, b.Kind)
	if err != nil {
		return err
	}
	p.Means = k.T("bulk.not_yours", "at", moment(b.Expires, community.GroupRow{}), "others", others)
	if others == 0 {
		p.Means = k.T("bulk.nobody_else")
		if k.may(rights.Users) {
			p.Links = append(p.Links, ui.Option{Value: "/users/new", Text: k.T("bulk.invite")})
		}
	}
	return nil
}

// bulkLimitFields are the fields of the limits of one kind.
func bulkLimitFields(k *call, kind bulk.Kind, l bulk.Limit) []ui.Input {
	field := func(name string, v int) ui.Input {
		return ui.Input{Of: string(kind), Kind: "number", Name: string(kind) + "_" + name, Label: k.T("bulk.limit_" + name), Value: strconv.Itoa(v), Required: true}
	}
	return []ui.Input{field("soft", l.Soft), field("run", l.Run), field("day", l.Day), field("cool", l.Cool)}
}

// bulkRules shows the limits; an owner changes them.
func (c *Console) bulkRules(k *call) error {
	r, err := k.bulks().Rules(k.ctx())
	if err != nil {
		return err
	}
	return k.bulkRulesShow(r, nil)
}

func (k *call) bulkRulesShow(r bulk.Rules, faults []string) error {
	p := view.PlanForm{Head: ui.Head{Title: k.T("bulk.rules"), Sub: k.T("bulk.rules_sub"), Back: "/bulk"}, Action: "/bulk/rules", Do: k.T("form.save"), Faults: faults}
	if !k.may(rights.Tune) {
		p.Wait, p.Hint = true, k.T("bulk.rules_owner")
	}
	for _, kind := range bulk.Kinds {
		if kind != bulk.Loosen {
			p.Groups = append(p.Groups, view.PlanFields{Title: k.T("bulk.do_" + string(kind)), Note: k.T("bulk.counted_" + bulkUnit(kind)), Rows: bulkLimitFields(k, kind, r.Limits[kind])})
		}
	}
	p.Groups = append(p.Groups, view.PlanFields{Title: k.T("bulk.second_person"), Rows: []ui.Input{{Kind: "number", Name: "expiry", Label: k.T("bulk.expiry"), Value: strconv.Itoa(r.Expiry), Required: true},
		{Kind: "text", Name: "reason", Label: k.T("form.reason"), Value: k.form("reason")}}})
	return k.show(p.Head.Title, view.PlanEdit(p))
}

// bulkRulesSave changes the limits; wider ones wait for a second person.
func (c *Console) bulkRulesSave(k *call) error {
	n := func(name string) int {
		v, err := strconv.Atoi(k.form(name))
		if err != nil {
			return -1
		}
		return v
	}
	r := bulk.Rules{Limits: map[bulk.Kind]bulk.Limit{}, Expiry: n("expiry")}
	for _, kind := range bulk.Kinds {
		if kind != bulk.Loosen {
			r.Limits[kind] = bulk.Limit{Soft: n(string(kind) + "_soft"), Run: n(string(kind) + "_run"), Day: n(string(kind) + "_day"), Cool: n(string(kind) + "_cool")}
		}
	}
	err := k.bulks().SetRules(k.ctx(), k.who(), r, k.form("reason"))
	if community.CodeOf(err) == community.CodeBadInput {
		return k.bulkRulesShow(r, []string{k.T("bulk.bad_rules")})
	}
	if err != nil {
		return k.refused("/bulk/rules", err)
	}
	return k.ok("/bulk/rules", k.T("bulk.rules_saved"))
}
