package console

import (
	"context"
	"strconv"

	"github.com/a-h/templ"

	"qunluo/internal/community"
	"qunluo/internal/console/view"
	"qunluo/internal/console/view/ui"
	"qunluo/internal/duty"
	"qunluo/internal/rights"
)

// Handovers gives what somebody who leaves owned to another person. Every change leaves its audit row.
type Handovers interface {
	// Look lists what would be handed over, changing nothing. CodeBadInput: the order does not name two people.
	Look(ctx context.Context, h duty.Handover) (duty.Handover, error)
	Begin(ctx context.Context, user string, h duty.Handover) (duty.Handover, error)
	List(ctx context.Context, p community.Page) ([]duty.Handover, int, error)
	ByID(ctx context.Context, id community.ID) (duty.Handover, error)
	// Retry tries what failed once more: item n, or (0) all. CodeConflict: nothing failed.
	Retry(ctx context.Context, user string, id community.ID, n int) (duty.Handover, error)
}

// handoverRoutes are absent where the house hands nothing over.
func (c *Console) handoverRoutes() []route {
	if c.deps.Handovers == nil {
		return nil
	}
	return []route{
		{pattern: "GET /handovers", may: rights.Users, serve: (*Console).handoverList},
		{pattern: "GET /handovers/new", may: rights.Users, serve: (*Console).handoverLook},
		{pattern: "POST /handovers/new", may: rights.Users, serve: (*Console).handoverBegin},
		{pattern: "GET /handovers/{id}", may: rights.Users, serve: (*Console).handoverPage},
		{pattern: "POST /handovers/{id}/retry", may: rights.Users, serve: (*Console).handoverRetry},
	}
}

func (k *call) handovers() Handovers { return k.c.deps.Handovers(k.User.Org, k.groups) }

// handoverList shows who handed over to whom, and how far each is.
func (c *Console) handoverList(k *call) error {
	at := k.page(listLimit)
	at.Sort = ""
	list, total, err := k.handovers().List(k.ctx(), at)
	if err != nil {
		return err
	}
	p := view.List{Head: ui.Head{Title: k.T("handover.title"), Sub: k.T("handover.sub"), Back: "/users", Actions: view.LinkButton("/handovers/new", "plus", k.T("handover.begin"))}}
	p.Table = ui.Table{Label: k.T("handover.title"), Columns: []ui.Column{{Title: k.T("handover.people")}, {Title: k.T("handover.item_result")}, {Title: k.T("handover.when")}},
		Empty: ui.Empty{Icon: "arrow-right", Title: k.T("handover.none"), Text: k.T("handover.none_text"), Button: k.T("handover.begin"), Link: "/handovers/new"}, Pager: k.pager(at, len(list), total)}
	for _, h := range list {
		who, err := handPeople(k, h)
		if err != nil {
			return err
		}
		p.Table.Rows = append(p.Table.Rows, ui.Row{Link: "/handovers/" + h.ID.String(), Cells: []templ.Component{ui.Two(who, h.Reason), ui.Text(handSum(k, h)), ui.Moment(h.Created)}})
	}
	return k.show(p.Head.Title, view.ListPage(p))
}

// handPeople says who hands over to whom.
func handPeople(k *call, h duty.Handover) (string, error) {
	names, err := k.names()
	if err != nil {
		return "", err
	}
	from, to := names[h.FromUser], names[h.ToUser]
	if h.FromUser == "" {
		list, err := k.Desk.MembersByKey(k.ctx(), []community.MemberKey{h.FromMember, h.ToMember})
		if err != nil {
			return "", err
		}
		for _, m := range list {
			if m.Key == h.FromMember {
				from = named(m.Name, m.External)
			} else {
				to = named(m.Name, m.External)
			}
		}
	}
	return ui.Visible(k.T("handover.to_whom", "from", from, "to", to)), nil
}

func handSum(k *call, h duty.Handover) string {
	n := h.Count()
	return k.T("handover.sum", "all", len(h.Items), "done", n.Done, "failed", n.Failed, "asked", n.Asked, "open", n.Open)
}

// handOrder reads the order of the address or form; said is what is wrong with it in words.
func handOrder(k *call, read func(string) string) (h duty.Handover, said string, err error) {
	h = duty.Handover{FromUser: read("from_user"), ToUser: read("to_user"), Reason: read("reason")}
	for _, one := range []struct {
		name string
		into *community.MemberKey
	}{{"from", &h.FromMember}, {"to", &h.ToMember}} {
		text := read(one.name)
		if text == "" {
			continue
		}
		id, err := memberNamed(k, text)
		if err == nil {
			var m community.Member
			m, err = k.Desk.MemberByID(k.ctx(), id)
			*one.into = m.Key
		}
		if community.CodeOf(err) == community.CodeNotFound {
			return h, k.T("handover.bad_member"), nil
		}
		if err != nil {
			return h, "", err
		}
	}
	return h, "", nil
}

// handoverLook asks who leaves and who takes over, and shows what would be handed over.
func (c *Console) handoverLook(k *call) error {
	users, err := c.deps.People.Users(k.ctx(), k.User.Org)
	if err != nil {
		return err
	}
	nobody := []ui.Option{{Text: k.T("handover.nobody")}}
	from, to := nobody, nobody
	for _, u := range users {
		one := ui.Option{Value: u.ID.String(), Text: named(u.Name, u.Login)}
		from = append(from[:len(from):len(from)], one)
		if u.Enabled {
			to = append(to[:len(to):len(to)], one)
		}
	}
	p := view.List{Head: ui.Head{Title: k.T("handover.begin"), Sub: k.T("handover.sub"), Back: "/handovers"}, Note: k.T("handover.member_help")}
	p.Filters = ui.Filters{Action: "/handovers/new", Fields: []ui.Filter{
		{Kind: "select", Name: "from_user", Label: k.T("handover.from_user"), Value: k.query("from_user"), Options: from},
		{Kind: "select", Name: "to_user", Label: k.T("handover.to_user"), Value: k.query("to_user"), Options: to},
		{Kind: "text", Name: "from", Label: k.T("handover.from_member"), Value: k.query("from")},
		{Kind: "text", Name: "to", Label: k.T("handover.to_member"), Value: k.query("to")},
	}}
	p.Table = ui.Table{Label: k.T("handover.item"), Columns: []ui.Column{{Title: k.T("handover.item")}, {Title: k.T("handover.people")}},
		Empty: ui.Empty{Icon: "arrow-right", Title: k.T("handover.nothing"), Text: k.T("handover.nothing_text")}}
	if k.R.URL.RawQuery == "" {
		p.Table.Empty = ui.Empty{Icon: "arrow-right", Title: k.T("handover.look"), Text: k.T("handover.bad_order")}
		return k.show(p.Head.Title, view.ListPage(p))
	}
	p.Filters.Clear = "/handovers/new"
	if err := handPreview(k, &p); err != nil {
		return err
	}
	return k.show(p.Head.Title, view.ListPage(p))
}

// handPreview fills in what the order of the address would hand over, with the question behind the button.
func handPreview(k *call, p *view.List) error {
	order, said, err := handOrder(k, k.query)
	if err != nil {
		return err
	}
	if said == "" {
		order, err = k.handovers().Look(k.ctx(), order)
	}
	if community.CodeOf(err) == community.CodeBadInput {
		said = k.T("handover.bad_order")
	} else if err != nil {
		return err
	}
	if said != "" {
		p.Table.Empty = ui.Empty{Icon: "alert-triangle", Title: said, Text: k.T("handover.bad_order")}
		return nil
	}
	names, err := k.names()
	if err != nil {
		return err
	}
	for _, it := range order.Items {
		p.Table.Rows = append(p.Table.Rows, ui.Row{Cells: []templ.Component{handName(k, it), ui.Text(handSides(k, order, it, names))}})
	}
	if len(order.Items) == 0 {
		return nil
	}
	who, err := handPeople(k, order)
	ask := ui.Confirm{ID: "hand-over", Title: k.T("handover.do"), Object: who, Effect: k.T("handover.do_effect"), Action: "/handovers/new", Button: k.T("handover.do"), Danger: true, Reason: k.T("form.reason"), Need: true}
	for _, name := range []string{"from_user", "to_user", "from", "to"} {
		ask.Fields = append(ask.Fields, ui.Option{Value: name, Text: k.query(name)})
	}
	p.Asks = []ui.Confirm{ask}
	p.Head.Actions = ui.ConfirmButton(ui.Opener{Target: ask.ID, Text: ask.Title, Icon: "arrow-right", Danger: true})
	return err
}

// handName says what an item is.
func handName(k *call, it duty.HandItem) templ.Component {
	name := it.Name
	switch it.Kind {
	case duty.HandShift:
		name = k.T("handover.weekday_" + it.Name)
	case duty.HandAlarm:
		name = ""
	}
	kind := k.T("handover.kind_" + string(it.Kind))
	if it.Platform != "" {
		kind += " · " + k.platform(it.Platform)
	}
	if name == "" {
		return ui.Text(kind)
	}
	return ui.Two(name, kind)
}

// handSides says from whom an item goes to whom.
func handSides(k *call, h duty.Handover, it duty.HandItem, names map[string]string) string {
	from, to := names[h.FromUser], names[h.ToUser]
	if !it.Kind.Ours() {
		from, to = it.From, it.To
		if to == "" {
			to = k.T("handover.nobody")
		}
	}
	return ui.Visible(k.T("handover.to_whom", "from", from, "to", to))
}

func (c *Console) handoverBegin(k *call) error {
	order, said, err := handOrder(k, k.form)
	switch {
	case err != nil:
		return err
	case said != "":
		return k.done("/handovers/new", "danger", said, community.ID{})
	}
	h, err := k.handovers().Begin(k.ctx(), k.who(), order)
	if community.CodeOf(err) == community.CodeBadInput {
		return k.done("/handovers/new", "danger", k.T("handover.bad_order"), community.ID{})
	}
	if err != nil {
		return k.refused("/handovers/new", err)
	}
	return k.ok("/handovers/"+h.ID.String(), k.T("handover.done"))
}

var handTones = map[duty.HandState][2]string{duty.HandOpen: {"info", "clock"}, duty.HandDone: {"good", "check"}, duty.HandFailed: {"danger", "alert-triangle"}, duty.HandAsked: {"warning", "user"}}

// handoverPage shows every item with its result, the failed ones with the reason and a retry.
func (c *Console) handoverPage(k *call) error {
	id, err := k.id()
	if err != nil {
		return err
	}
	h, err := k.handovers().ByID(k.ctx(), id)
	if err != nil {
		return err
	}
	names, err := k.names()
	if err != nil {
		return err
	}
	who, err := handPeople(k, h)
	if err != nil {
		return err
	}
	at := "/handovers/" + id.String()
	p := view.List{Head: ui.Head{Title: who, Sub: handSum(k, h), Back: "/handovers"}, Note: k.T("handover.still"), Live: "task"}
	if h.Count().Failed > 0 {
		p.Head.Actions = view.PostButton(at+"/retry", "refresh", k.T("handover.retry_all"))
	}
	p.Table = ui.Table{Label: k.T("handover.item"), Columns: []ui.Column{{Title: k.T("handover.item")}, {Title: k.T("handover.people")}, {Title: k.T("handover.item_result")}},
		Empty: ui.Empty{Icon: "arrow-right", Title: k.T("handover.nothing"), Text: k.T("handover.nothing_text")}}
	for _, it := range h.Items {
		row := ui.Row{Cells: []templ.Component{handName(k, it), ui.Text(handSides(k, h, it, names)), view.Stack(ui.Pill(handTones[it.State][0], handTones[it.State][1], k.T("handover.state_"+string(it.State))), handWhy(k, it))}}
		switch it.State {
		case duty.HandFailed:
			row.Actions = view.PostButton(at+"/retry?n="+strconv.Itoa(it.N), "refresh", k.T("handover.retry"))
		case duty.HandAsked:
			row.Actions = view.Link("/inbox", k.T("nav.inbox"))
		}
		p.Table.Rows = append(p.Table.Rows, row)
	}
	return k.show(p.Head.Title, view.ListPage(p))
}

// saidRows is how many of a platform's refusals the page tells word by word.
const saidRows = 5

// handWhy says why an item is not done, with the platform's words.
func handWhy(k *call, it duty.HandItem) string {
	said := ""
	if it.Why != "" {
		said = k.T("handover.why_" + it.Why)
	}
	lang := 0
	if k.Words.Lang != "zh-CN" {
		lang = 1
	}
	if words := it.Detail.Say[lang]; words != "" {
		said += " " + words
	}
	for i, row := range it.Detail.Rows {
		if i == saidRows {
			said += " …"
			break
		}
		said += " " + row[0] + " (" + row[1] + "): " + row[2]
	}
	return ui.Visible(said)
}

func (c *Console) handoverRetry(k *call) error {
	id, err := k.id()
	if err != nil {
		return err
	}
	to := "/handovers/" + id.String()
	if _, err := k.handovers().Retry(k.ctx(), k.who(), id, number(k.query("n"), 0, 1_000_000, 0)); err != nil {
		return k.refused(to, err)
	}
	return k.ok(to, k.T("handover.retried"))
}
