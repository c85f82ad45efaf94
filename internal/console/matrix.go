package console

import (
	"fmt"
	"slices"
	"strings"

	"qunluo/internal/community"
	"qunluo/internal/connect"
	"qunluo/internal/console/view"
	"qunluo/internal/console/view/ui"
)

// matrixTall is from how many rows on the table scrolls under its head.
const matrixTall = 10

// matrixPage is how many groups the matrix shows at once.
const matrixPage = 50

// abilityMatrix shows what can be done where: platform, account and group as rows, verbs as columns.
func (c *Console) abilityMatrix(k *call) error {
	f := community.GroupFilter{Text: k.query("q"), Tag: k.query("tag"), Platform: community.Platform(k.query("platform")), Page: k.page(matrixPage)}
	places, total, err := c.deps.Wires.Matrix(k.ctx(), community.Scope{Org: k.User.Org, Groups: k.groups}, f)
	if err != nil {
		return err
	}
	tags, err := k.tagFilter(k.T("list.any"))
	if err != nil {
		return err
	}
	level := k.query("level")
	p := view.Matrix{Head: ui.Head{Title: k.T("ability.title"), Sub: k.T("ability.sub"), Back: "/connections"},
		Empty: ui.Empty{Icon: "plug", Title: k.T("ability.none"), Text: k.T("ability.none_text")}}
	p.Filters = ui.Filters{Action: "/connections/abilities", Fields: []ui.Filter{
		{Kind: "text", Name: "q", Label: k.T("group.text"), Value: f.Text}, tags,
		{Kind: "select", Name: "platform", Label: k.T("group.platform"), Value: string(f.Platform), Options: k.platformChoice()},
		{Kind: "select", Name: "verb", Label: k.T("connection.verb"), Value: k.query("verb"), Options: verbChoice(k)},
		{Kind: "select", Name: "level", Label: k.T("ability.level"), Value: level, Options: levelChoice(k)},
	}}
	if f.Text+f.Tag+string(f.Platform)+k.query("verb")+level != "" {
		p.Filters.Clear = "/connections/abilities"
	}
	verbs := community.Verbs
	if v := community.Verb(k.query("verb")); slices.Contains(verbs, v) {
		verbs = []community.Verb{v}
	}
	for _, v := range verbs {
		p.Verbs = append(p.Verbs, k.T("verb."+string(v)))
	}
	for _, l := range levels {
		p.Legend = append(p.Legend, ui.Ability{Level: string(l), Note: k.T("ability.means_" + string(l))})
	}
	groups := 0
	for _, at := range places {
		if !at.Group.IsZero() {
			groups++
		}
		if level == "" || slices.ContainsFunc(verbs, func(v community.Verb) bool { return string(levelOf(at.Can, v)) == level }) {
			addPlace(k, &p, at, verbs)
		}
	}
	p.Tall = len(places) > matrixTall
	p.Pager = k.pager(f.Page, min(groups, total), total)
	return k.show(p.Head.Title, view.MatrixPage(p))
}

// levels are what an ability may be, best first.
var levels = []community.Level{community.Native, community.Assisted, community.Human, community.None}

func levelOf(can connect.Abilities, v community.Verb) community.Level {
	if l := can.Level(v); l != "" {
		return l
	}
	return community.None
}

func verbChoice(k *call) []ui.Option {
	out := []ui.Option{{Text: k.T("list.any")}}
	for _, v := range community.Verbs {
		out = append(out, ui.Option{Value: string(v), Text: k.T("verb." + string(v))})
	}
	return out
}

func levelChoice(k *call) []ui.Option {
	out := []ui.Option{{Text: k.T("list.any")}}
	for _, l := range levels {
		out = append(out, ui.Option{Value: string(l), Text: k.T("level." + string(l))})
	}
	return out
}

// addPlace puts a row under its platform; places come in the platforms' order.
func addPlace(k *call, p *view.Matrix, at connect.Place, verbs []community.Verb) {
	name := k.platform(at.Platform)
	if n := len(p.Blocks); n == 0 || p.Blocks[n-1].Platform != name {
		p.Blocks = append(p.Blocks, view.MatrixBlock{Platform: name})
	}
	block := &p.Blocks[len(p.Blocks)-1]
	block.Rows = append(block.Rows, placeRow(k, at, verbs))
}

func placeRow(k *call, at connect.Place, verbs []community.Verb) view.MatrixRow {
	r := view.MatrixRow{Name: shorten(at.AccountName, 24), Link: "/connections/" + at.Account.String(), Under: k.c.kindTitle(k, at.Connector) + " · " + placeState(k, at), Held: at.Restricted != 0}
	if !at.Group.IsZero() {
		r.Name, r.Link, r.Group, r.Under = shorten(at.GroupName, 24), "/groups/"+at.Group.String(), true, k.T("ability.through", "account", ui.Visible(at.AccountName))
	}
	if at.Connector == "" {
		r.Under = k.T("channel.title")
	}
	for _, v := range verbs {
		mark := abilityMark(k, v, at.Can)
		if key := "evidence." + at.Can.Of(v).Evidence; k.Words.Has(key) {
			mark.Evidence = k.T(key)
		}
		r.Cells = append(r.Cells, mark)
	}
	r.Limits = placeLimits(k, at, verbs)
	r.Checked = k.T("ability.never")
	if t := at.Checked(); t > 0 {
		r.Checked = k.T("evidence.checked", "t", k.Words.Ago(t, k.now()))
	}
	return r
}

// placeState says how a connection is.
func placeState(k *call, at connect.Place) string {
	switch {
	case at.Restricted != 0:
		return k.T("health.restricted")
	case at.State == "off":
		return k.T("health.disabled")
	case k.Words.Has("health." + at.State):
		return k.T("health." + at.State)
	}
	return k.T("health.offline")
}

// placeLimits says how many a group holds, and how often or how late something may be done.
func placeLimits(k *call, at connect.Place, verbs []community.Verb) []string {
	var out []string
	if at.Can.GroupLimit > 0 {
		out = append(out, k.T("ability.size", "n", at.Can.GroupLimit))
	}
	for _, v := range verbs {
		got := at.Can.Of(v)
		var said []string
		if got.Rate > 0 {
			said = append(said, k.T("evidence.rate", "n", got.Rate))
		}
		for _, l := range got.Limits {
			said = append(said, k.T("ability.per_"+string(l.Per), "n", l.Count, "t", k.Words.Seconds(l.Window)))
		}
		if got.MaxAge > 0 {
			said = append(said, k.T("evidence.max_age", "t", k.Words.Seconds(got.MaxAge)))
		}
		if len(said) > 0 {
			out = append(out, fmt.Sprint(k.T("verb."+string(v)), k.T("list.colon"), strings.Join(said, k.T("list.comma"))))
		}
	}
	return out
}
