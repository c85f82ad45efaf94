package console

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"

	"github.com/a-h/templ"

	"qunluo/internal/admit"
	"qunluo/internal/community"
	"qunluo/internal/console/view"
	"qunluo/internal/console/view/ui"
	"qunluo/internal/plan"
	"qunluo/internal/rights"
	"qunluo/internal/shelf"
)

// Drafts is what the pages of drafts (一稿多发) ask and change. CodeConflict: one was changed meanwhile, put away, or went already; CodeForbidden:
// it names groups that the person does not see.
type Drafts interface {
	Find(ctx context.Context, away bool, at community.Page) ([]plan.Manuscript, int, error)
	Get(ctx context.Context, id community.ID) (plan.Manuscript, error)
	Save(ctx context.Context, user string, id community.ID, seen int64, w plan.Writing, note string) (plan.Manuscript, error)
	Versions(ctx context.Context, id community.ID) ([]plan.WritingVersion, error)
	Archive(ctx context.Context, user string, id community.ID, away bool, reason string) (plan.Manuscript, error)
	// Boxes lists the official accounts that there are.
	Boxes(ctx context.Context) ([]community.Account, error)
	// Looks says what a draft becomes in each channel, Stands where it stands there.
	Looks(ctx context.Context, id community.ID) ([]plan.Look, error)
	Stands(ctx context.Context, id community.ID) ([]plan.Stand, error)
	// Send sends it into channels; none = into all where it has not gone.
	Send(ctx context.Context, user string, id community.ID, channels []plan.Channel, force string) ([]plan.Stand, error)
	// Page gives its page with the short link that counts its openings; CodeNotFound: it has none.
	Page(ctx context.Context, id community.ID) (plan.WebPage, admit.Short, error)
	PageVersions(ctx context.Context, id community.ID) ([]plan.SheetVersion, error)
	Withdraw(ctx context.Context, user string, id community.ID, reason string) error
}

// draftRoutes are there where there are drafts.
func (c *Console) draftRoutes() []route {
	if c.deps.Drafts == nil {
		return nil
	}
	return []route{
		{pattern: "GET /drafts", may: rights.SeeContent, serve: (*Console).draftList},
		{pattern: "GET /drafts/new", may: rights.Write, serve: (*Console).draftNew},
		{pattern: "POST /drafts", may: rights.Write, serve: (*Console).draftSave, upload: true},
		{pattern: "GET /drafts/{id}", may: rights.SeeContent, serve: (*Console).draftPage},
		{pattern: "GET /drafts/{id}/edit", may: rights.Write, serve: (*Console).draftEdit},
		{pattern: "POST /drafts/{id}/archive", may: rights.Write, serve: step("/drafts", nil, func(k *call, id community.ID) (string, error) {
			_, err := k.drafts().Archive(k.ctx(), k.who(), id, k.form("away") == "1", k.form("reason"))
			return k.T("drafts.moved"), err
		})},
		{pattern: "POST /drafts/{id}/send", may: rights.Write, serve: (*Console).draftSend},
		{pattern: "POST /drafts/{id}/withdraw", may: rights.Write, serve: step("/drafts", nil, func(k *call, id community.ID) (string, error) {
			return k.T("drafts.withdrawn"), k.drafts().Withdraw(k.ctx(), k.who(), id, k.form("reason"))
		})},
	}
}

func (k *call) drafts() Drafts { return k.c.deps.Drafts(k.User.Org, k.groups) }

// draftLook is how the states of a channel look.
var draftLook = map[plan.ChannelState][2]string{plan.ChannelIdle: {"", "edit"}, plan.ChannelGoing: {"info", "refresh"}, plan.ChannelWaiting: {"info", "clock"}, plan.ChannelTask: {"warning", "user-check"},
	plan.ChannelSent: {"good", "circle-check"}, plan.ChannelHand: {"good", "circle-check"}, plan.ChannelPartly: {"warning", "alert-circle"}, plan.ChannelFailed: {"danger", "alert-triangle"},
	plan.ChannelUnsure: {"warning", "alert-circle"}, plan.ChannelWithdrawn: {"", "x"}}

func (k *call) draftPill(s plan.ChannelState) templ.Component {
	return ui.Pill(draftLook[s][0], draftLook[s][1], k.T("drafts.is_"+string(s)))
}

// channelNames tells what channels are called.
func (k *call) channelNames() (func(plan.Channel) string, error) {
	boxes, err := k.drafts().Boxes(k.ctx())
	return func(c plan.Channel) string {
		if id, box := c.Box(); box {
			for _, a := range boxes {
				if a.ID == id {
					return k.T("drafts.box", "name", ui.Visible(a.Name))
				}
			}
			return k.T("drafts.box", "name", "–")
		}
		if p, groups := c.Groups(); groups {
			return k.T("drafts.groups_of", "platform", k.platform(p))
		}
		return k.T("drafts.page")
	}, err
}

// draftList lists drafts.
func (c *Console) draftList(k *call) error {
	at := k.page(listLimit)
	list, total, err := k.drafts().Find(k.ctx(), k.query("away") == "1", at)
	if err != nil {
		return err
	}
	name, err := k.channelNames()
	if err != nil {
		return err
	}
	p := view.List{Head: ui.Head{Title: k.T("nav.drafts"), Sub: k.T("drafts.sub")}, Filters: ui.Filters{Action: "/drafts", Fields: []ui.Filter{{Kind: "check", Name: "away", Label: k.T("drafts.away"), Value: k.query("away")}}}, Live: "task decision"}
	empty := ui.Empty{Icon: "message", Title: k.T("drafts.none"), Text: k.T("drafts.none_text")}
	if k.may(rights.Write) {
		p.Head.Actions = view.PlanNew("/drafts/new", k.T("drafts.new"))
		empty.Button, empty.Link = k.T("drafts.new"), "/drafts/new"
	}
	p.Table = ui.Table{Label: k.T("nav.drafts"), Columns: []ui.Column{{Title: k.T("drafts.title")}, {Title: k.T("drafts.version"), Num: true}, {Title: k.T("drafts.went")}, {Title: k.T("drafts.updated")}}, Empty: empty, Pager: k.pager(at, len(list), total)}
	for _, m := range list {
		var went []string
		for _, w := range m.Went {
			if w.State != plan.ChannelIdle {
				went = append(went, name(w.Channel)+" "+k.T("drafts.is_"+string(w.State)))
			}
		}
		p.Table.Rows = append(p.Table.Rows, ui.Row{Link: "/drafts/" + m.ID.String(), Cells: []templ.Component{ui.Two(m.Title, short(m.Plain(), 60)), ui.Figure(int64(m.Version)),
			ui.Text(cmp.Or(strings.Join(went, k.T("list.comma")), "–")), ui.Moment(m.Updated)}})
	}
	return k.show(p.Head.Title, view.ListPage(p))
}

// draftPage shows one draft: where it stands in each channel, what it becomes there, what is wrong with it, and what it was.
func (c *Console) draftPage(k *call) error {
	id, err := k.id()
	if err != nil {
		return err
	}
	m, err := k.drafts().Get(k.ctx(), id)
	if err != nil {
		return err
	}
	p := view.PlanPage{Head: ui.Head{Title: m.Title, Sub: ui.Visible(m.Author), Back: "/drafts"}, Text: m.Text, Means: k.T("drafts.version_n", "num", m.Version), Files: pieceFiles(k, m.Pictures)}
	if !m.Cover.File.IsZero() {
		p.Files = append(pieceFiles(k, []plan.Piece{m.Cover}), p.Files...)
		p.Files[0].Note = k.T("drafts.cover")
	}
	if m.Brief != "" {
		p.Text += "\n\n" + k.T("drafts.brief") + "：" + m.Brief
	}
	p.Text = m.Link.Whole(p.Text)
	if why := m.Advertises(); why != "" {
		p.Means += " · " + k.T("drafts.ad_"+why)
	}
	if m.Archived {
		p.State = ui.Pill("", "x", k.T("drafts.is_away"))
	}
	for _, part := range []func(*view.PlanPage, plan.Manuscript) error{k.draftStands, k.draftOpenings, k.draftLooks, k.draftVersions} {
		if err := part(&p, m); err != nil {
			return err
		}
	}
	k.draftActs(&p, m)
	return k.show(p.Head.Title, view.PlanShow(p))
}

// draftActs are what can be done with a draft as a whole.
func (k *call) draftActs(p *view.PlanPage, m plan.Manuscript) {
	if !k.may(rights.Write) {
		return
	}
	at := "/drafts/" + m.ID.String()
	ask := func(name, icon, away string, danger bool) {
		p.Openers = append(p.Openers, ui.Opener{Target: name, Text: k.T("drafts." + name), Icon: icon, Danger: danger})
		p.Asks = append(p.Asks, ui.Confirm{ID: name, Title: k.T("drafts." + name), Object: m.Title, Effect: k.T("drafts." + name + "_effect"), Action: at + "/archive", Button: k.T("drafts." + name), Danger: danger, Reason: k.T("form.reason"),
			Fields: []ui.Option{{Value: "away", Text: away}}})
	}
	if m.Archived {
		ask("back", "arrow-back-up", "0", false)
		return
	}
	p.Links = append(p.Links, ui.Option{Value: at + "/edit", Text: k.T("drafts.edit")})
	ask("archive", "x", "1", true)
}

// draftStands shows where a draft stands in each channel, and offers to send it.
func (k *call) draftStands(p *view.PlanPage, m plan.Manuscript) error {
	list, err := k.drafts().Stands(k.ctx(), m.ID)
	if err != nil {
		return err
	}
	name, err := k.channelNames()
	if err != nil {
		return err
	}
	who, err := k.userNames()
	if err != nil {
		return err
	}
	at := "/drafts/" + m.ID.String()
	t := ui.Table{Label: k.T("drafts.channels"), Columns: []ui.Column{{Title: k.T("drafts.channel")}, {Title: k.T("drafts.state")}, {Title: k.T("drafts.result")}, {Title: k.T("drafts.by")}, {Title: k.T("drafts.when")}},
		Empty: ui.Empty{Icon: "message", Title: k.T("drafts.nowhere"), Text: k.T("drafts.nowhere_text")}}
	open := 0
	for i, s := range list {
		p.Busy = p.Busy || s.State == plan.ChannelGoing
		row := ui.Row{Cells: []templ.Component{ui.Two(name(s.Channel), k.standGroups(s)), k.draftPill(s.State), ui.Text(cmp.Or(k.standResult(s), "–")), ui.Text(cmp.Or(who(s.Went.User), "–")), ui.Moment(s.Went.At)}}
		if _, groups := s.Channel.Groups(); groups && !s.Send.ID.IsZero() {
			row.Link = "/broadcasts/" + s.Send.ID.String()
		}
		if s.State == plan.ChannelIdle {
			open++
		}
		if key := sendWord(s, m.Version); key != "" && k.may(rights.Write) && !m.Archived {
			id := "send-" + strconv.Itoa(i)
			row.Actions = ui.ConfirmButton(ui.Opener{Target: id, Text: k.T("drafts." + key), Small: true, Icon: "arrow-right"})
			p.Asks = append(p.Asks, k.sendAsk(id, key, name(s.Channel), k.T("drafts."+key+"_effect", "num", s.Groups), at, string(s.Channel)))
		}
		t.Rows = append(t.Rows, row)
	}
	if open > 1 && k.may(rights.Write) && !m.Archived {
		p.Openers = append(p.Openers, ui.Opener{Target: "send-all", Text: k.T("drafts.send_all"), Icon: "arrow-right"})
		p.Asks = append(p.Asks, k.sendAsk("send-all", "send_all", m.Title, k.T("drafts.send_all_effect", "num", open), at, ""))
	}
	p.Tables = append(p.Tables, view.PlanTable{Title: t.Label, Note: k.T("drafts.channels_note"), Table: t})
	return nil
}

func (k *call) sendAsk(id, key, object, effect, at, channel string) ui.Confirm {
	c := ui.Confirm{ID: id, Title: k.T("drafts." + key), Object: object, Effect: effect, Action: at + "/send", Button: k.T("drafts." + key), Reason: k.T("drafts.force")}
	if channel != "" {
		c.Fields = []ui.Option{{Value: "channel", Text: channel}}
	}
	return c
}

// sendWord is how sending a draft into a channel is called as it stands there; "" = it cannot be sent.
func sendWord(s plan.Stand, version int) string {
	_, groups := s.Channel.Groups()
	switch s.State {
	case plan.ChannelIdle, plan.ChannelWithdrawn:
		return "send"
	case plan.ChannelFailed, plan.ChannelPartly, plan.ChannelUnsure:
		return "again"
	case plan.ChannelSent, plan.ChannelHand:
		if !groups && version > s.Went.Version {
			return "renew"
		}
	}
	return ""
}

// standGroups says how many groups a channel has.
func (k *call) standGroups(s plan.Stand) string {
	if _, groups := s.Channel.Groups(); !groups {
		return ""
	}
	if n := s.Send.Counts.All; n > 0 {
		return k.T("drafts.n_groups", "num", n)
	}
	return k.T("drafts.n_groups", "num", s.Groups)
}

// standResult says in a line what came of a channel.
func (k *call) standResult(s plan.Stand) string {
	var out []string
	if s.Went.Version > 0 {
		out = append(out, k.T("drafts.version_n", "num", s.Went.Version))
	}
	if n := s.Send.Counts; n.All > 0 {
		out = append(out, k.T("drafts.counts", "sent", n.Sent, "open", n.Open(), "gone", n.Failed+n.NotSent))
	}
	if _, box := s.Channel.Box(); box && s.State == plan.ChannelSent {
		out = append(out, k.T("drafts.in_box"))
	}
	if why := k.Words.Pick(s.Went.Why); why != "" {
		out = append(out, why)
	}
	return strings.Join(out, " · ")
}

// draftOpenings shows the address of a draft's page and how often it was opened, and offers to withdraw it.
func (k *call) draftOpenings(p *view.PlanPage, m plan.Manuscript) error {
	page, s, err := k.drafts().Page(k.ctx(), m.ID)
	if community.CodeOf(err) == community.CodeNotFound {
		return nil
	}
	if err != nil {
		return err
	}
	p.Stats = []ui.Number{{Label: k.T("drafts.opened"), Value: k.Words.Number(s.Known + s.Unknown), Note: k.T("drafts.opened_note")}}
	p.Links = append(p.Links, ui.Option{Value: k.c.deps.PublicURL + "/l/" + s.Slug, Text: k.T("drafts.see_page")})
	if k.c.deps.Shorts != nil {
		p.Links = append(p.Links, ui.Option{Value: "/shorts/" + s.ID.String(), Text: k.T("drafts.go_short")})
	}
	if page.Withdrawn == 0 && k.may(rights.Write) {
		p.Openers = append(p.Openers, ui.Opener{Target: "withdraw", Text: k.T("drafts.withdraw"), Icon: "x", Danger: true})
		p.Asks = append(p.Asks, ui.Confirm{ID: "withdraw", Title: k.T("drafts.withdraw"), Object: m.Title, Effect: k.T("drafts.withdraw_effect"), Action: "/drafts/" + m.ID.String() + "/withdraw", Button: k.T("drafts.withdraw"), Danger: true, Reason: k.T("form.reason"), Need: true})
	}
	list, err := k.drafts().PageVersions(k.ctx(), m.ID)
	if err != nil {
		return err
	}
	who, err := k.userNames()
	if err != nil {
		return err
	}
	t := ui.Table{Label: k.T("drafts.page_versions"), Columns: []ui.Column{{Title: k.T("drafts.version")}, {Title: k.T("drafts.title")}, {Title: k.T("drafts.by")}, {Title: k.T("drafts.when")}}}
	for _, v := range list {
		t.Rows = append(t.Rows, ui.Row{Cells: []templ.Component{ui.Two(k.T("drafts.version_n", "num", v.Version), k.T("drafts.of_version", "num", v.Of)), ui.Text(v.Title), ui.Text(who(v.User)), ui.Moment(v.At)}})
	}
	p.Tables = append(p.Tables, view.PlanTable{Title: t.Label, Table: t})
	return nil
}

// draftLooks shows what a draft becomes in each channel, and what is found there.
func (k *call) draftLooks(p *view.PlanPage, m plan.Manuscript) error {
	looks, err := k.drafts().Looks(k.ctx(), m.ID)
	if err != nil {
		return err
	}
	name, err := k.channelNames()
	if err != nil {
		return err
	}
	found := ui.Table{Label: k.T("drafts.found"), Columns: []ui.Column{{Title: k.T("drafts.channel")}, {Title: k.T("plan.weight")}, {Title: k.T("plan.reason")}, {Title: k.T("plan.instead")}, {Title: k.T("plan.rule")}},
		Empty: ui.Empty{Icon: "circle-check", Title: k.T("drafts.sound"), Text: k.T("drafts.sound_text")}}
	for _, l := range looks {
		t := ui.Table{Label: name(l.Channel), Columns: []ui.Column{{Title: k.T("drafts.part")}, {Title: k.T("drafts.seen")}}}
		for _, part := range l.Parts {
			t.Rows = append(t.Rows, ui.Row{Cells: []templ.Component{ui.Text(k.T("drafts.part_" + part.Kind)), ui.Text(cmp.Or(part.Text, part.Name))}})
		}
		p.Tables = append(p.Tables, view.PlanTable{Title: k.T("drafts.look_of", "channel", t.Label), Note: k.lookNote(l), Table: t})
		for _, n := range l.Notes {
			found.Rows = append(found.Rows, k.noteRow(name(l.Channel), n))
		}
	}
	for _, n := range m.Wordings() {
		found.Rows = append(found.Rows, k.noteRow(k.T("drafts.everywhere"), n))
	}
	p.Tables = append(p.Tables, view.PlanTable{Title: found.Label, Note: k.T("drafts.found_note"), Table: found})
	return nil
}

// lookNote says how a channel is gone into.
func (k *call) lookNote(l plan.Look) string {
	var out []string
	if l.Groups > 0 {
		out = append(out, k.T("drafts.n_groups", "num", l.Groups), k.T("drafts.way_"+string(l.Level)))
	}
	if _, box := l.Channel.Box(); box {
		out = append(out, k.T("drafts.box_note"))
	}
	if l.Cut > 0 {
		out = append(out, k.T("drafts.cut", "num", l.Cut))
	}
	if len(l.Left) > 0 {
		out = append(out, k.T("drafts.left", "names", ui.Visible(strings.Join(l.Left, k.T("list.comma")))))
	}
	return strings.Join(out, " · ")
}

// noteRow is a finding with its sentence.
func (k *call) noteRow(channel string, n plan.Note) ui.Row {
	weight := ui.Pill("warning", "alert-circle", k.T("plan.warns"))
	switch {
	case n.Refuse:
		weight = ui.Pill("danger", "x", k.T("plan.refuses"))
	case n.Kind == plan.Wording || n.Kind == plan.Notice:
		weight = ui.Pill("", "message", k.T("drafts.hint"))
	}
	reason, instead := k.Words.Pick(n.Reason), k.Words.Pick(n.Instead)
	if n.Kind == plan.Wording {
		reason, instead = k.T("calendar.rule_"+n.Rule), "–"
	}
	what := n.Link
	if n.Found != "" && n.Found != "–" {
		what = strings.Trim(what+" · "+n.Found, "– ·")
	}
	if n.Sentence != "" {
		what = k.T("drafts.sentence", "text", short(n.Sentence, 120))
	}
	rule := n.Rule
	if !n.Verified {
		rule += " · " + k.T("plan.unverified")
	}
	return ui.Row{Cells: []templ.Component{ui.Text(channel), weight, ui.Two(reason, what), ui.Text(instead), ui.Two(n.Source, rule)}}
}

// draftVersions shows what a draft was, with what each version changed.
func (k *call) draftVersions(p *view.PlanPage, m plan.Manuscript) error {
	list, err := k.drafts().Versions(k.ctx(), m.ID)
	if err != nil {
		return err
	}
	who, err := k.userNames()
	if err != nil {
		return err
	}
	t := ui.Table{Label: k.T("drafts.versions"), Columns: []ui.Column{{Title: k.T("drafts.version")}, {Title: k.T("drafts.changed")}, {Title: k.T("drafts.by")}, {Title: k.T("drafts.when")}}}
	for n, v := range list {
		var changes []shelf.Change
		if n+1 < len(list) {
			for _, d := range v.Against(list[n+1].Writing) {
				changes = append(changes, shelf.Change(d))
			}
		}
		t.Rows = append(t.Rows, ui.Row{Cells: []templ.Component{ui.Two(k.T("drafts.version_n", "num", v.Version), v.Note), k.changed("drafts.", changes), ui.Text(who(v.User)), ui.Moment(v.At)}})
	}
	p.Tables = append(p.Tables, view.PlanTable{Title: t.Label, Table: t})
	return nil
}

// draftSend sends a draft into a channel, or into all that it has not gone into.
func (c *Console) draftSend(k *call) error {
	id, err := k.id()
	if err != nil {
		return err
	}
	var channels []plan.Channel
	if one := k.form("channel"); one != "" {
		channels = append(channels, plan.Channel(one))
	}
	to := "/drafts/" + id.String()
	stands, err := k.drafts().Send(k.ctx(), k.who(), id, channels, k.form("reason"))
	if err != nil {
		return k.refused(to, firstOf(err))
	}
	failed := slices.ContainsFunc(stands, func(s plan.Stand) bool {
		return s.State == plan.ChannelFailed && (len(channels) == 0 || slices.Contains(channels, s.Channel))
	})
	if failed {
		return k.done(to, "danger", k.T("drafts.sent_not"), community.ID{})
	}
	return k.ok(to, k.T("drafts.sent"))
}

// firstOf is the first of several errors.
func firstOf(err error) error {
	var many interface{ Unwrap() []error }
	if errors.As(err, &many) && len(many.Unwrap()) > 0 {
		return many.Unwrap()[0]
	}
	return err
}

func (c *Console) draftNew(k *call) error {
	return k.draftForm(plan.Manuscript{Writing: plan.Writing{Class: plan.Useful, To: plan.To{Groups: true, Page: k.c.deps.PublicURL != ""}}}, nil)
}

func (c *Console) draftEdit(k *call) error {
	id, err := k.id()
	if err != nil {
		return err
	}
	m, err := k.drafts().Get(k.ctx(), id)
	if err != nil {
		return err
	}
	return k.draftForm(m, nil)
}

// draftForm is the form of a draft.
func (k *call) draftForm(m plan.Manuscript, faults []string) error {
	groups, _, err := k.Desk.FindGroups(k.ctx(), community.GroupFilter{Bare: true, Page: community.Page{Limit: optionsCap}})
	if err != nil {
		return err
	}
	boxes, err := k.drafts().Boxes(k.ctx())
	if err != nil {
		return err
	}
	tags, err := k.everyTag()
	if err != nil {
		return err
	}
	ticked := func(on bool) string {
		if on {
			return "1"
		}
		return ""
	}
	choice, accounts := ui.Input{Kind: "checks", Name: "groups", Label: k.T("drafts.groups"), Help: k.T("drafts.groups_help")}, ui.Input{Kind: "checks", Name: "accounts", Label: k.T("drafts.accounts"), Help: k.T("drafts.accounts_help")}
	for _, g := range groups {
		choice.Options = append(choice.Options, ui.Option{Value: g.ID.String(), Text: ui.Visible(g.Name)})
		if slices.Contains(m.To.Filter.Groups, g.Key) {
			choice.Ticked = append(choice.Ticked, g.ID.String())
		}
	}
	for _, a := range boxes {
		accounts.Options = append(accounts.Options, ui.Option{Value: a.ID.String(), Text: ui.Visible(a.Name)})
		if slices.Contains(m.To.Accounts, a.ID) {
			accounts.Ticked = append(accounts.Ticked, a.ID.String())
		}
	}
	var classes []ui.Option
	for _, class := range plan.Classes() {
		classes = append(classes, ui.Option{Value: string(class), Text: k.T("calendar.class_" + string(class))})
	}
	var cover []plan.Piece
	if !m.Cover.File.IsZero() {
		cover = []plan.Piece{m.Cover}
	}
	to := []ui.Input{{Kind: "check", Name: "to_groups", Label: k.T("drafts.to_groups"), Value: ticked(m.To.Groups)}}
	wear := ui.Input{Kind: "checks", Name: "tags", Label: k.T("group.tag"), Ticked: m.To.Filter.Tags, Help: k.T("drafts.tags_help")}
	for _, t := range m.To.Filter.Tags { // one that no group wears any more, too
		if !slices.Contains(tags, t) {
			tags = append(tags, t)
		}
	}
	for _, t := range tags {
		wear.Options = append(wear.Options, ui.Option{Value: t, Text: ui.Visible(t)})
	}
	if len(tags) > 0 {
		to = append(to, wear)
	}
	if len(groups) > 0 {
		to = append(to, choice)
	}
	to = append(to, ui.Input{Kind: "check", Name: "to_page", Label: k.T("drafts.to_page"), Value: ticked(m.To.Page)})
	if len(boxes) > 0 {
		to = append(to, accounts)
	}
	p := view.PlanForm{Multi: true, Head: ui.Head{Title: k.T("drafts.new"), Sub: k.T("drafts.sub"), Back: "/drafts"}, Action: "/drafts", Do: k.T("drafts.save"), Hint: k.T("drafts.save_hint"), Faults: faults, Groups: []view.PlanFields{
		{Title: k.T("drafts.words"), Rows: []ui.Input{
			{Kind: "text", Name: "title", Label: k.T("drafts.title"), Value: m.Title, Required: true, Max: plan.MaxTitle},
			{Kind: "text", Name: "author", Label: k.T("drafts.author"), Value: m.Author, Max: plan.MaxAuthor},
			{Kind: "select", Name: "class", Label: k.T("drafts.class"), Value: string(m.Class), Options: classes},
			{Kind: "area", Name: "text", Label: k.T("drafts.text"), Value: m.Text, Help: k.T("drafts.text_help"), Rows: 12, Max: plan.MaxWriting, Required: true},
			{Kind: "area", Name: "brief", Label: k.T("drafts.brief"), Value: m.Brief, Help: k.T("drafts.brief_help"), Rows: 3, Max: plan.MaxBrief},
			{Kind: "url", Name: "link", Label: k.T("drafts.link"), Value: m.Link.URL, Help: k.T("drafts.link_help"), Max: plan.MaxLink},
			{Kind: "text", Name: "link_title", Label: k.T("drafts.link_title"), Value: m.Link.Title, Max: plan.MaxLinkTitle},
		}},
		{Title: k.T("drafts.pictures"), Files: pieceViews(k, "piece", m.Pictures), Rows: []ui.Input{{Kind: "file", Name: "files", Label: k.T("drafts.pictures"), Help: k.T("drafts.pictures_help"), Accept: "image/*", Many: true}}},
		{Title: k.T("drafts.cover"), Files: pieceViews(k, "app_file", cover), Rows: []ui.Input{{Kind: "file", Name: "app_cover", Label: k.T("drafts.cover"), Help: k.T("drafts.cover_help"), Accept: "image/*"}}},
		{Title: k.T("drafts.to"), Rows: to},
		{Title: k.T("drafts.keeping"), Rows: []ui.Input{{Kind: "text", Name: "note", Label: k.T("drafts.note"), Value: k.form("note"), Help: k.T("drafts.note_help")}}},
	}}
	if !m.ID.IsZero() {
		p.Head.Title, p.Head.Back = k.T("drafts.edit"), "/drafts/"+m.ID.String()
		p.Hidden = []ui.Option{{Value: "id", Text: m.ID.String()}, {Value: "seen", Text: strconv.FormatInt(m.Changed, 10)}}
	}
	return k.show(p.Head.Title, view.PlanEdit(p))
}

// draftAsked reads the form.
func (k *call) draftAsked(l letter) (m plan.Manuscript, err error) {
	w := plan.Writing{Title: k.form("title"), Author: k.form("author"), Text: k.typed("text"), Brief: k.typed("brief"), Link: l.card(k.form("title")), Pictures: l.pieces, Class: plan.Class(k.form("class")),
		To: plan.To{Groups: k.form("to_groups") == "1", Page: k.form("to_page") == "1"}}
	if len(l.cover) > 0 {
		w.Cover = l.cover[0]
	}
	if w.To.Groups {
		w.To.Filter.Tags = slices.Clone(k.R.PostForm["tags"])
		if w.To.Filter.Groups, err = k.groupKeysNamed(k.R.PostForm["groups"]); err != nil {
			return m, err
		}
	}
	for _, text := range k.R.PostForm["accounts"] {
		id, err := community.ParseID(text)
		if err != nil {
			return m, community.Errorf(community.CodeBadInput, "account: %w", err)
		}
		w.To.Accounts = append(w.To.Accounts, id)
	}
	m.Writing = w
	if text := k.form("id"); text != "" {
		if m.ID, err = community.ParseID(text); err != nil {
			return m, community.Errorf(community.CodeNotFound, "draft: %w", err)
		}
	}
	m.Changed, _ = strconv.ParseInt(k.form("seen"), 10, 64)
	return m, nil
}

// draftSave keeps the form.
func (c *Console) draftSave(k *call) error {
	l, err := k.letter()
	if err != nil {
		return err
	}
	m, err := k.draftAsked(l)
	if err != nil {
		return err
	}
	if len(l.faults) > 0 {
		return k.draftForm(m, l.faults)
	}
	saved, err := k.drafts().Save(k.ctx(), k.who(), m.ID, m.Changed, m.Writing, k.form("note"))
	switch community.CodeOf(err) {
	case community.CodeNone:
		return k.ok("/drafts/"+saved.ID.String(), k.T("drafts.saved", "num", saved.Version))
	case community.CodeBadInput, community.CodeTooLarge, community.CodeConflict, community.CodeNotFound, community.CodeForbidden:
		return k.draftForm(m, []string{cmp.Or(k.sayOf(err), k.T("drafts.bad_form", "what", err.Error()))})
	}
	return err
}
