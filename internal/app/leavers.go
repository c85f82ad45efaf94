package app

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"qunluo/internal/admit"
	"qunluo/internal/community"
	"qunluo/internal/h5"
	"qunluo/internal/measure"
	"qunluo/internal/store"
)

const (
	jobLeavers  = "leavers"
	leaversEach = 5 * time.Minute
	passLeave   = "leave" // purpose of the links by which those who left answer: group, member, when they left
)

// mayTakeIn refuses to lead people to a group of which nobody wrote what it is for, nor why it goes without: CodeConflict, measure.ErrNoGoal.
// Sub groups behind one code are one offer: what is written of one holds for those that follow it.
func (c codes) mayTakeIn(ctx context.Context, code admit.Code, g community.GroupKey) error {
	offer := []community.GroupKey{g}
	if code.Overflow {
		offer = append(offer, groupsOf([]admit.Code{code})...)
	}
	have, err := c.desk().GoalTargets(ctx, offer)
	if err != nil {
		return err
	}
	for _, one := range offer {
		w, err := c.app.store.Waiver(ctx, one)
		if err != nil || have[one] >= measure.LeastTargets || w.Words != "" {
			return err
		}
	}
	return community.Errorf(community.CodeConflict, "group: %w", measure.ErrNoGoal)
}

// Waiver gives why a group opens without a goal; no words = nobody wrote that.
func (p goals) Waiver(ctx context.Context, g community.GroupKey) (measure.Waiver, error) {
	if err := p.sees(ctx, g); err != nil {
		return measure.Waiver{}, err
	}
	return p.app.store.Waiver(ctx, g)
}

// Waive keeps why a group opens without a goal; no words take it back.
func (p goals) Waive(ctx context.Context, user string, g community.GroupKey, words string) error {
	row, err := p.mine(ctx, g)
	if err != nil {
		return err
	}
	if row.Desk {
		return community.Errorf(community.CodeBadInput, "group: an account's desk has no goal")
	}
	verb := "goal.unwaive"
	if words = strings.TrimSpace(words); words != "" {
		verb = "goal.waive"
		if err := measure.CheckWaiver(words); err != nil {
			return err
		}
	}
	return p.app.store.Waive(ctx, g, words, p.audit(user, verb, subjectOf("group", int64(g)), words))
}

// LeaveWatch tells whether those who leave a group are asked why.
func (p goals) LeaveWatch(ctx context.Context, g community.GroupKey) (measure.LeaveWatch, error) {
	if err := p.sees(ctx, g); err != nil {
		return measure.LeaveWatch{}, err
	}
	return p.app.store.LeaveWatch(ctx, g)
}

// AskLeavers has those who leave a group from now on asked why, or not any more.
func (p goals) AskLeavers(ctx context.Context, user string, g community.GroupKey, on bool, reason string) error {
	row, err := p.mine(ctx, g)
	if err != nil {
		return err
	}
	if row.Desk {
		return community.Errorf(community.CodeBadInput, "group: nobody leaves an account's desk")
	}
	w, err := p.app.store.LeaveWatch(ctx, g)
	if err != nil {
		return err
	}
	if on == (w.Since > 0) {
		return nil
	}
	w.Org, w.Since = p.org, 0
	if on {
		w.Since = p.app.millis()
	}
	return p.app.store.SaveLeaveWatch(ctx, w, p.audit(user, "leave.watch", subjectOf("group", int64(g)), reason))
}

// LeaveTally counts what leavers answered on the last days: of a group, or (0) of all that may be seen.
func (p goals) LeaveTally(ctx context.Context, g community.GroupKey, days int) (measure.LeaveTally, error) {
	from, err := p.leaveDays(ctx, g, days)
	if err != nil {
		return measure.LeaveTally{}, err
	}
	return p.desk().LeaveTally(ctx, g, from)
}

// LeaveSaid lists what they said in words, the latest first.
func (p goals) LeaveSaid(ctx context.Context, g community.GroupKey, days int, page community.Page) ([]measure.LeaveSaid, int, error) {
	from, err := p.leaveDays(ctx, g, days)
	if err != nil {
		return nil, 0, err
	}
	return p.desk().LeaveSaid(ctx, g, from, page)
}

func (p goals) leaveDays(ctx context.Context, g community.GroupKey, days int) (measure.Day, error) {
	if g != 0 {
		if err := p.sees(ctx, g); err != nil {
			return 0, err
		}
	}
	today, err := p.desk().Today(ctx, g)
	return today - measure.Day(days) + 1, err
}

// leaverRound asks those who left since the last round why.
func (a *App) leaverRound(ctx context.Context, _ store.Job) error {
	list, err := a.store.LeaveWatches(ctx)
	if err != nil {
		return err
	}
	var errs []error
	for _, w := range list {
		if err := a.askLeavers(ctx, w); err != nil {
			errs = append(errs, fmt.Errorf("leavers of group %d: %w", w.Group, err))
		}
	}
	return errors.Join(errs...)
}

func (a *App) askLeavers(ctx context.Context, w measure.LeaveWatch) error {
	h := a.Hands(w.Org, nil)
	group, err := h.mine(ctx, w.Group)
	if err != nil {
		return err
	}
	now := a.millis()
	asked, err := a.store.LeaversAsked(ctx, w.Group, now-day)
	if err != nil || asked >= measure.LeaveDaily {
		return err
	}
	if err := a.store.CatchUp(ctx); err != nil {
		return err
	}
	list, err := h.desk().Leavers(ctx, w.Group, max(w.Since, now-3*day), now-measure.LeaveAgain, measure.LeaveDaily-asked)
	if err != nil {
		return err
	}
	words, err := a.wordsOf(ctx, w.Org)
	if err != nil {
		return err
	}
	for _, l := range list {
		// The question goes first: asked twice in a crash it is one decision by its name, and not asked it would be lost.
		link, err := a.timedLink(ctx, passLeave, measure.LeaveLives*time.Millisecond, int64(w.Group), int64(l.Member), l.Left)
		if err != nil {
			return err
		}
		d := community.PersonDecision{Kind: "act", User: system, Reason: "leave", Actions: []community.Action{{Verb: community.Remind, Group: w.Group, Target: l.Member,
			Text: words.T("leave.ask", "group", group.Name, "link", a.base()+"/q/"+link), Until: now + measure.LeaveLives/2, Rule: "leave"}}}
		if _, err := a.engine.DecideOnce(ctx, w.Group, fmt.Sprintf("leave:%d:%d", l.Member, l.Left), d, community.Audit{Org: w.Org, User: system, Verb: "leave.ask", Subject: subjectOf("member", int64(l.Member))}); err != nil {
			return err
		}
		if _, err := a.store.AddLeaveAsk(ctx, w.Group, l.Member, l.Left); err != nil {
			return err
		}
	}
	return nil
}

// exits is what the page for those who left asks and changes.
type exits struct{ app *App }

func (e exits) of(ctx context.Context, link string) (community.GroupRow, community.MemberKey, int64, error) {
	of, err := e.app.timedOf(ctx, link, passLeave, 3)
	if err != nil {
		return community.GroupRow{}, 0, 0, err
	}
	g, _, err := whistle(e).place(ctx, []int64{of[0], 0}) // of the group alone: they are a member no longer
	return g, community.MemberKey(of[1]), of[2], err
}

// Exit gives what a link shows.
func (e exits) Exit(ctx context.Context, link string) (h5.Exit, error) {
	g, m, left, err := e.of(ctx, link)
	if err != nil {
		return h5.Exit{}, err
	}
	answered, err := e.app.store.LeaveAnswered(ctx, g.Key, m, left)
	return h5.Exit{Group: g.Name, Answered: answered}, err
}

// Answer takes an answer, once.
func (e exits) Answer(ctx context.Context, link, answer, words string) error {
	g, m, left, err := e.of(ctx, link)
	if err != nil {
		return err
	}
	words = strings.TrimSpace(words)
	if err := measure.CheckLeave(answer, words); err != nil {
		return err
	}
	today, _ := measure.DayOf(e.app.millis(), zoneFor(g.Zone))
	return e.app.store.AnswerLeave(ctx, m, left, measure.LeaveSaid{Group: g.Key, Day: today, Answer: answer, Words: words})
}
