package app_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"qunluo/internal/community"
	"qunluo/internal/duty"
	"qunluo/internal/measure"
)

// lives tells what the group said on days of the past: so many people a day, days ago, each says one thing.
func (n *night) lives(people func(daysAgo int) int, from int) {
	n.t.Helper()
	ctx := n.t.Context()
	accounts, err := n.desk.Accounts(ctx)
	check(n.t, err)
	external, err := n.app.Store().GroupExternal(ctx, n.group.Key)
	check(n.t, err)
	today, err := n.desk.Today(ctx, n.group.Key)
	check(n.t, err)
	zone, err := time.LoadLocation(n.group.Zone)
	check(n.t, err)
	for ago := from; ago >= 1; ago-- {
		var batch []community.Inbound
		at := (today - measure.Day(ago)).Start(zone) + 10*3600_000
		for i := range people(ago) {
			// Who speaks moves on by the day: over a week there are more speakers than on any day of it.
			who := fmt.Sprintf("past-%d", (i+ago*3)%60)
			key := fmt.Sprintf("past-%d-%d", ago, i)
			batch = append(batch, community.Inbound{Type: community.MessageCreated, Key: key, OccurredAt: at + int64(i)*1000, Group: community.Ref{ID: external}, Actor: community.Who{ID: who, Name: who}, Body: community.Body{Text: "早", Message: key}})
		}
		check(n.t, n.app.Intake().Host(accounts[0].Key, "sim").Receive(ctx, batch...))
	}
	check(n.t, n.app.Store().CatchUp(ctx))
}

// untilOne goes on to one o'clock of a Sunday in the group's zone: some hours later it is still the same day, and whatever day the
// machine has, the weeks before are cut alike.
func (n *night) untilOne() {
	zone, err := time.LoadLocation(n.group.Zone)
	check(n.t, err)
	now := time.UnixMilli(n.app.Now()).In(zone)
	next := time.Date(now.Year(), now.Month(), now.Day()+1, 1, 0, 0, 0, zone)
	for next.Weekday() != time.Sunday {
		next = next.AddDate(0, 0, 1)
	}
	n.pass(next.Sub(now))
}

// alarmsOf are the alarms of a kind, the newest first.
func (n *night) alarmsOf(kind string) (out []duty.Alarm) {
	n.t.Helper()
	rows, _, err := n.desk.FindAlarms(n.t.Context(), false, "", community.Page{})
	check(n.t, err)
	for _, a := range rows {
		if a.Kind == kind {
			out = append(out, a)
		}
	}
	return out
}

// TestBeginningDeclineAndOddDayAreToldOnce: the weekly look warns of a decline, the daily one of a day far above its weekdays; each is
// one alarm however often it is looked, and people on duty read it in words.
func TestBeginningDeclineAndOddDayAreToldOnce(t *testing.T) {
	onBoth(t, func(t *testing.T, dbURL string) {
		n := startNight(t, dbURL, `{"scene":"quiet"}`)
		n.untilOne()
		n.lives(func(ago int) int {
			switch {
			case ago == 1:
				return 40 // yesterday
			case ago <= 28:
				return 3
			}
			return 12
		}, 25*7)
		n.pass(6 * time.Hour)
		await(t, func() bool { return len(n.alarmsOf(duty.KindDecline)) == 1 && len(n.alarmsOf(duty.KindOdd)) == 1 })
		if n.heard("anna", "可能开始衰退") == 0 && n.heard("ben", "可能开始衰退") == 0 {
			await(t, func() bool { return n.heard("anna", "可能开始衰退") > 0 })
		}
		odd, ok := duty.ReadOddDay(n.alarmsOf(duty.KindOdd)[0].Detail)
		if !ok || odd.Metric != measure.OddSpeakers || !odd.Up || odd.Num != 40 || odd.Weeks < 5 {
			t.Errorf("odd day = %+v, %v", odd, ok)
		}
		s, _, err := n.app.Goals(n.org, nil).Stage(t.Context(), n.group.Key)
		check(t, err)
		if !s.Warning.On || s.Warning.Recent >= s.Warning.Usual {
			t.Errorf("warning = %+v", s.Warning)
		}
		n.pass(6 * time.Hour)
		n.pass(6 * time.Hour)
		time.Sleep(300 * time.Millisecond) // a round is made
		if d, o := n.alarmsOf(duty.KindDecline), n.alarmsOf(duty.KindOdd); len(d) != 1 || len(o) > 2 {
			t.Errorf("%d and %d alarms, want each once a day at most", len(d), len(o))
		}
		await(t, func() bool { // somebody is told at this very moment, and the alarm moves on
			err := n.duty().Finish(t.Context(), n.id("ming"), n.alarmsOf(duty.KindDecline)[0].ID, "看过了")
			if err != nil && community.CodeOf(err) != community.CodeConflict {
				t.Fatal(err)
			}
			return err == nil
		})
	})
}

// TestPlaybookAndReview: every step is a task, the change waits for its day, then people are asked, and what they decide stays with
// what was seen.
func TestPlaybookAndReview(t *testing.T) {
	onBoth(t, func(t *testing.T, dbURL string) {
		n := startNight(t, dbURL, `{"scene":"quiet"}`)
		ctx := t.Context()
		goals := n.app.Goals(n.org, nil)
		n.lives(func(int) int { return 5 }, 40)
		today, err := n.desk.Today(ctx, n.group.Key)
		check(t, err)
		v, err := goals.StartPlaybook(ctx, n.id("ming"), n.group.Key, []string{"把没人回的都回了", "办一次问答"}, today+14)
		check(t, err)
		await(t, func() bool {
			rows, _, err := n.desk.FindTasks(ctx, community.TaskFilter{})
			return err == nil && len(rows) == 2 && strings.Contains(rows[0].Text+rows[1].Text, "办一次问答")
		})
		if e, err := goals.Effect(ctx, v); err != nil || !e.Few || e.DaysB != 7 {
			t.Errorf("on the first day: %+v, %v", e, err)
		}
		n.pass(15 * 24 * time.Hour)
		await(t, func() bool {
			got, err := goals.Adjustment(ctx, v.ID)
			return err == nil && got.State == measure.AdjustDue && !got.Task.IsZero()
		})
		if _, err := goals.Review(ctx, n.id("ming"), v.ID, true, " "); community.CodeOf(err) != community.CodeBadInput {
			t.Errorf("without a reason: %v", err)
		}
		got, err := goals.Review(ctx, n.id("ming"), v.ID, false, "没有用")
		check(t, err)
		if got.State != measure.AdjustReverted || got.Effect == nil || got.Decider != n.id("ming") || got.Note != "没有用" || got.Effect.DaysB != 13 {
			t.Errorf("reviewed = %+v, effect %+v", got, got.Effect)
		}
		if _, err := goals.Review(ctx, n.id("ming"), v.ID, true, "再想想"); community.CodeOf(err) != community.CodeConflict {
			t.Errorf("decided twice: %v", err)
		}
		await(t, func() bool { k, err := n.app.Store().TaskNow(ctx, got.Task); return err == nil && k.State == "done" })
		pooled, err := goals.Effects(ctx)
		check(t, err)
		if len(pooled) != 1 || pooled[0].N != 1 || pooled[0].Enough {
			t.Errorf("effects = %+v, want one that is too few", pooled)
		}
	})
}
