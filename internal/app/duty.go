package app

import (
	"context"
	"encoding/json"
	"slices"
	"strconv"
	"strings"

	"qunluo/internal/community"
	"qunluo/internal/console"
	"qunluo/internal/duty"
	"qunluo/internal/engine"
	"qunluo/internal/store"
)

// alarm makes the next move about an alarm. Each job is about one number of steps: when the alarm has more, somebody has
// moved it on and a later job looks at it.
func (a *App) alarm(ctx context.Context, j store.Job) error {
	text, steps, _ := strings.Cut(j.Key, ":")
	id, err := community.ParseID(text)
	if err != nil {
		return err
	}
	al, err := a.store.AlarmNow(ctx, id)
	if err != nil || strconv.Itoa(len(al.Steps)) != steps {
		return err
	}
	roster, policy, err := a.duties(ctx, al.Org)
	if err != nil {
		return err
	}
	if policy.First, err = a.askedFirst(ctx, al); err != nil {
		return err
	}
	m := duty.Next(al, roster, policy, a.millis())
	switch m.Do {
	case duty.Wait:
		return &engine.Wait{Until: m.Until, Why: "waits for somebody to acknowledge"}
	case duty.Rest:
		return nil
	case duty.Tell:
		m.Steps = a.teller.tell(ctx, al, m.User, m.Until)
	}
	return a.addSteps(ctx, al, m.Steps, nil)
}

// addSteps appends steps, has the next move made, and tells open pages.
func (a *App) addSteps(ctx context.Context, al duty.Alarm, steps []duty.Step, audit *community.Audit) error {
	moved, err := a.store.AddSteps(ctx, al, steps, audit)
	if err != nil {
		return err
	}
	if !moved && audit != nil {
		return community.Errorf(community.CodeConflict, "the alarm has moved on, look again")
	}
	a.alarmMoved(al.Org)
	return nil
}

func (a *App) alarmMoved(org community.OrgKey) {
	a.jobs.Wake()
	a.live.tell(console.Change{Org: org, Kind: "task"})
}

// duties reads what decides about an organisation's alarms: the roster, and who is asked at last.
func (a *App) duties(ctx context.Context, org community.OrgKey) (duty.Roster, duty.Policy, error) {
	roster, err := a.store.Roster(ctx, org)
	if err != nil {
		return roster, duty.Policy{}, err
	}
	set, err := a.store.DutySettings(ctx, org)
	if err != nil {
		return roster, duty.Policy{}, err
	}
	p := duty.Policy{Ack: set.Ack}
	users, err := a.store.Users(ctx, org)
	if err != nil {
		return roster, p, err
	}
	slices.SortStableFunc(users, func(x, y community.User) int { return int(x.Key - y.Key) })
	for _, u := range users {
		switch {
		case !u.Enabled:
			p.Off = append(p.Off, u.ID.String())
		case u.Role == console.RoleOwner:
			p.Owners = append(p.Owners, u.ID.String())
		}
	}
	return roster, p, nil
}

// watch is the duty of one organisation as doors see it, bounded by the groups a person may see.
type watch struct {
	*hands
}

// Duty makes the handle through which one person sees and changes who is on duty, and answers alarms.
func (a *App) Duty(org community.OrgKey, groups []community.GroupKey) *watch {
	return &watch{a.Hands(org, groups)}
}

func (w *watch) store() *store.Store { return w.app.store }

// Roster reads the roster.
func (w *watch) Roster(ctx context.Context) (duty.Roster, error) { return w.store().Roster(ctx, w.org) }

// Settings reads zone and minutes.
func (w *watch) Settings(ctx context.Context) (duty.Settings, error) {
	return w.store().DutySettings(ctx, w.org)
}

// Set changes zone and minutes.
func (w *watch) Set(ctx context.Context, user string, set duty.Settings, reason string) error {
	if err := checkZone(set.Zone); err != nil {
		return err
	}
	if set.Ack < duty.MinAck || set.Ack > duty.MaxAck {
		return community.Errorf(community.CodeBadInput, "minutes: want 1 to 1440")
	}
	return w.store().SetDuty(ctx, w.org, set, w.audit(user, "", "", reason))
}

// known says whether a person may be on duty: community.CodeBadInput if not.
func (w *watch) known(ctx context.Context, user string) error {
	if user == "" {
		return nil
	}
	users, err := w.store().Users(ctx, w.org)
	if err != nil {
		return err
	}
	if !slices.ContainsFunc(users, func(u community.User) bool { return u.ID.String() == user && u.Enabled }) {
		return community.Errorf(community.CodeBadInput, "user: nobody who may sign in")
	}
	return nil
}

// AddShift keeps a weekly shift.
func (w *watch) AddShift(ctx context.Context, user string, s duty.Shift, reason string) (duty.Shift, error) {
	if err := w.known(ctx, s.User); err != nil {
		return s, err
	}
	return w.store().AddShift(ctx, w.org, s, w.audit(user, "", "", reason))
}

// RemoveShift forgets a weekly shift.
func (w *watch) RemoveShift(ctx context.Context, user string, id community.ID, reason string) (duty.Shift, error) {
	return w.store().RemoveShift(ctx, w.org, id, w.audit(user, "", "", reason))
}

// Change keeps what is different on one date.
func (w *watch) Change(ctx context.Context, user string, c duty.Change, reason string) (duty.Change, error) {
	if err := w.known(ctx, c.User); err != nil {
		return c, err
	}
	return w.store().ChangeDuty(ctx, w.org, c, w.audit(user, "", "", reason))
}

// Unchange takes a change of one date back.
func (w *watch) Unchange(ctx context.Context, user string, id community.ID, reason string) error {
	_, err := w.store().UnchangeDuty(ctx, w.org, id, w.audit(user, "", "", reason))
	return err
}

// Undo takes the last change of a shift or a date back, as the trail tells it. community.CodeNotFound: there is none.
func (w *watch) Undo(ctx context.Context, user string, id community.ID) error {
	for _, subject := range []string{"shift:", "duty:"} {
		trail, _, err := w.store().For(community.Scope{Org: w.org}).FindAudit(ctx, community.AuditFilter{Subject: subject + id.String(), Page: community.Page{Limit: 1}})
		if err != nil {
			return err
		}
		if len(trail) > 0 {
			return w.reverse(ctx, user, id, trail[0])
		}
	}
	return community.Errorf(community.CodeNotFound, "nothing to take back")
}

func (w *watch) reverse(ctx context.Context, user string, id community.ID, last community.Audit) (err error) {
	audit := w.audit(user, "", "", "undo")
	switch last.Verb {
	case "duty.add":
		_, err = w.store().RemoveShift(ctx, w.org, id, audit)
	case "duty.change":
		_, err = w.store().UnchangeDuty(ctx, w.org, id, audit)
	case "duty.remove":
		var s duty.Shift
		if err = json.Unmarshal(last.Before, &s); err == nil {
			_, err = w.store().AddShift(ctx, w.org, s, audit)
		}
	case "duty.unchange":
		var c duty.Change
		if err = json.Unmarshal(last.Before, &c); err == nil {
			_, err = w.store().ChangeDuty(ctx, w.org, c, audit)
		}
	default:
		err = community.Errorf(community.CodeConflict, "nothing to take back")
	}
	return err
}

// Notes lists the newest hand-over notes.
func (w *watch) Notes(ctx context.Context, n int) ([]duty.Note, error) {
	return w.store().DutyNotes(ctx, w.org, n)
}

// AddNote keeps a hand-over note.
func (w *watch) AddNote(ctx context.Context, user, text string) (duty.Note, error) {
	return w.store().AddDutyNote(ctx, w.org, user, text, w.audit(user, "", "", ""))
}

// Alarms lists alarms, the newest first.
func (w *watch) Alarms(ctx context.Context, open bool, tag string, p community.Page) ([]duty.Alarm, int, error) {
	return w.desk().FindAlarms(ctx, open, tag, p)
}

// Alarm gives one alarm with its steps.
func (w *watch) Alarm(ctx context.Context, id community.ID) (duty.Alarm, error) {
	return w.desk().AlarmByID(ctx, id)
}

// Ack takes an alarm on. A test is over with it; the task of an alarm is then that person's. Saying it twice changes
// nothing; community.CodeConflict when somebody else has it.
func (w *watch) Ack(ctx context.Context, user string, id community.ID) error {
	al, err := w.Alarm(ctx, id)
	if err != nil {
		return err
	}
	step, fresh, err := duty.Acknowledge(al, user, w.app.millis())
	if err != nil || !fresh {
		return err
	}
	steps := []duty.Step{step}
	if al.Kind == duty.KindTest {
		steps = append(steps, duty.Step{At: step.At, What: duty.Done, User: user})
	}
	audit := w.audit(user, "alarm.ack", "alarm:"+id.String(), "")
	return w.app.addSteps(ctx, al, steps, &audit)
}

// HandOn gives an alarm, and its task, to the next on duty.
func (w *watch) HandOn(ctx context.Context, user string, id community.ID, reason string) error {
	al, err := w.Alarm(ctx, id)
	if err != nil {
		return err
	}
	step, err := duty.HandOn(al, user, w.app.millis())
	if err != nil {
		return err
	}
	audit := w.audit(user, "alarm.hand_on", "alarm:"+id.String(), reason)
	return w.app.addSteps(ctx, al, []duty.Step{step}, &audit)
}

// Finish ends an alarm that no task ends: somebody has seen to it.
func (w *watch) Finish(ctx context.Context, user string, id community.ID, reason string) error {
	al, err := w.Alarm(ctx, id)
	if err != nil {
		return err
	}
	switch {
	case al.State == duty.Over:
		return community.Errorf(community.CodeConflict, "the alarm is over")
	case al.Kind == duty.KindTask:
		return community.Errorf(community.CodeConflict, "the alarm ends with its task")
	}
	audit := w.audit(user, "alarm.finish", "alarm:"+id.String(), reason)
	return w.app.addSteps(ctx, al, []duty.Step{{At: w.app.millis(), What: duty.Done, User: user, Note: reason}}, &audit)
}

// TaskHandOn gives a task to the next on duty; one that is older than its alarm gets one.
func (w *watch) TaskHandOn(ctx context.Context, user string, task community.ID, reason string) error {
	k, err := w.desk().TaskByID(ctx, task)
	if err != nil {
		return err
	}
	if k.State != "open" && k.State != "claimed" {
		return community.Errorf(community.CodeConflict, "already %s by %s", k.State, k.DoneBy)
	}
	if k.State == "claimed" && k.Assignee != user {
		return community.Errorf(community.CodeConflict, "claimed by %s", k.Assignee)
	}
	al, err := w.store().OpenAlarm(ctx, duty.Alarm{Org: w.org, Kind: duty.KindTask, Subject: store.TaskAlarm(task), Group: k.Group, Due: k.Due}, community.Audit{})
	if err != nil {
		return err
	}
	return w.HandOn(ctx, user, al.ID, reason)
}

// FalseAlarm ends an alarm about public opinion as a false one: what was said becomes a labelled case. CodeNotFound: it is not about
// public opinion.
func (w *watch) FalseAlarm(ctx context.Context, user string, id community.ID, reason string) error {
	al, err := w.Alarm(ctx, id)
	if err != nil {
		return err
	}
	decision, is := al.OpinionDecision()
	if !is {
		return community.Errorf(community.CodeNotFound, "alarm %s is not about public opinion", id)
	}
	if al.State == duty.Over {
		return community.Errorf(community.CodeConflict, "the alarm is over")
	}
	d, err := w.decision(ctx, decision)
	if err == nil && d.Resolution != "false_hit" { // else it was said before, and the alarm moved on meanwhile
		err = w.Judge(ctx, user, decision, "false_hit", reason)
	}
	if err != nil {
		return err
	}
	for range falseTries { // somebody being told just now is no reason to leave it half done
		if err = w.Finish(ctx, user, id, reason); community.CodeOf(err) != community.CodeConflict {
			break
		}
	}
	return err
}

// falseTries is how often a false alarm is tried to be ended, each time as it stands then.
const falseTries = 3

// Test opens an alarm about nothing, to see whom it reaches.
func (w *watch) Test(ctx context.Context, user string) (duty.Alarm, error) {
	al, err := w.store().OpenAlarm(ctx, duty.Alarm{Org: w.org, Kind: duty.KindTest, Subject: "test:" + strconv.FormatInt(int64(w.org), 10)}, w.audit(user, "alarm.test", "", ""))
	if err == nil {
		w.app.alarmMoved(w.org)
	}
	return al, err
}

// Ways lists how a person is told.
func (w *watch) Ways(ctx context.Context, of string) ([]duty.Way, error) {
	return w.store().Ways(ctx, of)
}

// SetWays changes how a person is told.
func (w *watch) SetWays(ctx context.Context, user, of string, ways []duty.Way, reason string) error {
	if err := w.known(ctx, of); err != nil {
		return err
	}
	for _, way := range ways {
		if way.Kind != duty.ByGroup {
			continue
		}
		id, err := community.ParseID(way.Address)
		if err != nil {
			return community.Errorf(community.CodeBadInput, "address: want the id of a group")
		}
		if _, err := w.store().For(community.Scope{Org: w.org}).GroupByID(ctx, id); err != nil {
			return err
		}
	}
	return w.store().SetWays(ctx, w.org, of, ways, w.audit(user, "", "", reason))
}
