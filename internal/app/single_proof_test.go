package app_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"qunluo/client"
	"qunluo/internal/bulk"
	"qunluo/internal/community"
)

// TestAStolenSessionRemovesNobody: whoever has the cookie alone is asked for the person's proof before somebody is taken out of a group;
// one good proof is enough for the next of the following minutes.
func TestAStolenSessionRemovesNobody(t *testing.T) {
	onBoth(t, func(t *testing.T, dbURL string) {
		n := startNight(t, dbURL, `{"scene":"quiet"}`)
		secret, _ := n.armed("anna")
		p := n.enter("anna", aPassword, n.fresh(secret))
		removals := func() int {
			rows, _, err := n.desk.FindActions(t.Context(), community.ActionFilter{Group: n.group.Key, Verb: community.Remove})
			check(t, err)
			return len(rows)
		}
		remove := func(name, given string) (int, string) {
			page := "/members/" + n.member(name).ID.String()
			form := url.Values{"g": {n.group.ID.String()}, "reason": {"广告"}}
			if given != "" {
				form.Set("_proof", given)
			}
			return p.send(page, page+"/remove", form)
		}
		n.pass(5 * time.Minute)
		if code, body := remove("大刘", ""); code != http.StatusForbidden || !strings.Contains(body, `name="_proof"`) || !strings.Contains(body, `name="reason" value="广告"`) || removals() != 0 {
			t.Fatalf("without a proof = %d, %d removals: %s", code, removals(), excerpt(body))
		}
		if code, _ := remove("大刘", "not the password"); code != http.StatusForbidden || removals() != 0 {
			t.Errorf("a wrong password = %d, %d removals", code, removals())
		}
		if code, body := remove("大刘", n.fresh(secret)); code != http.StatusOK || removals() != 1 || !strings.Contains(body, "大刘") {
			t.Errorf("a code = %d, %d removals: %s", code, removals(), excerpt(body))
		}
		if code, _ := remove("老周", ""); code != http.StatusOK || removals() != 2 {
			t.Errorf("the next within five minutes = %d, %d removals", code, removals())
		}
		n.pass(5 * time.Minute)
		if code, _ := remove("阿青", aPassword); code != http.StatusOK || removals() != 3 {
			t.Errorf("with the password = %d, %d removals", code, removals())
		}
		n.pass(6 * time.Minute)
		page := "/members/" + n.member("米粒").ID.String()
		if code, body := p.send(page, page+"/mute", url.Values{"g": {n.group.ID.String()}, "seconds": {"600"}, "reason": {"广告"}}); code != http.StatusOK || strings.Contains(body, `name="_proof"`) {
			t.Errorf("muting asks for a proof: %d", code)
		}
	})
}

// TestATokenRemovesNoMoreThanItsPersonAlone: a token proves nobody, so that its area and level hold, and the limit of the person it is
// of: what is beyond waits for somebody else, and is theirs to confirm.
func TestATokenRemovesNoMoreThanItsPersonAlone(t *testing.T) {
	onBoth(t, func(t *testing.T, dbURL string) {
		s := startSite(t, dbURL, "")
		ctx := t.Context()
		mod, narrow := s.program("moderator", "people:act"), s.program("moderator", "people:read", "order:admin")
		owner, err := s.app.Store().UserByLogin(ctx, "owner")
		check(t, err)
		rules, err := s.app.Bulks(s.org, nil).Rules(ctx)
		check(t, err)
		limit := rules.Limits[bulk.Remove]
		limit.Soft = 1
		rules.Limits[bulk.Remove] = limit
		check(t, s.app.Bulks(s.org, nil).SetRules(ctx, owner.ID.String(), rules, "先从严"))
		member := func(name string) string {
			rows, _, err := s.desk.FindMembers(ctx, community.MemberFilter{Group: s.group.Key, Text: name})
			check(t, err)
			return rows[0].ID.String()
		}
		remove := func(c *client.Client, name string) (int, string) {
			resp, raw := s.asked(c, "POST", "/members/"+member(name)+"/remove", `{"group":"`+s.group.ID.String()+`","reason":"广告"}`, "Idempotency-Key", "remove-"+member(name))
			return resp.StatusCode, raw
		}
		if code, _ := remove(narrow, "老周"); code != http.StatusForbidden {
			t.Errorf("a token for reading people = %d, want forbidden", code)
		}
		if code, raw := remove(mod, "老周"); code != http.StatusOK || strings.Contains(raw, `"proposal"`) {
			t.Errorf("the first = %d %s", code, raw)
		}
		if code, raw := remove(mod, "大刘"); code != http.StatusAccepted || !strings.Contains(raw, `"proposal"`) {
			t.Errorf("the second = %d %s, want it to wait for a second person", code, raw)
		}
		waiting, total, err := s.app.Bulks(s.org, nil).List(ctx, bulk.Waiting, community.Page{})
		check(t, err)
		if total != 1 || waiting[0].Kind != bulk.Remove || waiting[0].Reason != "广告" {
			t.Fatalf("proposals = %+v", waiting)
		}
		at := "/proposals/" + waiting[0].ID.String()
		if code, raw := s.asked(mod, "POST", at+"/approve", `{}`, "Idempotency-Key", "own-word"); code.StatusCode != http.StatusForbidden {
			t.Errorf("one's own word = %d %s, want forbidden", code.StatusCode, raw)
		}
		v := s.told()
		v.post(at+"/approve", doc{})
		if got := v.get(at); got["state"] != string(bulk.Approved) {
			t.Errorf("proposal = %v, want it approved, to cool off", got)
		}
	})
}
