package app_test

import (
	"fmt"
	"testing"
	"time"

	"qunluo/internal/community"
	"qunluo/internal/measure"
)

// TestSelfGrowthIsReadFromTheLog: who invited, who opened the talk, who answered; what is hidden stays unknown; reading on adds, an undone
// import is read anew without it.
func TestSelfGrowthIsReadFromTheLog(t *testing.T) {
	onBoth(t, func(t *testing.T, dbURL string) {
		g := openGate(t, dbURL)
		ctx, f := t.Context(), g.app.Figures(g.org, nil)
		word := func(name string, role community.Role, text, id, reply string) {
			g.apply(community.Inbound{Type: community.MessageCreated, Key: id, Group: community.Ref{ID: g.group.External}, Actor: community.Who{ID: "u-" + name, Name: name, Role: role},
				Body: community.Body{Class: community.Text, Text: text, Message: id, ReplyTo: reply, Role: role}})
		}
		joins := func(name, inviter, scene string) {
			in := community.Inbound{Type: community.MemberJoined, Key: "j-" + name, Group: community.Ref{ID: g.group.External}, Actor: community.Who{ID: "u-" + name, Name: name}, Body: community.Body{Scene: scene}}
			if inviter != "" {
				in.By = community.Who{ID: "u-" + inviter, Name: inviter}
			}
			g.apply(in)
		}
		word("群主", community.RoleOwner, "大家早，今晚读第三章", "m1", "")
		joins("老周", "", "qr")
		joins("阿敏", "老周", "invite")
		joins("小林", "群主", "invite")
		joins("路人", "", "")
		word("老周", community.RoleMember, "早", "m2", "")
		g.pass(2 * time.Hour)
		word("老周", community.RoleMember, "第三章的作者是谁？", "m3", "")
		word("阿敏", community.RoleMember, "沈从文", "m4", "m3")
		check(t, g.app.Store().CatchUp(ctx))
		row, err := g.desk.GroupByKey(ctx, g.group.Key)
		check(t, err)
		check(t, f.ReadOn(ctx, row))
		months, err := f.Growth(ctx, row, 2)
		check(t, err)
		if len(months) != 1 {
			t.Fatalf("months = %+v", months)
		}
		m := months[0]
		if fmt.Sprint(m.Ways) != fmt.Sprint(map[string]int64{"member": 1, "operator": 1, "other": 1, "unknown": 1}) {
			t.Errorf("ways = %v", m.Ways)
		}
		if m.Talk != (measure.Talked{Messages: 4, Members: 2}) || m.Questions != 1 || m.ByMembers != 1 || m.Month != "2026-11" {
			t.Errorf("month = %+v", m)
		}
		word("阿敏", community.RoleMember, "还有谁读过？", "m5", "")
		check(t, f.ReadOn(ctx, row))
		check(t, f.ReadOn(ctx, row)) // once more adds nothing
		months, err = f.Growth(ctx, row, 2)
		if err != nil || months[0].Talk != (measure.Talked{Messages: 5, Members: 3}) {
			t.Errorf("read on: %+v (%v)", months, err)
		}
		if _, err := f.Growth(ctx, row, 0); community.CodeOf(err) != community.CodeBadInput {
			t.Errorf("no months: %v, want bad input", err)
		}
		claims, err := f.Claims(ctx)
		check(t, err)
		for _, c := range claims {
			if c.Verdict != measure.Undecided || c.Need <= 0 {
				t.Errorf("with four newcomers: %+v", c)
			}
		}
	})
}
