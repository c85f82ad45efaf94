package app

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"qunluo/internal/community"
	"qunluo/internal/digest"
	"qunluo/internal/i18n"
	"qunluo/internal/measure"
	"qunluo/internal/plan"
	"qunluo/internal/store"
)

const (
	jobDigests  = "digests"
	digestsEach = 10 * time.Minute
	usualDays   = 28 // before a stretch, that it is compared with
)

// digests is what a person sees and makes of the best of a group's talk (群精华), bounded as hands are.
type digests struct{ *hands }

// Digests makes the handle of digests.
func (a *App) Digests(org community.OrgKey, groups []community.GroupKey) digests {
	return digests{a.Hands(org, groups)}
}

// List lists digests of a group, or (0) of all that may be seen, the latest days first.
func (p digests) List(ctx context.Context, g community.GroupKey, at community.Page) ([]digest.Record, int, error) {
	return p.desk().Digests(ctx, g, at)
}

// Get gives a digest with the messages that it names, by number: what was erased or recalled meanwhile says so. CodeNotFound.
func (p digests) Get(ctx context.Context, id community.ID) (digest.Record, map[int64]community.MessageRow, error) {
	r, err := p.desk().Digest(ctx, id)
	if err != nil {
		return r, nil, err
	}
	said, err := p.desk().MessagesByNumber(ctx, r.Found.Numbers())
	return r, said, err
}

// Make makes the digest of a group's days [from, to], 1 to 7 of them, and words in a language. Of days that have one already the draft
// is made anew; what was edited or sent is not touched: CodeConflict.
func (p digests) Make(ctx context.Context, user string, g community.GroupKey, from, to measure.Day, lang string) (digest.Record, error) {
	was, err := p.desk().DigestOf(ctx, g, int64(from), int64(to))
	fresh := community.CodeOf(err) == community.CodeNotFound
	if err != nil && !fresh {
		return was, err
	}
	if was.State == digest.Sent || was.State == digest.Draft && was.Edited != 0 {
		return was, community.Errorf(community.CodeConflict, "the digest of these days was edited or sent already: drop it before another is made")
	}
	r, err := p.make(ctx, user, g, from, to, lang)
	if err != nil {
		return r, err
	}
	if fresh {
		return p.app.store.AddDigest(ctx, p.org, r, p.audit(user, "digest.make", "", ""))
	}
	was.Found, was.Text, was.Edited, was.State, was.Made = r.Found, r.Text, 0, digest.Draft, p.app.millis()
	return p.app.store.ChangeDigest(ctx, p.org, was, p.audit(user, "digest.make", "", ""))
}

// make makes a digest without keeping it.
func (p digests) make(ctx context.Context, user string, g community.GroupKey, from, to measure.Day, lang string) (r digest.Record, err error) {
	group, err := p.mine(ctx, g)
	if err != nil {
		return r, err
	}
	desk := p.desk()
	today, err := desk.Today(ctx, g)
	if err != nil {
		return r, err
	}
	if to < from || to-from >= digest.MostDays || to > today {
		return r, community.Errorf(community.CodeBadInput, "from %s to %s: want 1 to %d days, none of them in the future", from, to, digest.MostDays)
	}
	if err := p.app.store.CatchUp(ctx); err != nil {
		return r, err
	}
	begin, end, err := desk.SpanOf(ctx, g, from, to)
	if err != nil {
		return r, err
	}
	talk := digest.Talk{Named: []string{group.Name}}
	said, err := desk.Talks(ctx, g)
	if err != nil {
		return r, err
	}
	if talk.Lines, err = said(begin, end, digest.MaxLines); err != nil {
		return r, err
	}
	if talk.Usual, err = usualTalk(said, begin); err != nil {
		return r, err
	}
	if talk.Pairs, err = p.pairs(ctx, g, from, to); err != nil {
		return r, err
	}
	r = digest.Record{Group: g, GroupID: group.ID, GroupName: group.Name, From: int64(from), To: int64(to), User: user, Found: digest.Make(talk)}
	named, err := desk.MessagesByNumber(ctx, r.Found.Numbers())
	if err != nil {
		return r, err
	}
	r.Text = digestText(p.app.words.In(lang), group, r, named)
	return r, nil
}

// usualTalk are texts of people in the weeks before a stretch, the latest.
func usualTalk(said func(from, to int64, most int) ([]digest.Line, error), before int64) ([]string, error) {
	var out []string
	for to := before; to > before-usualDays*day && len(out) < digest.MaxUsual; to -= day { // day by day backwards: a lively group needs few
		list, err := said(to-day, to, digest.MaxLines)
		if err != nil {
			return nil, err
		}
		for i := len(list) - 1; i >= 0 && len(out) < digest.MaxUsual; i-- {
			if !list[i].Bot {
				out = append(out, list[i].Text)
			}
		}
	}
	return out, nil
}

// pairs are the questions of the days with the messages held to answer them.
func (p digests) pairs(ctx context.Context, g community.GroupKey, from, to measure.Day) ([]digest.Pair, error) {
	list, _, err := p.desk().Questions(ctx, g, "", from, to)
	out := make([]digest.Pair, 0, len(list))
	for _, q := range list {
		state, first := q.State()
		pair := digest.Pair{Question: q.Number, Certain: state == measure.AnsweredCertain}
		if state != measure.OpenQuestion {
			pair.Answer = first.Number
		}
		out = append(out, pair)
	}
	return out, err
}

// Edit keeps other words of a draft. version is that of the digest as it was read. CodeConflict: somebody changed it meanwhile.
func (p digests) Edit(ctx context.Context, user string, id community.ID, version int, text string) (digest.Record, error) {
	if err := digest.CheckText(text); err != nil {
		return digest.Record{}, err
	}
	r, err := p.draft(ctx, id, version)
	if err != nil {
		return r, err
	}
	r.Text, r.Edited = text, p.app.millis()
	return p.app.store.ChangeDigest(ctx, p.org, r, p.audit(user, "digest.edit", "", ""))
}

// draft reads one that still waits for a person.
func (p digests) draft(ctx context.Context, id community.ID, version int) (digest.Record, error) {
	r, err := p.desk().Digest(ctx, id)
	switch {
	case err != nil:
	case r.Version != version:
		err = community.Errorf(community.CodeConflict, "somebody changed this digest meanwhile")
	case r.State != digest.Draft:
		err = community.Errorf(community.CodeConflict, "this digest is %s", r.State)
	}
	return r, err
}

// Send hands a digest over as a mass send to its own group, for a time (UTC ms; 0 = now). What stops a mass send stops it.
func (p digests) Send(ctx context.Context, user string, id community.ID, version int, start int64) (digest.Record, error) {
	r, err := p.draft(ctx, id, version)
	if err != nil {
		return r, err
	}
	r.State = digest.Sent // first: of two people at once one sends
	if r, err = p.app.store.ChangeDigest(ctx, p.org, r, p.audit(user, "digest.send", "", "")); err != nil {
		return r, err
	}
	sent, err := p.app.Plans(p.org, p.groups).NewBroadcast(ctx, user, plan.Broadcast{Title: digestTitle(r), Text: r.Text, Filter: plan.Filter{Groups: []community.GroupKey{r.Group}}, Start: start, AI: r.Found.AI})
	if err != nil {
		r.State = digest.Draft
		back, undone := p.app.store.ChangeDigest(ctx, p.org, r, p.audit(user, "digest.unsent", "", ""))
		return back, errors.Join(err, undone)
	}
	r.Sent = sent.ID.String()
	if r, err = p.app.store.ChangeDigest(ctx, p.org, r, p.audit(user, "digest.sent", "", "")); err != nil {
		return r, err
	}
	return r, p.app.Essences(p.org, p.groups).keepAnswers(ctx, r)
}

// Drop says that a digest is not wanted; Restore takes that back.
func (p digests) Drop(ctx context.Context, user string, id community.ID, version int, reason string) (digest.Record, error) {
	r, err := p.draft(ctx, id, version)
	if err != nil {
		return r, err
	}
	r.State = digest.Dropped
	return p.app.store.ChangeDigest(ctx, p.org, r, p.audit(user, "digest.drop", "", reason))
}

// Restore makes a draft again of a digest that was dropped.
func (p digests) Restore(ctx context.Context, user string, id community.ID) (digest.Record, error) {
	r, err := p.desk().Digest(ctx, id)
	if err != nil {
		return r, err
	}
	if r.State != digest.Dropped {
		return r, community.Errorf(community.CodeConflict, "this digest is %s", r.State)
	}
	r.State = digest.Draft
	return p.app.store.ChangeDigest(ctx, p.org, r, p.audit(user, "digest.restore", "", ""))
}

// Watch tells whether a group's digests are drafted by themselves.
func (p digests) Watch(ctx context.Context, g community.GroupKey) (digest.Watch, error) {
	w := digest.Watch{Group: g, Org: p.org, Hour: 7}
	if err := p.sees(ctx, g); err != nil {
		return w, err
	}
	list, err := p.app.store.DigestWatches(ctx, p.org)
	for _, v := range list {
		if v.Group == g {
			w = v
		}
	}
	return w, err
}

// SaveWatch changes it.
func (p digests) SaveWatch(ctx context.Context, user string, w digest.Watch, reason string) error {
	w.Org = p.org
	group, err := p.mine(ctx, w.Group)
	if err != nil {
		return err
	}
	if group.Desk {
		return community.Errorf(community.CodeBadInput, "group: an account's own log has no digest")
	}
	if err := w.Check(); err != nil {
		return err
	}
	before, err := p.Watch(ctx, w.Group)
	if err != nil {
		return err
	}
	audit := p.audit(user, "digest.watch", "group:"+group.ID.String(), reason)
	if audit.Before, err = json.Marshal(map[string]any{"daily": before.Daily, "weekly": before.Weekly, "hour": before.Hour}); err != nil {
		return err
	}
	return p.app.store.SaveDigestWatch(ctx, w, audit)
}

// digestRound drafts the digests that are due; of days that have one nothing is made.
func (a *App) digestRound(ctx context.Context, _ store.Job) error {
	list, err := a.store.DigestWatches(ctx, 0)
	if err != nil {
		return err
	}
	var errs []error
	for _, w := range list {
		if err := a.draftDigests(ctx, w); err != nil {
			errs = append(errs, fmt.Errorf("digest of group %d: %w", w.Group, err))
		}
	}
	return errors.Join(errs...)
}

func (a *App) draftDigests(ctx context.Context, w digest.Watch) error {
	p := a.Digests(w.Org, nil)
	group, err := p.mine(ctx, w.Group)
	if err != nil {
		return err
	}
	zone := zoneFor(group.Zone)
	today, _ := measure.DayOf(a.millis(), zone)
	now := time.UnixMilli(a.millis()).In(zone)
	for _, span := range w.Spans(int64(today), (int(now.Weekday())+6)%7, now.Hour()) {
		_, err := p.desk().DigestOf(ctx, w.Group, span[0], span[1])
		if err == nil {
			continue
		}
		if community.CodeOf(err) != community.CodeNotFound {
			return err
		}
		r, err := p.make(ctx, "", w.Group, measure.Day(span[0]), measure.Day(span[1]), w.Lang)
		if err != nil {
			return err
		}
		if r.Found.Empty() { // nothing to tell is not told each morning
			continue
		}
		if _, err := a.store.AddDigest(ctx, w.Org, r, p.audit("", "digest.make", "", "")); err != nil && community.CodeOf(err) != community.CodeConflict {
			return err
		}
	}
	return nil
}

func digestTitle(r digest.Record) string {
	return shortened(r.GroupName, 30) + " " + measure.Day(r.To).String()
}

// shortened is a text of at most n characters in one line.
func shortened(text string, n int) string {
	r := []rune(strings.Join(strings.Fields(text), " "))
	if len(r) > n {
		return string(r[:n-1]) + "…"
	}
	return string(r)
}

// digestText puts a digest into words. What was erased or recalled since is left out.
func digestText(w *i18n.Words, g community.GroupRow, r digest.Record, said map[int64]community.MessageRow) string {
	t := digestWriter{w: w, said: said, zone: zoneFor(g.Zone), weekly: r.Weekly()}
	d := r.Found
	days := measure.Day(r.From).String()
	if r.Weekly() {
		days += " – " + measure.Day(r.To).String()
	}
	t.line(w.T("digest.head", "group", g.Name, "days", days))
	t.line(w.T("digest.count", "messages", d.Messages, "people", d.Speakers))
	t.part("digest.topics", len(d.Topics), func(i int) string {
		v := d.Topics[i]
		line := w.T("digest.topic_line", "phrases", strings.Join(v.Phrases, w.T("list.comma")), "num", len(v.Messages), "people", v.Speakers)
		if quote := t.quote(v.Quotes[0], 60); quote != "" {
			line += "\n  " + quote
		}
		return line
	})
	t.part("digest.answers", len(d.Answers), func(i int) string {
		q, a := t.quote(d.Answers[i].Question, 60), t.quote(d.Answers[i].Answer, 120)
		if q == "" || a == "" {
			return ""
		}
		return w.T("digest.question_mark") + q + "\n  " + w.T("digest.answer_mark") + a
	})
	t.part("digest.decided", len(d.Decided), func(i int) string { return t.quote(d.Decided[i].Message, 80) })
	t.links(d.Links)
	t.part("digest.open", len(d.Open), func(i int) string { return t.quote(d.Open[i], 60) })
	t.part("digest.thanked", len(d.Thanked), func(i int) string {
		m, ok := t.there(d.Thanked[i].Said)
		if !ok {
			return ""
		}
		return w.T("digest.thanked_line", "name", shortened(m.Name, 20), "num", d.Thanked[i].By)
	})
	if d.Empty() {
		t.line(w.T("digest.nothing"))
	}
	return clippedText(t.text, digest.MostText)
}

// digestWriter puts a digest into words, part by part.
type digestWriter struct {
	w      *i18n.Words
	said   map[int64]community.MessageRow
	zone   *time.Location
	weekly bool
	text   string
}

func (t *digestWriter) line(s string) { t.text += s + "\n" }

// part adds a heading with its lines; without a line there is none. "" is no line.
func (t *digestWriter) part(head string, n int, line func(i int) string) {
	had := 0
	for i := range n {
		if s := line(i); s != "" {
			if had++; had == 1 {
				t.line("\n" + t.w.T(head))
			}
			t.line(t.w.T("digest.item", "num", had) + s)
		}
	}
}

// links adds the links that people shared.
func (t *digestWriter) links(list []digest.Shared) {
	t.part("digest.links", len(list), func(i int) string {
		m, ok := t.there(list[i].Message)
		span := list[i].Span
		if !ok || span.End > len(m.Text) {
			return ""
		}
		return m.Text[span.Start:span.End] + t.w.T("digest.by", "name", shortened(m.Name, 20))
	})
}

// there gives a message that still may be told.
func (t *digestWriter) there(number int64) (community.MessageRow, bool) {
	m, ok := t.said[number]
	return m, ok && !m.Erased && !m.Recalled && m.Text != ""
}

// quote is a message in one line, with its author and time; "" = it may not be told any more.
func (t *digestWriter) quote(number int64, most int) string {
	m, ok := t.there(number)
	if !ok {
		return ""
	}
	layout := "15:04"
	if t.weekly {
		layout = "01-02 15:04"
	}
	return t.w.T("digest.quote", "name", shortened(m.Name, 20), "text", shortened(m.Text, most), "at", time.UnixMilli(m.OccurredAt).In(t.zone).Format(layout))
}

// clippedText is a text of at most n characters, cut at the end of a line.
func clippedText(text string, n int) string {
	r := []rune(text)
	if len(r) <= n {
		return text
	}
	for n > 0 && r[n-1] != '\n' {
		n--
	}
	return string(r[:n])
}
