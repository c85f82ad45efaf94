package app

import (
	"context"
	"errors"
	"fmt"
	"time"

	"qunluo/internal/community"
	"qunluo/internal/duty"
	"qunluo/internal/store"
)

const (
	jobAsks  = "tell-questions"
	asksEach = time.Minute
	asksPast = 2 * day // ms: a question that is older and of which nobody was told is left to the list
)

// tellAsks tells people of questions that are open for too long, and ends the alarms about those that were answered.
func (a *App) tellAsks(ctx context.Context, _ store.Job) error {
	ended, err := a.store.EndAnsweredAlarms(ctx)
	if err != nil {
		return err
	}
	if ended > 0 {
		orgs, err := a.store.Orgs(ctx)
		if err != nil {
			return err
		}
		for _, o := range orgs {
			a.alarmMoved(o.Key)
		}
	}
	list, err := a.store.AskWatches(ctx, 0)
	if err != nil {
		return err
	}
	var errs []error
	for _, w := range list {
		errs = append(errs, a.tellAsksOf(ctx, w))
	}
	return errors.Join(errs...)
}

func (a *App) tellAsksOf(ctx context.Context, w store.AskWatch) error {
	now := a.millis()
	list, err := a.store.Overdue(ctx, w.Group, max(w.Since, now-asksPast), now-int64(w.Minutes)*60_000)
	if err != nil || len(list) == 0 {
		return err
	}
	detail := fmt.Sprintf("%s: %d > %d min", w.Name, len(list), w.Minutes)
	if err := a.store.NotifyQuestions(ctx, duty.Alarm{Org: w.Org, Kind: duty.KindQuestion, Group: w.Group, Detail: detail}, list); err != nil {
		return err
	}
	a.alarmMoved(w.Org)
	return nil
}

// askedFirst is who is told of a group's alarm before anybody on duty: of open questions whom its watch names, else who looks after
// the group; of an outlet whoever answers for it.
func (a *App) askedFirst(ctx context.Context, al duty.Alarm) (string, error) {
	if al.Kind == duty.KindOutlet {
		return a.outletKeeper(ctx, al)
	}
	if al.Group == 0 {
		return "", nil
	}
	if al.AboutQuestions() {
		list, err := a.store.AskWatches(ctx, al.Group)
		if err != nil {
			return "", err
		}
		if len(list) > 0 && list[0].User != "" {
			return list[0].User, nil
		}
	}
	keeper, err := a.store.KeeperOf(ctx, al.Group)
	if community.CodeOf(err) == community.CodeNotFound {
		return "", nil
	}
	return keeper, err
}

// QuestionWatch is how a group's questions are watched.
func (w *watch) QuestionWatch(ctx context.Context, g community.GroupKey) (duty.QuestionWatch, error) {
	if err := w.sees(ctx, g); err != nil {
		return duty.QuestionWatch{}, err
	}
	list, err := w.store().AskWatches(ctx, g)
	if err != nil || len(list) == 0 {
		return duty.QuestionWatch{}, err
	}
	return list[0].QuestionWatch, nil
}

// SetQuestionWatch changes it.
func (w *watch) SetQuestionWatch(ctx context.Context, user string, g community.GroupKey, set duty.QuestionWatch, reason string) error {
	if err := w.sees(ctx, g); err != nil {
		return err
	}
	if err := set.Check(); err != nil {
		return err
	}
	if err := w.known(ctx, set.User); err != nil {
		return err
	}
	return w.store().SetAskWatch(ctx, g, set, w.audit(user, "question.watch", subjectOf("group", int64(g)), reason))
}

// AlarmQuestions lists the questions that an alarm is about.
func (w *watch) AlarmQuestions(ctx context.Context, alarm community.ID) ([]duty.ToldQuestion, error) {
	return w.desk().AlarmQuestions(ctx, alarm)
}
