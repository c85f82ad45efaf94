package console

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/a-h/templ"

	"qunluo/internal/community"
	"qunluo/internal/console/view"
	"qunluo/internal/console/view/ui"
	"qunluo/internal/policy"
	"qunluo/internal/rights"
)

// hitDays is the span of the hit counts beside the rules.
const hitDays = 30

// ruleGroups lists the groups with the rulebook in force.
func (c *Console) ruleGroups(k *call) error {
	f := groupFilter(k)
	rows, total, err := k.Desk.FindGroups(k.ctx(), f)
	if err != nil {
		return err
	}
	tags, err := k.tagFilter(k.T("list.any"))
	if err != nil {
		return err
	}
	p := view.List{Head: ui.Head{Title: k.T("nav.rules"), Sub: k.T("rule.groups_sub")}}
	p.Filters = ui.Filters{Action: "/rules", Fields: []ui.Filter{{Kind: "text", Name: "q", Label: k.T("group.text"), Value: f.Text}, tags}}
	if f.Text+f.Tag != "" {
		p.Filters.Clear = "/rules"
	}
	p.Table = ui.Table{Label: k.T("nav.rules"), Columns: []ui.Column{k.column(k.T("group.name"), "name", f.Page), {Title: k.T("group.mode")}, {Title: k.T("rule.in_force")}, {Title: k.T("group.members"), Num: true}},
		Empty: ui.Empty{Icon: "book", Title: k.T("group.none"), Text: k.T("group.none_text")}, Pager: k.pager(f.Page, len(rows), total)}
	for _, g := range rows {
		p.Table.Rows = append(p.Table.Rows, ui.Row{Link: "/rules/" + g.ID.String(), Cells: []templ.Component{ui.Two(g.Name, k.platform(g.Platform)), modePill(k, g), ui.Text(bookWord(k, g.Book)), ui.Figure(int64(g.Members))}})
	}
	return k.show(p.Head.Title, view.ListPage(p))
}

// head is the top of every page of a rulebook; tabs lead to the others.
func (b bookDesk) head(k *call) (ui.Head, []ui.Tab) {
	h := ui.Head{Title: k.T("rule.of", "group", b.g.Name), Back: "/rules", Sub: bookWord(k, b.force.Version)}
	if b.drafted() {
		h.Sub += " · " + k.T("rule.has_draft")
	}
	if !b.begun() {
		return h, nil
	}
	var tabs []ui.Tab
	for _, t := range []string{"", "/charter", "/book", "/lab", "/versions", "/json"} {
		if t == "/charter" && k.c.deps.Charters == nil {
			continue
		}
		tabs = append(tabs, ui.Tab{Text: k.T("rule.tab_" + strings.TrimPrefix(t, "/") + "x"), Link: b.at() + t, Here: k.R.URL.Path == b.at()+t})
	}
	return h, tabs
}

// rulePage shows the book on the desk: its rules, what they did, and what would change.
func (c *Console) rulePage(k *call) error {
	b, err := bookHere(k)
	if err != nil {
		return err
	}
	p := view.RulePage{At: b.at(), Stamp: b.stamp(), Begun: b.begun(), Mode: modePill(k, b.g), ModeMeans: k.T("mode." + string(b.g.Mode) + "_means")}
	p.Head, p.Tabs = b.head(k)
	if !b.begun() {
		for _, one := range policy.Presets() {
			p.Presets = append(p.Presets, view.Preset{Name: one.Name, Title: k.Words.Pick(one.Title), Summary: k.Words.Pick(one.Summary)})
		}
		p.From, err = ruleSources(k, b.g)
		if err != nil {
			return err
		}
		return k.show(p.Head.Title, view.Rules(p))
	}
	if err := ruleStatus(k, &p, b); err != nil {
		return err
	}
	if p.Rows, err = ruleRows(k, b); err != nil {
		return err
	}
	for _, s := range policy.Kinds() {
		p.Kinds = append(p.Kinds, view.RuleKind{Link: b.at() + "/new?kind=" + s.Name, Title: k.Words.Pick(s.Title), Summary: k.Words.Pick(s.Summary)})
	}
	p.Facts = bookFacts(k, typed(b.raw()))
	return k.show(p.Head.Title, view.Rules(p), inZone(b.g))
}

// ruleSources offers the groups that have a book.
func ruleSources(k *call, but community.GroupRow) ([]ui.Option, error) {
	rows, _, err := k.Desk.FindGroups(k.ctx(), community.GroupFilter{Page: community.Page{Limit: optionsCap}})
	if err != nil {
		return nil, err
	}
	var out []ui.Option
	for _, g := range rows {
		if g.Book > 0 && g.Key != but.Key {
			out = append(out, ui.Option{Value: g.ID.String(), Text: ui.Visible(g.Name) + " · " + bookWord(k, g.Book)})
		}
	}
	return out, nil
}

func ruleStatus(k *call, p *view.RulePage, b bookDesk) error {
	who, err := k.userNames()
	if err != nil {
		return err
	}
	p.Force = k.T("rule.no_book")
	if b.force.Version > 0 {
		p.Force = k.T("rule.force_since", "v", b.force.Version, "at", moment(b.force.At, b.g), "who", ui.Visible(who(b.force.User)))
		p.ForceNote = b.force.Note
	}
	p.Learn, p.Clashes = b.learnAsk(k), b.clashes(k)
	if !b.drafted() {
		return nil
	}
	p.Draft = k.T("rule.draft_since", "at", moment(b.draft.At, b.g), "who", ui.Visible(who(b.draft.User)))
	if p.Faults = b.faultList(k); len(p.Faults) > 0 {
		p.Offers = b.offers(k)
	}
	p.Diff = bookDiff(k, b.force.Body, b.raw())
	if p.Publish, err = b.publishAsk(k, len(p.Diff)); err != nil {
		return err
	}
	p.Discard = &ui.Confirm{ID: "discard", Title: k.T("rule.discard"), Object: b.g.Name, Effect: k.T("rule.discard_effect"), Action: b.at() + "/discard", Button: k.T("rule.discard"), Danger: true}
	return nil
}

// faultList says everything that is wrong with the book on the desk, by rule.
func (b bookDesk) faultList(k *call) []string {
	rules := b.rules()
	var out []string
	for _, f := range k.c.deps.Books.Check(k.ctx(), b.g.Key, b.raw()) {
		where := cmpOr(strings.TrimSuffix(b.articleAt(f.Path), ": "), f.Path)
		if rest, ok := strings.CutPrefix(f.Path, "rules["); ok {
			n, tail, _ := strings.Cut(rest, "]")
			if i, err := strconv.Atoi(n); err == nil && i < len(rules) {
				where = ruleName(rules[i]) + tail
			}
		}
		out = append(out, strings.TrimSpace(where+k.T("list.colon")+k.said(f)))
	}
	return out
}

// clashes says what in the book on the desk contradicts itself.
func (b bookDesk) clashes(k *call) []string {
	names := map[string]string{}
	for _, r := range b.rules() {
		names[text(r["id"])] = ruleName(r)
	}
	var out []string
	for _, c := range policy.Contradictions(b.raw()) {
		var of []string
		for _, id := range c.Rules {
			of = append(of, names[id])
		}
		out = append(out, strings.Join(of, k.T("list.and"))+k.T("list.colon")+k.Words.Pick(c.Words()))
	}
	return out
}

// publishAsk asks before the draft goes in force, and what the group is told of it; nil for those who may not.
func (b bookDesk) publishAsk(k *call, changes int) (*ui.Confirm, error) {
	if !k.may(rights.Publish) || !b.drafted() {
		return nil, nil
	}
	tell, err := b.noticeInputs(k, b.raw())
	if err != nil {
		return nil, err
	}
	return &ui.Confirm{ID: "publish", Title: k.T("rule.publish"), Object: b.g.Name, Effect: k.T("rule.publish_"+string(b.g.Mode)+"_effect", "from", b.force.Version, "lines", changes, "members", k.Words.Number(b.g.Members)),
		Action: b.at() + "/publish", Button: k.T("rule.publish"), Danger: b.g.Mode == community.Live, Reason: k.T("rule.publish_note"), Need: true, Fields: []ui.Option{{Value: "stamp", Text: b.stamp()}}, Inputs: append(append(tell, k.despite()...), k.moveOffer()...)}, nil
}

func ruleRows(k *call, b bookDesk) ([]view.RuleRow, error) {
	counts, err := k.Desk.RuleHits(k.ctx(), b.g.Key, k.now()-hitDays*24*time.Hour.Milliseconds())
	if err != nil {
		return nil, err
	}
	book := typed(b.raw())
	var out []view.RuleRow
	for i, r := range book.Rules {
		row := view.RuleRow{ID: r.ID, Name: r.Name, Kind: k.kindTitle(r.Kind), Mode: r.Mode, Says: ruleSays(k, book, r), First: i == 0, Final: i == len(book.Rules)-1,
			Link: b.at() + "/rule/" + r.ID, Lab: b.labAt(r.ID), HitsLink: "/review?all=1&g=" + b.g.ID.String() + "&rule=" + r.ID}
		for _, m := range ruleModes {
			row.Modes = append(row.Modes, ui.Option{Value: m, Text: k.T("rulemode." + m)})
		}
		j := slices.IndexFunc(counts, func(h community.RuleHits) bool { return h.Rule == r.ID })
		if j >= 0 {
			h := counts[j]
			row.HasHits, row.Hits, row.Dry, row.False, row.Last = true, k.Words.Number(h.Hits), k.Words.Number(h.Dry), k.Words.Number(h.Undone), h.Last
		}
		out = append(out, row)
	}
	return out, nil
}

// ruleSays tells what a rule does in a sentence.
func ruleSays(k *call, book policy.Book, r policy.Rule) string {
	var schema policy.Schema
	for _, s := range policy.Kinds() {
		if s.Name == r.Kind {
			schema = s
		}
	}
	if !schema.Sanction {
		if said := contentSays(k, r); said != "" {
			return said
		}
		return k.Words.Pick(schema.Summary)
	}
	if r.Remind {
		return k.T("rule.says_remind")
	}
	ladder, from := book.Ladder, max(1, r.StartRung)
	if len(r.Ladder) > 0 {
		ladder = r.Ladder
	}
	if len(ladder) == 0 {
		ladder = policy.DefaultLadder()
	}
	return ladderSays(k, ladder[min(from, len(ladder))-1:])
}

// contentSays tells what a rule that answers or greets says, to whom; "" for other kinds and for what is still empty.
func contentSays(k *call, r policy.Rule) string {
	var p struct {
		Patterns, Regexps []string
		Priority          int
		Text              string
		Entries           []struct{ Scene, State, Text string }
	}
	if json.Unmarshal(r.Params, &p) != nil {
		return ""
	}
	switch {
	case r.Kind == "reply" && p.Text != "":
		keys := strings.Join(append(p.Patterns, p.Regexps...), k.T("list.comma"))
		return k.T("rule.says_reply", "keys", short(keys, 40), "text", short(p.Text, 60), "priority", p.Priority)
	case r.Kind == "welcome" && len(p.Entries) > 0:
		return k.T("rule.says_welcome", "count", len(p.Entries), "text", short(p.Entries[len(p.Entries)-1].Text, 60))
	}
	return ""
}

// ladderSays tells a ladder: "第 1 次 撤回、警告；第 2 次 禁言 1 天".
func ladderSays(k *call, ladder []policy.Rung) string {
	var out []string
	for i, r := range ladder {
		var acts []string
		for _, a := range r.Actions {
			word := k.T("rung." + a)
			if a == policy.ActMute {
				word += " " + k.Words.Seconds(r.MuteSeconds)
			}
			acts = append(acts, word)
		}
		out = append(out, k.T("rule.rung", "i", i+1, "acts", strings.Join(acts, k.T("list.comma"))))
	}
	return strings.Join(out, k.T("list.semicolon"))
}

func bookFacts(k *call, book policy.Book) []ui.Option {
	ladder := book.Ladder
	if len(ladder) == 0 {
		ladder = policy.DefaultLadder()
	}
	immune := book.Immune
	if immune == nil {
		immune = policy.DefaultImmune()
	}
	var roles []string
	for _, r := range immune {
		roles = append(roles, k.T("grouprole."+string(r)))
	}
	days := book.MemoryDays
	if days == 0 {
		days = policy.DefaultMemoryDays
	}
	return []ui.Option{
		{Value: k.T("rule.ladder"), Text: ladderSays(k, ladder)},
		{Value: k.T("rule.memory"), Text: k.T("group.days", "count", days)},
		{Value: k.T("rule.immune"), Text: strings.Join(roles, k.T("list.comma"))},
		{Value: k.T("rule.allow"), Text: k.T("rule.allow_counts", "phrases", len(book.Allow.Phrases), "hosts", len(book.Allow.Hosts), "members", len(book.Allow.Members))},
	}
}

// bookDiff is what is different between two books, field by field, as lines.
func bookDiff(k *call, a, b json.RawMessage) []ui.Change {
	before, after := typed(bare(a)), typed(bare(b))
	before.Mode, after.Mode = "", ""
	names := map[string]string{}
	for _, r := range slices.Concat(before.Rules, after.Rules) {
		names[r.ID] = r.Name
	}
	var out []ui.Change
	for _, ch := range policy.DiffBooks(before, after) {
		if ch.Field == "mode" && ch.Rule == "" {
			continue // the mode is the group's, not the book's
		}
		where := fieldTitle(k, ch, before, after)
		if ch.Article != "" {
			where = k.T("charter.article_called", "title", articleTitle(ch.Article, after, before)) + " · " + where
		}
		if ch.Rule != "" {
			where = strings.TrimSpace(names[ch.Rule]+" ("+ch.Rule+")") + " · " + where
		}
		out = append(out, ui.Change{Op: " ", Text: where})
		out = append(out, lineDiff(pretty(ch.Before), pretty(ch.After))...)
	}
	return out
}

// bare leaves out of a book what says nothing (false, empty texts and lists), so that how a book was written makes no
// difference. Empty lists of immune roles and acts do say something and stay.
func bare(raw json.RawMessage) json.RawMessage {
	doc, err := readDoc(raw)
	if err != nil {
		return raw
	}
	return writeDoc(strip(doc))
}

func strip(v any) any {
	switch v := v.(type) {
	case map[string]any:
		for name, x := range v {
			if x = strip(x); x == nil && name != "immune" && name != "actions" {
				delete(v, name)
			} else if x != nil {
				v[name] = x
			}
		}
		if len(v) == 0 {
			return nil
		}
	case []any:
		for i, x := range v {
			if x = strip(x); x != nil {
				v[i] = x
			}
		}
		if len(v) == 0 {
			return nil
		}
	case bool:
		if !v {
			return nil
		}
	case string:
		if v == "" {
			return nil
		}
	case nil:
		return nil
	}
	return v
}

// fieldTitle names a changed field in the words of its schema.
func fieldTitle(k *call, ch policy.Change, before, after policy.Book) string {
	switch ch.Field {
	case "rule":
		if ch.Before == nil {
			return k.T("rule.diff_new")
		}
		return k.T("rule.diff_gone")
	case "article":
		if ch.Before == nil {
			return k.T("charter.diff_new")
		}
		return k.T("charter.diff_gone")
	case "charter.order":
		return k.T("charter.diff_order")
	case "order":
		return k.T("rule.diff_order")
	}
	fields := policy.BookFields()
	if ch.Article != "" {
		fields = policy.ArticleFields()
	}
	if ch.Rule != "" {
		fields = policy.RuleFields()
	}
	var words []string
	for _, name := range strings.Split(ch.Field, ".") {
		i := slices.IndexFunc(fields, func(f policy.Field) bool { return f.Name == name })
		if i < 0 {
			words = append(words, name)
			continue
		}
		words = append(words, k.Words.Pick(fields[i].Title))
		fields = fields[i].Fields
		if name == "params" {
			words = words[:len(words)-1]
			fields = paramFields(ch.Rule, before, after)
		}
	}
	return strings.Join(words, " · ")
}

// articleTitle is the title of an article in the first of the books that has it.
func articleTitle(id string, books ...policy.Book) string {
	for _, b := range books {
		if a, ok := b.Charter.At(b.Charter.Number(id)); ok {
			return a.Title
		}
	}
	return id
}

func paramFields(rule string, books ...policy.Book) []policy.Field {
	for _, b := range books {
		for _, r := range b.Rules {
			if s, ok := schemaOf(r.Kind); ok && r.ID == rule {
				return s.Fields
			}
		}
	}
	return nil
}

func schemaOf(kind string) (policy.Schema, bool) {
	for _, s := range policy.Kinds() {
		if s.Name == kind {
			return s, true
		}
	}
	return policy.Schema{}, false
}

// pretty writes JSON as lines; a text stands without quotes.
func pretty(raw json.RawMessage) []string {
	if len(raw) == 0 {
		return nil
	}
	var s string
	if json.Unmarshal(raw, &s) == nil {
		return strings.Split(s, "\n")
	}
	var v any
	if json.Unmarshal(raw, &v) != nil {
		return []string{string(raw)}
	}
	out, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return []string{string(raw)}
	}
	return strings.Split(string(out), "\n")
}

// maxDiff bounds the lines that are compared with each other; beyond it everything counts as changed.
const maxDiff = 1500

// lineDiff shows what changed between two lists of lines, leaving out most of what is the same.
func lineDiff(a, b []string) []ui.Change {
	from := 0
	for from < len(a) && from < len(b) && a[from] == b[from] {
		from++
	}
	endA, endB := len(a), len(b)
	for endA > from && endB > from && a[endA-1] == b[endB-1] {
		endA, endB = endA-1, endB-1
	}
	var out []ui.Change
	for _, s := range a[max(0, from-1):from] {
		out = append(out, ui.Change{Op: " ", Text: s})
	}
	out = append(out, middle(a[from:endA], b[from:endB])...)
	for _, s := range a[endA:min(endA+1, len(a))] {
		out = append(out, ui.Change{Op: " ", Text: s})
	}
	return out
}

// middle is the longest common subsequence of what is left, in the manner of every diff.
func middle(a, b []string) []ui.Change {
	var out []ui.Change
	if len(a) > maxDiff || len(b) > maxDiff {
		for _, s := range a {
			out = append(out, ui.Change{Op: "-", Text: s})
		}
		for _, s := range b {
			out = append(out, ui.Change{Op: "+", Text: s})
		}
		return out
	}
	long := make([][]int16, len(a)+1)
	for i := range long {
		long[i] = make([]int16, len(b)+1)
	}
	for i := len(a) - 1; i >= 0; i-- {
		for j := len(b) - 1; j >= 0; j-- {
			if a[i] == b[j] {
				long[i][j] = long[i+1][j+1] + 1
			} else {
				long[i][j] = max(long[i+1][j], long[i][j+1])
			}
		}
	}
	i, j := 0, 0
	for i < len(a) || j < len(b) {
		switch {
		case i < len(a) && j < len(b) && a[i] == b[j]:
			out = append(out, ui.Change{Op: " ", Text: a[i]})
			i, j = i+1, j+1
		case j == len(b) || i < len(a) && long[i+1][j] >= long[i][j+1]:
			out = append(out, ui.Change{Op: "-", Text: a[i]})
			i++
		default:
			out = append(out, ui.Change{Op: "+", Text: b[j]})
			j++
		}
	}
	return out
}
