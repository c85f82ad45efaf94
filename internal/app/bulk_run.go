package app

import (
	"context"
	"encoding/json"
	"strings"

	"qunluo/internal/bulk"
	"qunluo/internal/community"
	"qunluo/internal/duty"
	"qunluo/internal/engine"
	"qunluo/internal/plan"
	"qunluo/internal/store"
	"qunluo/internal/tag"
)

// bulkJob starts a run over many, carries it on, lets it expire or takes it back.
func (a *App) bulkJob(ctx context.Context, j store.Job) error {
	text, what, _ := strings.Cut(j.Key, ":")
	id, err := community.ParseID(text)
	if err != nil {
		return err
	}
	p, err := a.store.BulkByID(ctx, id)
	if err != nil {
		return err
	}
	r := &bulkRun{a.Bulks(p.Org, nil).chooser(), p}
	switch {
	case what == "late" && p.State == bulk.Waiting:
		_, err = r.end(ctx, p, bulk.Expired, "system", "bulk.expire", "")
	case what == "run" && p.State == bulk.Approved:
		if err = r.begin(ctx); err == nil {
			err = r.whole(ctx)
		}
	case what == "run" && p.State == bulk.Running:
		err = r.whole(ctx)
	case what == "undo" && p.State == bulk.Undoing:
		err = r.back(ctx)
	}
	a.live.tell(taskChange(p.Org))
	if community.CodeOf(err) == community.CodeConflict {
		return nil // a person was quicker
	}
	return err
}

// bulkRun is one run under way.
type bulkRun struct {
	*chooser
	p bulk.Proposal
}

// begin says that it starts, and leaves out who left or must not be touched any more.
func (r *bulkRun) begin(ctx context.Context) error {
	p, err := bulk.End(r.p, bulk.Running, "system", "", r.app.millis())
	if err != nil {
		return err
	}
	if err := r.app.store.MoveBulk(ctx, bulk.Approved, p, r.audit(p.User, "bulk.start", "", p.Reason)); err != nil {
		return err
	}
	r.p = p
	return nil
}

// doors are the kinds that have a door of their own: they are done as one.
var doors = map[bulk.Kind]func(*bulkRun, context.Context) (community.ID, error){
	bulk.Lockdown: (*bulkRun).lockdown, bulk.Send: (*bulkRun).send, bulk.Export: func(*bulkRun, context.Context) (community.ID, error) { return community.ID{}, nil },
	bulk.Loosen: (*bulkRun).loosen,
}

// whole does what is left to do.
func (r *bulkRun) whole(ctx context.Context) error {
	door := doors[r.p.Kind]
	if door == nil {
		return r.people(ctx)
	}
	it := bulk.Item{N: 1, State: "done"}
	id, err := door(r, ctx)
	switch code := community.CodeOf(err); code {
	case community.CodeNone:
		it.Decision = id
	case community.CodeInternal, community.CodeBusy:
		return err // again later
	default:
		it.State, it.Why = "failed", string(code)
	}
	if it.State != "done" || !id.IsZero() {
		if err := r.app.store.BulkItemIs(ctx, r.p.ID, it); err != nil {
			return err
		}
	}
	return r.finish(ctx)
}

func (r *bulkRun) lockdown(ctx context.Context) (community.ID, error) {
	var o duty.LockOrder
	if err := json.Unmarshal(r.p.Params.Order, &o); err != nil {
		return community.ID{}, err
	}
	if o.Until != 0 {
		o.Until += r.app.millis() - r.p.Created // as long as was wanted, from now on
	}
	l, err := (&watch{r.hands}).lockNow(ctx, r.p.User, o)
	return l.ID, err
}

func (r *bulkRun) send(ctx context.Context) (community.ID, error) {
	ref := r.p.Params.Ref
	if len(r.p.Params.Order) > 0 { // of an SOP
		return ref, r.app.Plans(r.p.Org, nil).sopAgreed(ctx, r.p.User, r.p.Params.Order, r.p.Reason)
	}
	return ref, r.app.Plans(r.p.Org, nil).moveNow(ctx, r.p.User, ref, plan.Scheduled, r.p.Reason)
}

func (r *bulkRun) loosen(ctx context.Context) (community.ID, error) {
	var want bulk.Rules
	if err := json.Unmarshal(r.p.Params.Order, &want); err != nil {
		return community.ID{}, err
	}
	was, err := r.Rules(ctx)
	if err != nil {
		return community.ID{}, err
	}
	return community.ID{}, r.putRules(ctx, r.p.User, was, want, r.p.Reason)
}

func (r *bulkRun) finish(ctx context.Context) error {
	_, err := r.end(ctx, r.p, bulk.Done, "system", "bulk.done", "")
	return err
}

// people goes through those who are left, each group at its pace; it comes again when the next may be.
func (r *bulkRun) people(ctx context.Context) error {
	if labels(r.p.Kind) {
		if err := r.label(ctx, "planned", r.p.Kind == bulk.Tag, false, r.p.User); err != nil {
			return err
		}
		if now, err := r.app.store.BulkByID(ctx, r.p.ID); err != nil || now.State != bulk.Running {
			return err // somebody stopped it
		}
		return r.finish(ctx)
	}
	left, err := r.app.store.BulkItems(ctx, r.p.ID, "planned", 0, maxBulk)
	if err != nil {
		return err
	}
	pace := map[community.GroupKey]*slots{}
	var wait int64
	for _, it := range left {
		now, err := r.app.store.BulkByID(ctx, r.p.ID)
		if err != nil || now.State != bulk.Running {
			return err // somebody stopped it
		}
		s, err := r.slots(ctx, pace, it.Group)
		if err != nil {
			return err
		}
		if s.free == 0 {
			wait = sooner(wait, s.next)
			continue
		}
		did, err := r.turn(ctx, it)
		if err != nil {
			return err
		}
		if did {
			s.free--
			if s.free == 0 { // read again when the next may be
				s.next = r.app.millis() + 60_000
			}
		}
	}
	if wait != 0 {
		return &engine.Wait{Until: wait, Why: "goes at the pace of removals"}
	}
	if left, err = r.app.store.BulkItems(ctx, r.p.ID, "planned", 0, 1); err != nil || len(left) > 0 {
		return err
	}
	return r.finish(ctx)
}

func sooner(a, b int64) int64 {
	if a == 0 || b < a {
		return b
	}
	return a
}

// slots is how many of a group may have their turn now.
type slots struct {
	free int
	next int64
}

func (r *bulkRun) slots(ctx context.Context, known map[community.GroupKey]*slots, g community.GroupKey) (*slots, error) {
	if known[g] != nil {
		return known[g], nil
	}
	s := &slots{free: maxBulk}
	known[g] = s
	if !r.p.Kind.Grave() {
		return s, nil
	}
	rb, err := r.book(ctx, g)
	if err != nil {
		return nil, err
	}
	row, err := r.mine(ctx, g)
	if err != nil {
		return nil, err
	}
	now := r.app.millis()
	times, err := r.app.store.BulkTimes(ctx, g, now-3600_000)
	s.free, s.next = bulk.Pace(rb.RemovalCap(int64(row.Members)), times, now)
	return s, err
}

// turn does one of them, or leaves them out; did says whether anything was done.
func (r *bulkRun) turn(ctx context.Context, it bulk.Item) (did bool, err error) {
	why, m, said, err := r.now(ctx, it)
	if err != nil {
		return false, err
	}
	if it.State = "left_out"; why != "" {
		it.Why = why
		return false, r.app.store.BulkItemIs(ctx, r.p.ID, it)
	}
	it.Decision, err = r.do(ctx, it, m, said)
	switch code := community.CodeOf(err); code {
	case community.CodeNone:
		it.State = "done"
	case community.CodeInternal, community.CodeBusy:
		return false, err
	default:
		it.State, it.Why = "failed", string(code)
	}
	return it.State == "done", r.app.store.BulkItemIs(ctx, r.p.ID, it)
}

// now reads again whether one of them is still to be touched.
func (r *bulkRun) now(ctx context.Context, it bulk.Item) (why string, m community.MemberRow, said community.MessageRow, err error) {
	if r.p.Kind == bulk.Undo {
		d, err := r.decision(ctx, it.Ref)
		return bulk.Exempt(bulk.Undo, bulk.Fact{Undone: d.Resolution == "undone" || d.Resolution == "false_hit"}), m, said, err
	}
	if it.Group == 0 {
		m.Key = it.Member
	} else {
		var places []community.MemberRow
		places, err = r.desk().Memberships(ctx, it.Member)
		m.LeftAt = 1 // not on record there any more
		for _, p := range places {
			if p.Group == it.Group {
				m = p
			}
		}
	}
	if err != nil {
		return "", m, said, err
	}
	f, said, err := r.fact(ctx, r.p.Kind, r.p.Params, m)
	return bulk.Exempt(r.p.Kind, f), m, said, err
}

// do does to one of them what is wanted, once: what was taken in under the same key before is not taken again.
func (r *bulkRun) do(ctx context.Context, it bulk.Item, m community.MemberRow, said community.MessageRow) (community.ID, error) {
	var none community.ID
	pd := community.PersonDecision{Kind: "act", User: r.p.User, Reason: r.p.Reason}
	verb := "action.act"
	switch r.p.Kind {
	case bulk.Undo:
		return none, r.hands.Undo(ctx, r.p.User, it.Ref, r.p.Reason)
	case bulk.Strike:
		pd.Kind, verb = "strike", "strike.give"
		pd.Strike = &community.PersonStrike{Member: m.Key, Name: said.Name, Event: said.Number, Message: said.Message, Rule: r.p.Params.Rule, Article: r.p.Params.Article}
	case bulk.Mute:
		pd.Actions = []community.Action{{Verb: community.Mute, Group: it.Group, Target: it.Member, Cause: community.ByPerson, Seconds: r.p.Params.Seconds, Until: r.app.millis() + r.p.Params.Seconds*1000}}
	case bulk.Remove:
		pd.Actions = []community.Action{{Verb: community.Remove, Group: it.Group, Target: it.Member, Cause: community.ByPerson, Block: r.p.Params.Block}}
	}
	audit := r.audit(r.p.User, verb, subjectOf("group", int64(it.Group)), r.p.Reason)
	audit.After, _ = json.Marshal(map[string]any{"bulk": r.p.ID, "member": it.MemberID, "second": r.p.Decider}) // plain values
	made, err := r.app.engine.DecideOnce(ctx, it.Group, bulkKey(r.p, it), pd, audit)
	switch {
	case err != nil:
		return none, err
	case len(made) == 0:
		return none, nil // it was taken in before we were stopped
	case r.p.Kind == bulk.Strike && len(made[0].Strikes) == 0:
		return none, community.Errorf(community.CodeForbidden, "immune by the group's rulebook")
	}
	return made[0].ID, nil
}

// labelChunk is how many are tagged in one transaction: a run over many must not hold up the belt.
const labelChunk = 500

// label goes through those in a state, sticking the tag on or taking it off; between two parts somebody may stop it.
func (r *bulkRun) label(ctx context.Context, state string, on, back bool, user string) error {
	for {
		now, err := r.app.store.BulkByID(ctx, r.p.ID)
		if err != nil || !back && now.State != bulk.Running {
			return err
		}
		items, err := r.app.store.BulkItems(ctx, r.p.ID, state, 0, labelChunk)
		if err != nil || len(items) == 0 {
			return err
		}
		var here []bulk.Item
		var targets []tag.Target
		for _, it := range items {
			to := tag.Target{Member: it.Member}
			if r.p.Params.Stay {
				to.Group = it.Group
				to.Stay, err = r.desk().StayNow(ctx, it.Group, it.Member)
			}
			switch community.CodeOf(err) {
			case community.CodeNone:
				here, targets = append(here, it), append(targets, to)
			case community.CodeNotFound:
				if it.State, it.Why = "left_out", "left"; back {
					it.State = "kept"
				}
				err = r.app.store.BulkItemIs(ctx, r.p.ID, it)
			}
			if err != nil {
				return err
			}
		}
		if err := r.app.store.TagItems(ctx, r.p, labelScope(r.p.Params), on, back, user, here, targets); err != nil {
			return err
		}
	}
}

// back takes back what was done, one by one.
func (r *bulkRun) back(ctx context.Context) error {
	if labels(r.p.Kind) {
		if err := r.label(ctx, "done", r.p.Kind == bulk.Untag, true, r.p.EndedBy); err != nil {
			return err
		}
	}
	done, err := r.app.store.BulkItems(ctx, r.p.ID, "done", 0, maxBulk)
	if err != nil {
		return err
	}
	for _, it := range done {
		err := r.takeBack(ctx, it)
		switch code := community.CodeOf(err); code {
		case community.CodeNone:
			it.State = "undone"
		case community.CodeInternal, community.CodeBusy:
			return err
		default:
			it.State, it.Why = "kept", string(code)
		}
		if err := r.app.store.BulkItemIs(ctx, r.p.ID, it); err != nil {
			return err
		}
	}
	_, err = r.end(ctx, r.p, bulk.Undone, r.p.EndedBy, "bulk.undone", r.p.Note)
	return err
}

func (r *bulkRun) takeBack(ctx context.Context, it bulk.Item) error {
	user, reason := r.p.EndedBy, r.p.Note
	switch {
	case r.p.Kind == bulk.Lockdown:
		return (&watch{r.hands}).Unlock(ctx, user, it.Decision, reason)
	case r.p.Kind == bulk.Send && len(r.p.Params.Order) > 0:
		return r.app.Plans(r.p.Org, nil).sopUndone(ctx, user, r.p.Params.Order, reason)
	case r.p.Kind == bulk.Send:
		return r.app.Plans(r.p.Org, nil).moveNow(ctx, user, it.Decision, plan.Cancelled, reason)
	case it.Decision.IsZero():
		return community.Errorf(community.CodeUnsupported, "what was undone is not done again")
	}
	return r.hands.Undo(ctx, user, it.Decision, reason)
}
