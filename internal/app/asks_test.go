package app_test

import (
	"fmt"
	"testing"
	"time"

	"qunluo/internal/community"
	"qunluo/internal/duty"
)

// talks records a message of a member now; reply is the message it answers, "" = none.
func (n *night) talks(name, text, reply string) string {
	n.t.Helper()
	ctx := n.t.Context()
	accounts, err := n.desk.Accounts(ctx)
	check(n.t, err)
	external, err := n.app.Store().GroupExternal(ctx, n.group.Key)
	check(n.t, err)
	key := fmt.Sprint("said-", name, "-", n.app.Now())
	check(n.t, n.app.Intake().Host(accounts[0].Key, "sim").Receive(ctx, community.Inbound{Type: community.MessageCreated, Key: key, OccurredAt: n.app.Now(), Group: community.Ref{ID: external},
		Actor: community.Who{ID: n.member(name).External, Name: name}, Body: community.Body{Text: text, Message: key, ReplyTo: reply}}))
	check(n.t, n.app.Store().CatchUp(ctx))
	n.pass(time.Millisecond)
	return key
}

// questionAlarms are the alarms about open questions, the newest first.
func (n *night) questionAlarms(open bool) []duty.Alarm {
	n.t.Helper()
	rows, _, err := n.desk.FindAlarms(n.t.Context(), open, "", community.Page{})
	check(n.t, err)
	var out []duty.Alarm
	for _, a := range rows {
		if a.Kind == duty.KindQuestion {
			out = append(out, a)
		}
	}
	return out
}

// TestOpenQuestionReachesTheNamedPerson: what was asked before the watch, and what is answered in time, tells nobody; a question open
// for too long is told to the person the watch names, once, and the alarm ends by itself when it is answered.
func TestOpenQuestionReachesTheNamedPerson(t *testing.T) {
	onBoth(t, func(t *testing.T, dbURL string) {
		n := startNight(t, dbURL, `{"scene":"quiet"}`)
		ctx := t.Context()
		n.talks("大刘", "有人知道周末去哪里吗？", "")
		n.pass(time.Hour)
		if got := n.questionAlarms(false); len(got) != 0 {
			t.Fatalf("without a watch: %+v", got)
		}
		check(t, n.duty().SetQuestionWatch(ctx, n.id("ming"), n.group.Key, duty.QuestionWatch{Minutes: 30, User: n.id("ben")}, "售后群"))
		n.pass(time.Second)
		quick := n.talks("大刘", "押金怎么退？", "")
		n.talks("米粒", "在订单页申请", quick)
		slow := n.talks("大刘", "发票怎么开？", "")
		n.pass(31 * time.Minute)
		await(t, func() bool { return n.heard("ben", "1 > 30 min") == 1 })
		if n.heard("anna", "30 min") != 0 {
			t.Error("somebody else was told before the named person")
		}
		al := n.questionAlarms(true)
		if len(al) != 1 {
			t.Fatalf("alarms = %+v, want one", al)
		}
		list, err := n.duty().AlarmQuestions(ctx, al[0].ID)
		check(t, err)
		if len(list) != 1 || !list[0].Open {
			t.Fatalf("questions of the alarm = %+v, want the open one", list)
		}
		n.talks("米粒", "找我开", slow)
		n.pass(time.Minute)
		await(t, func() bool { return len(n.questionAlarms(true)) == 0 })
		if got := n.questionAlarms(false); len(got) != 1 || got[0].Steps != nil && got[0].State != duty.Over {
			t.Errorf("alarms = %+v, want the one, over", got)
		}
	})
}

// TestBadQuestionWatchIsRefused: minutes out of bounds, somebody who is not there, a group that is not there.
func TestBadQuestionWatchIsRefused(t *testing.T) {
	n := startNight(t, "", `{"scene":"quiet"}`)
	for _, bad := range []duty.QuestionWatch{{Minutes: -1}, {Minutes: 24*60 + 1}, {Minutes: 5, User: "nobody"}} {
		if err := n.duty().SetQuestionWatch(t.Context(), "ming", n.group.Key, bad, ""); community.CodeOf(err) != community.CodeBadInput {
			t.Errorf("%+v: %v, want bad input", bad, err)
		}
	}
	if err := n.duty().SetQuestionWatch(t.Context(), "ming", 999, duty.QuestionWatch{Minutes: 5}, ""); community.CodeOf(err) != community.CodeNotFound {
		t.Errorf("a group that is not there: %v", err)
	}
}
