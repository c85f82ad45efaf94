package console

import (
	"strconv"

	"github.com/a-h/templ"

	"qunluo/internal/community"
	"qunluo/internal/console/view"
	"qunluo/internal/console/view/ui"
)

// confirmedFilter reads which confirmations are asked for (?missing=1: who has none).
func confirmedFilter(k *call, b bookDesk) community.ConfirmationFilter {
	f := community.ConfirmationFilter{Group: b.g.Key, Version: number(k.query("v"), 1, 1<<30, 0), Way: community.ConfirmWay(k.query("way")), Text: k.query("q"), Missing: k.query("missing") == "1", Page: k.page(listLimit)}
	if f.Missing && f.Version == 0 {
		f.Version = max(b.force.Version, 1)
	}
	return f
}

// confirmedList shows who agreed to which version, when and how; or who has not. ?format=csv: as a file.
func (c *Console) confirmedList(k *call) error {
	b, err := bookHere(k)
	if err != nil {
		return err
	}
	f := confirmedFilter(k, b)
	if k.query("format") == "csv" {
		return confirmedSheet(k, f)
	}
	rows, total, err := k.charters().Confirmations(k.ctx(), f)
	if err != nil {
		return err
	}
	who, err := k.userNames()
	if err != nil {
		return err
	}
	p := view.List{Head: ui.Head{Title: k.T("charter.confirmed_title"), Back: b.at() + "/charter", Sub: b.g.Name}}
	if b.force.Version > 0 {
		sums, err := k.charters().Sums(k.ctx(), b.g.Key, b.force.Version)
		if err != nil {
			return err
		}
		p.Note = k.T("charter.sums", "current", sums.Current, "v", b.force.Version, "any", sums.Confirmed, "present", sums.Present)
	}
	p.Tabs = []ui.Tab{{Text: k.T("charter.tab_confirmed"), Link: b.at() + "/confirmed", Here: !f.Missing}, {Text: k.T("charter.tab_missing"), Link: b.at() + "/confirmed?missing=1", Here: f.Missing}}
	ways := []ui.Option{{Text: k.T("list.any")}}
	for _, w := range community.ConfirmWays {
		ways = append(ways, ui.Option{Value: string(w), Text: k.T("charter.way_" + string(w))})
	}
	p.Filters = ui.Filters{Action: b.at() + "/confirmed", Fields: []ui.Filter{{Kind: "text", Name: "q", Label: k.T("member.name"), Value: f.Text}, {Kind: "text", Name: "v", Label: k.T("rule.version_word"), Value: k.query("v")}}}
	if f.Missing {
		p.Filters.Keep = []ui.Option{{Value: "missing", Text: "1"}}
	} else {
		p.Filters.Fields = append(p.Filters.Fields, ui.Filter{Kind: "select", Name: "way", Label: k.T("charter.way"), Value: string(f.Way), Options: ways})
	}
	p.Head.Actions = view.Link(k.here("format", "csv"), k.T("charter.csv"))
	p.Table = ui.Table{Label: p.Head.Title, Columns: []ui.Column{k.column(k.T("member.name"), "name", f.Page), k.column(k.T("rule.version_word"), "version", f.Page), k.column(k.T("rule.at"), "at", f.Page), {Title: k.T("charter.way")}, {Title: k.T("rule.note")}},
		Empty: ui.Empty{Icon: "user-check", Title: k.T("charter.confirmed_none"), Text: k.T("charter.confirmed_none_text")}, Pager: k.pager(f.Page, len(rows), total)}
	if f.Missing {
		p.Table.Columns = []ui.Column{k.column(k.T("member.name"), "name", f.Page), k.column(k.T("member.joined"), "at", f.Page)}
		p.Table.Empty = ui.Empty{Icon: "user-check", Title: k.T("charter.missing_none"), Text: k.T("charter.missing_none_text")}
	}
	for _, r := range rows {
		row := ui.Row{Link: "/members/" + r.MemberID.String(), Cells: []templ.Component{ui.Two(named(r.MemberName, r.External), r.External)}}
		if f.Missing {
			row.Cells = append(row.Cells, ui.Moment(r.JoinedAt))
		} else {
			row.Cells = append(row.Cells, ui.Text(k.T("rule.version", "v", r.Version)), ui.Moment(r.At), confirmWay(k, r, who), ui.Text(r.Note))
		}
		p.Table.Rows = append(p.Table.Rows, row)
	}
	return k.show(p.Head.Title, view.ListPage(p), inZone(b.g))
}

func confirmWay(k *call, r community.ConfirmationRow, who func(string) string) templ.Component {
	way := k.T("charter.way_" + string(r.Way))
	if r.User == "" {
		return ui.Text(way)
	}
	return ui.Two(way, who(r.User))
}

// confirmedSheet is the filtered list as a file, all pages of it.
func confirmedSheet(k *call, f community.ConfirmationFilter) error {
	who, err := k.userNames()
	if err != nil {
		return err
	}
	f.Page = community.Page{Limit: 500, Sort: f.Page.Sort, Desc: f.Page.Desc}
	if _, total, err := k.charters().Confirmations(k.ctx(), f); err != nil {
		return err
	} else if err := k.bulkExport(total); err != nil {
		return k.refused(k.here("format", ""), err)
	}
	head := []string{"id", k.T("member.name"), k.T("member.external"), k.T("rule.version_word"), k.T("rule.at"), k.T("charter.way"), k.T("rule.by"), k.T("rule.note"), k.T("member.joined")}
	none := community.GroupRow{}
	return k.sheet("confirmations", head, func() ([][]string, error) {
		rows, _, err := k.charters().Confirmations(k.ctx(), f)
		f.Page.Offset += len(rows)
		out := make([][]string, len(rows))
		for i, r := range rows {
			way, version := "", ""
			if r.Way != "" {
				way, version = k.T("charter.way_"+string(r.Way)), strconv.Itoa(r.Version)
			}
			out[i] = []string{r.MemberID.String(), r.MemberName, r.External, version, moment(r.At, none), way, who(r.User), r.Note, moment(r.JoinedAt, none)}
		}
		return out, err
	})
}

// confirmedByHand notes that a member told somebody of ours that they agree.
func (c *Console) confirmedByHand(k *call) error {
	g, err := k.groupHere()
	if err != nil {
		return err
	}
	member, err := community.ParseID(k.form("member"))
	if err != nil {
		return community.Errorf(community.CodeBadInput, "member: %w", err)
	}
	to := k.back("/members/" + member.String())
	if k.form("reason") == "" {
		return k.done(to, "danger", k.T("act.need_reason"), community.ID{})
	}
	v, err := k.charters().Confirm(k.ctx(), k.who(), g.Key, member, k.form("reason"))
	if community.CodeOf(err) == community.CodeConflict {
		return k.done(to, "danger", k.T("charter.confirm_again"), community.ID{})
	}
	if err != nil {
		return k.refused(to, err)
	}
	return k.ok(to, k.T("charter.confirm_noted", "v", v))
}

// memberConfirmations shows on a member's page what they agreed to, and lets that be noted where it was said aloud.
func memberConfirmations(k *call, p *view.MemberPage, m community.Member, places []community.MemberRow) error {
	if k.c.deps.Charters == nil {
		return nil
	}
	rows, _, err := k.charters().Confirmations(k.ctx(), community.ConfirmationFilter{Member: m.Key, Page: community.Page{Limit: 50}})
	if err != nil {
		return err
	}
	who, err := k.userNames()
	if err != nil {
		return err
	}
	t := ui.Table{Label: k.T("charter.confirmed_title"), Columns: []ui.Column{{Title: k.T("word.group")}, {Title: k.T("rule.version_word")}, {Title: k.T("rule.at")}, {Title: k.T("charter.way")}, {Title: k.T("rule.note")}},
		Empty: ui.Empty{Icon: "user-check", Title: k.T("charter.member_none"), Text: k.T("charter.member_none_text")}}
	for _, r := range rows {
		t.Rows = append(t.Rows, ui.Row{Link: "/rules/" + r.GroupID.String() + "/confirmed", Cells: []templ.Component{ui.Name(r.GroupName), ui.Text(k.T("rule.version", "v", r.Version)), ui.Moment(r.At), confirmWay(k, r, who), ui.Text(r.Note)}})
	}
	var keys []community.GroupKey
	for _, row := range places {
		if row.LeftAt == 0 {
			keys = append(keys, row.Group)
		}
	}
	groups, err := k.groupsOf(keys)
	if err != nil {
		return err
	}
	for _, key := range keys {
		g, ok := groups[key]
		if !ok || g.Book == 0 {
			continue
		}
		id := "confirm-" + g.ID.String()
		link, err := k.charters().ConfirmLink(k.ctx(), g.Key, m.ID)
		if err != nil && community.CodeOf(err) != community.CodeUnsupported {
			return err
		}
		ask := ui.Confirm{ID: id, Title: k.T("charter.confirm_hand"), Object: named(m.Name, m.External) + " · " + g.Name, Effect: k.T("charter.confirm_hand_effect", "v", g.Book), Action: "/rules/" + g.ID.String() + "/confirmed",
			Button: k.T("charter.confirm_hand"), Reason: k.T("charter.confirm_how"), Need: true, Fields: []ui.Option{{Value: "member", Text: m.ID.String()}}}
		if link != "" {
			ask.Inputs = []ui.Input{{Kind: "text", Name: "link", Label: k.T("charter.confirm_link"), Value: link, Help: k.T("charter.confirm_link_help"), Max: 400}}
		}
		p.Asks = append(p.Asks, ask)
		p.ConfirmButtons = append(p.ConfirmButtons, ui.Opener{Target: id, Text: k.T("charter.confirm_in", "group", g.Name), Icon: "user-check", Small: true})
	}
	p.Confirms = &t
	return nil
}
