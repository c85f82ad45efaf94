package app_test

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"qunluo/internal/community"
	"qunluo/internal/points"
)

func (s *shift) ranked(name string) points.Row {
	s.t.Helper()
	list, _, err := s.app.Points(s.org, nil).Ranking(s.t.Context(), s.group.Key, s.member(name).Key, 0, community.Page{})
	check(s.t, err)
	if len(list) == 0 {
		return points.Row{}
	}
	return list[0]
}

// recalls lets somebody take their message back.
func (s *shift) recalls(m community.MemberRow, said community.MessageRow) {
	s.t.Helper()
	ctx := s.t.Context()
	external, err := s.app.Store().GroupExternal(ctx, s.group.Key)
	check(s.t, err)
	accounts, err := s.desk.Accounts(ctx)
	check(s.t, err)
	check(s.t, s.app.Intake().Host(accounts[0].Key, "sim").Receive(ctx, community.Inbound{Type: community.MessageDeleted, Key: "recall-" + said.Message, OccurredAt: s.app.Now(),
		Group: community.Ref{ID: external}, Actor: community.Who{ID: m.External, Name: m.Name}, Body: community.Body{Message: said.Message}}))
}

// TestPointsAreEarnedAnsweredAndTakenBack: signing in and speaking are booked once and answered; what is given by hand and taken
// back stays in the ledger; a group that keeps none earns none.
func TestPointsAreEarnedAnsweredAndTakenBack(t *testing.T) {
	onBoth(t, func(t *testing.T, dbURL string) {
		s := startShift(t, dbURL, "")
		ctx, b, m := t.Context(), s.app.Points(s.org, nil), s.member("大刘")
		s.says(m, "签到")
		r := points.Default()
		r.On, r.Gap = true, 0
		check(t, b.SetRules(ctx, "ming", s.group.Key, r, "开始积分"))
		s.says(m, "签到 ")
		await(t, func() bool { return s.ranked("大刘").Signed == 5 })
		answer := s.becomes(community.Send, community.Confirmed)
		if !strings.Contains(answer.Text, "连续 1 天") || !strings.Contains(answer.Text, "5") {
			t.Errorf("answer = %q", answer.Text)
		}
		s.says(m, "周末去爬山吗")
		s.says(m, "签到")
		await(t, func() bool { return s.ranked("大刘").Spoke == 1 })
		s.says(m, "排行")
		await(t, func() bool {
			rows, _, err := s.desk.FindActions(ctx, community.ActionFilter{Group: s.group.Key, Verb: community.Send})
			return err == nil && len(rows) == 3 && strings.Contains(rows[0].Text, "1. 大刘  6")
		})
		r.Lang = "en"
		check(t, b.SetRules(ctx, "ming", s.group.Key, r, "英文群"))
		s.says(m, "积分")
		await(t, func() bool {
			rows, _, err := s.desk.FindActions(ctx, community.ActionFilter{Group: s.group.Key, Verb: community.Send})
			return err == nil && len(rows) == 4 && rows[0].Text == "You have 6 points (signing in 5, speaking 1, inviting 0, other 0)."
		})
		if r.Lang = "tlh"; community.CodeOf(b.SetRules(ctx, "ming", s.group.Key, r, "")) != community.CodeBadInput {
			t.Error("a language that is none was saved")
		}
		given, err := b.Give(ctx, "ming", s.group.Key, m.ID, 30, "组织活动")
		check(t, err)
		if _, err := b.Give(ctx, "ming", s.group.Key, m.ID, 30, " "); community.CodeOf(err) != community.CodeBadInput {
			t.Errorf("given without a reason: %v", err)
		}
		if got := s.ranked("大刘").Points; got != 36 {
			t.Errorf("points = %d, want 36", got)
		}
		_, err = b.Undo(ctx, "ming", given.ID, "弄错人")
		check(t, err)
		_, err = b.Undo(ctx, "ming", given.ID, "再一次")
		codeIs(t, "taken back twice", err, community.CodeConflict)
		entries, err := b.Entries(ctx, s.group.Key, m.Key, community.Page{})
		if err != nil || len(entries) != 4 || entries[0].Amount != -30 || s.ranked("大刘").Points != 6 {
			t.Errorf("ledger = %+v, %v", entries, err)
		}
		said := s.says(m, "这条马上撤回")
		await(t, func() bool { return s.ranked("大刘").Spoke == 2 })
		s.recalls(m, said)
		await(t, func() bool { return s.ranked("大刘").Spoke == 1 && s.ranked("大刘").Points == 6 })
		page := "/points?g=" + s.group.ID.String()
		if _, body := s.get(page); !strings.Contains(body, "大刘") || !strings.Contains(body, "签到") {
			t.Errorf("page: %s", excerpt(body))
		}
		s.does(page, "/points/give", url.Values{"g": {s.group.ID.String()}, "member": {m.ID.String()}, "amount": {"-2"}, "reason": {"违规"}})
		if _, body := s.get("/points/members/" + m.ID.String() + "?g=" + s.group.ID.String()); !strings.Contains(body, "弄错人") && !strings.Contains(body, "组织活动") {
			t.Errorf("member page: %s", excerpt(body))
		}
		if code, body := s.get("/points.csv?g=" + s.group.ID.String()); code != 200 || !strings.Contains(body, "大刘") {
			t.Errorf("sheet %d: %s", code, excerpt(body))
		}
	})
}

// TestWhoWasBroughtMustStay: the inviter is paid after the days, once; for whoever left, nothing.
func TestWhoWasBroughtMustStay(t *testing.T) {
	t.Parallel()
	n := startNight(t, "", `{"scene":"quiet"}`)
	ctx := t.Context()
	r := points.Default()
	r.On = true
	check(t, n.app.Points(n.org, nil).SetRules(ctx, n.id("ming"), n.group.Key, r, ""))
	inviter := n.member("大刘")
	external, err := n.app.Store().GroupExternal(ctx, n.group.Key)
	check(t, err)
	tell := func(kind community.Type, who string) {
		t.Helper()
		accounts, err := n.desk.Accounts(ctx)
		check(t, err)
		in := community.Inbound{Type: kind, Key: string(kind) + who, OccurredAt: n.app.Now(), Group: community.Ref{ID: external}, Actor: community.Who{ID: who, Name: who}}
		if kind == community.MemberJoined {
			in.By, in.Body.Scene = community.Who{ID: inviter.External}, "invite"
		}
		check(t, n.app.Intake().Host(accounts[0].Key, "sim").Receive(ctx, in))
	}
	rows, _, err := n.desk.FindMembers(ctx, community.MemberFilter{Group: n.group.Key, Page: community.Page{Limit: 50}})
	check(t, err)
	stays := ""
	for _, m := range rows { // somebody whom the platform's list will name in a week, too
		if m.Key != inviter.Key && m.Role == community.RoleMember {
			stays = m.External
		}
	}
	tell(community.MemberJoined, stays)
	tell(community.MemberJoined, "goes")
	await(t, func() bool {
		due, err := n.app.Store().GuestsDue(ctx, n.app.Now()+8*24*3600_000)
		return err == nil && len(due) == 2
	})
	tell(community.MemberLeft, "goes")
	await(t, func() bool {
		due, err := n.app.Store().GuestsDue(ctx, n.app.Now()+8*24*3600_000)
		return err == nil && len(due) == 1
	})
	n.pass(8 * 24 * time.Hour)
	await(t, func() bool {
		list, _, err := n.app.Points(n.org, nil).Ranking(ctx, n.group.Key, inviter.Key, 0, community.Page{})
		return err == nil && len(list) == 1 && list[0].Invited == 20
	})
}
