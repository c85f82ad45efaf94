package app

import (
	"context"
	"encoding/json"
	"slices"

	"qunluo/internal/community"
	"qunluo/internal/learn"
	"qunluo/internal/policy"
	"qunluo/internal/replay"
	"qunluo/internal/store"
)

// Bounds of teaching.
const (
	mostJudgements = 2000
	taughtDays     = 30
	maxTaughtDays  = 366
)

// Learn teaches a model with what a group says and what people said about its decisions, keeps it, and puts it into the
// group's draft: a person looks at it and publishes. days are those whose talk is used (0 = 30), which are also replayed with
// and without it. community.CodeNotFound: the group has no rulebook yet.
func (h *hands) Learn(ctx context.Context, user string, g community.GroupKey, days int, note string) (community.Taught, error) {
	var t community.Taught
	group, err := h.mine(ctx, g)
	if err != nil {
		return t, err
	}
	if days == 0 {
		days = taughtDays
	}
	if days < 1 || days > maxTaughtDays {
		return t, community.Errorf(community.CodeBadInput, "days: %d, want 1 to %d", days, maxTaughtDays)
	}
	base, err := h.bookOnDesk(ctx, group)
	if err != nil {
		return t, err
	}
	to := h.app.millis()
	from := to - int64(days)*24*3600*1000
	labels, judged, err := h.labels(ctx, g)
	if err != nil {
		return t, err
	}
	talk, err := h.app.talkOf(ctx, g, from, judged)
	if err != nil {
		return t, err
	}
	model, lesson := learn.Teach(talk, labels)
	if t.Model, err = h.app.store.AddAsset(ctx, h.org, "model", model.Pack()); err != nil {
		return t, err
	}
	book, ids := base.WithModel(t.Model)
	raw, err := json.Marshal(book)
	if err != nil {
		return t, err
	}
	t.Rules, t.Days, t.Talk, t.LeftOut, t.Ham, t.Spam = ids, days, lesson.Talk, lesson.LeftOut, lesson.Ham, lesson.Spam
	t.Act, t.Suspect, t.Book = model.Act(), model.Suspect(), raw
	if err := h.app.compareTaught(ctx, &t, g, base, raw, replay.Span{From: from, To: to, Examples: 1}); err != nil {
		return t, err
	}
	return t, h.SaveDraft(ctx, user, g, raw, note)
}

// bookOnDesk is the group's draft, else the book in force.
func (h *hands) bookOnDesk(ctx context.Context, group community.GroupRow) (policy.Book, error) {
	var book policy.Book
	draft, err := h.desk().BookVersion(ctx, group.Key, 0)
	switch {
	case err == nil && len(draft.Body) > 0:
		return book, json.Unmarshal(draft.Body, &book)
	case err != nil && community.CodeOf(err) != community.CodeNotFound:
		return book, err
	case group.Book == 0:
		return book, community.Errorf(community.CodeNotFound, "group %d has no rulebook yet", group.Key)
	}
	return h.inForce(ctx, group)
}

// labels are the texts that people said something about: hit rightly or wrongly, by rules that look at what a text says.
// judged are the events, which are no ordinary talk any more.
func (h *hands) labels(ctx context.Context, g community.GroupKey) (out []learn.Example, judged map[int64]bool, err error) {
	list, err := h.desk().Judgements(ctx, g, mostJudgements)
	judged = map[int64]bool{}
	for _, d := range list {
		judged[d.Event] = true
		if d.Message.Text == "" || !slices.ContainsFunc(d.Hits, func(hit community.RuleHit) bool { return slices.Contains(contentKinds(), hit.Kind) }) {
			continue
		}
		switch d.Resolution {
		case "kept":
			out = append(out, learn.Example{Text: d.Message.Text, Spam: true})
		case "false_hit", "dismissed":
			out = append(out, learn.Example{Text: d.Message.Text})
		}
	}
	slices.Reverse(out) // oldest first, as the talk
	return out, judged, err
}

// contentKinds are the kinds of rules whose hits say something about what a text says.
func contentKinds() []string { return []string{"keyword", "learned", "copies"} }

// talkOf is what a group said since a time, without what was judged, what rules hit, and what programs said.
func (a *App) talkOf(ctx context.Context, g community.GroupKey, from int64, judged map[int64]bool) ([]string, error) {
	hit := map[int64]bool{}
	for d, err := range a.store.StoredDecisions(ctx, g, policy.Name) {
		if err != nil {
			return nil, err
		}
		if d.Verdict == community.Hit {
			hit[d.Event] = true
		}
	}
	var out []string
	scan := store.EventScan{Group: g, Kept: true, Type: community.MessageCreated, From: from}
	for ev, err := range a.store.Events(ctx, scan) {
		if err != nil {
			return nil, err
		}
		if ev.Body.Text == "" || !ev.Body.Caused.IsZero() || ev.Body.Role == community.RoleSelf || judged[ev.Number] || hit[ev.Number] {
			continue
		}
		if out = append(out, ev.Body.Text); len(out) > 2*mostTaught {
			out = slices.Clone(out[mostTaught:])
		}
	}
	return out, nil
}

// mostTaught is about how many lines are held while a group's talk is read: more than are taught.
const mostTaught = 20_000

// compareTaught replays the days with the book as it was and with the new model, and counts the hits of the rules that have
// it.
func (a *App) compareTaught(ctx context.Context, t *community.Taught, g community.GroupKey, base policy.Book, raw json.RawMessage, span replay.Span) error {
	before, err := json.Marshal(base)
	if err != nil {
		return err
	}
	old, err := a.library.Parse(before)
	if err != nil {
		return err
	}
	next, err := a.library.Parse(raw)
	if err != nil {
		return err
	}
	c, err := replay.Diff(g, old, next, a.store.EventsByTime(ctx, g, span.To), span)
	if err != nil {
		return err
	}
	t.Messages = c.Messages
	for _, r := range c.Rules {
		if slices.Contains(t.Rules, r.Rule) {
			t.Before, t.After = t.Before+r.Both+r.OnlyA, t.After+r.Both+r.OnlyB
			t.New, t.Gone = t.New+r.OnlyB, t.Gone+r.OnlyA
		}
	}
	return nil
}
