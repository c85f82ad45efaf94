package console

import (
	"strconv"

	"github.com/a-h/templ"

	"qunluo/internal/community"
	"qunluo/internal/console/view"
	"qunluo/internal/console/view/ui"
	"qunluo/internal/draw"
	"qunluo/internal/i18n"
	"qunluo/internal/rights"
)

// prizeFault says in words of prizes what is wrong; "" = nothing of theirs.
func (k *call) prizeFault(err error) string {
	if key := "draw.pay_" + string(community.CodeOf(err)); k.Words.Has(key) {
		return k.T(key)
	}
	return ""
}

// prizesAsked reads which prizes are asked for.
func (k *call) prizesAsked(at community.Page) ([]draw.Payout, int, error) {
	g, err := k.groupNamed(k.query("g"))
	if err != nil {
		return nil, 0, err
	}
	var id community.ID
	if text := k.query("d"); text != "" {
		if id, err = community.ParseID(text); err != nil {
			return nil, 0, community.Errorf(community.CodeNotFound, "draw: %w", err)
		}
	}
	state := k.query("state")
	switch state {
	case "", draw.Open, draw.Paid, draw.Lapsed, "unclaimed":
	default:
		return nil, 0, community.Errorf(community.CodeBadInput, "state %q", state)
	}
	return k.draws().Payouts(k.ctx(), g.Key, id, state, at)
}

func (k *call) prizePill(p draw.Payout) templ.Component {
	switch {
	case p.State == draw.Paid:
		return ui.Pill("ok", "check", k.T("draw.pay_paid"))
	case p.State == draw.Lapsed:
		return ui.Pill("", "x", k.T("draw.pay_lapsed"))
	case p.Unclaimed(k.now()):
		return ui.Pill("warning", "alert-circle", k.T("draw.pay_unclaimed"))
	}
	return ui.Pill("info", "clock", k.T("draw.pay_open"))
}

func (k *call) prizeWhat(p draw.Payout) string {
	return k.T("draw.prize_said", "name", p.Prize, "kind", k.T("draw.kind_"+p.Kind), "yuan", draw.Yuan(p.Fen))
}

// prizeList lists the prizes that were won.
func (c *Console) prizeList(k *call) error {
	at := k.page(listLimit)
	rows, total, err := k.prizesAsked(at)
	if err != nil {
		return err
	}
	who, err := k.userNames()
	if err != nil {
		return err
	}
	g, err := k.groupNamed(k.query("g"))
	if err != nil {
		return err
	}
	groups, err := k.groupChoice(k.T("list.any"), g)
	if err != nil {
		return err
	}
	p := view.List{Head: ui.Head{Title: k.T("draw.payouts"), Sub: k.T("draw.payouts_sub"), Back: "/draws"}, Note: k.T("draw.money_note")}
	states := []ui.Option{{Text: k.T("list.any")}}
	for _, s := range []string{draw.Open, "unclaimed", draw.Paid, draw.Lapsed} {
		states = append(states, ui.Option{Value: s, Text: k.T("draw.pay_" + s)})
	}
	p.Filters = ui.Filters{Action: "/prizes", Fields: []ui.Filter{{Kind: "select", Name: "g", Label: k.T("word.group"), Value: k.query("g"), Options: groups}, {Kind: "select", Name: "state", Label: k.T("draw.state"), Value: k.query("state"), Options: states}}}
	if d := k.query("d"); d != "" {
		p.Filters.Keep, p.Head.Back = []ui.Option{{Value: "d", Text: d}}, "/draws/"+d
	}
	p.Table = ui.Table{Label: k.T("draw.payouts"), Empty: ui.Empty{Icon: "list-check", Title: k.T("draw.pay_none"), Text: k.T("draw.pay_none_text")},
		Columns: []ui.Column{{Title: k.T("draw.winner")}, {Title: k.T("draw.prize")}, {Title: k.T("draw.place_word"), Num: true}, {Title: k.T("draw.state")}, {Title: k.T("draw.until")}, {Title: k.T("draw.receipt")}}}
	for _, one := range rows {
		note := templ.Component(ui.Text(one.Receipt))
		if one.State != draw.Open {
			note = ui.Two(one.Receipt, who(one.PaidBy))
		}
		p.Table.Rows = append(p.Table.Rows, ui.Row{Link: "/prizes/" + one.ID.String(), Cells: []templ.Component{ui.Two(one.Name, one.GroupName+" · "+one.Title), ui.Text(k.prizeWhat(one)), ui.Figure(int64(one.Place)), k.prizePill(one), ui.Moment(one.Until), note}})
	}
	p.Table.Pager = k.pager(at, len(rows), total)
	k.export(p.Table.Pager, "/prizes.csv")
	return k.show(p.Head.Title, view.ListPage(p))
}

// prizeSheet is the list as a file.
func (c *Console) prizeSheet(k *call) error {
	at, first := community.Page{Limit: 200}, true
	_, total, err := k.prizesAsked(at)
	if err == nil {
		err = k.bulkExport(total)
	}
	if err != nil {
		return k.refused("/prizes", err)
	}
	who, err := k.userNames()
	if err != nil {
		return err
	}
	head := []string{"id", k.T("word.group"), k.T("draw.title_word"), "member", k.T("draw.winner"), k.T("draw.code"), k.T("draw.place_word"), k.T("draw.prize"), "fen", k.T("draw.state"), k.T("draw.until"), k.T("draw.by"), k.T("draw.receipt")}
	return k.sheet("prizes", head, func() ([][]string, error) {
		if !first {
			at.Offset += at.Limit
		}
		first = false
		rows, _, err := k.prizesAsked(at)
		out := make([][]string, len(rows))
		for i, p := range rows {
			by := ""
			if p.State != draw.Open {
				by = who(p.PaidBy)
			}
			out[i] = []string{p.ID.String(), p.GroupName, p.Title, p.MemberID.String(), p.Name, p.Code, strconv.Itoa(p.Place), p.Prize, strconv.FormatInt(p.Fen, 10), k.T("draw.pay_" + p.State), i18n.Time(p.Until, nil), by, p.Receipt}
		}
		return out, err
	})
}

// prizePage is one prize: who won it, and whether they have it.
func (c *Console) prizePage(k *call) error {
	id, err := k.id()
	if err != nil {
		return err
	}
	one, err := k.draws().Payout(k.ctx(), id)
	if err != nil {
		return err
	}
	who, err := k.userNames()
	if err != nil {
		return err
	}
	home, object := "/prizes/"+id.String(), one.Name+" · "+k.prizeWhat(one)
	p := view.PlanPage{Head: ui.Head{Title: k.prizeWhat(one), Sub: one.Name + " · " + one.GroupName, Back: "/prizes?d=" + one.Draw.String()}, State: k.prizePill(one), Text: one.Receipt,
		Means: k.T("draw.pay_for", "title", ui.Visible(one.Title), "place", one.Place) + " · " + k.T("draw.code") + " " + one.Code}
	p.Links = []ui.Option{{Value: "/members/" + one.MemberID.String(), Text: k.T("draw.member")}, {Value: "/draws/" + one.Draw.String(), Text: k.T("draw.see")}}
	if one.State != draw.Open {
		p.Means += " " + k.T("draw.pay_done", "who", who(one.PaidBy), "at", i18n.Time(one.PaidAt, nil))
	}
	if !k.may(rights.Pay) {
		return k.show(p.Head.Title, view.PlanShow(p))
	}
	ask := func(name, icon string, a ui.Confirm) {
		a.ID, a.Title, a.Object, a.Effect, a.Action, a.Button = "prize-"+name, k.T("draw."+name), object, k.T("draw."+name+"_effect"), home+"/"+name, k.T("draw."+name)
		p.Openers, p.Asks = append(p.Openers, ui.Opener{Target: a.ID, Text: a.Title, Icon: icon}), append(p.Asks, a)
	}
	why := ui.Confirm{Reason: k.T("form.reason"), Need: true}
	if one.State != draw.Open {
		ask("unpay", "arrow-back-up", why)
		return k.show(p.Head.Title, view.PlanShow(p))
	}
	ask("pay", "check", ui.Confirm{Inputs: []ui.Input{{Kind: "text", Name: "receipt", Label: k.T("draw.receipt"), Help: k.T("draw.receipt_help"), Required: true}}})
	if one.Unclaimed(k.now()) {
		ask("lapse", "x", why)
	}
	return k.show(p.Head.Title, view.PlanShow(p))
}
