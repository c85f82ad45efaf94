package app

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"qunluo/internal/admit"
	"qunluo/internal/community"
	"qunluo/internal/connect"
	"qunluo/internal/digest"
	"qunluo/internal/i18n"
	"qunluo/internal/measure"
	"qunluo/internal/morning"
	"qunluo/internal/plan"
	"qunluo/internal/store"
)

const (
	jobMornings  = "morning-reports"
	morningsEach = 5 * time.Minute
	morningSlot  = "morning" // of the calendar
	askedDays    = 3         // how far back a question may lie that is offered
	settled      = 10 * 60_000
	mostSaid     = 50_000
)

// mornings is what a person sees and makes of morning reports (早报) and their feeds, bounded as hands are.
type mornings struct{ *hands }

// Mornings makes the handle of morning reports.
func (a *App) Mornings(org community.OrgKey, groups []community.GroupKey) mornings {
	return mornings{a.Hands(org, groups)}
}

// List lists reports of a group, or (0) of all that may be seen, the latest days first, with what became of them.
func (p mornings) List(ctx context.Context, g community.GroupKey, at community.Page) ([]morning.Report, int, error) {
	return p.desk().Mornings(ctx, g, at)
}

// Get gives a report with the messages that it names, by number. What the group said is counted up to now until the day is over. CodeNotFound.
func (p mornings) Get(ctx context.Context, id community.ID) (morning.Report, map[int64]community.MessageRow, error) {
	r, err := p.desk().Morning(ctx, id)
	if err != nil {
		return r, nil, err
	}
	said, err := p.desk().MessagesByNumber(ctx, r.Numbers())
	if err == nil && r.Counted == 0 && r.SentAt != 0 {
		r.Outcome, err = p.app.heardOf(ctx, p.org, r)
	}
	return r, said, err
}

// Draft drafts a group's report of a day ("2006-01-02", "" = today while it may still be sent, else tomorrow), worded in a language. Of
// a day that has one already the draft is made anew; what a person picked, wrote or laid is not touched: CodeConflict.
func (p mornings) Draft(ctx context.Context, user string, g community.GroupKey, day, lang string) (morning.Report, error) {
	group, err := p.mine(ctx, g)
	if err != nil {
		return morning.Report{}, err
	}
	local := time.UnixMilli(p.app.millis()).In(zoneFor(group.Zone))
	day = cmp.Or(day, morning.For(local))
	if err := morningDay(day, local); err != nil {
		return morning.Report{}, err
	}
	was, err := p.desk().MorningOf(ctx, g, day)
	fresh := community.CodeOf(err) == community.CodeNotFound
	if err != nil && !fresh {
		return was, err
	}
	if was.State == morning.Laid || was.State == morning.Draft && was.Edited != 0 {
		return was, connect.Trouble(community.CodeConflict, "这一天的早报已经有人改过或排进了日历：要重做，先点“不用这份”。", "Somebody picked this day's report, or it stands in the calendar: drop it before another is made.")
	}
	r, err := p.gather(ctx, user, group, day, lang)
	if err != nil {
		return r, err
	}
	if fresh {
		return p.app.store.AddMorning(ctx, p.org, r, p.audit(user, "morning.draft", "", ""))
	}
	was.Pieces, was.Text, was.Lang, was.Edited, was.Worded, was.State, was.Made = r.Pieces, r.Text, r.Lang, 0, false, morning.Draft, p.app.millis()
	return p.app.store.ChangeMorning(ctx, p.org, was, p.audit(user, "morning.draft", "", ""))
}

// morningDay says whether a report may be drafted for a day, now: CodeBadInput.
func morningDay(text string, local time.Time) error {
	d, err := time.Parse(time.DateOnly, text)
	last := local.AddDate(0, 0, morning.AheadDays).Format(time.DateOnly)
	if err != nil || d.Format(time.DateOnly) != text || text < local.Format(time.DateOnly) || text > last {
		return community.Errorf(community.CodeBadInput, "day: want 2006-01-02, from today to %s", last)
	}
	return nil
}

// gather makes a report without keeping it: of the feeds that the group draws on, and of the group's talk of the day before (today's, of
// tomorrow's report).
func (p mornings) gather(ctx context.Context, user string, group community.GroupRow, day, lang string) (r morning.Report, err error) {
	if group.Desk {
		return r, community.Errorf(community.CodeBadInput, "group: an account's own log has no morning report")
	}
	w, err := p.Watch(ctx, group.Key)
	if err != nil {
		return r, err
	}
	g := morning.Gathering{Now: p.app.millis()}
	if g.Entries, err = p.app.store.FeedEntries(ctx, p.org, w.Sources, g.Now-morning.FreshHours*3600_000); err != nil {
		return r, err
	}
	of, err := measure.ParseDay(day)
	if err != nil {
		return r, err
	}
	if g.Told, err = p.app.store.MorningsTold(ctx, group.Key, (of - morning.ToldDays).String(), day); err != nil {
		return r, err
	}
	today, err := p.desk().Today(ctx, group.Key)
	if err != nil {
		return r, err
	}
	g.Talk, err = p.talk(ctx, user, group.Key, min(of-1, today))
	if err != nil && community.CodeOf(err) != community.CodeTooLarge { // of a day with more talk than a digest reads, the news remain
		return r, err
	}
	r = morning.Report{Group: group.Key, GroupID: group.ID, GroupName: group.Name, Day: day, Lang: lang, User: user, Pieces: morning.Gather(g)}
	r.Text, err = p.worded(ctx, group, r)
	return r, err
}

// talk is what a group's talk of a day offers: topics and good answers of it, and questions of the last days that nobody has answered since.
func (p mornings) talk(ctx context.Context, user string, g community.GroupKey, of measure.Day) ([]morning.Piece, error) {
	best := p.app.Digests(p.org, p.groups)
	day, err := best.make(ctx, user, g, of, of, "")
	if err != nil {
		return nil, err
	}
	open, err := p.open(ctx, g, of)
	if err != nil {
		return nil, err
	}
	var out []morning.Piece
	for _, t := range day.Found.Topics {
		out = append(out, morning.Piece{Kind: morning.Topic, Title: strings.Join(t.Phrases, "、"), Number: t.Quotes[0]})
	}
	for _, a := range day.Found.Answers {
		out = append(out, morning.Piece{Kind: morning.Answer, Number: a.Question, Answer: a.Answer})
	}
	for _, n := range open {
		out = append(out, morning.Piece{Kind: morning.Question, Number: n})
	}
	return out, nil
}

// open lists questions of the days up to one that nobody has answered: of people, hit by no rule, long enough to be understood by who was not there.
func (p mornings) open(ctx context.Context, g community.GroupKey, of measure.Day) ([]int64, error) {
	from := of - askedDays + 1
	begin, end, err := p.desk().SpanOf(ctx, g, from, of)
	if err != nil {
		return nil, err
	}
	said, err := p.desk().Talks(ctx, g)
	if err != nil {
		return nil, err
	}
	var talk digest.Talk
	if talk.Lines, err = said(begin, end, askedDays*digest.MaxLines); err != nil {
		return nil, err
	}
	if talk.Pairs, err = p.app.Digests(p.org, p.groups).pairs(ctx, g, from, of); err != nil {
		return nil, err
	}
	return digest.Make(talk).Open, nil
}

// worded puts what is picked of a report into words.
func (p mornings) worded(ctx context.Context, group community.GroupRow, r morning.Report) (string, error) {
	said, err := p.desk().MessagesByNumber(ctx, r.Numbers())
	if err != nil {
		return "", err
	}
	return morningText(p.app.words.In(r.Lang), group, r, said), nil
}

// Pick picks by place among what is offered, and words the report anew. version is that of the report as it was read. CodeConflict:
// somebody changed it meanwhile.
func (p mornings) Pick(ctx context.Context, user string, id community.ID, version int, places []int) (morning.Report, error) {
	r, err := p.draft(ctx, id, version)
	if err != nil {
		return r, err
	}
	if err := r.Pick(places); err != nil {
		return r, err
	}
	group, err := p.mine(ctx, r.Group)
	if err != nil {
		return r, err
	}
	if r.Text, err = p.worded(ctx, group, r); err != nil {
		return r, err
	}
	r.Edited, r.Worded = p.app.millis(), false
	return p.app.store.ChangeMorning(ctx, p.org, r, p.audit(user, "morning.pick", "", ""))
}

// Edit keeps other words of a draft.
func (p mornings) Edit(ctx context.Context, user string, id community.ID, version int, text string) (morning.Report, error) {
	if err := morning.CheckText(text); err != nil {
		return morning.Report{}, err
	}
	r, err := p.draft(ctx, id, version)
	if err != nil {
		return r, err
	}
	r.Text, r.Edited, r.Worded = text, p.app.millis(), true
	return p.app.store.ChangeMorning(ctx, p.org, r, p.audit(user, "morning.edit", "", ""))
}

// draft reads one that still waits for a person.
func (p mornings) draft(ctx context.Context, id community.ID, version int) (morning.Report, error) {
	r, err := p.desk().Morning(ctx, id)
	switch {
	case err != nil:
	case r.Version != version:
		err = community.Errorf(community.CodeConflict, "somebody changed this report meanwhile")
	case r.State == morning.Laid && r.Item.IsZero(): // we stopped between two lines: it is laid again
		r.State = morning.Draft
	case r.State != morning.Draft:
		err = community.Errorf(community.CodeConflict, "this report is %s", r.State)
	}
	return r, err
}

// Lay puts a report into the calendar's slot of its day ("HH:MM", "" = the group's usual time) and lays it before a second person:
// what an item of the calendar needs, it needs (a goal of the group, a free slot). Each link becomes a short one of ours where the
// installation has a public address, so that openings are counted. CodeConflict, CodeBadInput, CodeRefused: a link may not be sent.
func (p mornings) Lay(ctx context.Context, user string, id community.ID, version int, at, reason string) (morning.Report, error) {
	r, err := p.draft(ctx, id, version)
	if err != nil {
		return r, err
	}
	c := p.app.Calendars(p.org, p.groups)
	item, err := p.itemOf(ctx, c, &r, at, reason)
	if err != nil {
		return r, err
	}
	r.State, r.Edited = morning.Laid, cmp.Or(r.Edited, p.app.millis()) // first: of two people at once one lays it
	if r, err = p.app.store.ChangeMorning(ctx, p.org, r, p.audit(user, "morning.lay", "", reason)); err != nil {
		return r, err
	}
	made, err := p.lay(ctx, user, c, &r, item, reason)
	if err != nil {
		r.State = morning.Draft
		back, undone := p.app.store.ChangeMorning(ctx, p.org, r, p.audit(user, "morning.unlaid", "", ""))
		return back, cmp.Or(err, undone)
	}
	r.Item = made.ID
	if r, err = p.app.store.ChangeMorning(ctx, p.org, r, p.audit(user, "morning.laid", "", "")); err != nil {
		return r, err
	}
	_, err = c.AskItem(ctx, user, made.ID, reason)
	switch community.CodeOf(err) {
	case community.CodeRefused, community.CodeTooLarge, community.CodeBadInput, community.CodeConflict:
		err = nil // it waits in the calendar as a draft, where the page says what stands in its way
	}
	if err != nil {
		return r, err
	}
	return p.desk().Morning(ctx, id)
}

// itemOf is the item of the calendar that a report becomes, looked at before anything is made.
func (p mornings) itemOf(ctx context.Context, c calendars, r *morning.Report, at, reason string) (plan.Item, error) {
	group, err := p.mine(ctx, r.Group)
	if err != nil {
		return plan.Item{}, err
	}
	w, err := p.Watch(ctx, r.Group)
	if err != nil {
		return plan.Item{}, err
	}
	at = cmp.Or(at, w.At)
	if err := morning.CheckTime(at); err != nil {
		return plan.Item{}, err
	}
	if !r.Worded {
		if len(r.Picked()) == 0 {
			return plan.Item{}, connect.Trouble(community.CodeBadInput, "还没有选任何内容。", "Nothing is picked yet.")
		}
		if r.Text, err = p.worded(ctx, group, *r); err != nil { // what was recalled or erased since is no longer told
			return plan.Item{}, err
		}
	}
	if due, err := plan.Moment(r.Day, at, zoneFor(group.Zone)); err != nil || due <= p.app.millis() {
		return plan.Item{}, cmp.Or(err, connect.Trouble(community.CodeBadInput, "这一天的这个时间已经过了。", "That time of that day is over."))
	}
	fixtures, err := c.Fixtures(ctx)
	if err != nil {
		return plan.Item{}, err
	}
	content := plan.Content{Title: morningTitle(p.app.words.In(r.Lang), *r), Text: r.Text, Class: plan.Useful, Format: measure.FormatArticle, Minutes: 15, Serves: plan.ServesGoal, Groups: []community.GroupKey{r.Group}, Date: r.Day, At: at, Reason: reason}
	if f, known := plan.FixtureNamed(fixtures, morningSlot); known && f.On(r.Day, r.Group) && f.Holds(at) {
		content.Fixture, content.Format, content.Minutes, content.Class = f.ID, f.Format, f.Minutes, cmp.Or(f.Class, plan.Useful)
	}
	item := plan.Item{Org: p.org, Content: content}
	return item, c.check(ctx, &item)
}

// lay makes the short links of a report and its item.
func (p mornings) lay(ctx context.Context, user string, c calendars, r *morning.Report, item plan.Item, reason string) (plan.Item, error) {
	at := p.app.publicURL()
	if at != "" {
		if err := p.shorten(ctx, c, user, r); err != nil {
			return item, err
		}
		item.Text = morning.Shortened(r.Text, at, r.Picked())
	}
	return c.SaveItem(ctx, user, community.ID{}, 0, item.Content, reason)
}

// shorten makes a short link for each link of a report that has none, if the link check lets all of them pass.
func (p mornings) shorten(ctx context.Context, c calendars, user string, r *morning.Report) error {
	var links []string
	for _, piece := range r.Picked() {
		if piece.Link != "" && strings.Contains(r.Text, piece.Link) {
			links = append(links, piece.Link)
		}
	}
	found, err := c.CheckLinks(ctx, strings.Join(links, "\n"), "wechat")
	if err != nil {
		return err
	}
	for _, f := range found {
		if f.Refuse {
			return connect.Trouble(community.CodeRefused, f.Link+"："+f.Reason[0], f.Link+": "+f.Reason[1])
		}
	}
	for i := range r.Pieces {
		piece := &r.Pieces[i]
		if !piece.Picked || !piece.Short.IsZero() || !slices.Contains(links, piece.Link) {
			continue
		}
		l := admit.Short{Org: p.org, Title: shortened(piece.Title, 60), Target: piece.Link, For: admit.ForReport, By: user}
		if l, err = p.app.store.AddShort(ctx, l, p.audit(user, "short.new", "", "morning:"+r.ID.String())); err != nil {
			return err
		}
		piece.Short, piece.Slug = l.ID, l.Slug
	}
	return nil
}

// Drop says that a draft is not wanted. A report that stands in the calendar is skipped there: CodeConflict here.
func (p mornings) Drop(ctx context.Context, user string, id community.ID, version int, reason string) (morning.Report, error) {
	r, err := p.draft(ctx, id, version)
	if err != nil {
		return r, err
	}
	r.State = morning.Dropped
	return p.app.store.ChangeMorning(ctx, p.org, r, p.audit(user, "morning.drop", "", reason))
}

// Restore makes a draft again of a report that was dropped, or whose item was skipped in the calendar.
func (p mornings) Restore(ctx context.Context, user string, id community.ID) (morning.Report, error) {
	r, err := p.desk().Morning(ctx, id)
	if err != nil {
		return r, err
	}
	if r.State != morning.Dropped && (r.State != morning.Laid || r.ItemState != string(plan.ItemSkipped)) {
		return r, community.Errorf(community.CodeConflict, "this report is %s", cmp.Or(r.ItemState, r.State))
	}
	r.State, r.Item = morning.Draft, community.ID{}
	for i := range r.Pieces { // another sending is counted by links of its own
		r.Pieces[i].Short, r.Pieces[i].Slug = community.ID{}, ""
	}
	return p.app.store.ChangeMorning(ctx, p.org, r, p.audit(user, "morning.restore", "", ""))
}

// Watch tells how a group's reports come about.
func (p mornings) Watch(ctx context.Context, g community.GroupKey) (morning.Watch, error) {
	w := morning.DefaultWatch(p.org, g)
	if err := p.sees(ctx, g); err != nil {
		return w, err
	}
	list, err := p.app.store.MorningWatches(ctx, p.org)
	if i := slices.IndexFunc(list, func(v morning.Watch) bool { return v.Group == g }); i >= 0 {
		w = list[i]
	}
	return w, err
}

// SaveWatch changes it. CodeBadInput: a source is none of the organisation's feeds.
func (p mornings) SaveWatch(ctx context.Context, user string, w morning.Watch, reason string) error {
	w.Org = p.org
	group, err := p.mine(ctx, w.Group)
	if err != nil {
		return err
	}
	if group.Desk {
		return community.Errorf(community.CodeBadInput, "group: an account's own log has no morning report")
	}
	if err := w.Check(); err != nil {
		return err
	}
	feeds, err := p.Feeds(ctx)
	if err != nil {
		return err
	}
	for _, id := range w.Sources {
		if !slices.ContainsFunc(feeds, func(f morning.Source) bool { return f.ID == id }) {
			return community.Errorf(community.CodeBadInput, "sources: there is no feed %s", id)
		}
	}
	before, err := p.Watch(ctx, w.Group)
	if err != nil {
		return err
	}
	audit := p.audit(user, "morning.watch", "group:"+group.ID.String(), reason)
	if audit.Before, err = json.Marshal(map[string]any{"on": before.On, "hour": before.Hour, "at": before.At, "sources": len(before.Sources)}); err != nil {
		return err
	}
	return p.app.store.SaveMorningWatch(ctx, w, audit)
}

func (a *App) runMornings(ctx context.Context, _ store.Job) error { return a.RunMornings(ctx) }

// RunMornings drafts the reports that are due, and counts what was said after those that came a day ago.
func (a *App) RunMornings(ctx context.Context) error {
	list, err := a.store.MorningWatches(ctx, 0)
	if err != nil {
		return err
	}
	var errs []error
	for _, w := range list {
		if err := a.draftMorning(ctx, w); err != nil {
			errs = append(errs, fmt.Errorf("morning report of group %d: %w", w.Group, err))
		}
	}
	return errors.Join(append(errs, a.countMornings(ctx))...)
}

func (a *App) draftMorning(ctx context.Context, w morning.Watch) error {
	if !w.On {
		return nil
	}
	p := a.Mornings(w.Org, nil)
	group, err := p.mine(ctx, w.Group)
	if err != nil {
		return err
	}
	local := time.UnixMilli(a.millis()).In(zoneFor(group.Zone))
	if !w.Due(local) {
		return nil
	}
	day := local.Format(time.DateOnly)
	if _, err = p.desk().MorningOf(ctx, w.Group, day); community.CodeOf(err) != community.CodeNotFound {
		return err
	}
	r, err := p.gather(ctx, "", group, day, w.Lang)
	if err != nil || len(r.Pieces) == 0 { // where there is nothing to tell, nothing waits for a person
		return err
	}
	if _, err = a.store.AddMorning(ctx, w.Org, r, p.audit("", "morning.draft", "", "")); community.CodeOf(err) == community.CodeConflict {
		return nil // a person was faster
	}
	return err
}

// countMornings counts for good what groups said in the day after their reports came, a little later: events come late, too.
func (a *App) countMornings(ctx context.Context) error {
	now := a.millis()
	list, err := a.store.UncountedMornings(ctx, time.UnixMilli(now).UTC().AddDate(0, 0, -10).Format(time.DateOnly))
	if err != nil {
		return err
	}
	for _, r := range list {
		if r.SentAt == 0 || now < r.SentAt+morning.Heard+settled {
			continue
		}
		org, err := a.store.OrgOf(ctx, r.Group)
		if err != nil {
			return err
		}
		if r.Outcome, err = a.heardOf(ctx, org, r); err != nil {
			return err
		}
		if err := a.store.CountMorning(ctx, r); err != nil {
			return err
		}
	}
	return nil
}

// heardOf counts what a group has said in the day after its report came.
func (a *App) heardOf(ctx context.Context, org community.OrgKey, r morning.Report) (morning.Outcome, error) {
	sent, _, err := a.store.Targets(ctx, community.Scope{Org: org}, r.Send, r.Group, community.Page{Limit: 1})
	if err != nil {
		return morning.Outcome{}, err
	}
	message := ""
	if len(sent) > 0 {
		message = sent[0].Message
	}
	said, err := a.store.SaidAfter(ctx, r.Group, r.SentAt, r.SentAt+morning.Heard, mostSaid)
	return morning.Count(message, said), err
}

func morningTitle(w *i18n.Words, r morning.Report) string {
	return shortened(w.T("morning.title", "day", r.Day, "group", r.GroupName), plan.MaxTitle)
}

// morningText puts what is picked into words. What was erased or recalled since is left out.
func morningText(w *i18n.Words, g community.GroupRow, r morning.Report, said map[int64]community.MessageRow) string {
	t := digestWriter{w: w, said: said, zone: zoneFor(g.Zone), weekly: true}
	picked := r.Picked()
	of := func(kind string) []morning.Piece {
		return slices.DeleteFunc(slices.Clone(picked), func(p morning.Piece) bool { return p.Kind != kind })
	}
	t.line(w.T("morning.head", "day", r.Day, "group", g.Name))
	news, topics, answers, questions := of(morning.News), of(morning.Topic), of(morning.Answer), of(morning.Question)
	t.part("morning.part_news", len(news), func(i int) string {
		return w.T("morning.news_line", "title", news[i].Title, "from", shortened(news[i].From, 20)) + "\n  " + news[i].Link
	})
	t.part("morning.part_topic", len(topics), func(i int) string {
		quote := t.quote(topics[i].Number, 60)
		if quote == "" {
			return ""
		}
		return topics[i].Title + "\n  " + quote
	})
	t.part("morning.part_answer", len(answers), func(i int) string {
		q, a := t.quote(answers[i].Number, 60), t.quote(answers[i].Answer, 120)
		if q == "" || a == "" {
			return ""
		}
		return w.T("digest.question_mark") + q + "\n  " + w.T("digest.answer_mark") + a
	})
	asks := false
	t.part("morning.part_question", len(questions), func(i int) string {
		q := t.quote(questions[i].Number, 80)
		asks = asks || q != ""
		return q
	})
	if asks {
		t.line(w.T("morning.ask"))
	}
	t.line("\n" + w.T("morning.tail"))
	return strings.TrimRight(clippedText(t.text, morning.MostText), "\n")
}
