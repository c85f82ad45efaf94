package app

import (
	"context"
	"encoding/json"
	"strconv"
	"strings"
	"time"

	"qunluo/internal/community"
	"qunluo/internal/connect"
	"qunluo/internal/policy"
	"qunluo/internal/replay"
	"qunluo/internal/store"
)

// Jobs of suggestions: jobSuggest weighs the changes of one group's book ("GROUP" or "GROUP/DAYS"), jobSuggests asks for all
// groups every night.
const (
	jobSuggest  = "suggest"
	jobSuggests = "suggest-round"
)

// Bounds of weighing: days of the past by default, and how many of a group's newest events are gone through.
const (
	weighedDays = 30
	mostWeighed = 300_000
)

// suggests is what a person sees and says of changes that replay finds better.
type suggests struct{ *hands }

// Suggests makes the handle of suggestions.
func (a *App) Suggests(org community.OrgKey, groups []community.GroupKey) suggests {
	return suggests{a.Hands(org, groups)}
}

// Find lists suggestions in a state ("" = all), of one group or (0) all that the person sees.
func (s suggests) Find(ctx context.Context, g community.GroupKey, state string, p community.Page) ([]replay.Suggestion, int, error) {
	return s.desk().FindSuggestions(ctx, g, state, p)
}

// ByID gives one; CodeNotFound.
func (s suggests) ByID(ctx context.Context, id community.ID) (replay.Suggestion, error) {
	return s.desk().SuggestionByID(ctx, id)
}

// Weighings tells how groups' books were weighed last.
func (s suggests) Weighings(ctx context.Context, g community.GroupKey, p community.Page) ([]replay.Weighing, error) {
	return s.desk().Weighings(ctx, g, p)
}

// Messages gives the messages that a suggestion names, by number; erased ones say so.
func (s suggests) Messages(ctx context.Context, numbers []int64) (map[int64]community.MessageRow, error) {
	return s.app.store.MessagesAt(ctx, numbers)
}

// Weigh tries single changes of a group's book on its last days (0 = 30). With wait the caller waits; otherwise a job does it
// and the answer says nothing yet.
func (s suggests) Weigh(ctx context.Context, g community.GroupKey, days int, wait func(done, of int64)) (replay.Weighing, error) {
	group, err := s.mine(ctx, g)
	if err != nil {
		return replay.Weighing{}, err
	}
	if days == 0 {
		days = weighedDays
	}
	if days < 1 || days > maxTaughtDays {
		return replay.Weighing{}, community.Errorf(community.CodeBadInput, "days: %d, want 1 to %d", days, maxTaughtDays)
	}
	if group.Book == 0 {
		return replay.Weighing{}, connect.Trouble(community.CodeConflict, "这个群还没有发布过群规，没有可以改进的。", "the group has no rulebook in force yet: there is nothing to improve")
	}
	if wait != nil {
		return s.app.weigh(ctx, g, days, wait)
	}
	err = s.app.store.AddJob(ctx, store.Job{Kind: jobSuggest, Key: strconv.FormatInt(int64(g), 10) + "/" + strconv.Itoa(days), RunAt: s.app.millis(), Max: 3})
	s.app.jobs.Wake()
	return replay.Weighing{}, err
}

// Apply puts a suggestion in force as an ordinary new version of the book, by a person and for a reason; despite says why
// labelled cases may break by it. community.CodeConflict: it is open no longer, the rule has changed since, or there is a draft.
func (s suggests) Apply(ctx context.Context, user string, id community.ID, reason, despite string) (int, error) {
	one, err := s.open(ctx, id, reason)
	if err != nil {
		return 0, err
	}
	group, err := s.mine(ctx, one.Group)
	if err != nil {
		return 0, err
	}
	if draft, err := s.desk().BookVersion(ctx, one.Group, 0); err == nil && len(draft.Body) > 0 {
		return 0, connect.Trouble(community.CodeConflict, "这个群有没发布的草稿：先发布或删掉草稿，再采纳建议。", "the group has a draft: publish or discard it first, then apply the suggestion")
	} else if err != nil && community.CodeOf(err) != community.CodeNotFound {
		return 0, err
	}
	book, err := s.inForce(ctx, group)
	if err != nil {
		return 0, err
	}
	next, same := one.Put(book)
	if !same {
		return 0, connect.Trouble(community.CodeConflict, "这条规则已经改过，建议不再适用：重新计算一次。", "the rule has changed since: weigh the book again")
	}
	raw, err := json.Marshal(next)
	if err != nil {
		return 0, err
	}
	if one.Version, err = s.publishDespite(ctx, user, one.Group, raw, reason, strings.TrimSpace(despite)); err != nil {
		return 0, err
	}
	one.State, one.User, one.Reason = replay.Applied, user, reason
	return one.Version, s.app.store.EndSuggestion(ctx, one, s.audit(user, "suggestion.apply", "", reason))
}

// Dismiss says no to a suggestion, for a reason: the same change is proposed again only when its gain has doubled.
func (s suggests) Dismiss(ctx context.Context, user string, id community.ID, reason string) error {
	one, err := s.open(ctx, id, reason)
	if err != nil {
		return err
	}
	one.State, one.User, one.Reason = replay.Dismissed, user, reason
	return s.app.store.EndSuggestion(ctx, one, s.audit(user, "suggestion.dismiss", "", reason))
}

// maxWhySuggest bounds the reason of an answer, in bytes.
const maxWhySuggest = 2000

func (s suggests) open(ctx context.Context, id community.ID, reason string) (replay.Suggestion, error) {
	one, err := s.ByID(ctx, id)
	switch {
	case err != nil:
	case strings.TrimSpace(reason) == "":
		err = community.Errorf(community.CodeBadInput, "reason: say why")
	case len(reason) > maxWhySuggest:
		err = community.Errorf(community.CodeTooLarge, "reason: at most %d bytes", maxWhySuggest)
	case one.State != replay.Open:
		err = community.Errorf(community.CodeConflict, "the suggestion is %s", one.State)
	}
	return one, err
}

// suggestRound asks for every group that has a book.
func (a *App) suggestRound(ctx context.Context, _ store.Job) error {
	groups, err := a.store.BookedGroups(ctx)
	if err != nil {
		return err
	}
	for _, g := range groups {
		if err := a.store.AddJob(ctx, store.Job{Kind: jobSuggest, Key: strconv.FormatInt(int64(g), 10), RunAt: a.millis(), Max: 3}); err != nil {
			return err
		}
	}
	a.jobs.Wake()
	return nil
}

func (a *App) suggestJob(ctx context.Context, j store.Job) error {
	name, text, _ := strings.Cut(j.Key, "/")
	g, err := strconv.ParseInt(name, 10, 64)
	if err != nil {
		return err
	}
	days := weighedDays
	if text != "" {
		if days, err = strconv.Atoi(text); err != nil {
			return err
		}
	}
	_, err = a.weigh(ctx, community.GroupKey(g), days, func(int64, int64) {})
	return err
}

// weigh tries single changes of a group's book and keeps which of them are better.
func (a *App) weigh(ctx context.Context, g community.GroupKey, days int, tell func(done, of int64)) (replay.Weighing, error) {
	w := replay.Weighing{Group: g, At: a.millis(), Days: days}
	org, err := a.store.OrgOf(ctx, g)
	if err != nil {
		return w, err
	}
	labels, _, err := a.labelled(ctx, org, g)
	if err != nil {
		return w, err
	}
	last, err := a.store.LastBook(ctx, g)
	if err != nil || last == 0 {
		return w, err
	}
	raw, err := a.store.BookBody(ctx, g, last)
	if err != nil {
		return w, err
	}
	today, err := a.library.Parse(raw)
	if err != nil {
		return w, err
	}
	if w.Judged = readable(labels); w.TooFew() {
		return w, a.store.SettleSuggestions(ctx, w, func(had []replay.Suggestion) []replay.Suggestion { return replay.Settle(w, last, had, nil) })
	}
	better, err := a.tryVariants(ctx, &w, today, labels, tell)
	if err != nil {
		return w, err
	}
	return w, a.store.SettleSuggestions(ctx, w, func(had []replay.Suggestion) []replay.Suggestion { return replay.Settle(w, last, had, better) })
}

// readable counts the cases whose words are still there.
func readable(labels []replay.Labelled) (n int) {
	for i := range labels {
		if labels[i].Said.Number != 0 && !replay.Erased(&labels[i].Said) {
			n++
		}
	}
	return n
}

func (a *App) tryVariants(ctx context.Context, w *replay.Weighing, today *policy.Rulebook, labels []replay.Labelled, tell func(done, of int64)) ([]replay.Proposal, error) {
	var wrong []string
	for i := range labels {
		if labels[i].Want == community.WantNone {
			wrong = append(wrong, labels[i].Said.Body.Text)
		}
	}
	book := today.Book()
	var variants []policy.Variant
	var tried []*policy.Rulebook
	for _, v := range policy.Variants(book, wrong) {
		next, _ := v.Put(book)
		raw, err := json.Marshal(next)
		if err != nil {
			return nil, err
		}
		rb, err := a.library.Parse(raw)
		if err != nil {
			continue // a change that makes no book is none
		}
		variants, tried = append(variants, v), append(tried, rb)
	}
	span := replay.Span{From: w.At - int64(w.Days)*24*3600*1000, To: w.At}
	events, err := a.weighedEvents(ctx, w, span, tell)
	if err != nil {
		return nil, err
	}
	now, weighed, err := replay.Weigh(w.Group, today, tried, labels, events, span)
	if err != nil {
		return nil, err
	}
	if w.Judged = now.Judged(); w.TooFew() {
		return nil, nil // some cannot be judged by what is recorded
	}
	better := replay.Choose(variants, now, weighed)
	w.Tried, w.Better = len(variants), len(better)
	return better, nil
}

// weighedEvents gives the newest events of a group, counts the messages of the span, and tells how far it is.
func (a *App) weighedEvents(ctx context.Context, w *replay.Weighing, span replay.Span, tell func(done, of int64)) (replay.Events, error) {
	all, err := a.store.LastSeq(ctx, w.Group)
	if err != nil {
		return nil, err
	}
	return func(yield func(community.Event, error) bool) {
		var n int64
		told := time.Now()
		for ev, err := range a.store.EventsByTime(ctx, w.Group, span.To) {
			if n++; all-n > mostWeighed && err == nil {
				continue
			}
			if n%watchEvery == 0 && time.Since(told) > time.Second/2 {
				told = time.Now()
				tell(n, max(n, all))
			}
			if ev.Type == community.MessageCreated && ev.OccurredAt >= span.From {
				w.Messages++
			}
			if !yield(ev, err) || err != nil {
				return
			}
		}
	}, nil
}
