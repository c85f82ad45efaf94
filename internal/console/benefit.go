package console

import (
	"strconv"
	"strings"

	"github.com/a-h/templ"

	"qunluo/internal/community"
	"qunluo/internal/console/view"
	"qunluo/internal/console/view/ui"
	"qunluo/internal/tier"
)

// benefitPage shows what each tier gives, who holds it, and who used it.
func (c *Console) benefitPage(k *call) error {
	g, err := k.tierGroup(k.query("g"))
	if err != nil {
		return err
	}
	list, err := k.tiers().Benefits(k.ctx(), g.Key)
	if err != nil {
		return err
	}
	p := view.Insight{Head: ui.Head{Title: k.T("benefit.title"), Sub: g.Name, Back: "/tiers?g=" + g.ID.String()}, Notes: []string{k.T("benefit.note_given"), k.T("benefit.note_use")}}
	for _, t := range tier.Tiers() {
		table, err := k.benefitTable(&p, g, list, t)
		if err != nil {
			return err
		}
		p.Tables = append(p.Tables, view.PlanTable{Title: k.tierWord(t), Table: table})
	}
	uses, err := k.useTable(g, community.ID{})
	if err != nil {
		return err
	}
	p.Tables = append(p.Tables, view.PlanTable{Title: k.T("benefit.uses"), Note: k.T("benefit.uses_note"), Table: uses})
	k.benefitAsks(&p, g, len(list) == 0)
	return k.show(p.Head.Title, view.InsightPage(p), inZone(g))
}

// tierGroup is the group of an address; CodeNotFound without one.
func (k *call) tierGroup(named string) (community.GroupRow, error) {
	g, err := k.groupNamed(named)
	if err == nil && g.Key == 0 {
		err = community.Errorf(community.CodeNotFound, "group %q: not found", named)
	}
	return g, err
}

func (k *call) benefitTable(p *view.Insight, g community.GroupRow, list []tier.Benefit, of tier.Tier) (ui.Table, error) {
	t := ui.Table{Label: k.T("benefit.title") + " " + k.tierWord(of), Columns: []ui.Column{{Title: k.T("benefit.name")}, {Title: k.T("benefit.since")}, {Title: k.T("benefit.holders"), Num: true}, {Title: k.T("benefit.uses"), Num: true}},
		Empty: ui.Empty{Icon: "rosette-discount-check", Title: k.T("benefit.none"), Text: k.T("benefit.none_text")}}
	for _, b := range list {
		if b.Tier != of {
			continue
		}
		row := ui.Row{Link: "/tiers/benefits/" + b.ID.String(), Cells: []templ.Component{ui.Two(b.Name, b.Means), ui.Moment(b.Created), ui.Figure(int64(b.Holders)), ui.Figure(int64(b.Uses))}}
		if b.Ended != 0 {
			row.Cells[1] = ui.Two(k.T("benefit.ended"), k.Words.Ago(b.Ended, k.now()))
			t.Rows = append(t.Rows, row)
			continue
		}
		here := []ui.Option{{Value: "g", Text: g.ID.String()}, {Value: "benefit", Text: b.ID.String()}}
		buttons := []ui.Opener{{Target: "end-" + b.ID.String(), Text: k.T("benefit.end"), Small: true}}
		p.Asks = append(p.Asks, ui.Confirm{ID: "end-" + b.ID.String(), Title: k.T("benefit.end"), Object: b.Name, Effect: k.T("benefit.end_effect", "count", b.Holders), Action: "/tiers/benefits/end", Button: k.T("benefit.end"), Danger: true, Reason: k.T("form.reason"), Need: true, Fields: here})
		if b.Holders > 0 {
			ask, err := k.useAsk(b, here)
			if err != nil {
				return t, err
			}
			p.Asks = append(p.Asks, ask)
			buttons = append([]ui.Opener{{Target: ask.ID, Text: k.T("benefit.use"), Small: true}}, buttons...)
		}
		row.Actions = view.ConfirmButtons(buttons)
		t.Rows = append(t.Rows, row)
	}
	return t, nil
}

// useAsk asks who of those who hold a benefit used it, and what.
func (k *call) useAsk(b tier.Benefit, here []ui.Option) (ui.Confirm, error) {
	held, err := k.tiers().Holders(k.ctx(), b.ID, community.Page{Limit: 200})
	who := ui.Input{Kind: "select", Name: "member", Label: k.T("benefit.who"), Required: true, Of: b.ID.String()}
	for _, h := range held {
		if h.Withdrawn == 0 {
			who.Options = append(who.Options, ui.Option{Value: h.MemberID.String(), Text: ui.Visible(named(h.Called, h.MemberID.String()))})
		}
	}
	return ui.Confirm{ID: "use-" + b.ID.String(), Title: k.T("benefit.use"), Object: b.Name, Effect: k.T("benefit.use_effect"), Action: "/tiers/benefits/use", Button: k.T("benefit.use"), Fields: here,
		Inputs: []ui.Input{who, {Kind: "text", Name: "what", Label: k.T("benefit.what"), Required: true, Of: b.ID.String()}}}, err
}

// benefitAsks offers a new benefit and, where there is none yet, those that are usual.
func (k *call) benefitAsks(p *view.Insight, g community.GroupRow, empty bool) {
	here := []ui.Option{{Value: "g", Text: g.ID.String()}}
	choice := ui.Input{Kind: "select", Name: "tier", Label: k.T("tier.tier"), Value: string(tier.Core)}
	for _, t := range tier.Tiers() {
		choice.Options = append(choice.Options, ui.Option{Value: string(t), Text: k.tierWord(t)})
	}
	p.Asks = append(p.Asks, ui.Confirm{ID: "benefit-new", Title: k.T("benefit.add"), Object: g.Name, Effect: k.T("benefit.add_effect"), Action: "/tiers/benefits", Button: k.T("benefit.add"), Fields: here,
		Inputs: []ui.Input{choice, {Kind: "text", Name: "name", Label: k.T("benefit.name"), Required: true, Max: 60}, {Kind: "area", Name: "means", Label: k.T("benefit.means"), Rows: 3, Max: 500}}})
	p.Openers = append(p.Openers, ui.Opener{Target: "benefit-new", Text: k.T("benefit.add"), Icon: "plus"})
	if empty {
		p.Asks = append(p.Asks, ui.Confirm{ID: "benefit-usual", Title: k.T("benefit.usual"), Object: g.Name, Effect: k.T("benefit.usual_effect"), Action: "/tiers/benefits/usual", Button: k.T("benefit.usual"), Fields: here})
		p.Openers = append(p.Openers, ui.Opener{Target: "benefit-usual", Text: k.T("benefit.usual"), Icon: "list-check"})
	}
}

// usualBenefits are what a group may begin with: words of the catalogue.
var usualBenefits = []struct {
	tier tier.Tier
	key  string
}{{tier.Core, "beta"}, {tier.Core, "offline"}, {tier.Normal, "basic"}, {tier.Lurker, "reach"}}

// benefitUsual adds the usual benefits.
func (c *Console) benefitUsual(k *call) error {
	g, err := k.tierGroup(k.form("g"))
	if err != nil {
		return err
	}
	for _, b := range usualBenefits {
		if _, err := k.tiers().AddBenefit(k.ctx(), k.who(), tier.Benefit{Group: g.Key, Tier: b.tier, Name: k.T("benefit.usual_" + b.key), Means: k.T("benefit.usual_" + b.key + "_means")}); err != nil {
			return k.refused(benefitHome(g), err)
		}
	}
	return k.ok(benefitHome(g), k.T("benefit.added"))
}

func benefitHome(g community.GroupRow) string { return "/tiers/benefits?g=" + g.ID.String() }

// benefitAdd adds a benefit.
func (c *Console) benefitAdd(k *call) error {
	g, err := k.tierGroup(k.form("g"))
	if err != nil {
		return err
	}
	_, err = k.tiers().AddBenefit(k.ctx(), k.who(), tier.Benefit{Group: g.Key, Tier: tier.Tier(k.form("tier")), Name: k.form("name"), Means: k.typed("means")})
	if err != nil {
		return k.refused(benefitHome(g), err)
	}
	return k.ok(benefitHome(g), k.T("benefit.added"))
}

// benefitEnd withdraws a benefit from everybody.
func (c *Console) benefitEnd(k *call) error {
	g, id, err := k.benefitOf()
	if err != nil {
		return err
	}
	if err := k.tiers().EndBenefit(k.ctx(), k.who(), id, k.form("reason")); err != nil {
		return k.refused(benefitHome(g), err)
	}
	return k.ok(benefitHome(g), k.T("benefit.is_ended"))
}

func (k *call) benefitOf() (community.GroupRow, community.ID, error) {
	g, err := k.tierGroup(k.form("g"))
	if err != nil {
		return g, community.ID{}, err
	}
	id, err := community.ParseID(k.form("benefit"))
	if err != nil {
		err = community.Errorf(community.CodeBadInput, "benefit: %w", err)
	}
	return g, id, err
}

// benefitUse records a use.
func (c *Console) benefitUse(k *call) error {
	g, id, err := k.benefitOf()
	if err != nil {
		return err
	}
	member, err := community.ParseID(k.form("member"))
	if err != nil {
		return community.Errorf(community.CodeBadInput, "member: %w", err)
	}
	_, err = k.tiers().UseBenefit(k.ctx(), k.who(), id, member, k.form("what"))
	if community.CodeOf(err) == community.CodeForbidden {
		return k.done(benefitHome(g), "danger", k.T("benefit.not_entitled"), community.ID{})
	}
	if err != nil {
		return k.refused(benefitHome(g), err)
	}
	return k.ok(benefitHome(g), k.T("benefit.used"))
}

// useTable lists uses, the latest first.
func (k *call) useTable(g community.GroupRow, id community.ID) (ui.Table, error) {
	t := ui.Table{Label: k.T("benefit.uses"), Columns: []ui.Column{{Title: k.T("member.name")}, {Title: k.T("benefit.name")}, {Title: k.T("benefit.what")}, {Title: k.T("audit.at")}, {Title: k.T("audit.who")}}, Empty: ui.Empty{Icon: "history", Title: k.T("benefit.no_uses"), Text: k.T("benefit.no_uses_text")}}
	at := k.page(listLimit)
	list, total, err := k.tiers().Uses(k.ctx(), g.Key, id, at)
	if err != nil {
		return t, err
	}
	who, err := k.userNames()
	for _, u := range list {
		t.Rows = append(t.Rows, ui.Row{Link: "/members/" + u.MemberID.String(), Cells: []templ.Component{ui.Name(named(u.Called, "–")), ui.Two(u.Name, k.tierWord(u.Tier)), ui.Text(u.What), ui.Moment(u.At), ui.Text(who(u.User))}})
	}
	t.Pager = k.pager(at, len(list), total)
	return t, err
}

// benefitShow shows who holds and held a benefit, and its uses.
func (c *Console) benefitShow(k *call) error {
	id, err := k.id()
	if err != nil {
		return err
	}
	held, err := k.tiers().Holders(k.ctx(), id, community.Page{Limit: 200})
	if err != nil {
		return err
	}
	b, g, err := k.benefitAt(id)
	if err != nil {
		return err
	}
	p := view.Insight{Head: ui.Head{Title: b.Name, Sub: g.Name + " · " + k.tierWord(b.Tier), Back: benefitHome(g)}}
	t := ui.Table{Label: k.T("benefit.holders"), Columns: []ui.Column{{Title: k.T("member.name")}, {Title: k.T("benefit.granted")}, {Title: k.T("benefit.withdrawn")}}, Empty: ui.Empty{Icon: "users", Title: k.T("benefit.nobody"), Text: k.T("benefit.nobody_text")}}
	for _, h := range held {
		row := ui.Row{Link: "/members/" + h.MemberID.String(), Cells: []templ.Component{ui.Name(named(h.Called, "–")), ui.Moment(h.Granted), ui.Pill("good", "check", k.T("benefit.holds"))}}
		if h.Withdrawn != 0 {
			row.Cells[2] = ui.Moment(h.Withdrawn)
		}
		t.Rows = append(t.Rows, row)
	}
	uses, err := k.useTable(g, id)
	if err != nil {
		return err
	}
	p.Tables = []view.PlanTable{{Title: k.T("benefit.holders"), Note: strings.TrimSpace(ui.Visible(b.Means) + " " + k.T("benefit.holders_note", "count", strconv.Itoa(b.Holders))), Table: t}, {Title: k.T("benefit.uses"), Table: uses}}
	return k.show(p.Head.Title, view.InsightPage(p), inZone(g))
}

// benefitAt finds a benefit with its group.
func (k *call) benefitAt(id community.ID) (tier.Benefit, community.GroupRow, error) {
	b, err := k.tiers().Benefit(k.ctx(), id)
	if err != nil {
		return b, community.GroupRow{}, err
	}
	groups, err := k.groupsOf([]community.GroupKey{b.Group})
	return b, groups[b.Group], err
}

// heldTable lists what a member holds and held in a group.
func (k *call) heldTable(at tier.Place) (ui.Table, error) {
	t := ui.Table{Label: k.T("benefit.title"), Columns: []ui.Column{{Title: k.T("benefit.name")}, {Title: k.T("benefit.granted")}, {Title: k.T("benefit.withdrawn")}}}
	list, err := k.tiers().Held(k.ctx(), at.Group, at.Row.Member)
	for _, h := range list {
		row := ui.Row{Link: "/tiers/benefits/" + h.Benefit.String(), Cells: []templ.Component{ui.Two(h.Name, k.tierWord(h.Tier)), ui.Moment(h.Granted), ui.Pill("good", "check", k.T("benefit.holds"))}}
		if h.Withdrawn != 0 {
			row.Cells[2] = ui.Moment(h.Withdrawn)
		}
		t.Rows = append(t.Rows, row)
	}
	return t, err
}
