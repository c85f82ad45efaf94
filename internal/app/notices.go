package app

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"qunluo/internal/community"
	"qunluo/internal/duty"
	"qunluo/internal/store"
)

const (
	jobHits  = "tell-hits"
	hitsEach = time.Minute
	hitsPast = day         // ms: older hits that nobody was told of are left to the queue
	dryPast  = 3600 * 1000 // ms within which dry hits add up
)

// Bounds of the rules for telling people about hits.
const (
	maxHitMinutes = 24 * 60
	maxHitDry     = 100_000
)

// hitRules are an organisation's rules for telling people about hits.
func (a *App) hitRules(ctx context.Context, org community.OrgKey) (community.HitRules, error) {
	var rules community.HitRules
	_, err := a.store.Setting(ctx, org, store.HitSetting, &rules)
	return rules.Or(), err
}

// tellHits tells whoever is on duty about hits that need a person: one alarm per group and some minutes, with the count. What
// somebody has looked at meanwhile ends its alarm.
func (a *App) tellHits(ctx context.Context, _ store.Job) error {
	ended, err := a.store.EndHitAlarms(ctx)
	if err != nil {
		return err
	}
	waiting, err := a.store.Unnoticed(ctx, a.millis()-hitsPast)
	if err != nil {
		return err
	}
	orgs, err := a.store.Orgs(ctx)
	if err != nil {
		return err
	}
	var errs []error
	for _, o := range orgs {
		rules, err := a.hitRules(ctx, o.Key)
		if err != nil {
			return err
		}
		mine := hitsOf(waiting, o.Key)
		if !rules.Off {
			dry, err := a.store.UnnoticedDry(ctx, o.Key, a.millis()-dryPast, rules.Dry)
			if err != nil {
				return err
			}
			errs = append(errs, a.tellGroups(ctx, rules, dry, func(*community.Decision) string { return community.NoticeDry }))
		}
		errs = append(errs, a.tellGroups(ctx, rules, mine, community.NoticeOf))
		if ended > 0 {
			a.alarmMoved(o.Key)
		}
	}
	return errors.Join(errs...)
}

func hitsOf(list []community.WaitingHit, org community.OrgKey) []community.WaitingHit {
	var out []community.WaitingHit
	for _, h := range list {
		if h.Org == org {
			out = append(out, h)
		}
	}
	return out
}

// tellGroups settles group by group of which decisions people are told.
func (a *App) tellGroups(ctx context.Context, rules community.HitRules, list []community.WaitingHit, why func(*community.Decision) string) error {
	var order []community.GroupKey
	loud, quiet := map[community.GroupKey][]community.WaitingHit{}, []community.WaitingHit{}
	for _, h := range list {
		reason := why(&h.Decision)
		if rules.Off || reason == community.NoticeHeld || reason == community.NoticeActed && !rules.All {
			quiet = append(quiet, h)
			continue
		}
		if loud[h.Group] == nil {
			order = append(order, h.Group)
		}
		loud[h.Group] = append(loud[h.Group], h)
	}
	silent := why
	if rules.Off {
		silent = func(*community.Decision) string { return community.NoticeOff }
	}
	if err := a.store.NotifyHits(ctx, nil, quiet, silent); err != nil {
		return err
	}
	for _, g := range order {
		if err := a.tellGroup(ctx, rules, loud[g], why); err != nil {
			return err
		}
	}
	return nil
}

// tellGroup opens the alarm about a group's hits, unless there was one a short while ago: then they wait.
func (a *App) tellGroup(ctx context.Context, rules community.HitRules, list []community.WaitingHit, why func(*community.Decision) string) error {
	g, now := list[0].Group, a.millis()
	last, err := a.store.NoticedLast(ctx, g)
	if err != nil || now-last < int64(rules.Minutes)*60_000 {
		return err
	}
	kind := "hits"
	if why(&list[0].Decision) == community.NoticeDry {
		kind = "dry"
	}
	al := duty.Alarm{Org: list[0].Org, Kind: duty.KindHits, Subject: fmt.Sprintf("%s:%d:%d", kind, g, now), Group: g, Detail: fmt.Sprintf("%s: %d", list[0].GroupName, len(list))}
	if err := a.store.NotifyHits(ctx, &al, list, why); err != nil {
		return err
	}
	a.alarmMoved(al.Org)
	return nil
}

// HitRules are the organisation's rules for telling people about hits.
func (h *hands) HitRules(ctx context.Context) (community.HitRules, error) {
	return h.app.hitRules(ctx, h.org)
}

// SetHitRules changes them.
func (h *hands) SetHitRules(ctx context.Context, user string, rules community.HitRules, reason string) error {
	if rules.Minutes < 1 || rules.Minutes > maxHitMinutes {
		return community.Errorf(community.CodeBadInput, "minutes: want 1 to %d", maxHitMinutes)
	}
	if rules.Dry < 1 || rules.Dry > maxHitDry {
		return community.Errorf(community.CodeBadInput, "dry: want 1 to %d", maxHitDry)
	}
	was, err := h.HitRules(ctx)
	if err != nil {
		return err
	}
	audit := h.audit(user, "hits.rules", "setting:"+store.HitSetting, reason)
	audit.Before, _ = json.Marshal(was)  // plain values
	audit.After, _ = json.Marshal(rules) // plain values
	return h.app.store.PutSetting(ctx, h.org, store.HitSetting, rules, audit)
}

// tellWord tells whoever is on duty that a word was suspended by itself.
func (a *App) tellWord(ctx context.Context, org community.OrgKey, list string, word int64, note string) error {
	_, err := a.store.OpenAlarm(ctx, duty.Alarm{Org: org, Kind: duty.KindWord, Subject: fmt.Sprintf("word:%s:%d", list, word), Detail: note},
		community.Audit{User: watcher, Verb: "words.tell", Reason: note})
	if err == nil {
		a.alarmMoved(org)
	}
	return err
}
