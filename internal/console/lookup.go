package console

import (
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"qunluo/internal/community"
	"qunluo/internal/connect"
	"qunluo/internal/console/view"
	"qunluo/internal/console/view/ui"
	"qunluo/internal/i18n"
	"qunluo/internal/measure"
)

// What several pages look up: groups by key, people by id, what a group's connections can do, messages as lines.

// optionsCap bounds how many groups a choice offers; above it people filter by name on the list of groups.
const optionsCap = 200

// groupsOf finds groups by their keys.
func (k *call) groupsOf(keys []community.GroupKey) (map[community.GroupKey]community.GroupRow, error) {
	out := map[community.GroupKey]community.GroupRow{}
	slices.Sort(keys)
	keys = slices.Compact(keys)
	for part := range slices.Chunk(keys, optionsCap) {
		rows, _, err := k.Desk.FindGroups(k.ctx(), community.GroupFilter{Keys: part, Page: community.Page{Limit: optionsCap}})
		if err != nil {
			return nil, err
		}
		for _, g := range rows {
			out[g.Key] = g
		}
	}
	return out, nil
}

// groupNamed reads the group whose id stands in the text; an empty text gives the zero group: all.
func (k *call) groupNamed(text string) (community.GroupRow, error) {
	if text == "" {
		return community.GroupRow{}, nil
	}
	id, err := community.ParseID(text)
	if err != nil {
		return community.GroupRow{}, community.Errorf(community.CodeNotFound, "group: %w", err)
	}
	return k.Desk.GroupByID(k.ctx(), id)
}

// membersOf names members, at most 200 keys; those outside the scope are left out.
func (k *call) membersOf(keys []community.MemberKey) (map[community.MemberKey]community.Member, error) {
	list, err := k.Desk.MembersByKey(k.ctx(), keys)
	known := make(map[community.MemberKey]community.Member, len(list))
	for _, m := range list {
		known[m.Key] = m
	}
	return known, err
}

// groupHere reads the group that {id} of the path names.
func (k *call) groupHere() (community.GroupRow, error) {
	id, err := k.id()
	if err != nil {
		return community.GroupRow{}, err
	}
	return k.Desk.GroupByID(k.ctx(), id)
}

// groupChoice offers the groups, the first choice being "" with the word given. The chosen one is among them.
func (k *call) groupChoice(first string, chosen community.GroupRow) ([]ui.Option, error) {
	rows, _, err := k.Desk.FindGroups(k.ctx(), community.GroupFilter{Bare: true, Page: community.Page{Limit: optionsCap}})
	if err != nil {
		return nil, err
	}
	out := []ui.Option{{Text: first}}
	found := chosen.Key == 0
	for _, g := range rows {
		found = found || g.Key == chosen.Key
		out = append(out, ui.Option{Value: g.ID.String(), Text: ui.Visible(g.Name)})
	}
	if !found {
		out = append(out, ui.Option{Value: chosen.ID.String(), Text: ui.Visible(chosen.Name)})
	}
	return out, nil
}

// tagFilter offers the tags of the groups, the first choice being "" with the word given. The one of the address is among
// them even when no group has it any more.
func (k *call) tagFilter(first string) (ui.Filter, error) {
	tags, err := k.everyTag()
	if err != nil {
		return ui.Filter{}, err
	}
	chosen := k.query("tag")
	if chosen != "" && !slices.Contains(tags, chosen) {
		tags = append(tags, chosen)
	}
	f := ui.Filter{Kind: "select", Name: "tag", Label: k.T("group.tag"), Value: chosen, Options: []ui.Option{{Text: first}}}
	for _, t := range tags {
		f.Options = append(f.Options, ui.Option{Value: t, Text: ui.Visible(t)})
	}
	return f, nil
}

// byTag lets a list that has no other filter be narrowed to groups with a tag. Call it when the list's table is made.
func (k *call) byTag(p *view.List, at string) error {
	f, err := k.tagFilter(k.T("list.any"))
	if err != nil || len(f.Options) == 1 {
		return err // no group has a tag
	}
	p.Filters = ui.Filters{Action: at, Fields: []ui.Filter{f}}
	if f.Value != "" {
		p.Filters.Clear = at
		p.Table.Empty = ui.Empty{Icon: "filter", Title: k.T("list.none"), Text: k.T("list.none_text"), Button: k.T("list.clear"), Link: at}
	}
	return nil
}

// userNames says who a user id stands for; ids of nobody we know stay as they are.
func (k *call) userNames() (func(string) string, error) {
	people, err := k.c.deps.People.Users(k.ctx(), k.User.Org)
	if err != nil {
		return nil, err
	}
	names := map[string]string{}
	for _, u := range people {
		names[u.ID.String()] = u.Name
		if u.Name == "" {
			names[u.ID.String()] = u.Login
		}
	}
	return func(id string) string {
		if name, ok := names[id]; ok {
			return name
		}
		if key := "who." + id; id != "" && k.Words.Has(key) {
			return k.T(key)
		}
		return id
	}, nil
}

// ability is the best that any of a group's connections can do about a verb; without a connection, what people can.
func (k *call) ability(g community.GroupRow, v community.Verb) community.Ability {
	if len(g.Accounts) == 0 {
		return connect.ByHand(g.Platform).Of(v)
	}
	order := []community.Level{community.Native, community.Assisted, community.Human, community.None}
	best := community.Ability{Level: community.None}
	for _, a := range g.Accounts {
		all, err := k.c.deps.Wires.Abilities(k.ctx(), a, g.Key)
		if err != nil {
			continue // a connection that cannot be asked can do nothing now
		}
		got, ok := all.Verbs[v]
		if ok && slices.Index(order, got.Level) < slices.Index(order, best.Level) {
			best = got
		}
	}
	return best
}

// abilityMark says an ability.
func (k *call) abilityMark(v community.Verb, a community.Ability) ui.Ability {
	m := ui.Ability{Verb: k.T("verb." + string(v)), Level: string(a.Level), Note: a.Note}
	if k.Words.Has("evidence." + a.Evidence) {
		m.Evidence = k.T("evidence." + a.Evidence)
	}
	return m
}

// online counts a group's connections that are up.
func (k *call) online(g community.GroupRow) (up, all int) {
	for _, a := range g.Accounts {
		if h := k.c.deps.Wires.Health(a); h.State == "online" {
			up++
		}
	}
	return up, len(g.Accounts)
}

// line shows a message; spans mark what a rule found, by bytes of its text.
func (k *call) line(m community.MessageRow, spans []community.Span, focus bool) ui.Line {
	l := ui.Line{ID: "m-" + strconv.FormatInt(m.Number, 10), At: m.OccurredAt, Name: m.Name, Parts: marked(m.Text, spans),
		Note: k.classNote(m.Class), Recalled: m.Recalled, Erased: m.Erased, Focus: focus}
	if !m.MemberID.IsZero() {
		l.Link = "/members/" + m.MemberID.String()
	}
	return l
}

// classNote is "[图片]" and the like for what is not text.
func (k *call) classNote(c community.Class) string {
	switch c {
	case community.Text, community.Reply, community.Recalled:
		return ""
	}
	return "[" + k.className(c) + "]"
}

func (k *call) className(c community.Class) string {
	if key := "class.c" + strconv.Itoa(int(c)); k.Words.Has(key) {
		return k.T(key)
	}
	return k.T("class.c99")
}

// marked cuts a text at spans. Spans that do not fit the text (it was erased or cut) mark nothing.
func marked(text string, spans []community.Span) []ui.Part {
	spans = slices.Clone(spans)
	slices.SortFunc(spans, func(a, b community.Span) int { return a.Start - b.Start })
	var out []ui.Part
	at := 0
	for _, s := range spans {
		if s.Start < at || s.End <= s.Start || s.End > len(text) || !utf8.RuneStart(text[s.Start]) || s.End < len(text) && !utf8.RuneStart(text[s.End]) {
			continue
		}
		if s.Start > at {
			out = append(out, ui.Part{Text: text[at:s.Start]})
		}
		out = append(out, ui.Part{Text: text[s.Start:s.End], Hit: true})
		at = s.End
	}
	if at < len(text) {
		out = append(out, ui.Part{Text: text[at:]})
	}
	return out
}

// spansOf gathers what the hits of a decision marked.
func spansOf(d community.Decision) []community.Span {
	var all []community.Span
	for _, h := range d.Hits {
		all = append(all, h.Spans...)
	}
	return all
}

// day reads a date of the address ("2006-01-02") as its first moment in a zone, UTC ms; 0 when it is none.
func (k *call) day(name string, in *time.Location) int64 {
	at, err := time.ParseInLocation("2006-01-02", k.query(name), in)
	if err != nil {
		return 0
	}
	return at.UnixMilli()
}

// daySpan reads two dates of the address, both included; bad = they are none, or run backwards. Where only one is given, or
// none, there is no span.
func (k *call) daySpan(from, to string) (span community.DaySpan, bad bool) {
	a, b := k.query(from), k.query(to)
	if a == "" || b == "" {
		return span, a+b != ""
	}
	first, err := measure.ParseDay(a)
	if err != nil {
		return span, true
	}
	last, err := measure.ParseDay(b)
	if err != nil || last < first || last-first > spanMost || first < 1 {
		return span, true
	}
	return community.DaySpan{From: int64(first), To: int64(last)}, false
}

// spanMost bounds a span of days that lists are asked for.
const spanMost = 1000

// moment writes a time in the group's zone.
func moment(at int64, g community.GroupRow) string { return i18n.Time(at, zone(g.Zone)) }

// number reads a whole number of the address or form within bounds, else what otherwise says.
func number(text string, least, most, otherwise int) int {
	n, err := strconv.Atoi(text)
	if err != nil || n < least || n > most {
		return otherwise
	}
	return n
}

// short cuts a text to n runes for a list.
func short(s string, n int) string {
	if utf8.RuneCountInString(s) <= n {
		return s
	}
	return string([]rune(s)[:n]) + "…"
}

// gist is the beginning of a text on one line, at most n runes.
func gist(text string, n int) string { return short(strings.Join(strings.Fields(text), " "), n) }

func itoa(n int64) string { return strconv.FormatInt(n, 10) }

// inZone shows the moments of a page in a group's zone.
func inZone(g community.GroupRow) func(*ui.Frame) {
	return func(f *ui.Frame) { f.Zone = zone(g.Zone) }
}

// halfDone says that one thing was done and the next, which belongs to it, was not.
func (k *call) halfDone(to, said string, err error) error {
	return k.done(to, "warning", said+" "+k.T("act.then", "error", k.T("error."+string(community.CodeOf(err))+".title")), community.ID{})
}
