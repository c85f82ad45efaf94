package app

import (
	"context"
	"errors"
	"fmt"
	"math"
	"time"

	"qunluo/internal/community"
	"qunluo/internal/measure"
	"qunluo/internal/store"
)

// jobGrowth reads on in the logs for how much of the talk members began.
const jobGrowth = "growth-round"

// growthBatch is how many events of a group one step reads; growthMost how many months are shown at most.
const (
	growthBatch = 20_000
	growthMost  = 24
)

// growthRound reads all groups on. What goes wrong with one does not keep the others waiting.
func (a *App) growthRound(ctx context.Context, _ store.Job) error {
	orgs, err := a.store.Orgs(ctx)
	if err != nil {
		return err
	}
	var errs []error
	for _, org := range orgs {
		for g, err := range a.store.For(community.Scope{Org: org.Key}).AllGroups(ctx, community.GroupFilter{}) {
			if err != nil {
				return err
			}
			if err := a.readGrowth(ctx, g); err != nil {
				errs = append(errs, fmt.Errorf("growth of group %d: %w", g.Key, err))
			}
		}
	}
	return errors.Join(errs...)
}

// readGrowth reads a group's log to its end. An import that was undone means reading it anew without what that brought.
func (a *App) readGrowth(ctx context.Context, g community.GroupRow) error {
	head, err := a.store.GrowthHead(ctx, g.Key)
	if err != nil {
		return err
	}
	zone, anew := zoneFor(g.Zone), false
	for {
		from, n, again := head.Seq, 0, false
		counted := store.GrowthRead{Months: map[string]measure.Talked{}, Turns: map[measure.Day]int64{}}
		var operators map[community.MemberKey]bool
		for ev, err := range a.store.Events(ctx, store.EventScan{Group: g.Key, After: from, Kept: true}) {
			if err != nil {
				return err
			}
			if ev.Type == community.ImportUndone && from > 0 && !anew {
				again, anew = true, true
				break
			}
			if operators == nil {
				if operators, err = a.store.Operators(ctx, g.Key); err != nil {
					return err
				}
			}
			hearTalk(&head, counted, &ev, operators, zone)
			head.Seq = ev.Seq
			if n++; n >= growthBatch {
				break
			}
		}
		if again {
			head = store.GrowthHead{State: map[int64]measure.TalkState{}}
			continue
		}
		if head.Seq == from {
			return nil
		}
		if err := a.store.ReadGrowth(ctx, g.Key, from, head, counted); err != nil {
			if community.CodeOf(err) == community.CodeConflict {
				return nil // another reads
			}
			return err
		}
		if n < growthBatch {
			return nil
		}
	}
}

// hearTalk counts a message of a person into its month.
func hearTalk(head *store.GrowthHead, counted store.GrowthRead, ev *community.Event, operators map[community.MemberKey]bool, zone *time.Location) {
	if ev.Type != community.MessageCreated || ev.Actor == 0 || ev.Origin == community.OriginSim || !ev.Body.Caused.IsZero() || ev.Body.Role == community.RoleBot {
		return
	}
	switch ev.Body.Class {
	case community.System, community.Recalled, community.RedPack:
		return
	}
	operator := ev.Body.Role.Immune() || operators[ev.Actor]
	if head.State[ev.Import].TwoWay(ev.OccurredAt, ev.Actor, operator) {
		d, _ := measure.DayOf(ev.OccurredAt, zone)
		counted.Turns[d]++
	}
	state, byOperator := head.State[ev.Import].Hear(ev.OccurredAt, operator)
	head.State[ev.Import] = state.Said(ev.Actor, operator)
	month := measure.MonthOf(ev.OccurredAt, zone)
	c := counted.Months[month]
	c.Messages++
	if !byOperator {
		c.Members++
	}
	counted.Months[month] = c
}

// Growth gives how much of a group's last months came from its members, the latest first.
func (f figures) Growth(ctx context.Context, g community.GroupRow, months int) ([]measure.GrowthMonth, error) {
	if months < 1 || months > growthMost {
		return nil, community.Errorf(community.CodeBadInput, "months: want 1 to %d", growthMost)
	}
	today, err := f.desk.Today(ctx, g.Key)
	if err != nil {
		return nil, err
	}
	zone := zoneFor(g.Zone)
	now := time.UnixMilli(today.Start(zone)).In(zone)
	first := time.Date(now.Year(), now.Month()-time.Month(months-1), 1, 0, 0, 0, 0, zone)
	joins, err := f.app.store.GrowthJoins(ctx, g.Key, first.UnixMilli())
	if err != nil {
		return nil, err
	}
	talk, err := f.app.store.GrowthTalk(ctx, g.Key, first.Format("2006-01"))
	if err != nil {
		return nil, err
	}
	from, _ := measure.DayOf(first.UnixMilli(), zone)
	questions, _, err := f.desk.Questions(ctx, g.Key, "", from, today)
	if err != nil {
		return nil, err
	}
	operators, err := f.app.store.Operators(ctx, g.Key)
	if err != nil {
		return nil, err
	}
	return measure.Grow(g.Key, zone, joins, talk, questions, operators), nil
}

// ReadOn brings what figures of growth rest on up to now, of one group.
func (f figures) ReadOn(ctx context.Context, g community.GroupRow) error {
	return f.app.readGrowth(ctx, g)
}

// claimYear and claimQuarter are how far back claims look, in days; claimCut after how many days stays are watched no longer, so that
// both kinds are followed for as long.
const (
	claimYear    = 365
	claimQuarter = 90
	claimCut     = 90
)

// Claims compares what operators are told with what is on record.
func (f figures) Claims(ctx context.Context) ([]measure.Claim, error) {
	now := f.app.millis()
	stays, err := f.desk.ClaimStays(ctx, now-claimYear*day)
	if err != nil {
		return nil, err
	}
	var facts measure.ClaimFacts
	var screened, others []measure.Stay
	for _, s := range stays {
		if s.Left >= now-claimQuarter*day && s.Left > 0 {
			facts.Leavers++
		}
		switch s.Source {
		case "":
		case "request":
			screened = append(screened, s)
		default:
			others = append(others, s)
		}
	}
	facts.Screened, facts.Others = claimLives(screened, now), claimLives(others, now)
	if facts.Judged, facts.Held, err = f.desk.ClaimJudged(ctx, now-claimYear*day); err != nil {
		return nil, err
	}
	return measure.Claims(facts), nil
}

// claimLives are the lengths of stays, in tenths of a day, watched for 90 days at most.
func claimLives(stays []measure.Stay, now int64) []measure.Lived {
	list, _, _ := measure.Memberships(stays, now, measure.Midpoint)
	for i := range list {
		list[i].End = math.Ceil(list[i].End*10) / 10
		if list[i].End > claimCut {
			list[i].End, list[i].Cause = claimCut, measure.Censored
		}
	}
	return list
}
