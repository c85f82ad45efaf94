package console

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
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

// LiveQAs is what the pages of live Q&As ask and change. CodeConflict: somebody changed it meanwhile, or its state does not allow it.
type LiveQAs interface {
	List(ctx context.Context, g community.GroupKey, page community.Page) ([]plan.LiveQA, int, error)
	// ByID gives one with its questions, those with the most votes first, and its figures.
	ByID(ctx context.Context, id community.ID) (plan.LiveQA, []plan.LiveQuestion, plan.LiveSums, error)
	People(ctx context.Context, id community.ID) ([]plan.LivePerson, error)
	Slots(ctx context.Context) ([]plan.Fixture, error)
	// Items are the reminders in the calendar, by minutes before the beginning.
	Items(ctx context.Context, id community.ID) (map[int]plan.Item, error)
	Series(ctx context.Context, g community.GroupKey) (plan.LiveSeries, error)
	SetSeries(ctx context.Context, user string, g community.GroupKey, s plan.LiveSeries, reason string) error
	New(ctx context.Context, user string, q plan.LiveQA, reason string) (plan.LiveQA, error)
	Edit(ctx context.Context, user string, id community.ID, version int, to plan.LiveQA, reason string) (plan.LiveQA, error)
	SetAddress(ctx context.Context, user string, id community.ID, address, reason string) (plan.LiveQA, error)
	Lay(ctx context.Context, user string, id community.ID, reason string) ([]plan.Item, error)
	Cancel(ctx context.Context, user string, id community.ID, reason string) (plan.LiveQA, error)
	SetNotes(ctx context.Context, user string, id community.ID, version int, notes string) (plan.LiveQA, error)
	Add(ctx context.Context, user string, id community.ID, member community.MemberKey, text string) (plan.LiveQuestion, error)
	Answer(ctx context.Context, user string, id community.ID, no, version int, text string) (plan.LiveQuestion, error)
	Pass(ctx context.Context, user string, id community.ID, no int, reason string) (plan.LiveQuestion, error)
	Reopen(ctx context.Context, user string, id community.ID, no int) (plan.LiveQuestion, error)
	Merge(ctx context.Context, user string, id community.ID, no, into int) (plan.LiveQuestion, error)
	Finish(ctx context.Context, user string, id community.ID, reason string) (plan.LiveQA, int, error)
	Archive(ctx context.Context, user string, id community.ID, reason string) (plan.LiveQA, int, error)
	Address(q plan.LiveQA) string
	Link(ctx context.Context, id community.ID, m community.MemberKey) (string, error)
}

// liveqaRoutes are there where live Q&As are kept.
func (c *Console) liveqaRoutes() []route {
	if c.deps.LiveQAs == nil {
		return nil
	}
	return []route{
		{pattern: "GET /liveqa", may: rights.SeeContent, serve: (*Console).liveqaList},
		{pattern: "GET /liveqa/series", may: rights.SeeContent, serve: (*Console).liveqaSeries},
		{pattern: "POST /liveqa/series", may: rights.Write, serve: (*Console).liveqaSeriesSave},
		{pattern: "GET /liveqa/new", may: rights.Write, serve: (*Console).liveqaNew},
		{pattern: "POST /liveqa/new", may: rights.Write, serve: (*Console).liveqaMake},
		{pattern: "GET /liveqa/{id}", may: rights.SeeTexts, serve: (*Console).liveqaPage},
		{pattern: "GET /liveqa/{id}/edit", may: rights.Write, serve: (*Console).liveqaForm},
		{pattern: "POST /liveqa/{id}/edit", may: rights.Write, serve: (*Console).liveqaEdit},
		{pattern: "GET /liveqa/{id}/people", may: rights.SeePeople, serve: (*Console).liveqaPeople},
		{pattern: "GET /liveqa/{id}/links", may: rights.SeePeople, serve: (*Console).liveqaLinks},
		{pattern: "GET /liveqa/{id}/{no}", may: rights.SeeTexts, serve: (*Console).liveqaQuestion},
		{pattern: "POST /liveqa/{id}/address", may: rights.Write, and: rights.SeeTexts, serve: step("/liveqa", (*call).liveqaFault, func(k *call, id community.ID) (string, error) {
			_, err := k.liveqas().SetAddress(k.ctx(), k.who(), id, k.typed("address"), "")
			return k.T("liveqa.saved"), err
		})},
		{pattern: "POST /liveqa/{id}/lay", may: rights.Write, and: rights.SeeTexts, serve: step("/liveqa", (*call).liveqaFault, func(k *call, id community.ID) (string, error) {
			items, err := k.liveqas().Lay(k.ctx(), k.who(), id, k.typed("reason"))
			return k.T("liveqa.laid", "num", len(items)), err
		})},
		{pattern: "POST /liveqa/{id}/cancel", may: rights.Write, and: rights.SeeTexts, serve: step("/liveqa", (*call).liveqaFault, func(k *call, id community.ID) (string, error) {
			_, err := k.liveqas().Cancel(k.ctx(), k.who(), id, k.typed("reason"))
			return k.T("liveqa.cancelled_said"), err
		})},
		{pattern: "POST /liveqa/{id}/ask", may: rights.Write, and: rights.SeeTexts, serve: step("/liveqa", (*call).liveqaFault, func(k *call, id community.ID) (string, error) {
			a, err := k.liveqas().Add(k.ctx(), k.who(), id, 0, k.typed("text"))
			return k.T("liveqa.added", "no", a.No), err
		})},
		{pattern: "POST /liveqa/{id}/notes", may: rights.Write, and: rights.SeeTexts, serve: step("/liveqa", (*call).liveqaFault, func(k *call, id community.ID) (string, error) {
			_, err := k.liveqas().SetNotes(k.ctx(), k.who(), id, number(k.form("version"), 1, 1<<30, 0), k.typed("notes"))
			return k.T("liveqa.saved"), err
		})},
		{pattern: "POST /liveqa/{id}/finish", may: rights.Write, and: rights.SeeTexts, serve: step("/liveqa", (*call).liveqaFault, func(k *call, id community.ID) (string, error) {
			_, n, err := k.liveqas().Finish(k.ctx(), k.who(), id, k.typed("reason"))
			return k.T("liveqa.finished", "num", n), err
		})},
		{pattern: "POST /liveqa/{id}/archive", may: rights.Write, and: rights.SeeTexts, serve: step("/liveqa", (*call).liveqaFault, func(k *call, id community.ID) (string, error) {
			_, n, err := k.liveqas().Archive(k.ctx(), k.who(), id, k.typed("reason"))
			return k.T("liveqa.archived_said", "num", n), err
		})},
		{pattern: "POST /liveqa/{id}/{no}/answer", may: rights.Write, and: rights.SeeTexts, serve: liveqaAct(func(k *call, id community.ID, no int) error {
			_, err := k.liveqas().Answer(k.ctx(), k.who(), id, no, number(k.form("version"), 1, 1<<30, 0), k.typed("answer"))
			return err
		})},
		{pattern: "POST /liveqa/{id}/{no}/pass", may: rights.Write, and: rights.SeeTexts, serve: liveqaAct(func(k *call, id community.ID, no int) error {
			_, err := k.liveqas().Pass(k.ctx(), k.who(), id, no, k.typed("reason"))
			return err
		})},
		{pattern: "POST /liveqa/{id}/{no}/merge", may: rights.Write, and: rights.SeeTexts, serve: liveqaAct(func(k *call, id community.ID, no int) error {
			_, err := k.liveqas().Merge(k.ctx(), k.who(), id, no, number(k.form("into"), 1, 1<<30, 0))
			return err
		})},
		{pattern: "POST /liveqa/{id}/{no}/reopen", may: rights.Write, and: rights.SeeTexts, serve: liveqaAct(func(k *call, id community.ID, no int) error {
			_, err := k.liveqas().Reopen(k.ctx(), k.who(), id, no)
			return err
		})},
	}
}

func (k *call) liveqas() LiveQAs { return k.c.deps.LiveQAs(k.User.Org, k.groups) }

// liveqaAct is a change of one question: its page is shown again, or the list where it is done with.
func liveqaAct(do func(k *call, id community.ID, no int) error) func(*Console, *call) error {
	return func(_ *Console, k *call) error {
		id, err := k.id()
		if err != nil {
			return err
		}
		home := "/liveqa/" + id.String()
		no := number(k.R.PathValue("no"), 1, 1<<30, 0)
		err = do(k, id, no)
		if err == nil {
			return k.ok(home, k.T("liveqa.saved"))
		}
		to := home + "/" + strconv.Itoa(no)
		if why := k.liveqaFault(err); why != "" {
			return k.done(to, "danger", why, community.ID{})
		}
		return k.refused(to, err)
	}
}

// liveqaFault says in words of live Q&As what is wrong; "" = nothing of theirs.
func (k *call) liveqaFault(err error) string {
	if said := k.sayOf(err); said != "" {
		return said
	}
	code := community.CodeOf(err)
	var of *community.Error
	if code != community.CodeBadInput && code != community.CodeTooLarge || !errors.As(err, &of) {
		if key := "liveqa.no_" + string(code); k.Words.Has(key) {
			return k.T(key)
		}
		return ""
	}
	field, _, _ := strings.Cut(of.Msg, ":")
	field, _, _ = strings.Cut(field, " ") // slot "x"
	if key := "liveqa.bad_" + field; k.Words.Has(key) {
		return k.T(key)
	}
	return ""
}

var liveLooks = map[plan.LiveState][2]string{plan.LivePlanned: {"", "clock"}, plan.LiveCollecting: {"info", "message"}, plan.LiveOn: {"ok", "circle-check"}, plan.LiveOver: {"warning", "alert-circle"}, plan.LiveAnswered: {"ok", "check"}, plan.LiveArchived: {"", "check"},
	plan.LiveCancelled: {"", "x"}}

func (k *call) livePill(q plan.LiveQA) templ.Component {
	look := liveLooks[q.Stage]
	return ui.Pill(look[0], look[1], k.T("liveqa.is_"+string(q.Stage)))
}

// liveqaList lists live Q&As; for a chosen group one can be laid down.
func (c *Console) liveqaList(k *call) error {
	g, err := k.groupNamed(k.query("g"))
	if err != nil {
		return err
	}
	choice, err := k.groupChoice(k.T("liveqa.all_groups"), g)
	if err != nil {
		return err
	}
	at := k.page(listLimit)
	list, total, err := k.liveqas().List(k.ctx(), g.Key, at)
	if err != nil {
		return err
	}
	p := view.List{Head: ui.Head{Title: k.T("nav.liveqa"), Sub: k.T("liveqa.sub")}, Filters: ui.Filters{Action: "/liveqa", Fields: []ui.Filter{{Kind: "select", Name: "g", Label: k.T("word.group"), Value: k.query("g"), Options: choice}}}}
	var links [][3]string
	switch {
	case g.Key == 0:
		p.Note = k.T("liveqa.choose")
	default:
		links = append(links, [3]string{"/liveqa/series?g=" + g.ID.String(), "clock", k.T("liveqa.series")})
		if k.may(rights.Write) {
			links = append(links, [3]string{"/liveqa/new?g=" + g.ID.String(), "plus", k.T("liveqa.new")})
		}
	}
	p.Head.Actions = view.LinkButtons(links)
	p.Table = ui.Table{Label: k.T("nav.liveqa"), Columns: []ui.Column{{Title: k.T("liveqa.title_word")}, {Title: k.T("liveqa.state")}, {Title: k.T("liveqa.starts")}, {Title: k.T("liveqa.questions"), Num: true}, {Title: k.T("liveqa.open"), Num: true}},
		Empty: ui.Empty{Icon: "message", Title: k.T("liveqa.none"), Text: k.T("liveqa.none_text")}, Pager: k.pager(at, len(list), total)}
	for _, q := range list {
		p.Table.Rows = append(p.Table.Rows, ui.Row{Link: "/liveqa/" + q.ID.String(), Cells: []templ.Component{ui.Two(q.Title, q.GroupName), k.livePill(q), ui.Moment(q.Starts), ui.Figure(int64(q.Questions)), ui.Figure(int64(q.Open))}})
	}
	return k.show(p.Head.Title, view.ListPage(p))
}

// liveqaPage shows one: how it stands, its questions in order, its figures.
func (c *Console) liveqaPage(k *call) error {
	id, err := k.id()
	if err != nil {
		return err
	}
	q, list, sums, err := k.liveqas().ByID(k.ctx(), id)
	if err != nil {
		return err
	}
	items, err := k.liveqas().Items(k.ctx(), id)
	if err != nil {
		return err
	}
	p := view.PlanPage{Head: ui.Head{Title: q.Title, Sub: q.GroupName, Back: "/liveqa?g=" + q.GroupID.String()}, State: k.livePill(q), Text: q.Notes,
		Means: k.T("liveqa.means_"+string(q.Stage), "opens", i18n.Time(q.Opens, zone(q.Zone)), "at", i18n.Time(q.Starts, zone(q.Zone)), "why", ui.Visible(q.Why), "num", q.Open)}
	k.liveqaActs(&p, q, items)
	share := k.T("liveqa.share_few", "num", sums.Signed)
	if s, ok := sums.Share(); ok {
		share = k.T("liveqa.share", "share", fmt.Sprintf("%.0f%%", s*100), "num", sums.SignedIn, "of", sums.Signed)
	}
	stat := func(key string, n int, note string) {
		p.Stats = append(p.Stats, ui.Number{Label: k.T("liveqa.sum_" + key), Value: strconv.Itoa(n), Note: note})
	}
	stat("signed", sums.Signed, "")
	stat("asked", sums.Asked, "")
	stat("answered", sums.Answered, k.T("liveqa.of_questions", "num", sums.Questions))
	stat("told", sums.Told, k.T("liveqa.by_ways", "private", sums.Back[plan.BackPrivate], "group", sums.Back[plan.BackGroup], "task", sums.Back[plan.BackTask], "page", sums.Back[plan.BackPage]))
	stat("came", sums.Came, share)
	stat("opens", sums.Opens, k.T("liveqa.unknown", "num", sums.Unknown))
	p.Tables = []view.PlanTable{k.liveqaTable(q, list), k.liveqaFacts(q, items)}
	return k.show(p.Head.Title, view.PlanShow(p), inZone(community.GroupRow{Group: community.Group{Zone: q.Zone}}))
}

// liveqaActs are what can be done with it.
func (k *call) liveqaActs(p *view.PlanPage, q plan.LiveQA, items map[int]plan.Item) {
	home := "/liveqa/" + q.ID.String()
	link := func(to, key string) { p.Links = append(p.Links, ui.Option{Value: to, Text: k.T(key)}) }
	link(k.liveqas().Address(q), "liveqa.public")
	if k.may(rights.SeePeople) {
		link(home+"/people", "liveqa.people")
		link(home+"/links", "liveqa.links")
	}
	if q.State == plan.LiveArchived {
		link("/essence?g="+q.GroupID.String(), "liveqa.cards")
	}
	if !k.may(rights.Write) {
		return
	}
	ask := func(name, icon string, danger bool, c ui.Confirm) {
		c.ID, c.Title, c.Button, c.Object, c.Danger, c.Action = "live-"+name, k.T("liveqa.do_"+name), k.T("liveqa.do_"+name), q.Title, danger, home+"/"+name
		p.Openers = append(p.Openers, ui.Opener{Target: c.ID, Text: c.Title, Icon: icon, Danger: danger})
		p.Asks = append(p.Asks, c)
	}
	now := k.now()
	if q.Running() {
		if q.MayEdit(now) == nil {
			link(home+"/edit", "liveqa.edit")
		}
		if due := q.Reminders(now); slices.ContainsFunc(due, func(r plan.LiveReminder) bool { return items[r.Minutes].ID.IsZero() }) {
			ask("lay", "clock", false, ui.Confirm{Effect: k.T("liveqa.lay_effect"), Reason: k.T("liveqa.lay_reason")})
		}
		if q.MayAddress(now) == nil {
			ask("address", "link", false, ui.Confirm{Effect: k.T("liveqa.address_effect"), Inputs: []ui.Input{{Kind: "text", Name: "address", Label: k.T("liveqa.address"), Value: q.Address, Max: 2000, Of: "address"}}})
		}
		if q.Takes(now) {
			ask("ask", "plus", false, ui.Confirm{Effect: k.T("liveqa.ask_effect"), Inputs: []ui.Input{{Kind: "area", Name: "text", Label: k.T("liveqa.question"), Required: true, Rows: 3, Max: plan.MaxQuestion, Of: "ask"}}})
		}
	}
	if q.MayNote("") == nil {
		ask("notes", "edit", false, ui.Confirm{Effect: k.T("liveqa.notes_effect"), Fields: []ui.Option{{Value: "version", Text: strconv.Itoa(q.Version)}}, Inputs: []ui.Input{{Kind: "area", Name: "notes", Label: k.T("liveqa.notes"), Value: q.Notes, Rows: 8, Max: plan.MaxLiveNotes, Of: "notes"}}})
	}
	switch {
	case q.At(now) == plan.LiveOn:
		ask("finish", "check", false, ui.Confirm{Effect: k.T("liveqa.finish_effect", "num", q.Open)})
	case q.State == plan.LiveAnswered:
		ask("archive", "copy", false, ui.Confirm{Effect: k.T("liveqa.archive_effect")})
	}
	if q.Running() {
		ask("cancel", "x", true, ui.Confirm{Effect: k.T("liveqa.cancel_effect"), Reason: k.T("form.reason"), Need: true})
	}
}

// liveqaTable are the questions in order of their votes.
func (k *call) liveqaTable(q plan.LiveQA, list []plan.LiveQuestion) view.PlanTable {
	t := ui.Table{Label: k.T("liveqa.list"), Columns: []ui.Column{{Title: k.T("liveqa.no"), Num: true}, {Title: k.T("liveqa.question")}, {Title: k.T("liveqa.votes"), Num: true}, {Title: k.T("liveqa.guests"), Num: true, Hide: true}, {Title: k.T("liveqa.state")}},
		Empty: ui.Empty{Icon: "message", Title: k.T("liveqa.list_none"), Text: k.T("liveqa.list_none_text", "word", q.Word)}}
	list = slices.DeleteFunc(slices.Clone(list), func(a plan.LiveQuestion) bool { return a.State == plan.AskWithdrawn })
	at := k.page(listLimit)
	shown := pageOf(list, at)
	t.Pager = k.pager(at, len(shown), len(list))
	for _, a := range shown {
		t.Rows = append(t.Rows, ui.Row{Link: "/liveqa/" + q.ID.String() + "/" + strconv.Itoa(a.No), Cells: []templ.Component{ui.Figure(int64(a.No)), ui.Two(k.askedText(a), k.askedBy(a)), ui.Figure(int64(a.Votes)), ui.Figure(int64(a.Guests)), k.askedPill(a)}})
	}
	return view.PlanTable{Title: k.T("liveqa.list"), Note: k.T("liveqa.list_note"), Table: t}
}

// pageOf is the part of a list that a page shows.
func pageOf[T any](list []T, at community.Page) []T {
	from := min(max(at.Offset, 0), len(list))
	return list[from:min(from+at.Limit, len(list))]
}

func (k *call) askedText(a plan.LiveQuestion) string {
	if a.Text == "" {
		return k.T("liveqa.text_gone")
	}
	return short(a.Text, 160)
}

func (k *call) askedBy(a plan.LiveQuestion) string {
	said := cmp.Or(a.Name, k.T("liveqa.somebody"))
	if a.Who < 0 {
		said = k.T("liveqa.guest", "name", said)
	}
	if a.Anonymous {
		said += " · " + k.T("liveqa.hidden")
	}
	return said + " · " + k.T("liveqa.way_"+a.Way)
}

func (k *call) askedPill(a plan.LiveQuestion) templ.Component {
	switch a.State {
	case plan.AskAnswered:
		if a.Told != 0 {
			return ui.Pill("ok", "check", k.T("liveqa.back_"+a.Back))
		}
		return ui.Pill("info", "check", k.T("liveqa.q_answered"))
	case plan.AskMerged:
		return ui.Pill("", "copy", k.T("liveqa.q_merged", "no", a.Into))
	case plan.AskOpen:
		return ui.Pill("warning", "clock", k.T("liveqa.q_open"))
	}
	return ui.Pill("", "x", k.T("liveqa.q_"+a.State))
}

// liveqaFacts are its terms and its reminders.
func (k *call) liveqaFacts(q plan.LiveQA, items map[int]plan.Item) view.PlanTable {
	t := ui.Table{Label: k.T("liveqa.facts"), Columns: []ui.Column{{Title: k.T("liveqa.fact")}, {Title: k.T("liveqa.says")}}}
	add := func(key, text string) {
		t.Rows = append(t.Rows, ui.Row{Cells: []templ.Component{ui.Text(k.T("liveqa." + key)), ui.Name(text)}})
	}
	add("opens", i18n.Time(q.Opens, zone(q.Zone)))
	add("starts", i18n.Time(q.Starts, zone(q.Zone)))
	add("ends", i18n.Time(q.Ends, zone(q.Zone)))
	add("slot", cmp.Or(strings.TrimSpace(q.Slot+" "+q.Date), "–"))
	add("host", cmp.Or(q.Host, "–"))
	add("address", cmp.Or(q.Address, k.T("liveqa.address_none")))
	add("word", q.Word)
	for _, m := range q.Remind {
		row := ui.Row{Cells: []templ.Component{ui.Text(k.remindSaid(m)), ui.Text(k.T("liveqa.not_laid"))}}
		if i, laid := items[m]; laid {
			row.Link, row.Cells[1] = "/calendar/"+i.ID.String(), k.itemPill(i.State)
		}
		t.Rows = append(t.Rows, row)
	}
	return view.PlanTable{Title: k.T("liveqa.facts"), Table: t}
}

func (k *call) remindSaid(minutes int) string {
	switch {
	case minutes == 0:
		return k.T("liveqa.remind_now")
	case minutes%60 == 0:
		return k.T("liveqa.remind_hours", "num", minutes/60)
	}
	return k.T("liveqa.remind_minutes", "num", minutes)
}

// liveqaQuestion shows one question, and takes its answer.
func (c *Console) liveqaQuestion(k *call) error {
	id, err := k.id()
	if err != nil {
		return err
	}
	q, list, _, err := k.liveqas().ByID(k.ctx(), id)
	if err != nil {
		return err
	}
	no := number(k.R.PathValue("no"), 1, 1<<30, 0)
	i := slices.IndexFunc(list, func(a plan.LiveQuestion) bool { return a.No == no })
	if i < 0 {
		return community.Errorf(community.CodeNotFound, "question %d: not found", no)
	}
	a, home := list[i], "/liveqa/"+id.String()
	who, err := k.userNames()
	if err != nil {
		return err
	}
	p := view.PlanPage{Head: ui.Head{Title: k.T("liveqa.question_no", "no", no), Sub: q.Title + " · " + q.GroupName, Back: home}, State: k.askedPill(a), Means: ui.Visible(k.askedBy(a)), Text: cmp.Or(a.Text, k.T("liveqa.text_gone"))}
	if a.Who > 0 && k.may(rights.SeePeople) {
		p.Links = append(p.Links, ui.Option{Value: "/members/" + a.MemberID.String(), Text: k.T("liveqa.member")})
	}
	t := ui.Table{Label: k.T("liveqa.about"), Columns: []ui.Column{{Title: k.T("liveqa.fact")}, {Title: k.T("liveqa.says")}}}
	fact := func(key string, c templ.Component) {
		t.Rows = append(t.Rows, ui.Row{Cells: []templ.Component{ui.Text(k.T("liveqa." + key)), c}})
	}
	fact("votes", ui.Text(k.T("liveqa.votes_said", "num", a.Votes, "guests", a.Guests)))
	fact("asked_at", ui.Moment(a.Made))
	if a.Answer != "" {
		fact("answer", ui.Name(a.Answer))
		fact("by", ui.Two(who(a.By), i18n.Time(a.At, zone(q.Zone))))
	}
	if a.Reason != "" {
		fact("why", ui.Name(a.Reason))
	}
	if a.Told != 0 {
		fact("told", ui.Two(k.T("liveqa.back_"+a.Back), i18n.Time(a.Told, zone(q.Zone))))
	}
	p.Tables = []view.PlanTable{{Title: t.Label, Table: t}}
	if k.may(rights.Write) && q.State != plan.LiveArchived && q.State != plan.LiveCancelled {
		k.askedActs(&p, list, a, home+"/"+strconv.Itoa(no))
	}
	return k.show(p.Head.Title, view.PlanShow(p), inZone(community.GroupRow{Group: community.Group{Zone: q.Zone}}))
}

// askedActs are what can be done with a question.
func (k *call) askedActs(p *view.PlanPage, list []plan.LiveQuestion, a plan.LiveQuestion, home string) {
	ask := func(name, icon string, c ui.Confirm) {
		c.ID, c.Title, c.Button, c.Object, c.Action = "asked-"+name, k.T("liveqa.do_"+name), k.T("liveqa.do_"+name), k.askedText(a), home+"/"+name
		p.Openers = append(p.Openers, ui.Opener{Target: c.ID, Text: c.Title, Icon: icon})
		p.Asks = append(p.Asks, c)
	}
	if a.Stands() && a.Told == 0 {
		ask("answer", "check", ui.Confirm{Effect: k.T("liveqa.answer_effect"), Fields: []ui.Option{{Value: "version", Text: strconv.Itoa(a.Version)}}, Inputs: []ui.Input{{Kind: "area", Name: "answer", Label: k.T("liveqa.answer"), Value: a.Answer, Required: true, Rows: 6, Max: plan.MaxLiveAnswer}}})
	}
	if a.State == plan.AskOpen {
		var into []ui.Option
		for _, b := range list {
			if b.Stands() && b.No != a.No {
				into = append(into, ui.Option{Value: strconv.Itoa(b.No), Text: k.T("liveqa.into_no", "no", b.No, "text", ui.Visible(short(b.Text, 40)))})
			}
		}
		if len(into) > 0 {
			ask("merge", "copy", ui.Confirm{Effect: k.T("liveqa.merge_effect"), Inputs: []ui.Input{{Kind: "select", Name: "into", Label: k.T("liveqa.into"), Options: into, Of: "merge"}}})
		}
		ask("pass", "x", ui.Confirm{Effect: k.T("liveqa.pass_effect"), Reason: k.T("form.reason"), Need: true})
	}
	if (a.State == plan.AskPassed || a.State == plan.AskMerged) && a.Told == 0 {
		ask("reopen", "arrow-back-up", ui.Confirm{Effect: k.T("liveqa.reopen_effect")})
	}
}

// liveqaPeople lists who signed up or came.
func (c *Console) liveqaPeople(k *call) error {
	id, err := k.id()
	if err != nil {
		return err
	}
	q, _, sums, err := k.liveqas().ByID(k.ctx(), id)
	if err != nil {
		return err
	}
	list, err := k.liveqas().People(k.ctx(), id)
	if err != nil {
		return err
	}
	p := view.List{Head: ui.Head{Title: k.T("liveqa.people"), Sub: q.Title, Back: "/liveqa/" + id.String()}, Note: k.T("liveqa.people_note", "num", sums.Unknown)}
	p.Table = ui.Table{Label: k.T("liveqa.people"), Columns: []ui.Column{{Title: k.T("member.name")}, {Title: k.T("liveqa.signed_at")}, {Title: k.T("liveqa.opened"), Num: true}, {Title: k.T("liveqa.first")}},
		Empty: ui.Empty{Icon: "users", Title: k.T("liveqa.people_none"), Text: k.T("liveqa.people_none_text")}}
	list = slices.DeleteFunc(list, func(p plan.LivePerson) bool { return p.Who == 0 })
	at := k.page(listLimit)
	shown := pageOf(list, at)
	p.Table.Pager = k.pager(at, len(shown), len(list))
	for _, one := range shown {
		row := ui.Row{Cells: []templ.Component{ui.Name(one.Name), ui.Moment(one.Signed), ui.Figure(int64(one.Opens)), ui.Moment(one.First)}}
		if one.Who > 0 {
			row.Link = "/members/" + one.MemberID.String()
		} else {
			row.Cells[0] = ui.Two(one.Name, k.T("liveqa.guest_word"))
		}
		p.Table.Rows = append(p.Table.Rows, row)
	}
	return k.show(p.Head.Title, view.ListPage(p), inZone(community.GroupRow{Group: community.Group{Zone: q.Zone}}))
}

// liveqaLinks lists where each member signs up, asks and goes to the live.
func (c *Console) liveqaLinks(k *call) error {
	id, err := k.id()
	if err != nil {
		return err
	}
	q, _, _, err := k.liveqas().ByID(k.ctx(), id)
	if err != nil {
		return err
	}
	home := "/liveqa/" + id.String()
	return k.memberLinks(q.Group, home, ui.Head{Title: k.T("liveqa.links"), Sub: q.Title, Back: home}, k.T("liveqa.links_note", "link", k.liveqas().Address(q)), func(m community.MemberKey) (string, error) {
		return k.liveqas().Link(k.ctx(), id, m)
	})
}

const liveTime = "2006-01-02 15:04"

// liveDraft is a form as it was typed.
type liveDraft struct {
	plan.LiveQA
	starts, ends, opens, remind string
}

func liveDraftOf(q plan.LiveQA) liveDraft {
	f := liveDraft{LiveQA: q, remind: remindText(q.Remind)}
	for _, t := range []struct {
		at int64
		to *string
	}{{q.Starts, &f.starts}, {q.Ends, &f.ends}, {q.Opens, &f.opens}} {
		if t.at > 0 {
			*t.to = time.UnixMilli(t.at).In(zone(q.Zone)).Format(liveTime)
		}
	}
	return f
}

func remindText(list []int) string {
	var out []string
	for _, m := range list {
		out = append(out, strconv.Itoa(m))
	}
	return strings.Join(out, ", ")
}

// liveTyped reads a form, with what cannot be read of it.
func (k *call) liveTyped(g community.GroupRow) (f liveDraft, faults []string) {
	f = liveDraft{starts: k.typed("starts"), ends: k.typed("ends"), opens: k.typed("opens"), remind: k.typed("remind")}
	f.Group, f.Zone, f.Slot = g.Key, g.Zone, k.form("slot")
	var fault string
	if f.LiveTerms, fault = k.liveTerms(f.remind); fault != "" {
		faults = append(faults, fault)
	}
	for _, t := range []struct {
		text string
		to   *int64
	}{{f.starts, &f.Starts}, {f.ends, &f.Ends}, {f.opens, &f.Opens}} {
		if t.text == "" {
			continue
		}
		at, err := time.ParseInLocation(liveTime, t.text, zone(g.Zone))
		if err != nil {
			return f, append(faults, k.T("liveqa.no_when"))
		}
		*t.to = at.UnixMilli()
	}
	return f, faults
}

// liveTerms reads the fields that a form and a series share.
func (k *call) liveTerms(remind string) (plan.LiveTerms, string) {
	t := plan.LiveTerms{Title: k.typed("title"), Host: k.typed("host"), Address: k.typed("address"), Word: k.typed("word"), Lang: k.form("lang"), Remind: []int{}}
	for _, text := range strings.FieldsFunc(remind, func(r rune) bool { return r == ',' || r == '，' || r == '、' || r == ' ' }) {
		m, err := strconv.Atoi(text)
		if err != nil {
			return t, k.T("liveqa.bad_remind")
		}
		t.Remind = append(t.Remind, m)
	}
	return t, ""
}

func (k *call) liveFields(t plan.LiveTerms, remind string) []ui.Input {
	return []ui.Input{{Kind: "text", Name: "title", Label: k.T("liveqa.title_word"), Value: t.Title, Required: true, Max: plan.MaxLiveTitle}, {Kind: "text", Name: "host", Label: k.T("liveqa.host"), Value: t.Host, Max: plan.MaxLiveHost},
		{Kind: "text", Name: "address", Label: k.T("liveqa.address"), Value: t.Address, Help: k.T("liveqa.address_help"), Max: 2000}, {Kind: "text", Name: "word", Label: k.T("liveqa.word"), Value: t.Word, Help: k.T("liveqa.word_help"), Required: true, Max: plan.MaxLiveWord},
		{Kind: "text", Name: "remind", Label: k.T("liveqa.remind"), Value: remind, Help: k.T("liveqa.remind_help"), Max: 60}, k.toldIn(cmp.Or(t.Lang, "zh-CN"))}
}

// liveSlots are the calendar's slots as a form offers them.
func (k *call) liveSlots(none bool) ([]ui.Option, error) {
	list, err := k.liveqas().Slots(k.ctx())
	var out []ui.Option
	if none {
		out = append(out, ui.Option{Text: k.T("liveqa.slot_none")})
	}
	for _, s := range list {
		if !s.Off {
			out = append(out, ui.Option{Value: s.ID, Text: s.Name + " " + s.From + "–" + s.To})
		}
	}
	return out, err
}

func (k *call) liveWrite(status int, g community.GroupRow, f liveDraft, action, back string, hidden []ui.Option, faults []string) error {
	slots, err := k.liveSlots(true)
	if err != nil {
		return err
	}
	p := view.PlanForm{Head: ui.Head{Title: k.T("nav.liveqa"), Sub: g.Name, Back: back}, Action: action, Do: k.T("form.save"), Faults: faults, Hidden: hidden, Groups: []view.PlanFields{
		{Title: k.T("liveqa.form_when"), Note: k.T("liveqa.form_when_note", "zone", g.Zone), Rows: []ui.Input{{Kind: "select", Name: "slot", Label: k.T("liveqa.slot"), Value: f.Slot, Options: slots}, {Kind: "text", Name: "starts", Label: k.T("liveqa.starts"), Value: f.starts, Help: k.T("liveqa.starts_help"), Max: 20},
			{Kind: "text", Name: "ends", Label: k.T("liveqa.ends"), Value: f.ends, Max: 20}, {Kind: "text", Name: "opens", Label: k.T("liveqa.opens"), Value: f.opens, Max: 20}}},
		{Title: k.T("liveqa.form_what"), Rows: k.liveFields(f.LiveTerms, f.remind)},
	}}
	return k.showStatus(status, p.Head.Title, view.PlanEdit(p))
}

// liveqaNew is the form of a new one.
func (c *Console) liveqaNew(k *call) error {
	g, err := k.pointGroup(k.query("g"))
	if err != nil {
		return err
	}
	if g.Key == 0 {
		return k.redirect("/liveqa")
	}
	return k.liveNew(http.StatusOK, g, liveDraftOf(plan.LiveQA{LiveTerms: plan.DefaultLive(), Slot: plan.DefaultLiveSeries().Slot}), nil)
}

func (k *call) liveNew(status int, g community.GroupRow, f liveDraft, faults []string) error {
	return k.liveWrite(status, g, f, "/liveqa/new", "/liveqa?g="+g.ID.String(), []ui.Option{{Value: "g", Text: g.ID.String()}}, faults)
}

// liveGroup is the group that a form names.
func (k *call) liveGroup() (community.GroupRow, error) {
	g, err := k.groupNamed(k.form("g"))
	if err == nil && g.Key == 0 {
		err = community.Errorf(community.CodeBadInput, "g: no group")
	}
	return g, err
}

func (c *Console) liveqaMake(k *call) error {
	g, err := k.liveGroup()
	if err != nil {
		return err
	}
	f, faults := k.liveTyped(g)
	if len(faults) > 0 {
		return k.liveNew(http.StatusUnprocessableEntity, g, f, faults)
	}
	q, err := k.liveqas().New(k.ctx(), k.who(), f.LiveQA, "")
	if err == nil {
		return k.ok("/liveqa/"+q.ID.String(), k.T("liveqa.made"))
	}
	if why := k.liveqaFault(err); why != "" {
		return k.liveNew(http.StatusUnprocessableEntity, g, f, []string{why})
	}
	return err
}

// liveqaHere is the one of the path with its group.
func (k *call) liveqaHere() (plan.LiveQA, community.GroupRow, error) {
	id, err := k.id()
	if err != nil {
		return plan.LiveQA{}, community.GroupRow{}, err
	}
	q, _, _, err := k.liveqas().ByID(k.ctx(), id)
	if err != nil {
		return q, community.GroupRow{}, err
	}
	groups, err := k.groupsOf([]community.GroupKey{q.Group})
	return q, groups[q.Group], err
}

// liveqaForm is the form of one that has not begun.
func (c *Console) liveqaForm(k *call) error {
	q, g, err := k.liveqaHere()
	if err != nil {
		return err
	}
	if err := q.MayEdit(k.now()); err != nil {
		return k.refused("/liveqa/"+q.ID.String(), err)
	}
	return k.liveAgain(http.StatusOK, q, g, liveDraftOf(q), nil)
}

func (k *call) liveAgain(status int, q plan.LiveQA, g community.GroupRow, f liveDraft, faults []string) error {
	home := "/liveqa/" + q.ID.String()
	return k.liveWrite(status, g, f, home+"/edit", home, []ui.Option{{Value: "version", Text: cmp.Or(k.form("version"), strconv.Itoa(q.Version))}}, faults)
}

func (c *Console) liveqaEdit(k *call) error {
	q, g, err := k.liveqaHere()
	if err != nil {
		return err
	}
	f, faults := k.liveTyped(g)
	if len(faults) > 0 {
		return k.liveAgain(http.StatusUnprocessableEntity, q, g, f, faults)
	}
	_, err = k.liveqas().Edit(k.ctx(), k.who(), q.ID, number(k.form("version"), 1, 1<<30, 0), f.LiveQA, "")
	if err == nil {
		return k.ok("/liveqa/"+q.ID.String(), k.T("liveqa.saved"))
	}
	if why := k.liveqaFault(err); why != "" {
		return k.liveAgain(http.StatusUnprocessableEntity, q, g, f, []string{why})
	}
	return err
}

// liveqaSeries is the form of how a group's come back.
func (c *Console) liveqaSeries(k *call) error {
	g, err := k.pointGroup(k.query("g"))
	if err != nil {
		return err
	}
	if g.Key == 0 {
		return k.redirect("/liveqa")
	}
	s, err := k.liveqas().Series(k.ctx(), g.Key)
	if err != nil {
		return err
	}
	return k.liveSeriesForm(http.StatusOK, g, s, remindText(s.Remind), nil)
}

func (k *call) liveSeriesForm(status int, g community.GroupRow, s plan.LiveSeries, remind string, faults []string) error {
	slots, err := k.liveSlots(false)
	if err != nil {
		return err
	}
	p := view.PlanForm{Head: ui.Head{Title: k.T("liveqa.series"), Sub: g.Name, Back: "/liveqa?g=" + g.ID.String()}, Action: "/liveqa/series", Do: k.T("form.save"), Wait: !k.may(rights.Write), Faults: faults, Hidden: []ui.Option{{Value: "g", Text: g.ID.String()}}, Groups: []view.PlanFields{
		{Title: k.T("liveqa.series"), Note: k.T("liveqa.series_note"), Rows: append([]ui.Input{{Kind: "check", Name: "on", Label: k.T("liveqa.series_on"), Value: oneIf(s.On)}, {Kind: "select", Name: "slot", Label: k.T("liveqa.slot"), Value: s.Slot, Options: slots},
			{Kind: "number", Name: "days", Label: k.T("liveqa.days"), Value: strconv.Itoa(s.Ahead), Required: true}}, k.liveFields(s.LiveTerms, remind)...)},
	}}
	return k.showStatus(status, p.Head.Title, view.PlanEdit(p))
}

func (c *Console) liveqaSeriesSave(k *call) error {
	g, err := k.liveGroup()
	if err != nil {
		return err
	}
	remind := k.typed("remind")
	s := plan.LiveSeries{On: k.form("on") != "", Slot: k.form("slot"), Ahead: number(k.form("days"), 0, 1000, 0)}
	var fault string
	if s.LiveTerms, fault = k.liveTerms(remind); fault != "" {
		return k.liveSeriesForm(http.StatusUnprocessableEntity, g, s, remind, []string{fault})
	}
	err = k.liveqas().SetSeries(k.ctx(), k.who(), g.Key, s, "")
	if err == nil {
		return k.ok("/liveqa?g="+g.ID.String(), k.T("liveqa.saved"))
	}
	if why := k.liveqaFault(err); why != "" {
		return k.liveSeriesForm(http.StatusUnprocessableEntity, g, s, remind, []string{why})
	}
	return err
}
