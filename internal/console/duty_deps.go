package console

import (
	"context"
	"time"

	"qunluo/internal/community"
	"qunluo/internal/duty"
)

// Duty is who is on duty, and the alarms that go to them. user is the person who does it. Every change leaves its audit
// row. Codes are those of Hands.
type Duty interface {
	Roster(ctx context.Context) (duty.Roster, error)
	Settings(ctx context.Context) (duty.Settings, error)
	Set(ctx context.Context, user string, set duty.Settings, reason string) error
	AddShift(ctx context.Context, user string, s duty.Shift, reason string) (duty.Shift, error)
	RemoveShift(ctx context.Context, user string, id community.ID, reason string) (duty.Shift, error)
	Change(ctx context.Context, user string, c duty.Change, reason string) (duty.Change, error)
	Unchange(ctx context.Context, user string, id community.ID, reason string) error
	// Undo takes the last change of a shift or a date back.
	Undo(ctx context.Context, user string, id community.ID) error
	Notes(ctx context.Context, n int) ([]duty.Note, error)
	AddNote(ctx context.Context, user, text string) (duty.Note, error)

	Alarms(ctx context.Context, open bool, tag string, p community.Page) ([]duty.Alarm, int, error)
	Alarm(ctx context.Context, id community.ID) (duty.Alarm, error)
	Ack(ctx context.Context, user string, id community.ID) error
	HandOn(ctx context.Context, user string, id community.ID, reason string) error
	Finish(ctx context.Context, user string, id community.ID, reason string) error
	// FalseAlarm ends an alarm about public opinion as a false one: what was said becomes a labelled case.
	FalseAlarm(ctx context.Context, user string, id community.ID, reason string) error
	Test(ctx context.Context, user string) (duty.Alarm, error)
	TaskHandOn(ctx context.Context, user string, task community.ID, reason string) error
	// Missing says when nobody heard the groups of the account that an alarm is about.
	Missing(ctx context.Context, a duty.Alarm) ([]duty.MissingMinutes, error)
	// QuestionWatch is how long a group's questions may stay open before somebody is told; SetQuestionWatch changes it.
	QuestionWatch(ctx context.Context, g community.GroupKey) (duty.QuestionWatch, error)
	SetQuestionWatch(ctx context.Context, user string, g community.GroupKey, set duty.QuestionWatch, reason string) error
	// AlarmQuestions lists the questions that an alarm is about.
	AlarmQuestions(ctx context.Context, alarm community.ID) ([]duty.ToldQuestion, error)

	Ways(ctx context.Context, of string) ([]duty.Way, error)
	SetWays(ctx context.Context, user, of string, ways []duty.Way, reason string) error

	LockScope(ctx context.Context, o duty.LockOrder) ([]community.GroupRow, int64, error)
	Lock(ctx context.Context, user string, o duty.LockOrder) (duty.Lockdown, error)
	Unlock(ctx context.Context, user string, id community.ID, reason string) error
	Lockdowns(ctx context.Context) ([]duty.Lockdown, error)
}

// Phones let people in on their phones without a password: by a link that works once, then by what the device keeps.
// What lets nobody in is community.CodeForbidden.
type Phones interface {
	Link(ctx context.Context, u community.User) (string, error)
	// Look says whether a link would let somebody in, without spending it: mail programs and chats open links by themselves.
	Look(ctx context.Context, link string) error
	Enter(ctx context.Context, link string) (device string, lives time.Duration, err error)
	Who(ctx context.Context, device string) (community.User, error)
	Leave(ctx context.Context, device string) error
}
