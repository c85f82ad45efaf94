package app

import (
	"context"
	"encoding/json"
	"time"

	"qunluo/internal/community"
	"qunluo/internal/console"
	"qunluo/internal/policy"
	"qunluo/internal/replay"
	"qunluo/internal/store"
)

// jobTrial tries a book on a group's past; its key is the trial's id.
const jobTrial = "rule-trial"

// maxTrialDays bounds how far back a trial looks.
const maxTrialDays = 3650

// lab is where rulebooks are tried before they are in force.
type lab struct{ *hands }

// Lab makes the handle of trials.
func (a *App) Lab(org community.OrgKey, groups []community.GroupKey) lab {
	return lab{a.Hands(org, groups)}
}

// Start tries a book on the last days of a group, compared with the book in force. With wait the caller waits and is told how
// far it is; otherwise a job does it. community.CodeConflict: a trial of the group is under way.
func (l lab) Start(ctx context.Context, user string, g community.GroupKey, book json.RawMessage, days int, wait func(done, of int64)) (replay.Run, error) {
	group, err := l.mine(ctx, g)
	if err != nil {
		return replay.Run{}, err
	}
	if days < 1 || days > maxTrialDays {
		return replay.Run{}, community.Errorf(community.CodeBadInput, "days: %d, want 1 to %d", days, maxTrialDays)
	}
	if _, err := l.app.library.Parse(book); err != nil {
		return replay.Run{}, err
	}
	run := replay.Run{Group: g, User: user, Book: book, To: l.app.millis()}
	run.From = run.To - int64(days)*24*3600*1000
	if group.Book > 0 {
		if run.Base, err = l.app.store.BookBody(ctx, g, group.Book); err != nil {
			return run, err
		}
	}
	if run.Of, err = l.app.store.LastSeq(ctx, g); err != nil {
		return run, err
	}
	job := jobTrial
	if wait != nil {
		job = ""
	}
	if run, err = l.app.store.AddTrial(ctx, run, job); err != nil {
		return run, err
	}
	if wait == nil {
		l.app.jobs.Wake()
		return run, nil
	}
	if err := l.app.doTrial(ctx, run, wait); err != nil {
		return run, err
	}
	return l.app.store.TrialNow(ctx, run.ID)
}

// Runs lists the trials of a group, the newest first.
func (l lab) Runs(ctx context.Context, g community.GroupKey, p community.Page) ([]replay.Run, int, error) {
	if err := l.sees(ctx, g); err != nil {
		return nil, 0, err
	}
	return l.app.store.Trials(ctx, g, p)
}

// Run gives a trial with its books; CodeNotFound.
func (l lab) Run(ctx context.Context, id community.ID) (replay.Run, error) {
	run, err := l.app.store.TrialNow(ctx, id)
	if err == nil {
		err = l.sees(ctx, run.Group)
	}
	return run, err
}

// Stop ends a trial that is under way. community.CodeConflict: it is not.
func (l lab) Stop(ctx context.Context, id community.ID) error {
	run, err := l.Run(ctx, id)
	if err != nil {
		return err
	}
	run.State = replay.RunStopped
	was, err := l.app.store.SetTrial(ctx, run)
	if err == nil && !was {
		err = community.Errorf(community.CodeConflict, "the trial is not under way")
	}
	return err
}

// Report puts what came of a trial beside the messages it rests on.
func (l lab) Report(ctx context.Context, run replay.Run) (console.ReplayReport, error) {
	rep := console.ReplayReport{From: run.From, To: run.To, Events: run.Messages, Millis: run.Millis, Micros: run.Micros, Would: run.Would, Concerned: run.Concerned}
	for _, r := range run.Rules {
		rep.PerRule = append(rep.PerRule, countOf(r))
	}
	var err error
	if rep.Rows, err = l.app.evidence(ctx, run.Hits, maxReplayRows); err != nil {
		return rep, err
	}
	rep.Gone, err = l.app.evidence(ctx, run.Gone, maxReplayRows)
	return rep, err
}

func countOf(r replay.RuleDiff) console.ReplayCount {
	return console.ReplayCount{Rule: r.Rule, Hits: r.Both + r.OnlyB, Members: r.MembersB, BaseHits: r.Both + r.OnlyA, BaseMembers: r.MembersA, Would: r.Would}
}

// trialJob does a trial.
func (a *App) trialJob(ctx context.Context, j store.Job) error {
	id, err := community.ParseID(j.Key)
	if err != nil {
		return err
	}
	run, err := a.store.TrialNow(ctx, id)
	if community.CodeOf(err) == community.CodeNotFound {
		return nil // newer ones took its place
	}
	if err != nil || run.State != replay.RunBusy {
		return err
	}
	return a.doTrial(ctx, run, func(int64, int64) {})
}

// doTrial does a trial and notes how far it is. It ends early when a person stopped it. What cannot be done is the trial's
// fault, in words; a trouble of the moment is the caller's error.
func (a *App) doTrial(ctx context.Context, run replay.Run, tell func(done, of int64)) error {
	report, err := a.tryOnPast(ctx, &run, tell)
	switch community.CodeOf(err) {
	case community.CodeNone:
		run.State, run.RunReport, run.Done = replay.RunDone, report, run.Of
	case community.CodeBadInput, community.CodeTooLarge, community.CodeNotFound:
		run.State, run.Error = replay.RunFault, err.Error()
	default:
		if err == errStopped {
			return nil
		}
		return err
	}
	_, err = a.store.SetTrial(ctx, run)
	return err
}

func (a *App) tryOnPast(ctx context.Context, run *replay.Run, tell func(done, of int64)) (replay.RunReport, error) {
	began := time.Now()
	next, base, err := a.trialBooks(run)
	if err != nil {
		return replay.RunReport{}, err
	}
	var judging time.Duration
	span := replay.Span{From: run.From, To: run.To, Examples: maxReplayRows, Timed: func(judge func()) {
		at := time.Now()
		judge()
		judging += time.Since(at)
	}}
	past, err := a.lookAcross(ctx, run.Group, run.From, run.To, base, next)
	if err != nil {
		return replay.RunReport{}, err
	}
	c, err := replay.Diff(run.Group, base, next, past.over(a.watched(ctx, run, tell)), span)
	if err != nil {
		return replay.RunReport{}, err
	}
	report := replay.ReportOf(c)
	report.Across = past.told()
	report.Micros, report.Millis = judging.Microseconds(), time.Since(began).Milliseconds()
	return report, nil
}

// trialBooks makes ready what is tried and today's book; where none is in force, one with no rules.
func (a *App) trialBooks(run *replay.Run) (next, base *policy.Rulebook, err error) {
	if next, err = a.library.Parse(run.Book); err != nil {
		return nil, nil, err
	}
	raw := run.Base
	if len(raw) <= len(`{}`) {
		none := next.Book()
		none.Rules = nil
		if raw, err = json.Marshal(none); err != nil {
			return nil, nil, err
		}
	}
	base, err = a.library.Parse(raw)
	return next, base, err
}

// watchEvery is after how many events it is looked whether a trial goes on.
const watchEvery = 512

// watched gives the events of a trial, notes about every half second how far it is, and ends with errStopped when it was
// stopped.
func (a *App) watched(ctx context.Context, run *replay.Run, tell func(done, of int64)) replay.Events {
	return func(yield func(community.Event, error) bool) {
		noted := time.Now()
		for ev, err := range a.store.EventsByTime(ctx, run.Group, run.To) {
			if run.Done++; run.Done%watchEvery == 0 && err == nil && time.Since(noted) > time.Second/2 {
				noted = time.Now()
				run.Of = max(run.Of, run.Done)
				tell(run.Done, run.Of)
				on, noting := a.store.SetTrial(ctx, *run)
				if err = noting; err == nil && !on {
					err = errStopped
				}
			}
			if !yield(ev, err) || err != nil {
				return
			}
		}
	}
}
