package console

import (
	"cmp"
	"iter"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/a-h/templ"

	"qunluo/internal/community"
	"qunluo/internal/console/view"
	"qunluo/internal/console/view/ui"
	"qunluo/internal/lexicon"
	"qunluo/internal/measure"
	"qunluo/internal/rights"
)

var memberRoutes = []route{
	{pattern: "GET /members", may: rights.SeePeople, or: rights.SeeVeiled, serve: (*Console).memberList},
	{pattern: "GET /members.csv", may: rights.Export, and: rights.SeePeople, serve: (*Console).memberSheet},
	{pattern: "GET /members/{id}", may: rights.SeePeople, or: rights.SeeVeiled, serve: (*Console).memberPage},
	{pattern: "POST /members/{id}/warn", may: rights.Judge, serve: (*Console).memberWarn},
	{pattern: "POST /members/{id}/mute", may: rights.Judge, serve: (*Console).memberMute},
	{pattern: "POST /members/{id}/unmute", may: rights.Judge, serve: (*Console).memberUnmute},
	{pattern: "POST /members/{id}/remove", may: rights.Judge, risky: true, serve: (*Console).memberRemove},
	{pattern: "POST /members/{id}/mark", may: rights.Merge, serve: (*Console).memberMark},
}

// memberSpans are the spans of days in the address, each with the names of its two dates.
var memberSpans = []struct {
	from, to string
	in       func(*community.MemberFilter) *community.DaySpan
}{
	{"spoke_from", "spoke_to", func(f *community.MemberFilter) *community.DaySpan { return &f.Spoke }},
	{"joined_from", "joined_to", func(f *community.MemberFilter) *community.DaySpan { return &f.Joined }},
	{"left_from", "left_to", func(f *community.MemberFilter) *community.DaySpan { return &f.Left }},
}

// memberFilter reads the filter of the address. There: "" = in the group now, "left", "all"; with a span of days "" = all.
func memberFilter(k *call) (community.MemberFilter, community.GroupRow, error) {
	g, err := k.groupNamed(k.query("g"))
	f := community.MemberFilter{Group: g.Key, Tag: k.query("tag"), Text: k.query("q"), NeverSpoke: k.query("never") == "1", Source: k.query("source"), Label: k.query("wears"), Persons: k.query("by") == "person", Page: k.page(listLimit)}
	if days := number(k.query("silent"), 1, 3650, 0); days > 0 {
		f.SilentSince = k.now() - int64(days)*24*time.Hour.Milliseconds()
	}
	for _, s := range memberSpans {
		*s.in(&f), _ = k.daySpan(s.from, s.to)
	}
	if f.Chosen() {
		f.Persons = false
	}
	if !f.Spoke.IsZero() {
		f.Most, f.First = int64(number(k.query("said_most"), 1, 1_000_000, 0)), number(k.query("said_first"), 1, 10_000_000, 0)
	}
	if there := k.query("there"); there == "left" || there == "here" || there == "" && !f.Chosen() {
		present := there != "left"
		f.Present = &present
	}
	return f, g, err
}

// memberSays puts a list of people whom figures count into words; "" = any other list.
func memberSays(k *call, f community.MemberFilter) string {
	var said []string
	for i, s := range memberSpans {
		span := *s.in(&f)
		if _, bad := k.daySpan(s.from, s.to); bad {
			said = append(said, k.T("member.bad_days", "most", spanMost))
		}
		if span.IsZero() {
			continue
		}
		key := []string{"member.spoke_between", "member.joined_between", "member.left_between"}[i]
		said = append(said, k.T(key, "from", measure.Day(span.From).String(), "to", measure.Day(span.To).String()))
	}
	if f.First > 0 {
		said = append(said, k.T("member.said_first", "count", f.First))
	}
	if f.Most > 0 {
		said = append(said, k.T("member.said_most", "count", f.Most))
	}
	if !f.Spoke.IsZero() {
		said = append(said, k.T("member.spoke_note"))
	}
	return strings.Join(said, " ")
}

// memberList shows members of a group, or of all.
func (c *Console) memberList(k *call) error {
	f, g, err := memberFilter(k)
	if err != nil {
		return err
	}
	rows, total, err := k.Desk.FindMembers(k.ctx(), f)
	if err != nil {
		return err
	}
	p := view.List{Head: ui.Head{Title: k.T("nav.members"), Sub: k.T("member.list_sub")}}
	if k.veiled() {
		p.Head.Sub = k.T("veil.list_sub")
		p.Head.Actions = view.LinkButton("/unveil", "eye", k.T("veil.title"))
	}
	if g.Key != 0 {
		p.Head.Sub, p.Head.Back = g.Name, "/groups/"+g.ID.String()
	}
	if p.Filters, err = memberFilters(k, f, g); err != nil {
		return err
	}
	keep := url.Values{}
	if g.Key != 0 {
		keep.Set("g", g.ID.String())
	}
	link := func(pairs ...string) string {
		v := url.Values{"g": keep["g"]}
		if f.Tag != "" {
			v.Set("tag", f.Tag)
		}
		for i := 0; i+1 < len(pairs); i += 2 {
			v.Set(pairs[i], pairs[i+1])
		}
		if len(v["g"]) == 0 {
			v.Del("g")
		}
		if len(v) == 0 {
			return "/members"
		}
		return "/members?" + v.Encode()
	}
	p.Presets = []ui.Tab{
		{Text: k.T("member.everybody"), Link: link(), Here: !f.Persons && !f.NeverSpoke && f.SilentSince == 0 && f.Page.Sort == "" && !f.Chosen()},
		{Text: k.T("member.never"), Link: link("never", "1"), Here: f.NeverSpoke},
		{Text: k.T("member.silent30"), Link: link("silent", "30"), Here: k.query("silent") == "30"},
		{Text: k.T("member.struck"), Link: link("sort", "strikes", "dir", "desc"), Here: f.Page.Sort == "strikes"},
		{Text: k.T("member.newest"), Link: link("sort", "joined", "dir", "desc"), Here: f.Page.Sort == "joined" && f.Page.Desc},
	}
	if k.Persons != nil {
		p.Presets = append(p.Presets, ui.Tab{Text: k.T("person.by_person"), Link: link("by", "person"), Here: f.Persons}, ui.Tab{Text: k.T("person.title"), Link: "/members/links"})
	}
	p.Note = memberSays(k, f)
	if f.Persons {
		p.Note = strings.TrimSpace(p.Note + " " + k.T("person.list_note"))
	}
	if f.NeverSpoke {
		p.Note = strings.TrimSpace(p.Note + " " + k.T("member.never_note"))
	}
	if err := k.meetHeads(rows); err != nil {
		return err
	}
	p.Table = memberTable(k, rows, f)
	p.Table.Pager = k.pager(f.Page, len(rows), total)
	if k.R.URL.RawQuery != "" {
		p.Filters.Clear = "/members"
		p.Table.Empty = ui.Empty{Icon: "filter", Title: k.T("list.none"), Text: k.T("list.none_text"), Button: k.T("list.clear"), Link: "/members"}
	}
	k.export(p.Table.Pager, "/members.csv")
	bulkBar(k, &p)
	return k.show(p.Head.Title, view.ListPage(p))
}

func memberFilters(k *call, f community.MemberFilter, g community.GroupRow) (ui.Filters, error) {
	groups, err := k.groupChoice(k.T("list.any"), g)
	if err != nil {
		return ui.Filters{}, err
	}
	chosen := ""
	if g.Key != 0 {
		chosen = g.ID.String()
	}
	tags, err := k.tagFilter(k.T("list.any"))
	if err != nil {
		return ui.Filters{}, err
	}
	silent := []ui.Option{{Text: k.T("list.any")}}
	for _, n := range []int{7, 30, 90, 180} {
		silent = append(silent, ui.Option{Value: strconv.Itoa(n), Text: k.T("member.silent_days", "count", n)})
	}
	never := ""
	if f.NeverSpoke {
		never = "1"
	}
	out := ui.Filters{Action: "/members", Fields: []ui.Filter{
		{Kind: "text", Name: "q", Label: k.T("member.text"), Value: f.Text},
		{Kind: "select", Name: "g", Label: k.T("word.group"), Value: chosen, Options: groups}, tags,
		{Kind: "select", Name: "there", Label: k.T("member.there"), Value: k.query("there"), Options: memberWhere(k, f)},
		{Kind: "date", Name: "spoke_from", Label: k.T("member.spoke_from"), Value: k.query("spoke_from")},
		{Kind: "date", Name: "spoke_to", Label: k.T("member.spoke_to"), Value: k.query("spoke_to")},
		{Kind: "select", Name: "silent", Label: k.T("member.silent"), Value: k.query("silent"), Options: silent},
		{Kind: "text", Name: "source", Label: k.T("member.source"), Value: f.Source},
		{Kind: "text", Name: "wears", Label: k.T("tag.wears"), Value: f.Label},
		{Kind: "check", Name: "never", Label: k.T("member.never"), Value: never},
	}}
	for _, name := range []string{"sort", "dir", "by", "said_most", "said_first", "joined_from", "joined_to", "left_from", "left_to"} {
		if v := k.query(name); v != "" {
			out.Keep = append(out.Keep, ui.Option{Value: name, Text: v})
		}
	}
	return out, nil
}

// memberWhere offers where people may be: of those whom figures count all, else those who are here, unless asked otherwise.
func memberWhere(k *call, f community.MemberFilter) []ui.Option {
	here, all := ui.Option{Text: k.T("member.present")}, ui.Option{Value: "all", Text: k.T("list.any")}
	left := ui.Option{Value: "left", Text: k.T("member.left")}
	if f.Chosen() {
		here.Value, all.Value = "here", ""
		return []ui.Option{all, here, left}
	}
	return []ui.Option{here, left, all}
}

func memberTable(k *call, rows []community.MemberRow, f community.MemberFilter) ui.Table {
	t := ui.Table{Label: k.T("nav.members"), Empty: ui.Empty{Icon: "users", Title: k.T("member.none"), Text: k.T("member.none_text")}}
	columns := memberColumns(k, f)
	for _, c := range columns {
		t.Columns = append(t.Columns, c.column)
	}
	for i := range rows {
		row := ui.Row{ID: rows[i].ID.String(), Link: "/members/" + rows[i].ID.String()}
		for _, c := range columns {
			row.Cells = append(row.Cells, c.cell(&rows[i]))
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}

// memberColumn is a column of the list with what it shows of a row.
type memberColumn struct {
	column ui.Column
	cell   func(*community.MemberRow) templ.Component
}

// memberColumns are the list's columns; a list of those who spoke on days has room for less beside what they said.
func memberColumns(k *call, f community.MemberFilter) []memberColumn {
	page, spoke := f.Page, !f.Spoke.IsZero()
	if spoke && page.Sort == "" {
		page.Sort, page.Desc = "said", true
	}
	num := func(c ui.Column) ui.Column { c.Num = true; return c }
	said := []memberColumn{
		{num(k.column(k.T("member.said"), "said", page)), func(m *community.MemberRow) templ.Component { return ui.Figure(m.Said) }},
		{num(k.column(k.T("member.said_days"), "said_days", page)), func(m *community.MemberRow) templ.Component { return ui.Figure(int64(m.SaidDays)) }},
	}
	out := []memberColumn{
		{k.column(k.T("member.name"), "name", page), func(m *community.MemberRow) templ.Component {
			return view.Tagged(shownName(*m), memberUnder(k, *m), append(m.Tags[:len(m.Tags):len(m.Tags)], m.StayTags...))
		}},
		{ui.Column{Title: k.T("word.group"), Hide: f.Group != 0}, func(m *community.MemberRow) templ.Component { return ui.Name(groupsOf(k, m)) }},
		{k.column(k.T("member.joined"), "joined", page), func(m *community.MemberRow) templ.Component { return joinedCell(k, m.JoinedAt) }},
		{ui.Column{Title: k.T("member.source"), Hide: true}, func(m *community.MemberRow) templ.Component { return ui.Text(source(k, m.Scene, m.State)) }},
		{k.column(k.T("member.last_word"), "last_word", page), func(m *community.MemberRow) templ.Component { return lastWord(k, m.LastWord) }},
		{num(k.column(k.T("home.messages"), "messages", page)), func(m *community.MemberRow) templ.Component { return ui.Figure(m.Messages) }},
		{num(k.column(k.T("member.strikes"), "strikes", page)), func(m *community.MemberRow) templ.Component { return ui.Figure(int64(m.Strikes)) }},
		{ui.Column{Title: k.T("member.state")}, func(m *community.MemberRow) templ.Component { return memberState(k, *m) }},
	}
	if !spoke {
		return out
	}
	out = slices.Concat(out[:1], said, out[2:3], out[4:])
	for _, i := range []int{3, 5, 6} { // joined, messages in all, strikes
		out[i].column.Hide = true
	}
	return out
}

// groupsOf names the group of a row; of a row over all groups the first that they are in, and how many more.
func groupsOf(k *call, m *community.MemberRow) string {
	switch {
	case m.GroupName != "" || len(m.In) == 0:
		return m.GroupName
	case len(m.In) == 1:
		return m.In[0]
	}
	return k.T("member.in_groups", "group", m.In[0], "total", len(m.In), "more", len(m.In)-1)
}

func shownName(m community.MemberRow) string {
	if m.Card != "" {
		return m.Card
	}
	return named(m.Name, m.External)
}

// memberUnder is the quieter line under a name: the account name where it differs, and the platform's id.
func memberUnder(k *call, m community.MemberRow) string {
	if m.Accounts > 1 {
		m.Accounts, m.External = 0, m.External+" · "+k.T("person.of", "count", m.Accounts)
		return memberUnder(k, m)
	}
	if m.Certainty == community.NameOnly {
		return k.T("member.name_only")
	}
	if m.Card != "" && m.Name != "" && m.Name != m.Card {
		return m.Name + " · " + m.External
	}
	return m.External
}

func joinedCell(k *call, at int64) templ.Component {
	if at == 0 {
		return view.Quiet(k.T("member.joined_unknown"))
	}
	return ui.Moment(at)
}

func lastWord(k *call, at int64) templ.Component {
	if at == 0 {
		return view.Quiet(k.T("member.never"))
	}
	return ui.When(at)
}

// source says how somebody came: the way of joining and the code's mark.
func source(k *call, scene, state string) string {
	if key := "scene." + scene; scene != "" && k.Words.Has(key) {
		scene = k.T(key)
	}
	if scene != "" && state != "" {
		return scene + " · " + state
	}
	return scene + state
}

// meetHeads finds out who runs the groups that rows are of.
func (k *call) meetHeads(rows []community.MemberRow) (err error) {
	var groups []community.GroupKey
	for _, m := range rows {
		if m.Group != 0 && !slices.Contains(groups, m.Group) && len(groups) < 200 {
			groups = append(groups, m.Group)
		}
	}
	if len(groups) == 0 {
		return nil
	}
	k.heads, err = k.Desk.Heads(k.ctx(), groups)
	return err
}

// takenFor names whoever runs the member's group and has a name that looks the same (trust.md §8); "" = nobody.
func (k *call) takenFor(m community.MemberRow) string {
	if m.Role.Immune() || m.Mark == community.RoleStaff {
		return ""
	}
	look := lexicon.Skeleton(shownName(m))
	for _, h := range k.heads {
		if h.Group == m.Group && h.Member != m.Key && look != "" && lexicon.Skeleton(h.Name) == look {
			return h.Name
		}
	}
	return ""
}

func memberState(k *call, m community.MemberRow) templ.Component {
	if head := k.takenFor(m); head != "" && m.LeftAt == 0 {
		return ui.Pill("danger", "alert-triangle", k.T("member.alike", "name", ui.Visible(head)))
	}
	switch {
	case m.LeftAt != 0:
		return ui.Pill("", "logout", k.T("member.left"))
	case m.MutedTill > k.now():
		return ui.Pill("warning", "volume-off", k.T("member.muted_left", "t", k.Words.Round((m.MutedTill-k.now())/1000)))
	case m.Mark == community.RoleBot || m.Mark == community.RoleStaff:
		return ui.Pill("info", "shield", k.T("grouprole."+string(m.Mark)))
	case m.Role.Immune() || m.Role == community.RoleBot && m.Mark == "":
		return ui.Pill("info", "shield", k.T("grouprole."+string(m.Role)))
	}
	return ui.Pill("", "", k.T("member.present"))
}

// memberSheet is the filtered list as a file.
func (c *Console) memberSheet(k *call) error {
	f, _, err := memberFilter(k)
	if err != nil {
		return err
	}
	if _, n, err := k.Desk.FindMembers(k.ctx(), f); err != nil {
		return err
	} else if err := k.bulkExport(n); err != nil {
		return k.refused("/members", err)
	}
	head := []string{"id", k.T("member.name"), k.T("member.account"), k.T("member.external"), k.T("word.group"), k.T("member.joined"), k.T("member.source"), k.T("member.last_word"), k.T("home.messages"), k.T("member.strikes"), k.T("member.left"), k.T("person.tags")}
	if !f.Spoke.IsZero() {
		head = append(head, k.T("member.said"), k.T("member.said_days"))
	}
	next, stop := iter.Pull2(k.Desk.AllMembers(k.ctx(), f))
	defer stop()
	return k.sheet("members", head, func() ([][]string, error) {
		rows, err, more := next()
		if !more || err != nil {
			return nil, err
		}
		out := make([][]string, len(rows))
		for i := range rows {
			out[i] = memberLine(k, &rows[i], f)
		}
		return out, nil
	})
}

func memberLine(k *call, m *community.MemberRow, f community.MemberFilter) []string {
	none := community.GroupRow{}
	line := []string{m.ID.String(), shownName(*m), m.Name, m.External, cmp.Or(m.GroupName, strings.Join(m.In, ", ")), moment(m.JoinedAt, none), source(k, m.Scene, m.State),
		moment(m.LastWord, none), strconv.FormatInt(m.Messages, 10), strconv.Itoa(m.Strikes), moment(m.LeftAt, none), strings.Join(append(m.Tags[:len(m.Tags):len(m.Tags)], m.StayTags...), k.T("list.comma"))}
	if !f.Spoke.IsZero() {
		line = append(line, strconv.FormatInt(m.Said, 10), strconv.Itoa(m.SaidDays))
	}
	return line
}
