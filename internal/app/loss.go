package app

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"qunluo/internal/community"
	"qunluo/internal/connect"
	"qunluo/internal/duty"
	"qunluo/internal/engine"
	"qunluo/internal/store"
)

// jobDeaf looks whether an account that said it is not well has come back. Its key is the account's.
const jobDeaf = "account-deaf"

// How long an account may be away before it counts as lost, and how long after our own start its first word is waited
// for, in milliseconds. Together with the work's own pace a loss is noticed within a minute.
const (
	deafGrace  = 15_000
	startGrace = 45_000
)

// unwell asks for a second look at an account soon.
func (a *App) unwell(ctx context.Context, key community.AccountKey, since int64) error {
	known, err := a.store.Watched(ctx, key)
	if err != nil || !known { // never heard: a connection being set up, not one that was lost
		return err
	}
	return a.store.AddJob(ctx, store.Job{Kind: jobDeaf, Key: strconv.FormatInt(int64(key), 10), RunAt: a.millis() + deafGrace,
		Payload: fmt.Appendf(nil, `{"since":%d}`, since)})
}

// deaf opens the alarm about an account that did not come back.
func (a *App) deaf(ctx context.Context, j store.Job) error {
	n, err := strconv.ParseInt(j.Key, 10, 64)
	if err != nil {
		return err
	}
	key := community.AccountKey(n)
	on, err := a.enabled(ctx, key)
	if err != nil || !on {
		return err
	}
	h := a.intake.Health(key)
	switch {
	case h.State == "online":
		return nil
	case h.State != "failed" && h.State != "offline" && a.millis() < a.began+startGrace:
		return &engine.Wait{Until: a.millis() + deafGrace, Why: "the connection is being opened"}
	}
	if err := a.store.LostAccount(ctx, key, strings.TrimSpace(h.State+" "+string(h.Code)), true, sinceOf(j, a.millis())); err != nil {
		return err
	}
	a.alarmMoved(0)
	return nil
}

// enabled says whether an account is there and switched on.
func (a *App) enabled(ctx context.Context, key community.AccountKey) (bool, error) {
	accounts, err := a.store.AllAccounts(ctx)
	if err != nil {
		return false, err
	}
	for _, one := range accounts {
		if one.Key == key {
			return one.Enabled, nil
		}
	}
	return false, nil
}

// heard notes that the accounts which are well hear their groups.
func (w *wires) heard(ctx context.Context) error {
	for key := range w.running() {
		if w.app.intake.Health(key).State != "online" {
			continue
		}
		if err := w.app.store.AccountHeard(ctx, key, w.app.millis(), engine.HearingSlack); err != nil {
			return err
		}
	}
	return nil
}

// mostTakeovers bounds how many groups of a lost account get a task of their own.
const mostTakeovers = 50

// takeover makes a task for each group of a lost account that no other living account serves: somebody who owns or
// administers it besides us is to look after it. Repeating it makes no second one.
func (a *App) takeover(ctx context.Context, j store.Job) error {
	account, _, _ := strings.Cut(j.Key, "/")
	n, err := strconv.ParseInt(account, 10, 64)
	if err != nil {
		return err
	}
	key := community.AccountKey(n)
	al, err := a.accountAlarm(ctx, key)
	if err != nil {
		return err
	}
	groups, err := a.store.GroupsOf(ctx, key)
	if err != nil {
		return err
	}
	made := 0
	for _, g := range groups {
		if al, err = a.accountAlarm(ctx, key); err != nil {
			return err
		}
		if al.State == duty.Over { // it came back meanwhile
			break
		}
		did, err := a.loseGroup(ctx, al, key, g, made < mostTakeovers)
		if err != nil {
			return fmt.Errorf("group %d: %w", g, err)
		}
		if did {
			made++
		}
	}
	a.jobs.Wake()
	return nil
}

// loseGroup lets a group of a lost account go on in its standby, if it has one, and (ask) makes the task of looking after it.
func (a *App) loseGroup(ctx context.Context, al duty.Alarm, lost community.AccountKey, g community.GroupKey, ask bool) (bool, error) {
	desk := a.store.For(community.Scope{Org: al.Org})
	row, err := desk.GroupByKey(ctx, g)
	if err != nil || row.Desk || a.heardElsewhere(row, lost) {
		return false, err
	}
	standby := standbys{a.Hands(al.Org, nil)}
	if err := standby.begin(ctx, row, al.ID, "system", "account lost"); err != nil && community.CodeOf(err) != community.CodeNotFound {
		return false, err
	}
	if !ask {
		return false, nil
	}
	return true, a.takeOver(ctx, al, desk, row)
}

// heardElsewhere says whether another living account serves a group.
func (a *App) heardElsewhere(row community.GroupRow, lost community.AccountKey) bool {
	for _, other := range row.Accounts {
		if other != lost && a.intake.Health(other).State == "online" {
			return true
		}
	}
	return false
}

func (a *App) accountAlarm(ctx context.Context, key community.AccountKey) (duty.Alarm, error) {
	accounts, err := a.store.AllAccounts(ctx)
	if err != nil {
		return duty.Alarm{}, err
	}
	for _, one := range accounts {
		if one.Key == key {
			return a.store.AlarmOf(ctx, one.Org, store.AccountAlarm(key))
		}
	}
	return duty.Alarm{}, community.Errorf(community.CodeNotFound, "account %d: not found", key)
}

func (a *App) takeOver(ctx context.Context, al duty.Alarm, desk *store.Desk, row community.GroupRow) error {
	g := row.Key
	owners, err := a.coOwners(ctx, desk, g)
	if err != nil {
		return err
	}
	p := community.PersonDecision{Kind: "act", User: "system", Reason: "account lost", Actions: []community.Action{{Verb: community.TakeOver, Group: g, Text: strings.Join(owners, "、")}}}
	_, err = a.engine.DecideOnce(ctx, g, "take_over:"+al.ID.String(), p, community.Audit{Org: al.Org, User: "system", Verb: "account.take_over", Subject: "group:" + row.ID.String()})
	return err
}

// mostOwners bounds how many owners and admins a task names, rosterPages how many pages of members are searched for them.
const (
	mostOwners  = 5
	rosterPages = 5
)

// coOwners names the owners and admins of a group that are none of our accounts.
func (a *App) coOwners(ctx context.Context, desk *store.Desk, g community.GroupKey) ([]string, error) {
	present := true
	names := []string{}
	for page := range rosterPages {
		rows, _, err := desk.FindMembers(ctx, community.MemberFilter{Group: g, Present: &present, Page: community.Page{Limit: 200, Offset: page * 200}})
		if err != nil {
			return nil, err
		}
		for _, m := range rows {
			if (m.Role == community.RoleOwner || m.Role == community.RoleAdmin) && len(names) < mostOwners {
				names = append(names, community.Who{ID: m.External, Name: m.Name, Card: m.Card}.Shown()+" ("+m.External+")")
			}
		}
		if len(rows) < 200 {
			break
		}
	}
	return names, nil
}

// missingDays is how far back the missing minutes of an alarm about an account are told, in milliseconds.
const missingDays = 7 * 24 * 3600 * 1000

// Missing says which minutes of which groups nobody heard, for the groups of an account, from before the alarm about it
// until its end. Groups where another account heard everything are left out.
func (w *watch) Missing(ctx context.Context, al duty.Alarm) ([]duty.MissingMinutes, error) {
	groups, err := w.store().GroupsOf(ctx, al.Account)
	if err != nil {
		return nil, err
	}
	to := al.Ended
	if to == 0 {
		to = w.app.millis()
	}
	var out []duty.MissingMinutes
	for _, g := range groups {
		row, err := w.mine(ctx, g)
		if community.CodeOf(err) == community.CodeNotFound || err == nil && row.Desk {
			continue
		}
		if err != nil {
			return nil, err
		}
		silences, err := w.store().Silences(ctx, g, al.Opened-missingDays, to)
		if err != nil {
			return nil, err
		}
		spans := duty.Missing(silences)
		spans = latest(spans, al.Opened)
		if len(spans) > 0 {
			out = append(out, duty.MissingMinutes{Group: row.ID, Name: row.Name, Spans: spans})
		}
	}
	return out, nil
}

// latest leaves out what was over a good while before an alarm: it belongs to an earlier one.
func latest(spans []duty.Span, opened int64) []duty.Span {
	var out []duty.Span
	for _, s := range spans {
		if s.To > opened-deafGrace-startGrace {
			out = append(out, s)
		}
	}
	return out
}

// sinceOf is since when an account is said to hear nothing.
func sinceOf(j store.Job, otherwise int64) int64 {
	var at struct{ Since int64 }
	if err := jsonInto(j.Payload, &at); err != nil || at.Since == 0 {
		return otherwise
	}
	return at.Since
}

// host's word about an account that is not well, and about one that is again.
func (h *tellingHost) noticed(ctx context.Context, st connect.Health, before string) error {
	now := h.app.millis()
	switch {
	case st.State == "online" && before != "online":
		return h.app.store.AccountHeard(ctx, h.account, now, engine.HearingSlack)
	case before == "online" && st.State != "online", (st.State == "failed" || st.State == "offline") && before != st.State:
		return h.app.unwell(ctx, h.account, now)
	}
	return nil
}
