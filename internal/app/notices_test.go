package app_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"qunluo/internal/community"
	"qunluo/internal/duty"
)

// heard counts what was said to a person that holds some words.
func (n *night) heard(login, words string) int {
	count := 0
	for _, r := range n.bells[login].heard() {
		if strings.Contains(r.Text, words) {
			count++
		}
	}
	return count
}

// suspects records a report of a new message and gives the decision that asks people about it.
func (n *night) suspects(i int) community.ID {
	n.t.Helper()
	ctx := n.t.Context()
	accounts, err := n.desk.Accounts(ctx)
	check(n.t, err)
	external, err := n.app.Store().GroupExternal(ctx, n.group.Key)
	check(n.t, err)
	key := fmt.Sprint("suspect-", i)
	check(n.t, n.app.Intake().Host(accounts[0].Key, "sim").Receive(ctx, community.Inbound{Type: community.MessageCreated, Key: key, OccurredAt: n.app.Now(), Group: community.Ref{ID: external},
		Actor: community.Who{ID: n.member("大刘").External, Name: "大刘"}, Body: community.Body{Text: "可疑的话" + key, Message: key}}))
	var said int64
	await(n.t, func() bool {
		rows, _, err := n.desk.FindMessages(ctx, community.MessageFilter{Group: n.group.Key})
		for _, m := range rows {
			if m.Message == key {
				said = m.Number
			}
		}
		return err == nil && said != 0
	})
	row, err := n.app.Reports(n.org, nil).Give(ctx, n.id("ming"), community.ReportOrder{Group: n.group.Key, Event: said, Words: "有人说它可疑"})
	check(n.t, err)
	return row.Decision
}

// ledger counts the hits of which somebody was told, or nobody was.
func (n *night) ledger(told string) []community.DecisionRow {
	n.t.Helper()
	rows, _, err := n.desk.FindDecisions(n.t.Context(), community.DecisionFilter{Hits: true, Noticed: told})
	check(n.t, err)
	return rows
}

// TestHitsThatNeedAPersonAreToldOncePerGroupAndTime: the first suspicion is told soon; three after it wait until the time is over, whenever
// rounds are made, and are one notice with their number. The ledger says who was told, when and how, and what was resolved; alarms end with
// the last of their hits.
func TestHitsThatNeedAPersonAreToldOncePerGroupAndTime(t *testing.T) {
	onBoth(t, func(t *testing.T, dbURL string) {
		n := startNight(t, dbURL, `{"scene":"quiet"}`)
		ctx := t.Context()
		asked := []community.ID{n.suspects(0)}
		if rows := n.ledger(""); len(rows) != 1 || rows[0].Notice.Told != 0 {
			t.Fatalf("before anybody is told = %+v", rows)
		}
		n.pass(time.Minute)
		await(t, func() bool { return n.heard("anna", ": 1") == 1 && len(n.ledger("yes")) == 1 })
		for i := range 3 {
			asked = append(asked, n.suspects(i+1))
		}
		n.pass(2 * time.Minute)
		await(t, func() bool { // a round has been made since, and said nothing
			rows, _, err := n.desk.FindAlarms(ctx, false, "", community.Page{})
			return err == nil && len(rows) == 1 && len(n.ledger("no")) == 3
		})
		n.pass(8 * time.Minute)
		await(t, func() bool { return n.heard("anna", ": 3") == 1 && len(n.ledger("yes")) == 4 })
		for _, d := range n.ledger("yes") {
			if d.Notice.User != n.id("anna") || d.Notice.Way != duty.ByWebhook || d.Notice.Told == 0 || d.Notice.Why != community.NoticeReport || d.Resolution != "" {
				t.Errorf("ledger = %+v", d.Notice)
			}
		}
		for _, id := range asked[:3] {
			check(t, n.app.Hands(n.org, nil).Judge(ctx, n.id("ming"), id, "dismiss", "看过"))
		}
		rows, _, err := n.desk.FindDecisions(ctx, community.DecisionFilter{Hits: true, Unresolved: true})
		check(t, err)
		if len(rows) != 1 || rows[0].ID != asked[3] {
			t.Errorf("unresolved = %+v", rows)
		}
		n.pass(time.Minute)
		await(t, func() bool {
			open, _, err := n.desk.FindAlarms(ctx, true, "", community.Page{})
			return err == nil && len(open) == 1
		})
	})
}

// TestNobodyIsToldOfHitsWhereThatIsOff: the ledger says so, and the queue still holds them.
func TestNobodyIsToldOfHitsWhereThatIsOff(t *testing.T) {
	n := startNight(t, "", `{"scene":"quiet"}`)
	ctx := t.Context()
	hands := n.app.Hands(n.org, nil)
	check(t, hands.SetHitRules(ctx, "ming", community.HitRules{Off: true, Minutes: 10, Dry: 20}, "太吵"))
	for _, bad := range []community.HitRules{{Minutes: 0, Dry: 1}, {Minutes: 1 << 20, Dry: 1}, {Minutes: 1, Dry: 0}} {
		if err := hands.SetHitRules(ctx, "ming", bad, "x"); community.CodeOf(err) != community.CodeBadInput {
			t.Errorf("%+v: %v, want bad input", bad, err)
		}
	}
	n.suspects(1)
	n.pass(time.Minute)
	await(t, func() bool {
		rows := n.ledger("no")
		return len(rows) == 1 && rows[0].Notice.Why == community.NoticeOff && rows[0].Review == "open"
	})
	if got := n.bells["anna"].heard(); len(got) != 0 {
		t.Errorf("anna heard %+v", got)
	}
}
