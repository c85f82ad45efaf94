package console

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/a-h/templ"

	"qunluo/internal/community"
	"qunluo/internal/console/view"
	"qunluo/internal/console/view/ui"
	"qunluo/internal/measure"
)

// formatPage compares formats in one group, in the groups with a tag, or in all that the person sees: cost, reach, replies, departures, and
// preference by polls and by behaviour.
func (c *Console) formatPage(k *call) error {
	ask, err := k.activityAsk()
	if err != nil {
		return err
	}
	if ask.group.Key == 0 {
		return k.formatOver(ask)
	}
	p, err := k.formatHead(ask)
	if err != nil {
		return err
	}
	rep, list, polls, err := k.goals().Formats(k.ctx(), ask.group.Key, ask.from, ask.to)
	if err != nil {
		return k.refused("/activity", err)
	}
	p.Says = k.formatSays(rep)
	p.Notes = append(p.Notes, k.T("format.note_prefer"))
	p.Metrics = k.formatMetrics(ask, rep)
	k.formatAsks(&p, ask)
	table := k.formatTable(ask, rep)
	sent, asks := k.sentTable(ask, list)
	voted, drops, err := k.pollTable(ask, polls)
	if err != nil {
		return err
	}
	p.Asks = append(append(p.Asks, asks...), drops...)
	p.Lead = []view.PlanTable{{Title: k.T("format.rows"), Table: table}}
	p.Tables = []view.PlanTable{{Title: k.T("format.sent"), Note: k.T("format.sent_note"), Table: sent}, {Title: k.T("format.polls"), Note: k.T("format.polls_note"), Table: voted}}
	return k.show(p.Head.Title, view.InsightPage(p), inZone(ask.group))
}

// formatHead begins the page.
func (k *call) formatHead(ask activityAsk) (view.Insight, error) {
	p := view.Insight{Head: ui.Head{Title: k.T("nav.formats"), Sub: k.T("format.sub")}}
	if err := k.insightHead(&p, ask, "/formats"); err != nil {
		return p, err
	}
	p.Head.Actions = view.LinkButtons([][3]string{{ask.within("/formats.csv?from=" + ask.from.String() + "&to=" + ask.to.String()), "file-import", k.T("compare.csv")}})
	if ask.bad {
		p.Notes = append(p.Notes, k.T("activity.bad_span", "most", activityMost))
	}
	p.Notes = append(p.Notes, k.T("format.note_offered"), k.T("format.note_reply"), k.T("format.note_leave"), k.T("format.note_reach"), k.T("format.note_cost"))
	return p, nil
}

// formatOver is the page over several groups.
func (k *call) formatOver(ask activityAsk) error {
	p, err := k.formatHead(ask)
	if err != nil {
		return err
	}
	rep, err := k.goals().FormatsOver(k.ctx(), ask.tag, ask.from, ask.to)
	if err != nil {
		return k.refused("/activity", err)
	}
	p.Says = k.formatSays(rep.FormatReport) + " " + k.T("format.over", "num", len(rep.Groups), "of", rep.Of)
	if looked := len(rep.Groups) + rep.Unread; looked < rep.Asked {
		p.Says += k.T("format.over_drawn", "num", looked, "of", rep.Asked)
	}
	if rep.Unread > 0 {
		p.Says += k.T("format.over_unread", "num", rep.Unread)
	}
	p.Notes = append(p.Notes, k.T("format.note_over_interval"), k.T("format.note_over_people"), k.T("format.note_prefer"))
	p.Metrics = k.formatMetrics(ask, rep.FormatReport)
	p.Lead = []view.PlanTable{{Title: k.T("format.rows"), Note: k.T("format.note_over_short"), Table: k.formatTable(ask, rep.FormatReport)}}
	p.Tables = []view.PlanTable{{Title: k.T("format.by_group"), Note: k.T("format.by_group_note"), Table: k.formatPlaces(ask, rep)}}
	return k.show(p.Head.Title, view.InsightPage(p))
}

// formatPlaces lists the groups of the comparison; each leads to the page of its own.
func (k *call) formatPlaces(ask activityAsk, rep measure.FormatOver) ui.Table {
	page := k.page(listLimit)
	first := min(page.Offset, len(rep.Groups))
	shown := rep.Groups[first:min(first+page.Limit, len(rep.Groups))]
	t := ui.Table{Label: k.T("format.by_group"), Columns: []ui.Column{{Title: k.T("word.group")}, {Title: k.T("format.sends"), Num: true}, {Title: k.T("format.offered"), Num: true}, {Title: k.T("format.answered"), Num: true}, {Title: k.T("format.leaves"), Num: true}},
		Pager: k.pager(page, len(shown), len(rep.Groups)), Empty: ui.Empty{Icon: "message", Title: k.T("format.none"), Text: k.T("format.none_text")}}
	for _, g := range shown {
		answered, note := k.part(g.Answered)
		left, noted := k.part(g.Leaves)
		t.Rows = append(t.Rows, ui.Row{Link: "/formats?g=" + g.ID.String() + "&from=" + ask.from.String() + "&to=" + ask.to.String(),
			Cells: []templ.Component{ui.Name(g.Name), ui.Two(strconv.Itoa(g.Sends), k.T("format.open_is", "num", g.Open)), ui.Figure(g.Offers), ui.Two(answered, note), ui.Two(left, noted)}})
	}
	return t
}

// formatSays says what is compared, or what is missing for it.
func (k *call) formatSays(rep measure.FormatReport) string {
	if len(rep.Named) < 2 {
		return k.T("format.one_only")
	}
	var names []string
	for _, f := range rep.Named {
		names = append(names, k.T("format.is_"+f))
	}
	said := k.T("format.compared", "names", strings.Join(names, k.T("list.comma")), "num", len(rep.Every))
	if len(rep.Every) < 20 {
		said += k.T("format.scarce")
	}
	return said
}

// part writes a share with its interval; of few the counts lead.
func (k *call) part(v measure.Part) (lead, note string) {
	counts := k.T("retention.counts", "num", v.Num, "den", v.Den)
	if v.Den == 0 {
		return "–", ""
	}
	if v.Few {
		return fmt.Sprintf("%d / %d", v.Num, v.Den), k.T("format.too_few")
	}
	note = counts + " · " + k.T("format.interval", "low", percent(v.Low), "high", percent(v.High))
	if v.Groups > 1 {
		note += " · " + k.T("format.over_groups", "num", v.Groups, "design", tenth(v.Design))
	}
	return percent(v.Share), note
}

// formatMetrics are the two preferences of each compared format.
func (k *call) formatMetrics(ask activityAsk, rep measure.FormatReport) (out []view.Metric) {
	for _, r := range rep.Rows {
		if r.Format == measure.FormatOther {
			continue
		}
		lead, note := k.part(r.Engaged)
		took := view.Metric{Label: k.T("format.engaged") + " · " + k.T("format.is_"+r.Format), Lead: lead, Means: k.T("format.engaged_means"), Facts: []string{note}, Quiet: r.Engaged.Few}
		if r.Engaged.Den > 0 {
			took.Link = formatPeopleOf(ask, "took", r.Format)
		}
		lead, note = k.part(r.Liked)
		out = append(out, took, view.Metric{Label: k.T("format.liked") + " · " + k.T("format.is_"+r.Format), Lead: lead, Means: k.T("format.liked_means"), Facts: []string{note}, Quiet: r.Liked.Few})
	}
	return out
}

func (k *call) formatTable(ask activityAsk, rep measure.FormatReport) ui.Table {
	t := ui.Table{Label: k.T("format.rows"), Columns: []ui.Column{{Title: k.T("format.format")}, {Title: k.T("format.sends"), Num: true}, {Title: k.T("format.cost"), Num: true}, {Title: k.T("format.reach"), Num: true}, {Title: k.T("format.answered"), Num: true}, {Title: k.T("format.leaves"), Num: true}},
		Empty: ui.Empty{Icon: "message", Title: k.T("format.none"), Text: k.T("format.none_text")}}
	for _, r := range rep.Rows {
		two := func(v measure.Part, more string) templ.Component {
			lead, note := k.part(v)
			if note != "" && more != "" {
				note += " · "
			}
			return ui.Two(lead, note+more)
		}
		sends := ui.Two(strconv.Itoa(r.Sends), k.T("format.things", "num", r.Things, "guessed", r.Guessed, "open", r.Open))
		cost := ui.Two("–", k.T("format.no_cost"))
		if r.Costed > 0 {
			cost = ui.Two(k.cost(int64(r.Minutes+0.5), int64(r.Fen+0.5)), k.T("format.costed", "num", r.Costed, "of", r.Things))
		}
		reach := ui.Two(k.T("format.unknown"), k.T("format.offers", "num", r.Offers))
		if r.ReadOf > 0 {
			reach = two(r.Reach, k.T("format.read_of", "num", r.ReadOf))
		}
		leaves := two(r.Leaves, "")
		if r.Leaves.Den > 0 {
			leaves = two(r.Leaves, k.T("format.usual_is", "num", tenth(r.Usual)))
		}
		row := ui.Row{Cells: []templ.Component{ui.Name(k.T("format.is_" + r.Format)), sends, cost, reach, two(r.Answered, k.T("format.replies", "num", r.Replies)), leaves}}
		if len(r.Went) > 0 {
			row.Actions = view.LinkButtons([][3]string{{formatPeopleOf(ask, "went", r.Format), "users", k.T("format.who_left")}})
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}

// sentInputs are the fields of what a person says of a thing sent.
func (k *call) sentInputs(v measure.SentSaid, guess bool) []ui.Input {
	var formats []ui.Option
	if guess {
		formats = append(formats, ui.Option{Text: k.T("format.as_guessed")})
	}
	for _, f := range measure.AllFormats() {
		formats = append(formats, ui.Option{Value: f, Text: k.T("format.is_" + f)})
	}
	number := func(n int64) string {
		if n < 0 {
			return ""
		}
		return strconv.FormatInt(n, 10)
	}
	money := ""
	if v.Fen >= 0 {
		money = community.FormatAmount(v.Fen)
	}
	return []ui.Input{{Kind: "select", Name: "format", Label: k.T("format.format"), Value: v.Format, Options: formats}, {Kind: "number", Name: "minutes", Label: k.T("format.minutes"), Help: k.T("format.minutes_help"), Value: number(v.Minutes)},
		{Kind: "text", Name: "money", Label: k.T("format.money"), Help: k.T("format.money_help"), Value: money, Max: 20}, {Kind: "number", Name: "reads", Label: k.T("format.reads"), Help: k.T("format.reads_help"), Value: number(v.Reads)}}
}

// sentSaid reads them.
func (k *call) sentSaid() (v measure.SentSaid, err error) {
	number := func(name string) int64 {
		text := k.form(name)
		if text == "" || err != nil {
			return measure.SentUnknown
		}
		n, e := strconv.ParseInt(text, 10, 64)
		if e != nil || n < 0 {
			err = community.Errorf(community.CodeBadInput, "%s: want a number from 0", name)
		}
		return n
	}
	v = measure.SentSaid{Format: k.form("format"), Minutes: number("minutes"), Reads: number("reads"), Fen: measure.SentUnknown}
	if text := k.form("money"); text != "" && err == nil {
		if v.Fen, err = community.ParseAmount(text); err != nil {
			err = community.Errorf(community.CodeBadInput, "money: %w", err)
		}
	}
	return v, err
}

// formatAsks offers to enter what came without Qunluo, and what came out of a poll.
func (k *call) formatAsks(p *view.Insight, ask activityAsk) {
	g := []ui.Option{{Value: "g", Text: ask.group.ID.String()}}
	p.Openers = []ui.Opener{{Target: "hand", Text: k.T("format.add"), Icon: "plus"}, {Target: "poll", Text: k.T("format.poll_add"), Icon: "plus"}}
	p.Asks = []ui.Confirm{
		{ID: "hand", Title: k.T("format.add"), Object: ask.group.Name, Effect: k.T("format.add_effect"), Action: "/formats/hand", Button: k.T("format.add"), Fields: g,
			Inputs: append([]ui.Input{{Kind: "text", Name: "title", Label: k.T("format.title"), Required: true, Max: 100}, {Kind: "date", Name: "day", Label: k.T("format.day"), Required: true}, {Kind: "text", Name: "clock", Label: k.T("format.clock"), Help: "20:00", Required: true, Max: 5}}, k.sentInputs(unsaidSent, false)...)},
		{ID: "poll", Title: k.T("format.poll_add"), Object: ask.group.Name, Effect: k.T("format.poll_effect"), Action: "/formats/polls", Button: k.T("format.poll_add"), Fields: g,
			Inputs: []ui.Input{{Kind: "text", Name: "title", Label: k.T("format.poll_title"), Required: true, Max: 100}, {Kind: "date", Name: "day", Label: k.T("format.day"), Required: true},
				{Kind: "area", Name: "options", Label: k.T("format.options"), Help: k.T("format.options_help"), Rows: 4, Required: true, Max: 1000}}},
	}
}

var unsaidSent = measure.SentSaid{Minutes: measure.SentUnknown, Fen: measure.SentUnknown, Reads: measure.SentUnknown}

// sentTable lists what came, each with a way to say its format, cost and reads.
// cost says minutes and money (fen); money that is not known, or none, is left out.
func (k *call) cost(minutes, fen int64) string {
	if fen <= 0 {
		return k.T("format.cost_minutes", "minutes", max(0, minutes))
	}
	return k.T("format.cost_is", "minutes", max(0, minutes), "money", k.money(fen, "CNY"))
}

func (k *call) sentTable(ask activityAsk, list []measure.Sent) (ui.Table, []ui.Confirm) {
	t := ui.Table{Label: k.T("format.sent"), Columns: []ui.Column{{Title: k.T("format.title")}, {Title: k.T("audit.at")}, {Title: k.T("format.format")}, {Title: k.T("format.cost"), Num: true}, {Title: k.T("format.offered"), Num: true}, {Title: k.T("format.answered"), Num: true}, {Title: k.T("format.leaves"), Num: true}},
		Empty: ui.Empty{Icon: "message", Title: k.T("format.none"), Text: k.T("format.none_text")}}
	var asks []ui.Confirm
	for i := len(list) - 1; i >= 0 && len(t.Rows) < listLimit; i-- {
		s := list[i]
		how := k.T("format.said")
		if s.Format == "" {
			how = k.T("format.guessed")
		}
		cost := "–"
		if s.Minutes >= 0 || s.Fen >= 0 {
			cost = k.cost(s.Minutes, s.Fen)
		}
		cells := []templ.Component{ui.Two(gist(s.Title, 60), k.T("format.kind_"+s.Kind)), ui.Moment(s.At), ui.Two(k.T("format.is_"+s.FormatIs()), how), ui.Text(cost), ui.Figure(int64(len(s.Offered))), ui.Figure(int64(len(s.Answered))), ui.Figure(int64(len(s.Left)))}
		row := ui.Row{Cells: cells}
		id := "say-" + strconv.Itoa(i)
		row.Actions = ui.ConfirmButton(ui.Opener{Target: id, Text: k.T("format.say"), Icon: "edit", Small: true})
		asks = append(asks, ui.Confirm{ID: id, Title: k.T("format.say"), Object: gist(s.Title, 60), Effect: k.T("format.say_effect"), Action: "/formats/said", Button: k.T("plan.save"), Inputs: of(id, k.sentInputs(s.SentSaid, s.Kind != measure.SentHand)),
			Fields: []ui.Option{{Value: "g", Text: ask.group.ID.String()}, {Value: "kind", Text: s.Kind}, {Value: "source", Text: s.Source.String()}, {Value: "step", Text: s.Step}}})
		t.Rows = append(t.Rows, row)
	}
	return t, asks
}

// of marks fields as those of one of several forms.
func of(form string, inputs []ui.Input) []ui.Input {
	for i := range inputs {
		inputs[i].Of = form
	}
	return inputs
}

func (k *call) pollTable(ask activityAsk, polls []measure.FormatPollRow) (ui.Table, []ui.Confirm, error) {
	t := ui.Table{Label: k.T("format.polls"), Columns: []ui.Column{{Title: k.T("format.poll_title")}, {Title: k.T("format.day")}, {Title: k.T("format.votes")}, {Title: k.T("audit.who")}}, Empty: ui.Empty{Icon: "list-check", Title: k.T("format.no_polls"), Text: k.T("format.no_polls_text")}}
	who, err := k.userNames()
	if err != nil {
		return t, nil, err
	}
	var asks []ui.Confirm
	for i, v := range polls {
		var votes []string
		for _, f := range measure.Formats() {
			if n, ok := v.Votes[f]; ok {
				votes = append(votes, k.T("format.is_"+f)+" "+strconv.FormatInt(n, 10))
			}
		}
		id := "drop-" + strconv.Itoa(i)
		asks = append(asks, ui.Confirm{ID: id, Title: k.T("format.drop"), Object: gist(v.Title, 60), Effect: k.T("format.drop_effect"), Action: "/formats/polls/" + v.ID.String() + "/drop", Button: k.T("format.drop"), Reason: k.T("form.reason"), Need: true, Fields: []ui.Option{{Value: "g", Text: ask.group.ID.String()}}})
		t.Rows = append(t.Rows, ui.Row{Cells: []templ.Component{ui.Name(gist(v.Title, 60)), ui.Text(v.Day.String()), ui.Text(strings.Join(votes, k.T("list.comma"))), ui.Text(who(v.User))}, Actions: ui.ConfirmButton(ui.Opener{Target: id, Text: k.T("format.drop"), Icon: "x", Small: true})})
	}
	return t, asks, nil
}

// formatBack is the page of the group that a form names.
func (k *call) formatBack() (community.GroupRow, string, error) {
	g, err := k.groupNamed(k.form("g"))
	if err == nil && g.Key == 0 {
		err = community.Errorf(community.CodeNotFound, "group: none named")
	}
	return g, "/formats?g=" + g.ID.String(), err
}

// formatSaid keeps what a person says of a thing sent.
func (c *Console) formatSaid(k *call) error {
	_, to, err := k.formatBack()
	if err != nil {
		return err
	}
	source, err := community.ParseID(k.form("source"))
	if err != nil {
		return community.Errorf(community.CodeNotFound, "source: %w", err)
	}
	v, err := k.sentSaid()
	if err == nil {
		err = k.goals().SaySent(k.ctx(), k.who(), measure.SentKey{Kind: k.form("kind"), Source: source, Step: k.form("step")}, v, "")
	}
	return k.formatDone(to, "format.saved", err)
}

func (k *call) formatDone(to, said string, err error) error {
	switch community.CodeOf(err) {
	case community.CodeNone:
		return k.ok(to, k.T(said))
	case community.CodeBadInput:
		return k.done(to, "danger", k.T("format.bad"), community.ID{})
	}
	return k.refused(to, err)
}

// formatHand enters what came without Qunluo.
func (c *Console) formatHand(k *call) error {
	g, to, err := k.formatBack()
	if err != nil {
		return err
	}
	zone, err := time.LoadLocation(g.Zone)
	if err != nil {
		return err
	}
	v, err := k.sentSaid()
	if err == nil {
		var at time.Time
		if at, err = time.ParseInLocation("2006-01-02 15:04", k.form("day")+" "+k.form("clock"), zone); err != nil {
			err = community.Errorf(community.CodeBadInput, "at: %w", err)
		} else {
			_, err = k.goals().AddSent(k.ctx(), k.who(), g.Key, k.form("title"), at.UnixMilli(), v)
		}
	}
	return k.formatDone(to, "format.added", err)
}

// pollVotes reads lines of a poll, "文章 12": an option that names a format, and its votes. CodeBadInput: one names none, or has no number.
func pollVotes(text string) (map[string]int64, error) {
	votes := map[string]int64{}
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); line == "" {
			continue
		}
		i := strings.LastIndexFunc(line, func(r rune) bool { return r < '0' || r > '9' }) + 1
		for i < len(line) && (line[i] < '0' || line[i] > '9') { // the last rune that is no digit may be long
			i++
		}
		n, err := strconv.ParseInt(line[i:], 10, 64)
		format := measure.FormatNamed(line[:i])
		if err != nil || format == "" {
			return nil, community.Errorf(community.CodeBadInput, "option %q: want words that name a format, and a number of votes", line)
		}
		votes[format] += n
	}
	return votes, nil
}

// formatPoll keeps what came out of a poll.
func (c *Console) formatPoll(k *call) error {
	g, to, err := k.formatBack()
	if err != nil {
		return err
	}
	v := measure.FormatPollRow{Group: g.Key, Title: k.form("title")}
	if v.Day, err = measure.ParseDay(k.form("day")); err != nil {
		return k.formatDone(to, "", community.Errorf(community.CodeBadInput, "day: %w", err))
	}
	if v.Votes, err = pollVotes(k.typed("options")); err == nil {
		_, err = k.goals().AddFormatPoll(k.ctx(), k.who(), v)
	}
	return k.formatDone(to, "format.poll_added", err)
}

// formatDrop takes a poll out.
func (c *Console) formatDrop(k *call) error {
	_, to, err := k.formatBack()
	if err != nil {
		return err
	}
	id, err := k.id()
	if err != nil {
		return err
	}
	if k.form("reason") == "" {
		return k.done(to, "danger", k.T("act.need_reason"), community.ID{})
	}
	return k.formatDone(to, "format.dropped", k.goals().DropFormatPoll(k.ctx(), k.who(), id, k.form("reason")))
}

// formatsAsked compares the formats of the groups that the address names.
func (k *call) formatsAsked() (ask activityAsk, rep measure.FormatReport, err error) {
	if ask, err = k.activityAsk(); err != nil {
		return ask, rep, err
	}
	if ask.group.Key == 0 {
		over, err := k.goals().FormatsOver(k.ctx(), ask.tag, ask.from, ask.to)
		return ask, over.FormatReport, err
	}
	rep, _, _, err = k.goals().Formats(k.ctx(), ask.group.Key, ask.from, ask.to)
	return ask, rep, err
}

// formatPeopleOf is the address of the people behind a figure of a format.
func formatPeopleOf(ask activityAsk, what, format string) string {
	return ask.within("/formats/people?from=" + ask.from.String() + "&to=" + ask.to.String() + "&what=" + what + "&format=" + format)
}

// formatPeople lists the people behind a figure of a format.
func (c *Console) formatPeople(k *call) error {
	ask, rep, err := k.formatsAsked()
	if err != nil {
		return err
	}
	of, kept, err := rep.People(k.query("format"), k.query("what"))
	if err != nil {
		return err
	}
	return k.counted(ask, k.T("format.people_"+k.query("what"), "format", k.T("format.is_"+k.query("format"))), ask.within("/formats?from="+ask.from.String()+"&to="+ask.to.String()), of, kept)
}

// formatSheet is the comparison as a file; what is not known is empty. Over one group the design effect is 1.
func (c *Console) formatSheet(k *call) error {
	_, rep, err := k.formatsAsked()
	if err != nil {
		return err
	}
	var rows [][]string
	for _, r := range rep.Rows {
		rows = append(rows, formatLine(r))
	}
	head := []string{"format", "things", "sends", "not_counted", "minutes", "money", "offered", "reads", "reads_of", "replies", "answered", "answered_of", "left_24h", "left_of", "usual_24h", "votes", "votes_of", "engaged", "engaged_of", "engaged_share", "engaged_low", "engaged_high",
		"answered_low", "answered_high", "left_low", "left_high", "liked_low", "liked_high", "reads_low", "reads_high", "groups", "design_effect", "engaged_groups", "engaged_design_effect"}
	return k.sheet("formats", head, func() ([][]string, error) {
		out := rows
		rows = nil
		return out, nil
	})
}

func formatLine(r measure.FormatRow) []string {
	n := func(v int64, known bool) string {
		if !known {
			return ""
		}
		return strconv.FormatInt(v, 10)
	}
	f := func(v float64, known bool) string {
		if !known {
			return ""
		}
		return strconv.FormatFloat(v, 'f', 4, 64)
	}
	return []string{r.Format, strconv.Itoa(r.Things), strconv.Itoa(r.Sends), strconv.Itoa(r.Open), f(r.Minutes, r.Costed > 0), f(r.Fen/100, r.Costed > 0), n(r.Offers, true), n(r.Reach.Num, r.ReadOf > 0), n(r.Reach.Den, r.ReadOf > 0),
		strconv.Itoa(r.Replies), n(r.Answered.Num, true), n(r.Answered.Den, true), n(r.Leaves.Num, r.Leaves.Den > 0), n(r.Leaves.Den, r.Leaves.Den > 0), f(r.Usual, r.Leaves.Den > 0), n(r.Liked.Num, r.Liked.Den > 0), n(r.Liked.Den, r.Liked.Den > 0),
		n(r.Engaged.Num, r.Engaged.Den > 0), n(r.Engaged.Den, r.Engaged.Den > 0), f(r.Engaged.Share, r.Engaged.Den > 0), f(r.Engaged.Low, r.Engaged.Den > 0), f(r.Engaged.High, r.Engaged.Den > 0),
		f(r.Answered.Low, r.Answered.Den > 0), f(r.Answered.High, r.Answered.Den > 0), f(r.Leaves.Low, r.Leaves.Den > 0), f(r.Leaves.High, r.Leaves.Den > 0), f(r.Liked.Low, r.Liked.Den > 0), f(r.Liked.High, r.Liked.Den > 0), f(r.Reach.Low, r.ReadOf > 0), f(r.Reach.High, r.ReadOf > 0),
		n(int64(max(1, r.Answered.Groups)), r.Answered.Den > 0), f(max(1, r.Answered.Design), r.Answered.Den > 0), n(int64(max(1, r.Engaged.Groups)), r.Engaged.Den > 0), f(max(1, r.Engaged.Design), r.Engaged.Den > 0)}
}
