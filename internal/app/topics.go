package app

import (
	"context"
	"slices"
	"strings"
	"time"

	"qunluo/internal/community"
	"qunluo/internal/connect"
	"qunluo/internal/measure"
	"qunluo/internal/plan"
	"qunluo/internal/poster"
)

// Topics lists the topics of the queue, those that wait first; waiting leaves the others out.
func (c calendars) Topics(ctx context.Context, waiting bool) ([]plan.Topic, error) {
	return c.app.store.Topics(ctx, c.org, waiting)
}

// AddTopic puts a topic into the queue. CodeConflict: it repeats what was there within plan.RepeatDays days, and says no reason.
func (c calendars) AddTopic(ctx context.Context, user string, t plan.Topic) (plan.Topic, error) {
	if err := t.Check(); err != nil {
		return t, err
	}
	if !slices.Contains(measure.AllFormats(), t.Format) {
		return t, community.Errorf(community.CodeBadInput, "format: want one of %s", strings.Join(measure.AllFormats(), ", "))
	}
	now := c.app.millis()
	before, err := c.app.store.Formers(ctx, c.org, now-plan.RepeatDays*day)
	if err != nil {
		return t, err
	}
	if list := plan.Repeats(t.Text, before, now); len(list) > 0 && strings.TrimSpace(t.Reason) == "" {
		when := time.UnixMilli(list[0].At).In(zoneFor("")).Format(time.DateOnly)
		return t, connect.Trouble(community.CodeConflict, "和“"+list[0].Title+"”（"+when+"）几乎一样：换一个，或写明为什么重复。", "It is almost “"+list[0].Title+"” ("+when+"): choose another, or say why it comes again.")
	}
	t.Org = c.org
	return c.app.store.AddTopic(ctx, t, c.audit(user, "", "", t.Reason))
}

// DropTopic takes a topic out of the queue. CodeConflict: it does not wait.
func (c calendars) DropTopic(ctx context.Context, user string, id community.ID, reason string) error {
	return c.app.store.DropTopic(ctx, c.org, id, c.audit(user, "", "", reason))
}

// mostAnswers bounds how many messages are read for a poll in one group.
const mostAnswers = 20_000

// Outcomes counts what members answered to an item in each group where it came: by option, or (without options) how many spoke.
func (c calendars) Outcomes(ctx context.Context, id community.ID) ([]plan.PlaceOutcome, error) {
	i, err := c.Item(ctx, id)
	if err != nil {
		return nil, err
	}
	members, err := c.memberCounts(ctx, i.Groups)
	if err != nil {
		return nil, err
	}
	var out []plan.PlaceOutcome
	for _, p := range i.Places {
		if p.State != plan.Sent || p.DidAt == 0 || c.groups != nil && !slices.Contains(c.groups, p.Group) {
			continue
		}
		until := p.DidAt + plan.PollDays*day
		said, err := c.app.store.SayIn(ctx, p.Group, p.DidAt, until, mostAnswers)
		if err != nil {
			return nil, err
		}
		line := plan.PlaceOutcome{Place: p, Outcome: plan.Count(len(i.Options), said), Until: until}
		line.Present = int(members[p.Group])
		out = append(out, line)
	}
	return out, nil
}

// OutcomePicture draws how a poll came out, all groups added up, as a PNG. CodeBadInput: it has no options, or came nowhere yet.
func (c calendars) OutcomePicture(ctx context.Context, lang string, id community.ID) ([]byte, error) {
	i, err := c.Item(ctx, id)
	if err != nil {
		return nil, err
	}
	list, err := c.Outcomes(ctx, id)
	if err != nil {
		return nil, err
	}
	if len(i.Options) == 0 || len(list) == 0 {
		return nil, community.Errorf(community.CodeBadInput, "the item has no options, or came nowhere yet")
	}
	w := c.app.words.In(lang)
	votes := make([]float64, len(i.Options))
	voters, present := 0, 0
	var names []string
	for _, o := range list {
		for n, v := range o.Votes {
			votes[n] += float64(v)
		}
		voters, present = voters+o.Voters, present+o.Present
		names = append(names, o.Name)
	}
	return poster.Draw(poster.Chart{Title: i.Title, Kind: poster.Bars, Unit: w.T("calendar.votes"), Labels: i.Options, Series: []poster.Series{{Name: w.T("calendar.votes"), Data: votes}},
		Facts: []string{strings.Join(names, w.T("list.comma")), i.Date + " · " + w.T("calendar.voters", "num", voters, "of", present)}, Words: poster.UnknownWords{Gap: w.T("chart.unknown")}})
}
