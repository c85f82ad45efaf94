package app

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"qunluo/internal/community"
	"qunluo/internal/connect"
	"qunluo/internal/drift"
)

// Settle goes one way out of a difference. CodeBadInput: the difference has no such way; CodeConflict: a person is at it.
func (d drifts) Settle(ctx context.Context, user string, key community.AccountKey, id community.ID, kind drift.WayKind, reason string) (said [2]string, err error) {
	account, err := d.account(ctx, key)
	if err != nil {
		return said, err
	}
	defer d.app.driftTurn(key)()
	l, err := d.app.store.DriftLine(ctx, key, id)
	if err != nil {
		return said, err
	}
	way, ok := l.Way(kind)
	if !ok {
		return said, community.Errorf(community.CodeBadInput, "way: this difference has no %q", kind)
	}
	audit := d.audit(user, "drift."+string(kind), "account:"+account.ID.String(), reason)
	audit.After, _ = json.Marshal(map[string]any{"part": l.Part, "subject": l.Subject, "field": l.Field, "here": l.Here, "there": l.There}) // plain values
	switch {
	case kind == drift.Ask:
		return said, d.ask(ctx, user, key, l, audit)
	case way.Chore != "":
		raw, err := json.Marshal(way.Args)
		if err != nil {
			return said, err
		}
		out, err := d.DoChore(ctx, user, key, way.Chore, raw, reason)
		if err != nil {
			return said, err
		}
		if said = out.Say; len(out.Rows) > 0 && l.Field == drift.Owner || l.Part == drift.Transfers { // what the platform refused is still a difference
			return said, d.app.askDrift(ctx, key, l.Part)
		}
	default:
		if err := d.app.store.AddAudit(ctx, audit); err != nil {
			return said, err
		}
		if err := d.take(ctx, account, l, way); err != nil {
			return said, err
		}
	}
	return said, d.settled(ctx, key, l)
}

// settled forgets a difference, answers its task and has its part read again.
func (d drifts) settled(ctx context.Context, key community.AccountKey, l drift.Line) error {
	if err := d.app.store.DropDrift(ctx, l.ID); err != nil {
		return err
	}
	if !l.Task.IsZero() {
		if err := d.app.answerDrift(ctx, l.Task); err != nil {
			return err
		}
	}
	return d.app.askDrift(ctx, key, l.Part)
}

// take brings what stands there here.
func (d drifts) take(ctx context.Context, account community.Account, l drift.Line, way drift.Way) error {
	from, err := d.app.surveyor(account.Key)
	if err != nil {
		return err
	}
	if desks := way.Args["desks"]; desks != "" {
		for employee := range strings.SplitSeq(desks, ",") {
			if err := from.ReadDesk(ctx, employee); err != nil {
				return err
			}
		}
		return nil
	}
	if gone := way.Args["gone"]; gone != "" {
		return d.takeLeave(ctx, account.Key, gone)
	}
	if err := d.takeGroup(ctx, account.Key, way.Args["group"]); err != nil || l.Why != drift.Unchosen {
		return err
	}
	return d.choose(ctx, account, way.Args["owner"])
}

// agree brings here what stands there, once people have made it what was wanted: every desk and group once, however many
// differences it had.
func (d drifts) agree(ctx context.Context, key community.AccountKey, from connect.Surveyor, gone []drift.Line) error {
	desks, groups := map[string]bool{}, map[string]bool{}
	for _, l := range gone {
		way, _ := l.Way(drift.Take) // a group that was gone is there again: its next reading brings it
		if group := way.Args["group"]; group != "" {
			groups[group] = true
		}
		for employee := range strings.SplitSeq(way.Args["desks"], ",") {
			desks[employee] = true
		}
	}
	delete(desks, "")
	var errs []error
	for _, employee := range slices.Sorted(maps.Keys(desks)) {
		errs = append(errs, from.ReadDesk(ctx, employee))
	}
	for _, group := range slices.Sorted(maps.Keys(groups)) {
		errs = append(errs, d.takeGroup(ctx, key, group))
	}
	return errors.Join(errs...)
}

// takeLeave notes that a group is no more.
func (d drifts) takeLeave(ctx context.Context, key community.AccountKey, chat string) error {
	now, ref := d.app.millis(), community.Ref{ID: chat}
	list, err := connect.RosterEvent(ref, []community.Who{}, now, community.ID{})
	if err != nil {
		return err
	}
	over := connect.Inbound{Type: community.GroupDissolved, Key: fmt.Sprintf("gone:%s:%d", chat, now), OccurredAt: now, Group: ref}
	list.Account, over.Account = key, key
	if err := d.app.intake.Receive(ctx, list, over); err != nil {
		return err
	}
	row, err := d.groupCalled(ctx, key, chat)
	if err != nil {
		return err
	}
	return d.app.store.LeaveGroup(ctx, key, row.Key)
}

// takeGroup reads a group's name, members and notice in.
func (d drifts) takeGroup(ctx context.Context, key community.AccountKey, chat string) error {
	from, err := d.app.surveyor(key)
	if err != nil {
		return err
	}
	there, err := from.ChatThere(ctx, chat)
	if err != nil {
		return err
	}
	now, ref := d.app.millis(), community.Ref{ID: chat, Name: there.Name}
	roster, err := connect.RosterEvent(ref, there.People, now, community.ID{})
	if err != nil {
		return err
	}
	named := connect.Inbound{Type: community.GroupUpdated, Key: fmt.Sprintf("name:%s:%d", chat, now), OccurredAt: now, Group: ref, Body: community.Body{Text: ref.Name}}
	roster.Account, named.Account = key, key
	in := []connect.Inbound{roster}
	if ref.Name != "" {
		in = append(in, named)
	}
	if err := d.app.intake.Receive(ctx, in...); err != nil {
		return err
	}
	s := survey{d.app, d.org, key, now, from, nil}
	notices, err := s.notices(ctx)
	if err != nil {
		return err
	}
	notices[chat] = agreedNotice{strings.TrimSpace(there.Notice), now}
	return s.keepNotices(ctx, notices)
}

// choose adds an owner to those whose groups the connection reads.
func (d drifts) choose(ctx context.Context, account community.Account, owner string) error {
	settings := map[string]json.RawMessage{}
	if err := json.Unmarshal(account.Settings, &settings); err != nil {
		return err
	}
	var owners string
	if err := json.Unmarshal(settings["owners"], &owners); err != nil || owners == "" || owner == "" {
		return nil // it reads the groups of everybody
	}
	var err error
	if settings["owners"], err = json.Marshal(owners + "," + owner); err != nil {
		return err
	}
	raw, err := json.Marshal(settings)
	if err != nil {
		return err
	}
	account.Settings = raw
	_, err = d.SaveAccount(ctx, system, account, "drift")
	return err
}

// groupCalled is the account's group or desk of a platform id; CodeNotFound.
func (d drifts) groupCalled(ctx context.Context, key community.AccountKey, external string) (community.GroupRow, error) {
	for _, desks := range []bool{false, true} {
		for g, err := range d.desk().AllGroups(ctx, community.GroupFilter{Desks: desks, Bare: true}) {
			if err != nil {
				return community.GroupRow{}, err
			}
			if g.External == external || desks && strings.HasSuffix(g.External, ":"+external) {
				return d.mine(ctx, g.Key)
			}
		}
	}
	return community.GroupRow{}, community.Errorf(community.CodeNotFound, "group %q: not known here", external)
}
