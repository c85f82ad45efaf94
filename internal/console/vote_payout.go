package console

import (
	"encoding/json"
	"mime"
	"strconv"

	"github.com/a-h/templ"

	"qunluo/internal/community"
	"qunluo/internal/console/view"
	"qunluo/internal/console/view/ui"
	"qunluo/internal/i18n"
	"qunluo/internal/points"
)

// payoutsAsked reads which payouts are asked for.
func (k *call) payoutsAsked(at community.Page) ([]points.Payout, int, error) {
	g, err := k.groupNamed(k.query("g"))
	if err != nil {
		return nil, 0, err
	}
	var ballot community.ID
	if text := k.query("b"); text != "" {
		if ballot, err = community.ParseID(text); err != nil {
			return nil, 0, community.Errorf(community.CodeNotFound, "ballot: %w", err)
		}
	}
	state := k.query("state")
	switch state {
	case "", points.PayoutOpen, points.PayoutPaid, "unclaimed":
	default:
		return nil, 0, community.Errorf(community.CodeBadInput, "state %q", state)
	}
	return k.votes().Payouts(k.ctx(), g.Key, ballot, state, at)
}

func (k *call) payoutWhat(p points.Payout) string {
	if p.Kind == points.PayPoints {
		return k.T("vote.points", "num", p.Points)
	}
	return p.Prize
}

func (k *call) payoutPill(p points.Payout) templ.Component {
	switch {
	case p.State == points.PayoutPaid:
		return ui.Pill("ok", "check", k.T("vote.pay_paid"))
	case k.now()-p.Made > points.Unclaimed:
		return ui.Pill("warning", "alert-circle", k.T("vote.pay_unclaimed"))
	}
	return ui.Pill("info", "clock", k.T("vote.pay_open"))
}

// votePayouts lists who gets what.
func (c *Console) votePayouts(k *call) error {
	at := k.page(listLimit)
	rows, total, err := k.payoutsAsked(at)
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
	back := "/vote"
	if g.Key != 0 {
		back += "?g=" + g.ID.String()
	}
	p := view.List{Head: ui.Head{Title: k.T("vote.payouts"), Sub: k.T("vote.payouts_sub"), Back: back}}
	states := []ui.Option{{Text: k.T("list.any")}}
	for _, s := range []string{points.PayoutOpen, "unclaimed", points.PayoutPaid} {
		states = append(states, ui.Option{Value: s, Text: k.T("vote.pay_" + s)})
	}
	p.Filters = ui.Filters{Action: "/vote/payouts", Fields: []ui.Filter{{Kind: "select", Name: "g", Label: k.T("word.group"), Value: k.query("g"), Options: groups}, {Kind: "select", Name: "state", Label: k.T("vote.state"), Value: k.query("state"), Options: states}}}
	p.Table = ui.Table{Label: k.T("vote.payouts"), Empty: ui.Empty{Icon: "list-check", Title: k.T("vote.pay_none"), Text: k.T("vote.pay_none_text")},
		Columns: []ui.Column{{Title: k.T("vote.winner")}, {Title: k.T("vote.what")}, {Title: k.T("vote.place_word"), Num: true}, {Title: k.T("vote.state")}, {Title: k.T("vote.paid_by")}, {Title: k.T("vote.note")}}}
	for _, one := range rows {
		by := templ.Component(ui.Text(""))
		if one.State == points.PayoutPaid {
			by = view.Stack(ui.Text(who(one.PaidBy)), i18n.Time(one.PaidAt, nil))
		}
		p.Table.Rows = append(p.Table.Rows, ui.Row{Link: "/vote/payouts/" + one.ID.String(), Cells: []templ.Component{ui.Two(one.Name, one.GroupName+" · "+one.Week), ui.Text(k.payoutWhat(one)), ui.Figure(int64(one.Place)), k.payoutPill(one), by, ui.Text(one.Note)}})
	}
	p.Table.Pager = k.pager(at, len(rows), total)
	k.export(p.Table.Pager, "/vote/payouts.csv")
	return k.show(p.Head.Title, view.ListPage(p))
}

// votePayoutSheet is the list as a file.
func (c *Console) votePayoutSheet(k *call) error {
	at, first := community.Page{Limit: 200}, true
	_, total, err := k.payoutsAsked(at)
	if err == nil {
		err = k.bulkExport(total)
	}
	if err != nil {
		return k.refused("/vote/payouts", err)
	}
	who, err := k.userNames()
	if err != nil {
		return err
	}
	head := []string{"id", k.T("word.group"), k.T("vote.week"), "member", k.T("vote.winner"), k.T("vote.place_word"), k.T("points.amount"), k.T("vote.prize"), k.T("vote.state"), k.T("vote.paid_at"), k.T("vote.paid_by"), k.T("vote.note")}
	return k.sheet("payouts", head, func() ([][]string, error) {
		if !first {
			at.Offset += at.Limit
		}
		first = false
		rows, _, err := k.payoutsAsked(at)
		out := make([][]string, len(rows))
		for i, p := range rows {
			paid, by := "", ""
			if p.State == points.PayoutPaid {
				paid, by = i18n.Time(p.PaidAt, nil), who(p.PaidBy)
			}
			out[i] = []string{p.ID.String(), p.GroupName, p.Week, p.MemberID.String(), p.Name, strconv.Itoa(p.Place), strconv.Itoa(p.Points), p.Prize, k.T("vote.pay_" + p.State), paid, by, p.Note}
		}
		return out, err
	})
}

// votePayoutJSON is the list for programs.
func (c *Console) votePayoutJSON(k *call) error {
	at := community.Page{Limit: 200}
	rows, total, err := k.payoutsAsked(at)
	if err == nil {
		err = k.bulkExport(total)
	}
	if err != nil {
		return k.refused("/vote/payouts", err)
	}
	all := []points.Payout{}
	for len(rows) > 0 {
		all = append(all, rows...)
		at.Offset += at.Limit
		if rows, _, err = k.payoutsAsked(at); err != nil {
			return err
		}
	}
	k.W.Header().Set("Content-Type", "application/json; charset=utf-8")
	k.W.Header().Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": "payouts.json"}))
	if err := json.NewEncoder(k.W).Encode(all); err != nil {
		return nil //nolint:nilerr // the browser left
	}
	return nil
}

// votePayout is one reward: who gets it, and whether they have it.
func (c *Console) votePayout(k *call) error {
	id, err := k.id()
	if err != nil {
		return err
	}
	one, err := k.votes().Payout(k.ctx(), id)
	if err != nil {
		return err
	}
	who, err := k.userNames()
	if err != nil {
		return err
	}
	home := "/vote/payouts/" + id.String()
	p := view.PlanPage{Head: ui.Head{Title: k.payoutWhat(one), Sub: one.Name + " · " + one.GroupName, Back: "/vote/payouts"}, State: k.payoutPill(one), Means: k.T("vote.pay_for", "week", one.Week, "place", one.Place)}
	p.Links = []ui.Option{{Value: "/members/" + one.MemberID.String(), Text: k.T("points.member")}, {Value: "/vote/" + one.Ballot.String(), Text: k.T("vote.see")}}
	if one.State == points.PayoutPaid {
		p.Means += " " + k.T("vote.pay_done", "who", who(one.PaidBy), "at", i18n.Time(one.PaidAt, nil))
		p.Openers = []ui.Opener{{Target: "unpay", Text: k.T("vote.unpay"), Icon: "arrow-back-up"}}
		p.Asks = []ui.Confirm{{ID: "unpay", Title: k.T("vote.unpay"), Object: one.Name + " · " + k.payoutWhat(one), Effect: k.T("vote.unpay_effect"), Action: home + "/unpay", Button: k.T("vote.unpay"), Reason: k.T("form.reason"), Need: true}}
	} else {
		p.Openers = []ui.Opener{{Target: "pay", Text: k.T("vote.pay"), Icon: "check"}}
		p.Asks = []ui.Confirm{{ID: "pay", Title: k.T("vote.pay"), Object: one.Name + " · " + k.payoutWhat(one), Effect: k.T("vote.pay_effect"), Action: home + "/pay", Button: k.T("vote.pay"), Inputs: []ui.Input{{Kind: "text", Name: "note", Label: k.T("vote.note"), Help: k.T("vote.note_help")}}}}
	}
	p.Text = one.Note
	return k.show(p.Head.Title, view.PlanShow(p))
}

// votePay marks a reward as handed over.
func (c *Console) votePay(k *call) error {
	id, err := k.id()
	if err != nil {
		return err
	}
	home := "/vote/payouts/" + id.String()
	if _, err := k.votes().Pay(k.ctx(), k.who(), id, k.form("note")); err != nil {
		return k.payRefused(home, err)
	}
	return k.ok(home, k.T("vote.paid"))
}

// voteUnpay takes the mark back.
func (c *Console) voteUnpay(k *call) error {
	id, err := k.id()
	if err != nil {
		return err
	}
	home := "/vote/payouts/" + id.String()
	if _, err := k.votes().Unpay(k.ctx(), k.who(), id, k.form("reason")); err != nil {
		return k.payRefused(home, err)
	}
	return k.ok(home, k.T("vote.unpaid"))
}

func (k *call) payRefused(to string, err error) error {
	if community.CodeOf(err) == community.CodeConflict {
		return k.done(to, "danger", k.T("vote.pay_conflict"), community.ID{})
	}
	return k.refused(to, err)
}
