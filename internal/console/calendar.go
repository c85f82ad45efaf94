package console

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/a-h/templ"

	"qunluo/internal/community"
	"qunluo/internal/console/view"
	"qunluo/internal/console/view/ui"
	"qunluo/internal/i18n"
	"qunluo/internal/plan"
	"qunluo/internal/rights"
)

// Calendars is the content calendar. Besides CodeBadInput (beyond the mix without a reason, too), CodeTooLarge and CodeNotFound:
// CodeConflict when it was changed meanwhile, the slot is taken or a group has no goal, CodeRefused when it cannot be sent,
// CodeForbidden when a second person is needed.
type Calendars interface {
	Calendar(ctx context.Context, g community.GroupKey, from, to string) (plan.Calendar, error)
	Fixtures(ctx context.Context) ([]plan.Fixture, error)
	SaveFixtures(ctx context.Context, user string, list []plan.Fixture, reason string) error
	Item(ctx context.Context, id community.ID) (plan.Item, error)
	Versions(ctx context.Context, id community.ID) ([]plan.ItemVersion, error)
	// Outlook says of an item, kept or not, what is beyond, to be remarked, and in its way.
	Outlook(ctx context.Context, i plan.Item) (plan.Outlook, error)
	// SaveItem keeps a new item (id zero) or a new version of one; seen is the Changed that the writer saw.
	SaveItem(ctx context.Context, user string, id community.ID, seen int64, content plan.Content, note string) (plan.Item, error)
	MoveItem(ctx context.Context, user string, id community.ID, date, at, reason string) (plan.Item, error)
	AskItem(ctx context.Context, user string, id community.ID, reason string) (plan.Item, error)
	ApproveItem(ctx context.Context, user string, id community.ID, version int, override string) (plan.Item, error)
	SkipItem(ctx context.Context, user string, id community.ID, reason string) (plan.Item, error)
	// Others counts who else may approve; Writers lists who wrote since it was last approved.
	Others(ctx context.Context, user string, i plan.Item) (int, error)
	Writers(ctx context.Context, i plan.Item) ([]string, error)
	Propose(ctx context.Context, g community.GroupKey, from, to string) (plan.Proposal, error)
	Fill(ctx context.Context, user string, g community.GroupKey, from, to string, only []string, reason string) ([]plan.Item, error)
	Punctuality(ctx context.Context, g community.GroupKey, month string) ([]plan.Punctuality, error)
	Topics(ctx context.Context, waiting bool) ([]plan.Topic, error)
	AddTopic(ctx context.Context, user string, t plan.Topic) (plan.Topic, error)
	DropTopic(ctx context.Context, user string, id community.ID, reason string) error
	Outcomes(ctx context.Context, id community.ID) ([]plan.PlaceOutcome, error)
	OutcomePicture(ctx context.Context, lang string, id community.ID) ([]byte, error)
}

// calendarRoutes are there where content is planned.
func (c *Console) calendarRoutes() []route {
	if c.deps.Calendars == nil {
		return nil
	}
	return []route{
		{pattern: "GET /calendar", may: rights.SeeContent, serve: (*Console).calendarPage},
		{pattern: "GET /calendar/new", may: rights.Write, serve: (*Console).calendarNew},
		{pattern: "POST /calendar/look", may: rights.Write, serve: (*Console).calendarLook},
		{pattern: "POST /calendar", may: rights.Write, serve: (*Console).calendarSave},
		{pattern: "GET /calendar/fill", may: rights.Write, serve: (*Console).calendarProposal},
		{pattern: "POST /calendar/fill", may: rights.Write, serve: (*Console).calendarFill},
		{pattern: "GET /calendar/slots", may: rights.SeeContent, serve: (*Console).fixturePage},
		{pattern: "POST /calendar/slots", may: rights.Tune, whole: true, serve: (*Console).fixtureSave},
		{pattern: "GET /calendar/{id}", may: rights.SeeContent, serve: (*Console).calendarItem},
		{pattern: "GET /calendar/{id}/edit", may: rights.Write, serve: (*Console).calendarEdit},
		{pattern: "GET /calendar/{id}/picture", may: rights.SeeContent, serve: (*Console).calendarPicture},
		{pattern: "POST /calendar/{id}/move", may: rights.Write, serve: (*Console).calendarMove},
		{pattern: "POST /calendar/{id}/ask", may: rights.Write, serve: calendarStep(func(k *call, id community.ID) (string, error) {
			_, err := k.calendars().AskItem(k.ctx(), k.who(), id, k.form("reason"))
			return k.T("calendar.asked"), err
		})},
		{pattern: "POST /calendar/{id}/approve", may: rights.Write, serve: calendarStep(func(k *call, id community.ID) (string, error) {
			i, err := k.calendars().ApproveItem(k.ctx(), k.who(), id, number(k.form("version"), 1, 1_000_000, 0), k.form("reason"))
			return k.T("calendar.approved", "at", i.Date+" "+i.At), err
		})},
		{pattern: "POST /calendar/{id}/skip", may: rights.Write, serve: calendarStep(func(k *call, id community.ID) (string, error) {
			_, err := k.calendars().SkipItem(k.ctx(), k.who(), id, k.form("reason"))
			return k.T("calendar.skipped"), err
		})},
		{pattern: "GET /topics", may: rights.SeeContent, serve: (*Console).topicList},
		{pattern: "POST /topics", may: rights.Write, serve: (*Console).topicAdd},
		{pattern: "POST /topics/{id}/drop", may: rights.Write, serve: (*Console).topicDrop},
	}
}

func (k *call) calendars() Calendars { return k.c.deps.Calendars(k.User.Org, k.groups) }

func calendarStep(do func(k *call, id community.ID) (string, error)) func(*Console, *call) error {
	return func(_ *Console, k *call) error {
		id, err := k.id()
		if err != nil {
			return err
		}
		to := "/calendar/" + id.String()
		said, err := do(k, id)
		if err != nil {
			return k.refused(to, err)
		}
		return k.ok(to, said)
	}
}

// BeyondSaid says how a post goes beyond, with its numbers.
func BeyondSaid(w *i18n.Words, b plan.Beyond) string {
	return w.T("calendar.beyond_"+b.Code, "class", w.T("calendar.class_"+string(b.Class)), "have", b.Have, "of", b.Of, "share", percent(b.Share), "target", percent(b.Target), "low", percent(b.Low), "high", percent(b.High),
		"p", fmt.Sprintf("%.3g", b.P), "hours", b.Hours)
}

var itemLooks = map[plan.ItemState][2]string{plan.ItemDraft: {"", "edit"}, plan.ItemAsked: {"warning", "clock"}, plan.ItemApproved: {"info", "check"}, plan.ItemSent: {"good", "circle-check"}, plan.ItemSkipped: {"", "x"}, plan.ItemFailed: {"danger", "alert-triangle"}}

func (k *call) itemPill(s plan.ItemState) templ.Component {
	look := itemLooks[s]
	return ui.Pill(look[0], look[1], k.T("calendar.is_"+string(s)))
}

// calendarSpan is the days that a page shows: the weeks around a month, or one week.
func calendarSpan(at time.Time, week bool) (from, to time.Time) {
	back := func(t time.Time) time.Time { return t.AddDate(0, 0, -((int(t.Weekday()) + 6) % 7)) }
	if week {
		from = back(at)
		return from, from.AddDate(0, 0, 6)
	}
	first := time.Date(at.Year(), at.Month(), 1, 0, 0, 0, 0, time.UTC)
	last := first.AddDate(0, 1, -1)
	return back(first), back(last).AddDate(0, 0, 6)
}

// everyGroup is how the address asks for all groups: without a group the first one is shown.
const everyGroup = "all"

func (k *call) calendarGroup() (community.GroupRow, error) {
	if k.query("g") == everyGroup {
		return community.GroupRow{}, nil
	}
	return k.pointGroup(k.query("g"))
}

// calendarPage shows a month or a week.
func (c *Console) calendarPage(k *call) error {
	g, err := k.calendarGroup()
	if err != nil {
		return err
	}
	week := k.query("view") == "week"
	at, err := time.Parse(time.DateOnly, k.query("at"))
	if err != nil {
		now := time.UnixMilli(k.now()).In(zone(g.Zone))
		at = time.Date(now.Year(), now.Month(), now.Day(), 0, 0, 0, 0, time.UTC)
	}
	from, to := calendarSpan(at, week)
	cal, err := k.calendars().Calendar(k.ctx(), g.Key, from.Format(time.DateOnly), to.Format(time.DateOnly))
	if err != nil {
		return err
	}
	writes := k.may(rights.Write)
	p := view.CalendarPage{Head: ui.Head{Title: k.T("nav.calendar"), Sub: k.T("calendar.sub")}, Label: at.Format("2006-01"), Week: week, Move: k.here()}
	links := []ui.Option{{Value: "/topics", Text: k.T("nav.topics")}, {Value: "/calendar/slots", Text: k.T("calendar.fixtures")}}
	if writes {
		p.Hint = k.T("calendar.drag_hint")
		p.Head.Actions = view.PlanTop("/calendar/new?g="+g.ID.String(), k.T("calendar.new"), links...)
		if week && g.Key != 0 {
			p.Head.Actions = view.PlanTop("/calendar/new?g="+g.ID.String(), k.T("calendar.new"), append(links, ui.Option{Value: fillLink(g, cal.From, cal.To), Text: k.T("calendar.fill_week")})...)
		}
	}
	step := func(n int) string {
		if week {
			return k.here("at", at.AddDate(0, 0, 7*n).Format(time.DateOnly))
		}
		return k.here("at", time.Date(at.Year(), at.Month()+time.Month(n), 1, 0, 0, 0, 0, time.UTC).Format(time.DateOnly))
	}
	p.Earlier, p.Later, p.Now = step(-1), step(1), k.here("at", "")
	p.Tabs = []ui.Tab{{Text: k.T("calendar.month"), Link: k.here("view", ""), Here: !week}, {Text: k.T("calendar.week"), Link: k.here("view", "week"), Here: week}}
	if week {
		p.Label = cal.From + " – " + cal.To
	}
	if p.Filters, err = k.calendarFilter(g); err != nil {
		return err
	}
	p.Meters = []view.CalendarMeter{k.meter(k.T("calendar.real"), cal.Real), k.meter(k.T("calendar.projected", "date", cal.To), cal.Projected)}
	quiet := cal.Limits.QuietFrom + "–" + cal.Limits.QuietTo
	if cal.Limits.QuietFrom == cal.Limits.QuietTo {
		quiet = k.T("calendar.no_quiet")
	}
	p.Fatigue = k.T("calendar.fatigue", "quiet", quiet, "day", cal.Limits.PerDay, "week", cal.Limits.PerWeek, "member", cal.Limits.PerMember)
	p.Days = k.calendarDays(cal, g, writes)
	if len(cal.Items) == 0 {
		p.Empty = ui.Empty{Icon: "clock", Title: k.T("calendar.empty"), Text: k.T("calendar.empty_text")}
	}
	if g.Key != 0 {
		table, err := k.punctualTable(g, at.Format("2006-01"), cal.Fixtures)
		if err != nil {
			return err
		}
		p.Tables = append(p.Tables, table...)
	}
	return k.show(p.Head.Title, view.CalendarView(p), inZone(g))
}

func fillLink(g community.GroupRow, from, to string) string {
	return "/calendar/fill?g=" + g.ID.String() + "&from=" + from + "&to=" + to
}

func (k *call) calendarFilter(g community.GroupRow) (ui.Filters, error) {
	groups, err := k.groupChoice(k.T("calendar.every_group"), g)
	if err != nil {
		return ui.Filters{}, err
	}
	groups[0].Value = everyGroup
	value := everyGroup
	if g.Key != 0 {
		value = g.ID.String()
	}
	return ui.Filters{Action: "/calendar", Fields: []ui.Filter{{Kind: "select", Name: "g", Label: k.T("word.group"), Value: value, Options: groups}},
		Keep: []ui.Option{{Value: "view", Text: k.query("view")}, {Value: "at", Text: k.query("at")}}}, nil
}

// calendarDays lays items and free slots out by day.
func (k *call) calendarDays(cal plan.Calendar, g community.GroupRow, writes bool) []view.CalendarDay {
	var out []view.CalendarDay
	from, _ := time.Parse(time.DateOnly, cal.From)
	to, _ := time.Parse(time.DateOnly, cal.To)
	for day := from; !day.After(to); day = day.AddDate(0, 0, 1) {
		date := day.Format(time.DateOnly)
		d := view.CalendarDay{Date: date, Label: date[5:] + " " + k.T("vote.day_"+strconv.Itoa(int(day.Weekday()))), Today: date == cal.Today, Past: date < cal.Today}
		held := map[string]bool{}
		for _, i := range cal.Items {
			if i.Date != date {
				continue
			}
			if i.State != plan.ItemSkipped {
				held[i.Fixture] = true
			}
			d.Items = append(d.Items, k.calendarEntry(i, cal, writes))
		}
		if g.Key != 0 && date >= cal.Today {
			for _, f := range cal.Fixtures {
				if f.On(date, g.Key) && !held[f.ID] {
					d.Free = append(d.Free, f.From+" "+f.Name)
				}
			}
		}
		if writes && !d.Past {
			d.New = "/calendar/new?g=" + g.ID.String() + "&date=" + date
			if g.Key != 0 && len(d.Free) > 0 {
				d.Fill = fillLink(g, date, date)
			}
		}
		out = append(out, d)
	}
	return out
}

func (k *call) calendarEntry(i plan.Item, cal plan.Calendar, writes bool) view.CalendarItem {
	note := ""
	if f, known := plan.FixtureNamed(cal.Fixtures, i.Fixture); known {
		note = f.Name
	}
	if len(i.Places) > 1 {
		note = strings.Trim(note+" · "+k.T("calendar.groups_n", "num", len(i.Places)), " ·")
	}
	if strings.TrimSpace(i.Text) == "" {
		note = strings.Trim(note+" · "+k.T("calendar.to_write"), " ·")
	}
	return view.CalendarItem{ID: i.ID.String(), Link: "/calendar/" + i.ID.String(), Title: i.Title, Time: i.At, Class: string(i.Class), ClassText: k.T("calendar.class_" + string(i.Class)), Note: note, State: k.itemPill(i.State), Date: i.Date,
		Move: writes && i.MayEdit() == nil}
}

// meter shows a mix by posts, by reach and by minutes.
func (k *call) meter(title string, m plan.Mix) view.CalendarMeter {
	out := view.CalendarMeter{Title: title}
	switch {
	case m.N == 0:
		out.Says = k.T("calendar.mix_none")
	case m.Few:
		out.Says = k.T("calendar.mix_few", "num", m.N)
	case m.P < 0.05:
		out.Says, out.Tone = k.T("calendar.mix_off", "num", m.N, "p", fmt.Sprintf("%.3g", m.P)), "warning"
	default:
		out.Says = k.T("calendar.mix_ok", "num", m.N, "p", fmt.Sprintf("%.2f", m.P))
	}
	if m.Unclassed > 0 {
		out.Notes = append(out.Notes, k.T("calendar.unclassed", "num", m.Unclassed))
	}
	if m.N == 0 {
		return out
	}
	for _, b := range []struct {
		key   string
		share func(plan.Class) float64
	}{{"by_posts", m.Share}, {"by_reach", m.ShareOf}, {"by_minutes", m.ShareIn}} {
		bar, from := view.CalendarBar{Label: k.T("calendar." + b.key)}, 0.0
		var said []string
		for _, class := range plan.Classes() {
			wide := 100 * b.share(class)
			bar.Parts = append(bar.Parts, view.CalendarPart{Class: string(class), From: fmt.Sprintf("%.2f", from), Wide: fmt.Sprintf("%.2f", wide)})
			said = append(said, k.T("calendar.class_"+string(class))+" "+percent(b.share(class)))
			from += wide
		}
		bar.Text = strings.Join(said, " · ")
		out.Bars = append(out.Bars, bar)
	}
	for n, class := range plan.Classes() {
		out.Notes = append(out.Notes, k.T("calendar.mix_share", "class", k.T("calendar.class_"+string(class)), "share", percent(m.Share(class)), "have", m.Posts[n], "of", m.N, "low", percent(m.Low[n]), "high", percent(m.High[n]), "target", percent(class.Target())))
	}
	return out
}

func (k *call) punctualTable(g community.GroupRow, month string, fixtures []plan.Fixture) ([]view.PlanTable, error) {
	list, err := k.calendars().Punctuality(k.ctx(), g.Key, month)
	if err != nil || len(list) == 0 {
		return nil, err
	}
	t := ui.Table{Label: k.T("calendar.punctual", "month", month), Columns: []ui.Column{{Title: k.T("calendar.slot")}, {Title: k.T("calendar.turns"), Num: true}, {Title: k.T("calendar.on_time"), Num: true}, {Title: k.T("calendar.off"), Num: true}, {Title: k.T("calendar.missed"), Num: true}}}
	for _, l := range list {
		f, _ := plan.FixtureNamed(fixtures, l.Fixture)
		t.Rows = append(t.Rows, ui.Row{Cells: []templ.Component{ui.Two(cmp.Or(f.Name, l.Fixture), f.From+"–"+f.To), ui.Figure(int64(l.Turns)), ui.Figure(int64(l.OnTime)), ui.Figure(int64(l.Off)), ui.Figure(int64(l.Missed))}})
	}
	return []view.PlanTable{{Title: t.Label, Table: t}}, nil
}

// calendarMove puts an item on another date.
func (c *Console) calendarMove(k *call) error {
	id, err := k.id()
	if err != nil {
		return err
	}
	to := k.back("/calendar/" + id.String())
	i, err := k.calendars().MoveItem(k.ctx(), k.who(), id, k.form("date"), k.form("at"), k.form("reason"))
	if err != nil {
		return k.refused(to, err)
	}
	return k.ok(to, k.T("calendar.moved", "date", i.Date+" "+i.At))
}

// calendarProposal shows what would be filled in.
func (c *Console) calendarProposal(k *call) error {
	g, err := k.pointGroup(k.query("g"))
	if err != nil {
		return err
	}
	from := cmp.Or(k.query("from"), time.UnixMilli(k.now()).In(zone(g.Zone)).AddDate(0, 0, 1).Format(time.DateOnly))
	to := cmp.Or(k.query("to"), from)
	back := "/calendar?g=" + g.ID.String() + "&at=" + from
	proposal, err := k.calendars().Propose(k.ctx(), g.Key, from, to)
	if err != nil {
		return k.refused("/calendar", err)
	}
	fixtures, err := k.calendars().Fixtures(k.ctx())
	if err != nil {
		return err
	}
	p := view.CalendarFill{Head: ui.Head{Title: k.T("calendar.fill_title", "group", g.Name), Sub: k.T("calendar.fill_sub", "from", from, "to", to), Back: back}, Action: "/calendar/fill", Do: k.T("calendar.fill_do"),
		Hidden: []ui.Option{{Value: "g", Text: g.ID.String()}, {Value: "from", Text: from}, {Value: "to", Text: to}}, Empty: ui.Empty{Icon: "clock", Title: k.T("calendar.fill_none"), Text: k.T("calendar.fill_none_text")}}
	for _, i := range proposal.Items {
		note := k.T("calendar.to_write")
		if i.Text != "" {
			note = gist(i.Text, 60)
		}
		if !i.Topic.IsZero() {
			note = k.T("calendar.from_topic") + " · " + note
		}
		p.Rows = append(p.Rows, view.CalendarPick{Held: i.Held(), Title: i.Title, When: i.Date[5:] + " " + i.At, Class: string(i.Class), ClassText: k.T("calendar.class_" + string(i.Class)), Note: k.T("format.is_"+i.Format) + " · " + note})
	}
	if len(proposal.Left) > 0 {
		t := ui.Table{Label: k.T("calendar.fill_left"), Columns: []ui.Column{{Title: k.T("calendar.date")}, {Title: k.T("calendar.slot")}, {Title: k.T("calendar.why")}}}
		for _, l := range proposal.Left {
			f, _ := plan.FixtureNamed(fixtures, l.Fixture)
			t.Rows = append(t.Rows, ui.Row{Cells: []templ.Component{ui.Text(l.Date), ui.Text(cmp.Or(f.Name, l.Fixture)), ui.Text(k.T("calendar.left_" + l.Why))}})
		}
		p.Left = []view.PlanTable{{Title: t.Label, Table: t}}
	}
	return k.show(p.Head.Title, view.CalendarProposal(p), inZone(g))
}

// calendarFill plans what was proposed.
func (c *Console) calendarFill(k *call) error {
	g, err := k.groupNamed(k.form("g"))
	if err != nil {
		return err
	}
	from, to := k.form("from"), k.form("to")
	pick := k.R.PostForm["pick"]
	if len(pick) == 0 {
		return k.redirect("/calendar?g=" + g.ID.String() + "&at=" + from)
	}
	items, err := k.calendars().Fill(k.ctx(), k.who(), g.Key, from, to, pick, k.form("reason"))
	if err != nil {
		return k.refused("/calendar?g="+g.ID.String(), err)
	}
	asked := 0
	for _, i := range items {
		if i.State == plan.ItemAsked {
			asked++
		}
	}
	return k.ok("/calendar?g="+g.ID.String()+"&at="+from, k.T("calendar.filled", "num", len(items), "asked", asked))
}

// calendarPicture answers with the outcome of a poll as a picture.
func (c *Console) calendarPicture(k *call) error {
	id, err := k.id()
	if err != nil {
		return err
	}
	raw, err := k.calendars().OutcomePicture(k.ctx(), k.Words.Lang, id)
	if err != nil {
		return err
	}
	k.W.Header().Set("Content-Type", "image/png")
	k.W.Header().Set("Content-Disposition", `attachment; filename="poll.png"`)
	_, err = k.W.Write(raw)
	return err
}

// groupKeysNamed reads groups by their ids; CodeNotFound.
func (k *call) groupKeysNamed(ids []string) ([]community.GroupKey, error) {
	var out []community.GroupKey
	for _, text := range ids {
		g, err := k.groupNamed(text)
		if err != nil {
			return nil, err
		}
		if g.Key != 0 && !slices.Contains(out, g.Key) {
			out = append(out, g.Key)
		}
	}
	return out, nil
}
