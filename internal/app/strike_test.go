package app_test

import (
	"fmt"
	"net/url"
	"strings"
	"testing"

	"qunluo/internal/community"
)

// says lets a member of the simulated group say something and gives the message.
func (s *shift) says(m community.MemberRow, text string) community.MessageRow {
	s.t.Helper()
	ctx := s.t.Context()
	accounts, err := s.desk.Accounts(ctx)
	check(s.t, err)
	key := fmt.Sprintf("said-%s-%d", text, s.app.Now())
	check(s.t, s.app.Intake().Host(accounts[0].Key, "sim").Receive(ctx, community.Inbound{
		Type: community.MessageCreated, Key: key, OccurredAt: s.app.Now(), Group: community.Ref{ID: s.external()},
		Actor: community.Who{ID: m.External, Name: m.Name}, Body: community.Body{Text: text, Message: key},
	}))
	var got community.MessageRow
	await(s.t, func() bool {
		rows, _, err := s.desk.FindMessages(ctx, community.MessageFilter{Group: s.group.Key, Member: m.Key})
		for _, row := range rows {
			if row.Message == key {
				got = row
			}
		}
		return err == nil && got.Number != 0
	})
	return got
}

// external is the platform's id of the group.
func (s *shift) external() string {
	s.t.Helper()
	id, err := s.app.Store().GroupExternal(s.t.Context(), s.group.Key)
	check(s.t, err)
	return id
}

// TestModeratorGivesStrikesByHandAndTheThirdRemoves: the ledger names member, evidence, moderator and expiry, and one
// strike taken back counts no more.
func TestModeratorGivesStrikesByHandAndTheThirdRemoves(t *testing.T) {
	onBoth(t, func(t *testing.T, dbURL string) {
		s := startShift(t, dbURL, "")
		m := s.member("大刘")
		give := func(text string) community.StrikeRow {
			said := s.says(m, text)
			page := fmt.Sprintf("/messages/%s/%d", s.group.ID, said.Number)
			s.does(page, page+"/strike", url.Values{"reason": {"变体广告"}})
			var newest community.StrikeRow
			await(t, func() bool {
				rows, _, err := s.desk.FindStrikes(t.Context(), community.StrikeFilter{Group: s.group.Key})
				if err == nil && len(rows) > 0 {
					newest = rows[0]
				}
				return newest.Event == said.Number
			})
			return newest
		}
		first := give("团 购 一折")
		if first.User == "" || first.Message.Text != "团 购 一折" || first.Expires-first.At != 30*24*3600*1000 {
			t.Errorf("strike = %+v, want moderator, evidence and 30 days", first)
		}
		s.becomes(community.Send, community.Confirmed)
		page := fmt.Sprintf("/messages/%s/%d", s.group.ID, first.Event)
		if _, body := s.send(page, page+"/strike", url.Values{"reason": {"又点了一次"}}); !strings.Contains(body, "已经给 大刘 记过一次") {
			t.Errorf("a second strike for one message: %s", excerpt(body))
		}
		if rows, n, err := s.desk.FindStrikes(t.Context(), community.StrikeFilter{Group: s.group.Key}); err != nil || n != 1 {
			t.Errorf("strikes = %+v (%v), want the one", rows, err)
		}
		give("团~购~一~折")
		s.becomes(community.Mute, community.Confirmed)
		if _, body := s.get("/strikes"); !strings.Contains(body, "小明") || !strings.Contains(body, "团~购~一~折") {
			t.Errorf("the ledger does not show moderator and evidence: %s", excerpt(body))
		}
		s.does("/strikes", "/strikes/"+first.Decision.String()+"/lift", url.Values{"reason": {"误会"}})
		give("又来团购")
		if rows, n, err := s.desk.FindActions(t.Context(), community.ActionFilter{Group: s.group.Key, Verb: community.Remove}); err != nil || n != 0 {
			t.Fatalf("removed on two live strikes: %+v (%v)", rows, err)
		}
		give("还是团购")
		s.becomes(community.Remove, community.Confirmed)
		rep, err := s.app.AsDecided(t.Context(), s.group.Key)
		check(t, err)
		if rep.Different != 0 || rep.Decisions < 5 {
			t.Errorf("replay: %d decisions, %d different", rep.Decisions, rep.Different)
		}
	})
}
