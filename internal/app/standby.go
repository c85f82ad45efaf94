package app

import (
	"context"

	"qunluo/internal/community"
	"qunluo/internal/duty"
)

// standbys is what a person sees and does about where groups go on when their account is lost, bounded as hands are.
type standbys struct{ *hands }

// Standbys makes the handle of where groups go on.
func (a *App) Standbys(org community.OrgKey, groups []community.GroupKey) standbys {
	return standbys{a.Hands(org, groups)}
}

// List gives the groups that have a standby; g: only that group's, 0 = all.
func (s standbys) List(ctx context.Context, g community.GroupKey) ([]duty.Standby, error) {
	return s.desk().Standbys(ctx, g)
}

// Set says where a group goes. CodeBadInput: to itself, or nowhere.
func (s standbys) Set(ctx context.Context, user string, one duty.Standby, reason string) error {
	for _, g := range []community.GroupKey{one.Group, one.To} {
		if g == 0 {
			continue
		}
		row, err := s.mine(ctx, g)
		if err != nil {
			return err
		}
		if row.Desk {
			return community.Errorf(community.CodeBadInput, "group %d: a desk is no chat group", g)
		}
	}
	return s.app.store.SetStandby(ctx, s.org, one, s.audit(user, "", "", reason))
}

// Clear forgets a group's standby. CodeConflict: it has none.
func (s standbys) Clear(ctx context.Context, user string, g community.GroupKey, reason string) error {
	if err := s.sees(ctx, g); err != nil {
		return err
	}
	return s.app.store.ClearStandby(ctx, s.org, g, s.audit(user, "", "", reason))
}

// Begin lets a group go on in its standby by a person's word. CodeNotFound: it has none.
func (s standbys) Begin(ctx context.Context, user string, g community.GroupKey, reason string) error {
	row, err := s.mine(ctx, g)
	if err != nil {
		return err
	}
	return s.begin(ctx, row, community.ID{}, user, reason)
}

// begin starts the detour and asks a co-owner to tell the people, once.
func (s standbys) begin(ctx context.Context, row community.GroupRow, alarm community.ID, user, reason string) error {
	list, err := s.desk().Standbys(ctx, row.Key)
	if err != nil {
		return err
	}
	if len(list) == 0 {
		return community.Errorf(community.CodeNotFound, "group %s: has no standby", row.ID)
	}
	was, err := s.desk().MemberSouls(ctx, row.Key)
	if err != nil {
		return err
	}
	if _, err := s.app.store.BeginDetour(ctx, s.org, row.Key, len(was), alarm, s.audit(user, "", "", reason)); err != nil {
		return err
	}
	on, _, err := s.desk().Detours(ctx, row.Key, community.Page{Limit: 1})
	if err != nil || len(on) == 0 || on[0].Ended != 0 {
		return err
	}
	return s.tell(ctx, row, list[0], on[0].ID, user, reason)
}

// tell makes the task of posting the invitation in the group.
func (s standbys) tell(ctx context.Context, row community.GroupRow, one duty.Standby, detour community.ID, user, reason string) error {
	words, err := s.app.wordsOf(ctx, s.org)
	if err != nil {
		return err
	}
	text := one.Invite
	if text == "" {
		text = words.T("standby.invite_default", "group", row.Name, "to", one.ToName)
	}
	p := community.PersonDecision{Kind: "act", User: user, Reason: reason, Actions: []community.Action{{Verb: community.MoveOut, Group: row.Key, Text: text}}}
	_, err = s.app.engine.DecideOnce(ctx, row.Key, "move_out:"+detour.String(), p, s.audit(user, "group.move_out", "group:"+row.ID.String(), reason))
	return err
}

// End lets a group go on where it was. CodeConflict: it does.
func (s standbys) End(ctx context.Context, user string, g community.GroupKey, reason string) error {
	if err := s.sees(ctx, g); err != nil {
		return err
	}
	return s.app.store.EndDetour(ctx, s.org, g, s.audit(user, "", "", reason))
}

// Detours lists when groups went on elsewhere, those that are on first; g: only that group's, 0 = all.
func (s standbys) Detours(ctx context.Context, g community.GroupKey, p community.Page) ([]duty.Detour, int, error) {
	return s.desk().Detours(ctx, g, p)
}

// Roll holds a group's last member list against who is in its standby; zero where the standby is no group of ours.
func (s standbys) Roll(ctx context.Context, one duty.Standby) (duty.Roll, error) {
	was, err := s.desk().MemberSouls(ctx, one.Group)
	if err != nil || one.To == 0 {
		return duty.Roll{Expected: len(was)}, err
	}
	now, err := s.desk().MemberSouls(ctx, one.To)
	return duty.CallRoll(was, now), err
}

// Unheard says when nobody heard what a group said, from some time before a moment (UTC ms) on, until now or until.
func (s standbys) Unheard(ctx context.Context, g community.GroupKey, since, until int64) ([]duty.Span, error) {
	if err := s.sees(ctx, g); err != nil {
		return nil, err
	}
	if until == 0 {
		until = s.app.millis()
	}
	silences, err := s.app.store.Silences(ctx, g, since-deafGrace-startGrace, until)
	return duty.Missing(silences), err
}
