package app

import (
	"context"
	"strings"

	"qunluo/internal/community"
	"qunluo/internal/drift"
)

// ask makes the task by which a person settles there what no interface can.
func (d drifts) ask(ctx context.Context, user string, key community.AccountKey, l drift.Line, audit community.Audit) error {
	if !l.Task.IsZero() {
		return community.Errorf(community.CodeConflict, "difference %s: a person is at it", l.ID)
	}
	place, err := d.placeOf(ctx, key, l)
	if err != nil {
		return err
	}
	a, err := d.asked(ctx, l)
	if err != nil {
		return err
	}
	a.Group, a.Cause = place.Key, community.ByPerson
	p := community.PersonDecision{Kind: "act", User: user, Reason: audit.Reason, Actions: []community.Action{a}}
	made, err := d.app.engine.Decide(ctx, place.Key, p, audit)
	if err != nil {
		return err
	}
	for _, one := range made {
		for _, act := range one.Actions {
			return d.app.store.DriftAsked(ctx, l.ID, act.ID)
		}
	}
	return community.Errorf(community.CodeConflict, "nothing came of it in group %d", place.Key)
}

// placeOf is the group that a task about a difference belongs to: the group itself, the desk of an employee it is about, else
// any of the account's.
func (d drifts) placeOf(ctx context.Context, key community.AccountKey, l drift.Line) (community.GroupRow, error) {
	ids := []string{l.Subject, l.Owner}
	for _, side := range []string{l.Here, l.There} {
		if l.Field == drift.Follow {
			ids = append(ids, strings.Split(side, ", ")...)
		}
	}
	for _, id := range ids {
		if id == "" {
			continue
		}
		row, err := d.groupCalled(ctx, key, id)
		if err == nil || community.CodeOf(err) != community.CodeNotFound {
			return row, err
		}
	}
	groups, err := d.app.store.GroupsOf(ctx, key)
	if err != nil {
		return community.GroupRow{}, err
	}
	if len(groups) == 0 {
		return community.GroupRow{}, community.Errorf(community.CodeConflict, "difference %s: the account has no group that a task could belong to", l.ID)
	}
	return d.mine(ctx, groups[0])
}

// askVerbs are the verbs that people know for what a difference asks; the rest is Match.
var askVerbs = map[drift.Field]community.Verb{drift.Name: community.Rename, drift.Notice: community.Announce, drift.Owner: community.HandOver}

// asked is what a person is asked for.
func (d drifts) asked(ctx context.Context, l drift.Line) (community.Action, error) {
	a := community.Action{Verb: community.Match, Until: d.app.millis() + 3*day}
	if verb, ok := askVerbs[l.Field]; ok {
		a.Verb, a.Text = verb, l.Here
	}
	if a.Text != "" && a.Verb != community.HandOver {
		return a, nil
	}
	words, err := d.app.wordsOf(ctx, d.org)
	if err != nil {
		return a, err
	}
	a.Text = words.T("drift.task_"+string(l.Field), "name", l.Name, "id", l.Subject, "here", orDash(l.Here), "there", orDash(l.There), "owner", l.Owner)
	return a, nil
}

func orDash(s string) string {
	if s == "" {
		return "—"
	}
	return s
}
