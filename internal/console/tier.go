package console

import (
	"context"
	"strconv"

	"github.com/a-h/templ"

	"qunluo/internal/community"
	"qunluo/internal/console/view"
	"qunluo/internal/console/view/ui"
	"qunluo/internal/measure"
	"qunluo/internal/rights"
	"qunluo/internal/tier"
)

// Tiers is what the pages of tiers ask and change.
type Tiers interface {
	// Book is a group's rules, and how far it was decided.
	Book(ctx context.Context, g community.GroupKey) (tier.Book, error)
	// Versions lists the versions of a group's rules, the latest first.
	Versions(ctx context.Context, g community.GroupKey) ([]tier.Version, error)
	// Rows gives where the members of a group stand, the best first; m and of bound it to one member, one tier.
	Rows(ctx context.Context, g community.GroupKey, m community.MemberKey, of tier.Tier) ([]tier.Row, error)
	// Changes lists changes, the latest first; m bounds them to one member.
	Changes(ctx context.Context, g community.GroupKey, m community.MemberKey, page community.Page) ([]tier.Change, int, error)
	// Of gives where a member stands, group by group.
	Of(ctx context.Context, m community.MemberKey) ([]tier.Place, error)
	// Now reads a group up to its yesterday at once, as the daily round does, and reports whether there was anything to read.
	Now(ctx context.Context, g community.GroupKey) (bool, error)
	// Link is the address at which a member sees their own tier; "" = the rules do not let them.
	Link(ctx context.Context, g community.GroupKey, m community.MemberKey) (string, error)
	// Pin puts a member into a tier by hand; None takes the pin away.
	Pin(ctx context.Context, user string, g community.GroupKey, member community.ID, to tier.Tier, reason string) error
	// SetRules makes a new version of a group's rules; base is the one that was changed.
	SetRules(ctx context.Context, user string, g community.GroupKey, base int, r tier.Rules, reason string) (int, error)
	// Try runs rules over the last weeks of a group and changes nothing.
	Try(ctx context.Context, g community.GroupKey, r tier.Rules, weeks int) (tier.Comparison, error)
	Entitlements
	Reacher
}

// Entitlements are what tiers give.
type Entitlements interface {
	// Benefits lists the benefits of a group, ended ones too; Benefit gives one.
	Benefits(ctx context.Context, g community.GroupKey) ([]tier.Benefit, error)
	Benefit(ctx context.Context, id community.ID) (tier.Benefit, error)
	AddBenefit(ctx context.Context, user string, b tier.Benefit) (tier.Benefit, error)
	EndBenefit(ctx context.Context, user string, id community.ID, reason string) error
	// Holders lists who holds a benefit and who did; Held what a member holds and held.
	Holders(ctx context.Context, id community.ID, page community.Page) ([]tier.Grant, error)
	Held(ctx context.Context, g community.GroupKey, m community.MemberKey) ([]tier.Grant, error)
	// UseBenefit records a use; community.CodeForbidden: the member is not entitled.
	UseBenefit(ctx context.Context, user string, id, member community.ID, what string) (tier.Use, error)
	Uses(ctx context.Context, g community.GroupKey, id community.ID, page community.Page) ([]tier.Use, int, error)
}

// Reacher plans messages to lurkers, one to each.
type Reacher interface {
	Reaches(ctx context.Context, g community.GroupKey) ([]tier.Reach, error)
	// Souls gives a reach with whom it addressed and who may still be.
	Souls(ctx context.Context, id community.ID) (tier.Reach, []tier.Soul, error)
	AddReach(ctx context.Context, user string, r tier.Reach) (tier.Reach, error)
	StopReach(ctx context.Context, user string, id community.ID, reason string) error
	// Decline notes that a member wants no more of it.
	Decline(ctx context.Context, user string, g community.GroupKey, member community.ID, reason string) error
}

// tierRoutes are there where tiers are kept.
func (c *Console) tierRoutes() []route {
	if c.deps.Tiers == nil {
		return nil
	}
	return []route{
		{pattern: "GET /tiers", may: rights.SeeFigures, serve: (*Console).tierPage},
		{pattern: "GET /tiers/changes", may: rights.SeePeople, serve: (*Console).tierChanges},
		{pattern: "GET /tiers/rules", may: rights.SeeFigures, serve: (*Console).tierRules},
		{pattern: "POST /tiers/rules", may: rights.Tune, serve: (*Console).tierRulesSave},
		{pattern: "POST /tiers/rules/try", may: rights.Steer, serve: (*Console).tierRulesTry},
		{pattern: "POST /tiers/pin", may: rights.Steer, serve: (*Console).tierPin},
		{pattern: "GET /tiers/benefits", may: rights.SeePeople, serve: (*Console).benefitPage},
		{pattern: "GET /tiers/benefits/{id}", may: rights.SeePeople, serve: (*Console).benefitShow},
		{pattern: "POST /tiers/benefits", may: rights.Tune, serve: (*Console).benefitAdd},
		{pattern: "POST /tiers/benefits/usual", may: rights.Tune, serve: (*Console).benefitUsual},
		{pattern: "POST /tiers/benefits/end", may: rights.Tune, serve: (*Console).benefitEnd},
		{pattern: "POST /tiers/benefits/use", may: rights.Reward, serve: (*Console).benefitUse},
		{pattern: "GET /tiers/reach", may: rights.SeePeople, serve: (*Console).reachPage},
		{pattern: "GET /tiers/reach/{id}", may: rights.SeePeople, serve: (*Console).reachShow},
		{pattern: "POST /tiers/reach", may: rights.Tune, serve: (*Console).reachAdd},
		{pattern: "POST /tiers/reach/stop", may: rights.Steer, serve: (*Console).reachStop},
		{pattern: "POST /tiers/reach/decline", may: rights.Steer, serve: (*Console).reachDecline},
		{pattern: "POST /tiers/now", may: rights.Steer, serve: (*Console).tierNow},
	}
}

func (k *call) tiers() Tiers { return k.c.deps.Tiers(k.User.Org, k.groups) }

// tierPage shows how a group is divided, and why everybody stands where they do.
func (c *Console) tierPage(k *call) error {
	g, err := k.groupNamed(k.query("g"))
	if err != nil {
		return err
	}
	of, _ := tier.Parse(k.query("tier")) // anything else = all
	p := view.Insight{Head: ui.Head{Title: k.T("nav.tiers"), Sub: k.T("tier.sub")}}
	if err := k.tierFilters(&p, g, of); err != nil {
		return err
	}
	if g.Key == 0 {
		p.Grids = []view.Grid{{Title: k.T("nav.tiers"), Empty: ui.Empty{Icon: "users-group", Title: k.T("retention.choose"), Text: k.T("tier.choose_text")}}}
		return k.show(p.Head.Title, view.InsightPage(p))
	}
	book, err := k.tiers().Book(k.ctx(), g.Key)
	if err != nil {
		return err
	}
	all, err := k.tiers().Rows(k.ctx(), g.Key, 0, tier.None)
	if err != nil {
		return err
	}
	p.Head.Back = "/groups/" + g.ID.String()
	p.Head.Actions = view.LinkButtons([][3]string{{"/tiers/benefits?g=" + g.ID.String(), "rosette-discount-check", k.T("benefit.title")}, {"/tiers/reach?g=" + g.ID.String(), "message", k.T("reach.title")}, {"/tiers/changes?g=" + g.ID.String(), "history", k.T("tier.changes")}, {"/tiers/rules?g=" + g.ID.String(), "settings", k.T("tier.rules")}})
	p.Notes = k.tierNotes(g, book)
	p.Metrics = k.tierShares(g, book, all)
	changes, _, err := k.tiers().Changes(k.ctx(), g.Key, 0, community.Page{Limit: 10})
	if err != nil {
		return err
	}
	log, err := k.changeTable(changes, true)
	if err != nil {
		return err
	}
	members, err := k.tierMembers(&p, g, all, of)
	if err != nil {
		return err
	}
	p.Tables = []view.PlanTable{{Title: k.T("tier.members"), Note: k.T("tier.members_note"), Table: members}, {Title: k.T("tier.changes"), Note: k.T("tier.changes_note"), Table: log}}
	k.tierAskNow(&p, g)
	return k.show(p.Head.Title, view.InsightPage(p), inZone(g))
}

func (k *call) tierFilters(p *view.Insight, g community.GroupRow, of tier.Tier) error {
	groups, err := k.groupChoice(k.T("retention.choose"), g)
	if err != nil {
		return err
	}
	chosen := ""
	p.Chosen = k.T("retention.choose")
	if g.Key != 0 {
		chosen, p.Chosen = g.ID.String(), ui.Visible(g.Name)
		p.Presets = append(p.Presets, ui.Tab{Text: k.T("tier.all"), Link: k.here("tier", ""), Here: of == tier.None})
	}
	tiers := []ui.Option{{Text: k.T("tier.all")}}
	for _, t := range tier.Tiers() {
		tiers = append(tiers, ui.Option{Value: string(t), Text: k.tierWord(t)})
		if g.Key != 0 {
			p.Presets = append(p.Presets, ui.Tab{Text: k.tierWord(t), Link: k.here("tier", string(t)), Here: of == t})
		}
	}
	p.Filters = ui.Filters{Action: "/tiers", Fields: []ui.Filter{{Kind: "select", Name: "g", Label: k.T("word.group"), Value: chosen, Options: groups}, {Kind: "select", Name: "tier", Label: k.T("tier.tier"), Value: string(of), Options: tiers}}}
	if k.R.URL.RawQuery != "" {
		p.Filters.Clear = "/tiers"
	}
	return nil
}

// tierWord is what a tier is called.
func (k *call) tierWord(t tier.Tier) string {
	if t == tier.None {
		return k.T("tier.none")
	}
	return k.T("tier." + string(t))
}

func dayWord(day int64) string {
	if day < 0 {
		return "–"
	}
	return measure.Day(day).String()
}

func (k *call) tierNotes(g community.GroupRow, b tier.Book) []string {
	r := b.Rules
	return []string{
		k.T("tier.note_read", "day", dayWord(b.Day), "decided", dayWord(b.Decided), "weekday", k.weekdayWord(r.Weekday), "zone", g.Zone),
		k.T("tier.note_version", "version", b.Version),
		k.T("tier.note_population"),
		k.T("tier.note_score", "life", r.HalfLife, "reach", r.Reach, "cap", r.AnswerCap),
		k.T("tier.note_lines", "core_in", r.CoreIn, "core_out", r.CoreOut, "normal_in", r.NormalIn, "normal_out", r.NormalOut, "grace", r.Grace),
		k.T("tier.note_silence", "days", r.Silence, "least", r.Least),
	}
}

func (k *call) weekdayWord(weekday int) string { return k.T("tier.weekday_" + strconv.Itoa(weekday)) }

// tierShares are the shares of the tiers beside their targets. Of a group too small there are none.
func (k *call) tierShares(g community.GroupRow, b tier.Book, rows []tier.Row) []view.Metric {
	var placed []tier.Tier
	for _, r := range rows {
		if r.Tier != tier.None {
			placed = append(placed, r.Tier)
		}
	}
	var out []view.Metric
	for _, s := range b.Rules.Shares(placed) {
		m := view.Metric{Label: k.tierWord(s.Tier), Lead: percent(s.Share / 100), Means: k.T("tier.share_" + string(s.Tier) + "_means"), Link: "/tiers?g=" + g.ID.String() + "&tier=" + string(s.Tier),
			Counts: k.T("retention.counts", "num", k.Words.Number(s.Count), "den", k.Words.Number(s.Of)), Facts: []string{k.T("tier.target", "low", s.Target.Low, "high", s.Target.High)}}
		switch {
		case b.Day < 0:
			m.Lead, m.Link = "–", ""
			m.Facts = append(m.Facts, k.T("tier.not_read"))
		case len(placed) < b.Rules.Least:
			m.Lead, m.Link = "–", ""
			m.Facts = append(m.Facts, k.T("tier.too_few", "least", b.Rules.Least))
		case !s.Within:
			m.Facts = append(m.Facts, k.T("tier.outside"))
		default:
			m.Facts = append(m.Facts, k.T("tier.within"))
		}
		out = append(out, m)
	}
	return out
}

// reasonOf prints what a rank rests on.
func (k *call) reasonOf(n tier.Numbers, percent float64) string {
	out := k.T("tier.reason", "days", n.Days, "partners", n.Partners, "replies", n.Replies, "answers", n.Answers, "strikes", n.Strikes)
	if percent > 0 {
		out += k.T("tier.rank", "percent", tenth(percent))
	}
	if n.Tags != "" {
		out += k.T("tier.reason_tags", "tags", ui.Visible(n.Tags))
	}
	return out
}

// tierMembers lists members with their reasons, and the questions behind the buttons.
func (k *call) tierMembers(p *view.Insight, g community.GroupRow, all []tier.Row, of tier.Tier) (ui.Table, error) {
	t := ui.Table{Label: k.T("tier.members"), Columns: []ui.Column{{Title: k.T("member.name")}, {Title: k.T("tier.tier")}, {Title: k.T("tier.why")}, {Title: k.T("tier.score"), Num: true}},
		Empty: ui.Empty{Icon: "users", Title: k.T("tier.empty"), Text: k.T("tier.empty_text")}}
	who, err := k.userNames()
	if err != nil {
		return t, err
	}
	var list []tier.Row
	for _, r := range all {
		if r.Why != tier.Gone && (of == tier.None || r.Tier == of) {
			list = append(list, r)
		}
	}
	at := k.page(listLimit)
	first := min(at.Offset, len(list))
	shown := list[first:min(first+at.Limit, len(list))]
	for _, r := range shown {
		p.Asks = append(p.Asks, k.pinAsk(g, r))
		buttons := []ui.Opener{{Target: "pin-" + r.MemberID.String(), Text: k.T("tier.pin"), Small: true}}
		pill := k.tierPill(r.Tier)
		if r.Pin != tier.None {
			p.Asks = append(p.Asks, k.unpinAsk(g, r))
			buttons = append(buttons, ui.Opener{Target: "unpin-" + r.MemberID.String(), Text: k.T("tier.unpin"), Small: true})
		}
		why := k.T("tier.why_" + r.Why)
		if r.Pin != tier.None {
			why = k.T("tier.pinned_by", "who", who(r.PinUser), "at", k.Words.Ago(r.PinAt, k.now()), "why", r.PinNote)
		}
		t.Rows = append(t.Rows, ui.Row{Link: "/members/" + r.MemberID.String(), Cells: []templ.Component{ui.Name(named(r.Name, r.External)), pill, ui.Two(k.reasonOf(r.Numbers, r.Percent()), why+" · "+k.T("tier.since", "day", dayWord(r.Since))), ui.Text(hundredth(r.Numbers.Score))},
			Actions: view.ConfirmButtons(buttons)})
	}
	t.Pager = k.pager(at, len(shown), len(list))
	return t, nil
}

func hundredth(v float64) string { return strconv.FormatFloat(v, 'f', 2, 64) }

// tierLook are colours of tiers; the word says the same.
var tierLook = map[tier.Tier]string{tier.Core: "good", tier.Normal: "info"}

func (k *call) tierPill(t tier.Tier) templ.Component {
	return ui.Pill(tierLook[t], "", k.tierWord(t))
}

func (k *call) pinAsk(g community.GroupRow, r tier.Row) ui.Confirm {
	choice := ui.Input{Kind: "select", Name: "tier", Label: k.T("tier.tier"), Value: string(r.Tier), Of: r.MemberID.String()}
	for _, t := range tier.Tiers() {
		choice.Options = append(choice.Options, ui.Option{Value: string(t), Text: k.tierWord(t)})
	}
	return ui.Confirm{ID: "pin-" + r.MemberID.String(), Title: k.T("tier.pin"), Object: named(r.Name, r.External), Effect: k.T("tier.pin_effect"), Action: "/tiers/pin", Button: k.T("tier.pin"), Reason: k.T("form.reason"), Need: true,
		Fields: []ui.Option{{Value: "g", Text: g.ID.String()}, {Value: "member", Text: r.MemberID.String()}}, Inputs: []ui.Input{choice}}
}

func (k *call) unpinAsk(g community.GroupRow, r tier.Row) ui.Confirm {
	return ui.Confirm{ID: "unpin-" + r.MemberID.String(), Title: k.T("tier.unpin"), Object: named(r.Name, r.External), Effect: k.T("tier.unpin_effect"), Action: "/tiers/pin", Button: k.T("tier.unpin"), Reason: k.T("form.reason"), Need: true,
		Fields: []ui.Option{{Value: "g", Text: g.ID.String()}, {Value: "member", Text: r.MemberID.String()}, {Value: "tier", Text: ""}}}
}

// tierAskNow offers to read the group at once.
func (k *call) tierAskNow(p *view.Insight, g community.GroupRow) {
	p.Asks = append(p.Asks, ui.Confirm{ID: "tiers-now", Title: k.T("tier.now"), Object: g.Name, Effect: k.T("tier.now_effect"), Action: "/tiers/now", Button: k.T("tier.now"), Fields: []ui.Option{{Value: "g", Text: g.ID.String()}}})
	p.Openers = append(p.Openers, ui.Opener{Target: "tiers-now", Text: k.T("tier.now"), Icon: "refresh"})
}

func (k *call) tierHome() string {
	g, err := community.ParseID(k.form("g"))
	if err != nil {
		return "/tiers"
	}
	return "/tiers?g=" + g.String()
}

// tierPin pins a member, or takes the pin away.
func (c *Console) tierPin(k *call) error {
	g, err := k.groupNamed(k.form("g"))
	if err != nil {
		return err
	}
	id, err := community.ParseID(k.form("member"))
	if err != nil || g.Key == 0 {
		return community.Errorf(community.CodeBadInput, "member %q: %v", k.form("member"), err)
	}
	to, said := tier.None, k.T("tier.unpinned")
	if k.form("tier") != "" {
		if to, err = tier.Parse(k.form("tier")); err != nil {
			return err
		}
		said = k.T("tier.pinned", "tier", k.tierWord(to))
	}
	if err := k.tiers().Pin(k.ctx(), k.who(), g.Key, id, to, k.form("reason")); err != nil {
		return k.refused(k.tierHome(), err)
	}
	return k.ok(k.tierHome(), said)
}

// tierNow reads a group at once.
func (c *Console) tierNow(k *call) error {
	g, err := k.groupNamed(k.form("g"))
	if err != nil {
		return err
	}
	if g.Key == 0 {
		return community.Errorf(community.CodeNotFound, "group %q: not found", k.form("g"))
	}
	read, err := k.tiers().Now(k.ctx(), g.Key)
	switch {
	case err != nil:
		return k.refused(k.tierHome(), err)
	case !read:
		return k.done(k.tierHome(), "warning", k.T("tier.nothing_new"), community.ID{})
	}
	return k.ok(k.tierHome(), k.T("tier.read"))
}

// changeTable lists changes with the rule, the numbers and the time.
func (k *call) changeTable(list []tier.Change, withName bool) (ui.Table, error) {
	t := ui.Table{Label: k.T("tier.changes"), Columns: []ui.Column{{Title: k.T("audit.at")}, {Title: k.T("tier.change")}, {Title: k.T("tier.why")}, {Title: k.T("tier.by")}}, Empty: ui.Empty{Icon: "history", Title: k.T("tier.no_changes"), Text: k.T("tier.no_changes_text")}}
	if withName {
		t.Columns = append([]ui.Column{{Title: k.T("member.name")}}, t.Columns...)
	}
	who, err := k.userNames()
	if err != nil {
		return t, err
	}
	for _, c := range list {
		by := k.T("tier.rule_version", "version", c.Version)
		if c.User != "" {
			by = who(c.User)
		}
		row := ui.Row{Cells: []templ.Component{ui.Moment(c.At), ui.Text(k.tierWord(c.Was) + " → " + k.tierWord(c.Tier)), ui.Two(k.T("tier.why_"+c.Why), k.reasonOf(c.Numbers, c.Percent())), ui.Two(by, c.Note)}}
		if withName {
			row.Link, row.Cells = "/members/"+c.MemberID.String(), append([]templ.Component{ui.Name(named(c.Name, c.External))}, row.Cells...)
		}
		t.Rows = append(t.Rows, row)
	}
	return t, nil
}

// tierChanges lists all changes of a group.
func (c *Console) tierChanges(k *call) error {
	g, err := k.groupNamed(k.query("g"))
	if err != nil {
		return err
	}
	if g.Key == 0 {
		return community.Errorf(community.CodeNotFound, "group %q: not found", k.query("g"))
	}
	at := k.page(listLimit)
	list, total, err := k.tiers().Changes(k.ctx(), g.Key, 0, at)
	if err != nil {
		return err
	}
	p := view.List{Head: ui.Head{Title: k.T("tier.changes"), Sub: g.Name, Back: "/tiers?g=" + g.ID.String()}, Note: k.T("tier.changes_note")}
	if p.Table, err = k.changeTable(list, true); err != nil {
		return err
	}
	p.Table.Pager = k.pager(at, len(list), total)
	return k.show(p.Head.Title, view.ListPage(p), inZone(g))
}

// memberTiers adds where a member stands, and how they came there.
func memberTiers(k *call, p *view.MemberPage, m community.Member) error {
	if k.c.deps.Tiers == nil {
		return nil
	}
	places, err := k.tiers().Of(k.ctx(), m.Key)
	if err != nil || len(places) == 0 {
		return err
	}
	now := ui.Table{Label: k.T("nav.tiers"), Columns: []ui.Column{{Title: k.T("word.group")}, {Title: k.T("tier.tier")}, {Title: k.T("tier.why")}}}
	for _, one := range places {
		r := one.Row
		now.Rows = append(now.Rows, ui.Row{Link: "/tiers?g=" + one.GroupID.String(), Cells: []templ.Component{ui.Name(one.GroupName), k.tierPill(r.Tier), ui.Two(k.reasonOf(r.Numbers, r.Percent()), k.T("tier.why_"+r.Why)+" · "+k.T("tier.since", "day", dayWord(r.Since)))}})
		list, _, err := k.tiers().Changes(k.ctx(), one.Group, m.Key, community.Page{Limit: 20})
		if err != nil {
			return err
		}
		story, err := k.changeTable(list, false)
		if err != nil {
			return err
		}
		held, err := k.heldTable(one)
		if err != nil {
			return err
		}
		if len(held.Rows) > 0 {
			p.TierStories = append(p.TierStories, view.PlanTable{Title: k.T("benefit.of", "group", ui.Visible(one.GroupName)), Table: held})
		}
		own, err := k.tiers().Link(k.ctx(), one.Group, m.Key)
		if err != nil {
			return err
		}
		note := k.T("tier.no_link")
		if own != "" {
			note = k.T("tier.own_link", "link", own)
		}
		p.TierStories = append(p.TierStories, view.PlanTable{Title: k.T("tier.story", "group", ui.Visible(one.GroupName)), Note: note, Table: story})
	}
	p.Tiers = &now
	return nil
}
