package app

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"qunluo/internal/community"
	"qunluo/internal/importer"
)

// opened is an import whose files are open: what will be read and into which groups.
type opened struct {
	set     *importer.Set
	opt     importer.Options
	wanted  target            // what was asked for
	into    target            // what comes of it
	chats   []importer.Choice // all that there are
	drop    func() error      // removes what was fetched
	blocked *importer.Fault   // what somebody must decide before it can be read in earnest
}

// target is the group that was asked for: one that is there, or a name for a new one. The zero target: as the files say.
type target struct {
	group community.Group
	name  string
}

func (t target) asked() bool { return t.group.Key != 0 || t.name != "" }

// prepare opens an order's files, chooses the chats and finds out where each goes. What is wrong with the order is an
// importer.Fault.
func (im *imports) prepare(ctx context.Context, ord order) (*opened, error) {
	into, err := im.target(ctx, ord)
	if err == nil && ord.Live {
		err = im.byHand(ctx, ord, into)
	}
	if err != nil {
		return nil, err
	}
	opt := importer.Options{Format: ord.Format, Zone: ord.Zone, Now: im.app.millis(), KeepNear: ord.KeepNear, At: ord.At,
		Look: &look{store: im.app.store, org: ord.Org}, Bearers: im.app.bearers(ord.Org), Renamed: ord.Renamed, Show: ord.Show}
	if ord.Local {
		opt.Limits = importer.LocalLimits
	}
	paths, drop := ord.Paths, func() error { return nil }
	if ord.Local {
		if paths, drop, err = fetched(ctx, ord.Paths); err != nil {
			return nil, err
		}
	}
	set, err := importer.Open(paths, opt)
	if err != nil {
		return nil, errors.Join(err, drop())
	}
	r := &opened{set: set, opt: opt, wanted: into, into: into, drop: drop}
	if err := im.aim(ctx, ord, r); err != nil {
		return nil, errors.Join(err, r.close())
	}
	return r, nil
}

// close removes what was unpacked and fetched.
func (r *opened) close() error { return errors.Join(r.set.Close(), r.drop()) }

// target finds the group that an order names, by key, or by id, name or the platform's id. A name that no group has is
// that of a new one.
func (im *imports) target(ctx context.Context, ord order) (target, error) {
	desk := im.app.store.For(community.Scope{Org: ord.Org})
	if ord.Group != 0 {
		g, err := desk.GroupByKey(ctx, ord.Group)
		return target{group: g.Group}, err
	}
	if ord.Called == "" {
		return target{}, nil
	}
	if id, err := community.ParseID(ord.Called); err == nil {
		g, err := desk.GroupByID(ctx, id)
		if community.CodeOf(err) != community.CodeNotFound { // else a name of 22 letters that could be an id
			return target{group: g.Group}, err
		}
	}
	if !goodName(ord.Called) {
		return target{}, &importer.Fault{Code: importer.FaultGroupName, What: fmt.Sprintf("%.60q", ord.Called)}
	}
	found, err := im.app.store.GroupsCalled(ctx, ord.Org, ord.Called)
	switch {
	case err != nil:
		return target{}, err
	case len(found) == 0:
		return target{name: ord.Called}, nil
	case len(found) == 1:
		return target{group: found[0]}, nil
	}
	var list []string
	for _, g := range found[:min(len(found), 10)] {
		list = append(list, fmt.Sprintf("%s %s (%s)", g.ID, g.Name, g.Platform))
	}
	return target{}, &importer.Fault{Code: importer.FaultTwoGroups, What: strings.Join(list, ", ")}
}

// maxGroupName bounds a group's name, in bytes.
const maxGroupName = 200

func goodName(s string) bool {
	return strings.TrimSpace(s) == s && s != "" && len(s) <= maxGroupName && utf8.ValidString(s) && strings.IndexFunc(s, unicode.IsControl) < 0
}

// aim chooses among the chats and gives each its group.
func (im *imports) aim(ctx context.Context, ord order, r *opened) error {
	if len(r.set.Units) == 0 {
		return r.set.Nothing()
	}
	r.chats = r.set.Choices(r.opt)
	if len(ord.Chats) > 0 {
		if err := r.set.Pick(ord.Chats); err != nil {
			return err
		}
	} else if r.into.asked() {
		if err := r.set.Sole(r.opt, r.into.name, r.into.group.Name, r.into.group.External); err != nil {
			if !ord.Dry || ord.Local {
				return err
			}
			r.blocked, r.into = err, target{} // a trial reads them all, so that a person can choose
		}
	}
	return im.point(ctx, ord, r)
}

// point says where each chat goes: into the group asked for, or where its source went before.
func (im *imports) point(ctx context.Context, ord order, r *opened) error {
	if r.into.asked() {
		to, err := im.newTarget(ctx, ord, r)
		for _, u := range r.set.Units {
			u.Target = to
		}
		return err
	}
	for _, u := range r.set.Units {
		key, err := im.app.store.SourceGroup(ctx, ord.Org, u.Platform(), u.Source())
		if err != nil {
			return err
		}
		if key == 0 {
			continue
		}
		g, err := im.app.store.For(community.Scope{Org: ord.Org}).GroupByKey(ctx, key)
		if err != nil {
			return err
		}
		u.Target = importer.Target{Group: community.Ref{ID: g.External, Name: g.Name}, Platform: g.Platform, How: importer.TargetRemembered}
	}
	return nil
}

// newTarget is the group asked for as the importer wants it. A new group gets the platform's id that the file gives, when
// no other group has it, so that a connection made later meets it; else its name stands for the id.
func (im *imports) newTarget(ctx context.Context, ord order, r *opened) (importer.Target, error) {
	if g := r.into.group; g.Key != 0 {
		return importer.Target{Group: community.Ref{ID: g.External, Name: g.Name}, Platform: g.Platform, How: importer.TargetChosen}, nil
	}
	to := importer.Target{Group: community.Ref{ID: r.into.name, Name: r.into.name}, How: importer.TargetNew}
	if len(r.set.Units) == 0 {
		return to, nil
	}
	first := r.set.Units[0]
	to.Platform = first.Platform()
	if first.Chat.ID == "" {
		return to, nil
	}
	taken, err := im.app.store.GroupOf(ctx, ord.Org, to.Platform, first.Chat.ID)
	if taken == 0 {
		to.Group.ID = first.Chat.ID
	}
	return to, err
}

// remember notes where the sources of an import went that somebody chose a group for, unless the file itself says so.
func (im *imports) remember(ctx context.Context, ord order, r *opened, rep importer.Report, run int64) error {
	for i := range rep.Units {
		u, got := r.set.Units[i], &rep.Units[i]
		if got.GroupHow != importer.TargetChosen && got.GroupHow != importer.TargetNew || got.Added+got.Duplicates == 0 {
			continue
		}
		if u.Platform() == got.Run.Platform && u.Chat.ID == got.Run.Group.ID {
			continue
		}
		key, err := im.app.store.GroupOf(ctx, ord.Org, got.Run.Platform, got.Run.Group.ID)
		if err != nil || key == 0 {
			return err
		}
		if err := im.app.store.RememberSource(ctx, ord.Org, u.Platform(), u.Source(), key, run); err != nil {
			return err
		}
	}
	return nil
}
