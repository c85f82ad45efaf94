package console

import (
	"strconv"
	"strings"
	"time"

	"github.com/a-h/templ"

	"qunluo/internal/community"
	"qunluo/internal/console/view"
	"qunluo/internal/console/view/ui"
	"qunluo/internal/lexicon"
	"qunluo/internal/rights"
)

var messageRoutes = []route{
	{pattern: "GET /messages", may: rights.SeeTexts, serve: (*Console).messageList},
	{pattern: "GET /messages.csv", may: rights.Export, and: rights.SeeTexts, serve: (*Console).messageSheet},
	{pattern: "GET /messages/{id}/{number}", may: rights.SeeTexts, serve: (*Console).messagePage},
	{pattern: "POST /messages/{id}/{number}/recall", may: rights.Judge, serve: (*Console).messageRecall},
	{pattern: "POST /messages/{id}/{number}/essence", may: rights.Judge, serve: (*Console).messageEssence},
	{pattern: "POST /messages/{id}/{number}/strike", may: rights.Judge, asks: toStrike, serve: (*Console).messageStrike},
}

// classChoices are the classes of content that the filter offers.
var classChoices = []community.Class{community.Text, community.Image, community.Voice, community.Video, community.File, community.Sticker, community.Link, community.Location,
	community.RedPack, community.Transfer, community.Share, community.Reply, community.Forward, community.Card, community.System, community.Recalled, community.Other}

// messageAsk is the filter of the address with the things it names.
type messageAsk struct {
	f      community.MessageFilter
	group  community.GroupRow
	member community.Member
}

func messageFilter(k *call) (messageAsk, error) {
	g, err := k.groupNamed(k.query("g"))
	if err != nil {
		return messageAsk{}, err
	}
	ask := messageAsk{group: g, f: community.MessageFilter{Text: k.query("q"), Group: g.Key, Tag: k.query("tag"), Hits: k.query("hits") == "1", Limit: listLimit}}
	if id, err := community.ParseID(k.query("m")); err == nil {
		if ask.member, err = k.Desk.MemberByID(k.ctx(), id); err != nil {
			return ask, err
		}
		ask.f.Member, ask.f.Person = ask.member.Key, k.query("person") == "1"
	}
	if n, err := strconv.ParseInt(k.query("class"), 10, 16); err == nil {
		class := community.Class(n)
		ask.f.Class = &class
	}
	ask.f.Counted, ask.f.Recalled = k.query("only") == "counted", k.query("only") == "recalled"
	if span, bad := k.daySpan("from", "to"); (ask.f.Counted || ask.f.Recalled) && !bad && !span.IsZero() {
		ask.f.Days = span // cut in each group's zone, as the figures are
	} else {
		ask.f.From = k.day("from", zone(g.Zone))
		if to := k.day("to", zone(g.Zone)); to != 0 {
			ask.f.To = to + 24*time.Hour.Milliseconds()
		}
	}
	ask.f.Before, _ = strconv.ParseInt(k.query("before"), 10, 64)
	return ask, nil
}

// messageList searches messages, newest first, page by page behind a cursor.
func (c *Console) messageList(k *call) error {
	ask, err := messageFilter(k)
	if err != nil {
		return err
	}
	rows, total, err := k.Desk.FindMessages(k.ctx(), ask.f)
	if err != nil {
		return err
	}
	p := view.List{Head: ui.Head{Title: k.T("nav.messages"), Sub: k.T("message.sub")}, Note: messageNote(k, ask)}
	if p.Filters, err = messageFilters(k, ask); err != nil {
		return err
	}
	if p.Table, err = messageTable(k, ask, rows); err != nil {
		return err
	}
	seen := number(k.query("seen"), 0, community.CountCap, 0)
	if len(rows) > 0 {
		p.Table.Pager = &ui.Pager{From: seen + 1, To: seen + len(rows), Total: total, Over: total > community.CountCap}
		if total > seen+len(rows) || total > community.CountCap && len(rows) == listLimit {
			p.Table.Pager.Next = k.here("before", itoa(rows[len(rows)-1].Number), "seen", strconv.Itoa(seen+len(rows)))
		}
		if seen > 0 {
			p.Presets = []ui.Tab{{Text: k.T("message.newest"), Link: k.here("before", "", "seen", "")}}
		}
	}
	k.export(p.Table.Pager, "/messages.csv")
	return k.show(p.Head.Title, view.ListPage(p))
}

func messageNote(k *call, ask messageAsk) string {
	var said []string
	if ask.member.Key != 0 {
		said = append(said, k.T("message.of", "name", ui.Visible(named(ask.member.Name, ask.member.External))))
		if ask.f.Person {
			said = append(said, k.T("person.messages"))
		}
	}
	switch {
	case ask.f.Counted:
		said = append(said, k.T("message.counted_note"))
	case ask.f.Recalled:
		said = append(said, k.T("message.recalled_note"))
	}
	return strings.Join(said, " ")
}

func messageFilters(k *call, ask messageAsk) (ui.Filters, error) {
	groups, err := k.groupChoice(k.T("list.any"), ask.group)
	if err != nil {
		return ui.Filters{}, err
	}
	tags, err := k.tagFilter(k.T("list.any"))
	if err != nil {
		return ui.Filters{}, err
	}
	classes := []ui.Option{{Text: k.T("list.any")}}
	for _, c := range classChoices {
		classes = append(classes, ui.Option{Value: strconv.Itoa(int(c)), Text: k.className(c)})
	}
	out := ui.Filters{Action: "/messages", Fields: []ui.Filter{
		{Kind: "text", Name: "q", Label: k.T("message.text"), Value: ask.f.Text},
		{Kind: "select", Name: "g", Label: k.T("word.group"), Value: k.query("g"), Options: groups}, tags,
		{Kind: "select", Name: "class", Label: k.T("message.class"), Value: k.query("class"), Options: classes},
		{Kind: "date", Name: "from", Label: k.T("message.from"), Value: k.query("from")},
		{Kind: "date", Name: "to", Label: k.T("message.to"), Value: k.query("to")},
		{Kind: "select", Name: "only", Label: k.T("message.only"), Value: k.query("only"), Options: []ui.Option{{Text: k.T("list.any")}, {Value: "counted", Text: k.T("message.counted")}, {Value: "recalled", Text: k.T("message.recalled")}}},
		{Kind: "check", Name: "hits", Label: k.T("message.hits"), Value: k.query("hits")},
	}}
	for _, name := range []string{"m", "person"} {
		if v := k.query(name); v != "" {
			out.Keep = append(out.Keep, ui.Option{Value: name, Text: v})
		}
	}
	if k.R.URL.RawQuery != "" {
		out.Clear = "/messages"
	}
	return out, nil
}

func messageTable(k *call, ask messageAsk, rows []community.MessageRow) (ui.Table, error) {
	t := ui.Table{Label: k.T("nav.messages"), Columns: []ui.Column{{Title: k.T("message.message")}, {Title: k.T("member.name")}, {Title: k.T("word.group")}, {Title: k.T("message.at")}},
		Empty: ui.Empty{Icon: "message-search", Title: k.T("message.none"), Text: k.T("message.none_text")}}
	if k.R.URL.RawQuery != "" {
		t.Empty.Button, t.Empty.Link, t.Empty.Text = k.T("list.clear"), "/messages", k.T("list.none_text")
	}
	keys := make([]community.GroupKey, 0, len(rows))
	for _, m := range rows {
		keys = append(keys, m.Group)
	}
	groups, err := k.groupsOf(keys)
	if err != nil {
		return t, err
	}
	for _, m := range rows {
		t.Rows = append(t.Rows, ui.Row{Cells: []templ.Component{
			view.Said(messageLink(groups[m.Group], m.Number), found(short(m.Text, 160), ask.f.Text), k.classNote(m.Class), m.Recalled, m.Erased),
			view.Person("/members/"+m.MemberID.String(), m.Name), ui.Name(m.GroupName), ui.Moment(m.OccurredAt)}})
	}
	return t, nil
}

// found marks what was searched for; widths and case do not matter. A text whose folding has another length is left as
// it is: the places would not fit.
func found(text, query string) []ui.Part {
	fold := func(s string) []rune {
		var out []rune
		for _, r := range s {
			out = append(out, lexicon.Fold(r))
		}
		return out
	}
	body, runes := fold(text), []rune(text)
	var spans []community.Span
	for _, word := range strings.Fields(query) {
		w := fold(word)
		for i := 0; i+len(w) <= len(body) && len(w) > 0; i++ {
			if string(body[i:i+len(w)]) == string(w) {
				start := len(string(runes[:i]))
				spans = append(spans, community.Span{Start: start, End: start + len(string(runes[i:i+len(w)]))})
				i += len(w) - 1
			}
		}
	}
	return marked(text, spans)
}

// messageSheet is the filtered list as a file, at most CountCap rows.
func (c *Console) messageSheet(k *call) error {
	ask, err := messageFilter(k)
	if err != nil {
		return err
	}
	ask.f.Limit, ask.f.Before = 200, 0
	if _, n, err := k.Desk.FindMessages(k.ctx(), ask.f); err != nil {
		return err
	} else if err := k.bulkExport(n); err != nil {
		return k.refused("/messages", err)
	}
	head := []string{"number", k.T("message.at"), k.T("word.group"), k.T("member.name"), k.T("message.class"), k.T("message.message")}
	n := 0
	return k.sheet("messages", head, func() ([][]string, error) {
		if n >= community.CountCap {
			return nil, nil
		}
		rows, _, err := k.Desk.FindMessages(k.ctx(), ask.f)
		if err != nil || len(rows) == 0 {
			return nil, err
		}
		n, ask.f.Before = n+len(rows), rows[len(rows)-1].Number
		var out [][]string
		for _, m := range rows {
			text := m.Text
			if m.Erased {
				text = k.T("word.erased")
			}
			out = append(out, []string{itoa(m.Number), moment(m.OccurredAt, ask.group), m.GroupName, m.Name, k.className(m.Class), text})
		}
		return out, nil
	})
}
