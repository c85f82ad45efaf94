package console

import (
	"context"
	"iter"
	"net/http"

	"github.com/a-h/templ"

	"qunluo/internal/community"
	"qunluo/internal/console/view"
	"qunluo/internal/console/view/ui"
	"qunluo/internal/rights"
)

// Veil gives members' pseudonyms, and opens one where a second person agrees.
type Veil interface {
	// Pseudonym is what a member is called: the same each time, in one organisation.
	Pseudonym(org community.OrgKey, m community.MemberKey) string
	// Opened lists the members whom a person may know by name at this moment; Saw puts the first look on record.
	Opened(ctx context.Context, u community.User) (map[community.MemberKey]bool, error)
	Saw(ctx context.Context, u community.User, m community.MemberKey) error
	// Ask says that a person wants to know a name. CodeBadInput: the reason says nothing. CodeConflict: asked before.
	Ask(ctx context.Context, u community.User, member community.ID, reason string) (community.Reveal, error)
	// Answer opens the name for an hour, or not. CodeForbidden: whoever asked answers. CodeConflict: answered before.
	Answer(ctx context.Context, by string, org community.OrgKey, id community.ID, agree bool, why string) error
	Wishes(ctx context.Context, org community.OrgKey) ([]community.Reveal, error)
}

// veilRoutes are there where the house gives pseudonyms.
func (c *Console) veilRoutes() []route {
	if c.deps.Veil == nil {
		return nil
	}
	return []route{
		{pattern: "POST /members/{id}/unveil", may: rights.SeeVeiled, serve: (*Console).veilAsk, risky: true},
		{pattern: "GET /unveil", may: rights.SeeAudit, serve: (*Console).veilList},
		{pattern: "POST /unveil/{id}/answer", may: rights.Unveil, serve: (*Console).veilAnswer, risky: true},
	}
}

// veiled reports whether the person sees members under pseudonyms only.
func (k *call) veiled() bool {
	return k.c.deps.Veil != nil && !k.may(rights.SeePeople) && k.may(rights.SeeVeiled)
}

// putVeil lays the veil over everything that the person reads through their desk: the one place where names become pseudonyms.
func (k *call) putVeil() error {
	if k.c.deps.Veil == nil || k.may(rights.SeePeople) {
		return nil
	}
	open, err := k.c.deps.Veil.Opened(k.ctx(), k.User)
	if err != nil {
		return err
	}
	k.Desk = veiledDesk{k.Desk, veiler{k.c.deps.Veil, k.User.Org, open}}
	k.Persons = nil // who is who across accounts tells names
	return nil
}

// veiler turns members into what may be told of them: rows are made anew of what names nobody, so that a field that is added later is
// not told until somebody says so.
type veiler struct {
	veil Veil
	org  community.OrgKey
	open map[community.MemberKey]bool
}

func (v veiler) name(m community.MemberKey) string {
	if m == 0 {
		return ""
	}
	return v.veil.Pseudonym(v.org, m)
}

func (v veiler) member(m community.Member) community.Member {
	if v.open[m.Key] {
		return m
	}
	return community.Member{Key: m.Key, ID: m.ID, Org: m.Org, Platform: m.Platform, Name: v.name(m.Key), Bot: m.Bot, Mark: m.Mark, Created: m.Created}
}

func (v veiler) row(m community.MemberRow) community.MemberRow {
	out := community.MemberRow{Member: v.member(m.Member), Group: m.Group, GroupName: m.GroupName, Role: m.Role, JoinedAt: m.JoinedAt, Scene: m.Scene, LeftAt: m.LeftAt, LastWord: m.LastWord,
		Messages: m.Messages, Strikes: m.Strikes, MutedTill: m.MutedTill, Said: m.Said, SaidDays: m.SaidDays, In: m.In}
	if v.open[m.Key] {
		out.Card = m.Card
	}
	return out
}

func (v veiler) message(m community.MessageRow) community.MessageRow {
	return community.MessageRow{Number: m.Number, ID: m.ID, Group: m.Group, GroupName: m.GroupName, Seq: m.Seq, Type: m.Type, Member: m.Member, MemberID: m.MemberID, Name: v.name(m.Member), OccurredAt: m.OccurredAt}
}

func (v veiler) strike(s community.StrikeRow) community.StrikeRow {
	name := v.name(s.Member)
	if v.open[s.Member] {
		name = s.MemberName
	}
	return community.StrikeRow{Strike: s.Strike, Message: v.message(s.Message), GroupName: s.GroupName, MemberName: name, MemberID: s.MemberID, Revoked: s.Revoked, RevokedBy: s.RevokedBy, Appeal: s.Appeal, Called: s.Called}
}

// veiledDesk is a desk on which members have pseudonyms, and what they wrote is not told.
type veiledDesk struct {
	Desk
	v veiler
}

func each[T any](rows []T, n int, err error, change func(T) T) ([]T, int, error) {
	for i := range rows {
		rows[i] = change(rows[i])
	}
	return rows, n, err
}

// unnamedFilter takes out of a filter what would tell names by what it finds, or by the order.
func unnamedFilter(f community.MemberFilter) community.MemberFilter {
	f.Text, f.Persons = "", false
	if f.Page.Sort == "name" {
		f.Page.Sort = ""
	}
	return f
}

func (d veiledDesk) FindMembers(ctx context.Context, f community.MemberFilter) ([]community.MemberRow, int, error) {
	rows, n, err := d.Desk.FindMembers(ctx, unnamedFilter(f))
	return each(rows, n, err, d.v.row)
}

func (d veiledDesk) AllMembers(ctx context.Context, f community.MemberFilter) iter.Seq2[[]community.MemberRow, error] {
	return func(yield func([]community.MemberRow, error) bool) {
		for rows, err := range d.Desk.AllMembers(ctx, unnamedFilter(f)) {
			rows, _, err = each(rows, 0, err, d.v.row)
			if !yield(rows, err) {
				return
			}
		}
	}
}

func (d veiledDesk) MemberByID(ctx context.Context, id community.ID) (community.Member, error) {
	m, err := d.Desk.MemberByID(ctx, id)
	if err != nil {
		return community.Member{}, err
	}
	return d.v.member(m), nil
}

func (d veiledDesk) MembersByKey(ctx context.Context, keys []community.MemberKey) ([]community.Member, error) {
	rows, err := d.Desk.MembersByKey(ctx, keys)
	rows, _, err = each(rows, 0, err, d.v.member)
	return rows, err
}

func (d veiledDesk) Memberships(ctx context.Context, m community.MemberKey) ([]community.MemberRow, error) {
	rows, err := d.Desk.Memberships(ctx, m)
	rows, _, err = each(rows, 0, err, d.v.row)
	return rows, err
}

func (d veiledDesk) Invited(ctx context.Context, m community.MemberKey, p community.Page) ([]community.MemberRow, int, error) {
	rows, n, err := d.Desk.Invited(ctx, m, p)
	return each(rows, n, err, d.v.row)
}

func (d veiledDesk) FindMuted(ctx context.Context, g community.GroupKey, tag string, now int64, p community.Page) ([]community.MemberRow, int, error) {
	rows, n, err := d.Desk.FindMuted(ctx, g, tag, now, p)
	return each(rows, n, err, d.v.row)
}

func (d veiledDesk) FindStrikes(ctx context.Context, f community.StrikeFilter) ([]community.StrikeRow, int, error) {
	rows, n, err := d.Desk.FindStrikes(ctx, f)
	return each(rows, n, err, d.v.strike)
}

func (d veiledDesk) Stays(ctx context.Context, m community.MemberKey) ([]community.Stay, error) {
	rows, err := d.Desk.Stays(ctx, m)
	rows, _, err = each(rows, 0, err, func(s community.Stay) community.Stay {
		return community.Stay{ID: s.ID, Group: s.Group, GroupName: s.GroupName, Member: s.Member, JoinedAt: s.JoinedAt, Scene: s.Scene, Inviter: s.Inviter, InviterName: d.v.name(s.Inviter), LeftAt: s.LeftAt, LeftLow: s.LeftLow}
	})
	return rows, err
}

// What tells nothing but names and words is empty under the veil.

func (d veiledDesk) Names(context.Context, community.MemberKey) ([]community.NameSpan, error) {
	return nil, nil
}

func (d veiledDesk) FindMessages(context.Context, community.MessageFilter) ([]community.MessageRow, int, error) {
	return nil, 0, nil
}

func (d veiledDesk) Around(context.Context, community.GroupKey, int64, int, int) ([]community.MessageRow, error) {
	return nil, nil
}

func (d veiledDesk) Heads(context.Context, []community.GroupKey) ([]community.Head, error) {
	return nil, nil
}

func (d veiledDesk) Readings(context.Context, int64) ([]community.Event, error) { return nil, nil }

func (d veiledDesk) Copies(context.Context, community.GroupKey, int64) (community.CopiesRow, error) {
	return community.CopiesRow{}, nil
}

// veiledMember is what somebody sees of a member under the veil: where they are, what they got; and the way to ask who it is.
func (c *Console) veiledMember(k *call, m community.Member, places []community.MemberRow) error {
	open, err := c.deps.Veil.Opened(k.ctx(), k.User)
	if err != nil {
		return err
	}
	if open[m.Key] {
		if err := c.deps.Veil.Saw(k.ctx(), k.User, m.Key); err != nil {
			return err
		}
	}
	p := view.Users{Head: ui.Head{Title: named(m.Name, m.External), Sub: k.T("veil.member_sub"), Back: "/members"}}
	if open[m.Key] {
		p.Head.Sub = k.T("veil.is_open")
	} else {
		ask := ui.Confirm{ID: "unveil", Title: k.T("veil.ask"), Object: m.Name, Effect: k.T("veil.ask_effect"), Action: "/members/" + m.ID.String() + "/unveil", Button: k.T("veil.ask"), Reason: k.T("form.reason"), Need: true}
		p.Asks = append(p.Asks, ask)
		p.Head.Actions = ui.ConfirmButton(ui.Opener{Target: ask.ID, Text: ask.Title, Icon: "eye"})
	}
	p.Table = ui.Table{Label: k.T("nav.groups"), Columns: []ui.Column{{Title: k.T("word.group")}, {Title: k.T("member.joined")}, {Title: k.T("member.last_word")}, {Title: k.T("home.messages"), Num: true}, {Title: k.T("member.strikes"), Num: true}, {Title: k.T("member.state")}},
		Empty: ui.Empty{Icon: "users", Title: k.T("member.none"), Text: k.T("member.none_text")}}
	for _, row := range places {
		p.Table.Rows = append(p.Table.Rows, ui.Row{Cells: []templ.Component{ui.Name(row.GroupName), joinedCell(k, row.JoinedAt), lastWord(k, row.LastWord), ui.Figure(row.Messages), ui.Figure(int64(row.Strikes)), memberState(k, row)}})
	}
	return k.showStatus(http.StatusOK, p.Head.Title, view.UsersPage(p))
}

// veilAsk asks who somebody is.
func (c *Console) veilAsk(k *call) error {
	id, err := k.id()
	if err != nil {
		return err
	}
	if _, err := k.Desk.MemberByID(k.ctx(), id); err != nil {
		return err
	}
	to := "/members/" + id.String()
	_, err = c.deps.Veil.Ask(k.ctx(), k.User, id, k.form("reason"))
	switch community.CodeOf(err) {
	case community.CodeNone:
		return k.ok(to, k.T("veil.asked"))
	case community.CodeBadInput:
		return k.done(to, "danger", k.T("veil.need_reason"), community.ID{})
	}
	return k.refused(to, err)
}

// veilList shows who wanted to know whom, why, and what came of it.
func (c *Console) veilList(k *call) error {
	list, err := c.deps.Veil.Wishes(k.ctx(), k.User.Org)
	if err != nil {
		return err
	}
	names, err := k.userNames()
	if err != nil {
		return err
	}
	p := view.Users{Head: ui.Head{Title: k.T("veil.title"), Sub: k.T("veil.intro"), Back: "/audit"}}
	p.Table = ui.Table{Label: k.T("veil.title"), Columns: []ui.Column{{Title: k.T("veil.whom")}, {Title: k.T("veil.who")}, {Title: k.T("form.reason")}, {Title: k.T("user.state")}, {Title: k.T("veil.by"), Hide: true}},
		Empty: ui.Empty{Icon: "eye", Title: k.T("veil.none"), Text: k.T("veil.none_text")}}
	for _, r := range list {
		pseudonym := c.deps.Veil.Pseudonym(r.Org, r.Member)
		row := ui.Row{Cells: []templ.Component{ui.Name(pseudonym), ui.Two(names(r.AskedBy), k.Words.Ago(r.At, k.now())), ui.Text(r.Reason), k.wishState(r), ui.Two(names(r.DecidedBy), r.Why)}}
		if r.State == community.RevealAsked && k.may(rights.Unveil) && r.AskedBy != k.who() {
			var openers []ui.Opener
			for _, agree := range []bool{true, false} {
				word, value := "refuse", "0"
				if agree {
					word, value = "agree", "1"
				}
				ask := ui.Confirm{ID: word + "-" + r.ID.String(), Title: k.T("veil." + word), Object: pseudonym, Effect: k.T("veil."+word+"_effect", "who", names(r.AskedBy)), Action: "/unveil/" + r.ID.String() + "/answer", Button: k.T("veil." + word), Reason: k.T("form.reason"),
					Danger: agree, Fields: []ui.Option{{Value: "agree", Text: value}}}
				p.Asks = append(p.Asks, ask)
				openers = append(openers, ui.Opener{Target: ask.ID, Text: ask.Title, Small: true, Danger: agree})
			}
			row.Actions = view.Openers(openers)
		}
		p.Table.Rows = append(p.Table.Rows, row)
	}
	return k.show(p.Head.Title, view.UsersPage(p))
}

func (k *call) wishState(r community.Reveal) templ.Component {
	switch {
	case r.State == community.RevealAsked:
		return ui.Pill("warning", "clock", k.T("veil.waits"))
	case r.State == community.RevealRefused:
		return ui.Pill("", "ban", k.T("veil.was_refused"))
	case r.Until > k.now() && r.Seen > 0:
		return ui.Pill("danger", "eye", k.T("veil.open_seen"))
	case r.Until > k.now():
		return ui.Pill("danger", "eye", k.T("veil.open"))
	case r.Seen > 0:
		return ui.Pill("", "check", k.T("veil.over_seen"))
	}
	return ui.Pill("", "check", k.T("veil.over"))
}

// veilAnswer opens a name for an hour, or not.
func (c *Console) veilAnswer(k *call) error {
	id, err := k.id()
	if err != nil {
		return err
	}
	agree := k.form("agree") == "1"
	err = c.deps.Veil.Answer(k.ctx(), k.who(), k.User.Org, id, agree, k.form("reason"))
	switch {
	case community.CodeOf(err) == community.CodeForbidden:
		return k.done("/unveil", "danger", k.T("veil.second"), community.ID{})
	case err != nil:
		return k.refused("/unveil", err)
	case agree:
		return k.ok("/unveil", k.T("veil.agreed"))
	}
	return k.ok("/unveil", k.T("veil.refused"))
}
