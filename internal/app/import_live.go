package app

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strconv"

	"qunluo/internal/community"
	"qunluo/internal/engine"
	"qunluo/internal/importer"
	"qunluo/internal/store"
)

// freshFor is how old a message brought by hand may be that rules still act upon, in milliseconds: what older ones ask for
// would come too late for anybody to understand it. They are taken in as a history is.
const freshFor = day

// byHand looks whether a group is one that people bring by hand.
func (im *imports) byHand(ctx context.Context, ord order, into target) error {
	if into.group.Key == 0 {
		return community.Errorf(community.CodeBadInput, "group: choose the group that this belongs to")
	}
	g, err := im.app.store.For(community.Scope{Org: ord.Org}).GroupByKey(ctx, into.group.Key)
	if err == nil && len(g.Accounts) > 0 {
		err = community.Errorf(community.CodeConflict, "group %s: a connection hears it", g.ID)
	}
	return err
}

// sink hands batches to the belt.
type sink struct {
	engine *engine.Engine
	ord    order
	run    int64
	now    int64 // UTC ms
}

// Append takes rows in. Of what people bring by hand, what is young is decided about; the rest goes before it, as history.
func (s *sink) Append(ctx context.Context, info importer.RunInfo, rows []community.Inbound) (added, duplicates int, err error) {
	run := engine.Run{Key: s.run, Org: s.ord.Org, Platform: info.Platform, Exporter: info.Exporter}
	if checkZone(s.ord.Zone) == nil { // an offset cannot be a group's zone
		run.Zone = s.ord.Zone
	}
	if !s.ord.Live {
		return s.engine.Append(ctx, run, rows)
	}
	var old, fresh []community.Inbound
	for _, in := range rows {
		if in.OccurredAt < s.now-freshFor {
			old = append(old, in)
		} else {
			fresh = append(fresh, in)
		}
	}
	for _, part := range [][]community.Inbound{old, fresh} {
		if len(part) == 0 {
			run.Live = true
			continue
		}
		n, d, err := s.engine.Append(ctx, run, part)
		if added, duplicates = added+n, duplicates+d; err != nil {
			return added, duplicates, err
		}
		run.Live = true
	}
	return added, duplicates, nil
}

// bearers tells importers who bears which names in a group now, by the names they are shown under.
func (a *App) bearers(org community.OrgKey) importer.Bearers {
	return func(ctx context.Context, run importer.RunInfo, group community.Ref) (map[string][]community.Who, error) {
		key, err := a.store.GroupOf(ctx, org, run.Platform, group.ID)
		if err != nil || key == 0 {
			return nil, err
		}
		if err := a.store.CatchUp(ctx); err != nil { // who is there is a projection
			return nil, err
		}
		there := true
		all := map[string][]community.Who{}
		for rows, err := range a.store.For(community.Scope{Org: org}).AllMembers(ctx, community.MemberFilter{Group: key, Present: &there}) {
			if err != nil {
				return nil, err
			}
			for _, m := range rows {
				who := community.Who{ID: m.External, Name: m.Name, Card: m.Card, Certainty: m.Certainty}
				if who.Certainty == community.NameOnly {
					who.Card = ""
				}
				names := []string{m.Name, m.Card}
				slices.Sort(names)
				for _, name := range slices.Compact(names) {
					if name != "" {
						all[name] = append(all[name], who)
					}
				}
			}
		}
		return all, nil
	}
}

// Undo takes an import back as one: projections leave its rows out. What was decided upon a live one is undone before: strikes
// are revoked, open tasks are closed.
func (im *imports) Undo(ctx context.Context, user string, org community.OrgKey, id community.ID, reason string) error {
	run, err := im.app.store.For(community.Scope{Org: org}).ImportByID(ctx, id)
	if err != nil {
		return err
	}
	if run.State == "undone" || run.State == "running" || run.State == "dry" {
		return community.Errorf(community.CodeConflict, "import %s is %s", id, run.State)
	}
	groups, err := im.app.store.RunGroups(ctx, run.Key)
	if err != nil {
		return err
	}
	if err := im.undoDecisions(ctx, user, org, run, reason); err != nil {
		return err
	}
	audit := community.Audit{Org: org, User: user, Verb: "import.undo", Subject: "import:" + id.String(), Reason: reason}
	if err := im.app.engine.Undone(ctx, run.Key, groups, audit); err != nil {
		return err
	}
	run.State = "undone"
	if err := errors.Join(im.app.store.EndRun(ctx, run), im.app.store.ForgetSources(ctx, run.Key)); err != nil {
		return err
	}
	return im.app.store.AddJob(ctx, store.Job{Kind: store.JobRelease, Key: strconv.FormatInt(run.Key, 10), RunAt: im.app.millis()})
}

func (im *imports) undoDecisions(ctx context.Context, user string, org community.OrgKey, run community.ImportRow, reason string) error {
	var rep told
	if json.Unmarshal(run.Report, &rep) != nil || !rep.Asked.Live {
		return nil
	}
	made, err := im.app.store.DecisionsOfImport(ctx, run.Key)
	if err != nil {
		return err
	}
	h := im.app.Hands(org, nil)
	for _, id := range made {
		if err := h.Undo(ctx, user, id, reason); err != nil && community.CodeOf(err) != community.CodeConflict {
			return err
		}
	}
	return nil
}
