package engine

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"qunluo/internal/community"
	"qunluo/internal/store"
)

// MaxBatch is how many events one transaction takes from the live queue.
const MaxBatch = 512

// item is one inbound event on its way through a batch.
type item struct {
	in    *community.Inbound
	draft store.Draft
	g     *group
	out   *Outcome
	list  []community.Decision
	here  map[community.MemberKey]bool // a member list: who is on it

	marks []*item // marks that this group's log must hold before the event
}

// batch is one transaction's work.
type batch struct {
	items   []*item // those that will be written
	touched []*group
	tx      *store.Tx
	before  int64 // the log's last number before it
	last    int64
	tasks   bool
	run     *Run // the import it belongs to
}

// room is the memory of a batch, used again by the next one.
type room struct {
	items  []item
	kept   []*item
	drafts []*store.Draft
}

// take makes room for n items.
func (r *room) take(n int) {
	if len(r.items) < n {
		r.items, r.kept, r.drafts = make([]item, n), make([]*item, n), make([]*store.Draft, n)
	}
}

// empty forgets what n items held.
func (r *room) empty(n int) {
	for i := range r.items[:n] {
		it := &r.items[i]
		it.draft.Reset()
		it.in, it.g, it.out, it.list, it.here, it.marks = nil, nil, nil, nil, nil, nil
	}
}

// Apply takes live events in: all of them become durable with everything decided about them, or none does and the error
// says why (community.CodeBusy: the database is locked or full). Outcomes stand in the order of in.
func (e *Engine) Apply(ctx context.Context, in ...community.Inbound) ([]Outcome, error) {
	e.waiting.Add(1)
	e.mu.Lock()
	e.waiting.Add(-1)
	defer e.mu.Unlock()
	return e.commit(ctx, in, nil)
}

// crossings is how often a batch is made again when it met another transaction crosswise.
const crossings = 3

func (e *Engine) commit(ctx context.Context, in []community.Inbound, run *Run) ([]Outcome, error) {
	for n := 0; ; n++ {
		out, err := e.attempt(ctx, in, run)
		if n == crossings || !store.Crossed(err) {
			return out, err
		}
	}
}

func (e *Engine) attempt(ctx context.Context, in []community.Inbound, run *Run) ([]Outcome, error) {
	out := make([]Outcome, len(in))
	e.room.take(len(in))
	defer e.room.empty(len(in))
	b := &batch{run: run, items: e.room.kept[:0]}
	for i := range in {
		if code := e.refuse(&in[i]); code != community.CodeNone {
			out[i].Refused = code
			continue
		}
		bound(&in[i])
		it := &e.room.items[i]
		it.in, it.out = &in[i], &out[i]
		b.items = append(b.items, it)
	}
	if len(b.items) == 0 {
		return out, nil
	}
	if err := e.transact(ctx, b); err != nil {
		e.forget(b)
		return nil, err
	}
	e.keep(b)
	return out, nil
}

// refuse says why an event is not taken in at all.
func (e *Engine) refuse(in *community.Inbound) community.Code {
	switch {
	case in.Private && !e.o.Private:
		return community.CodePrivate
	case in.Type == "":
		return community.CodeBadInput
	case in.Group.ID == "" && in.GroupKey == 0:
		return community.CodeBadInput
	case len(in.Body.Text) > community.MaxText:
		return community.CodeTooLarge
	}
	if !utf8.ValidString(in.Body.Text) {
		return community.CodeBadInput
	}
	if in.Type == community.RosterRead && json.Unmarshal(in.Body.Data, new([]community.Who)) != nil {
		return community.CodeBadInput
	}
	return community.CodeNone
}

// transact is the one transaction of DESIGN §3 step 2.
func (e *Engine) transact(ctx context.Context, b *batch) (err error) {
	if err := ctx.Err(); err != nil {
		return err
	}
	ctx = context.WithoutCancel(ctx) // once begun it ends by itself, soon
	if b.tx, err = e.o.Store.BeginLog(ctx); err != nil {
		return err
	}
	defer func() { // a panic must not leave the writer locked
		if p := recover(); p != nil {
			err = b.tx.Rollback(ctx, fmt.Errorf("commit panicked: %v", p))
		}
	}()
	if err = e.write(ctx, b); err != nil {
		return b.tx.Rollback(ctx, err)
	}
	return b.tx.Commit(ctx)
}

func (e *Engine) write(ctx context.Context, b *batch) error {
	n := len(b.items)
	last, err := b.tx.Numbers(ctx, n)
	if err != nil {
		return err
	}
	if last-int64(n) != e.last { // somebody else committed since: what we remember may be old
		e.groups.clear()
		e.registry.Reset()
	}
	b.before, b.last = last-int64(n), last
	if err := e.draft(ctx, b); err != nil {
		return err
	}
	if err := b.takeMarks(ctx); err != nil {
		return err
	}
	if err := e.insert(ctx, b); err != nil {
		return err
	}
	if b.run != nil {
		if err := e.recordImport(ctx, b); err != nil {
			return err
		}
	}
	if !b.live() {
		return e.seeLists(ctx, b)
	}
	if err := b.ready(); err != nil {
		return err
	}
	e.decide(b)
	return e.record(ctx, b)
}

// live reports whether the batch is decided about.
func (b *batch) live() bool { return b.run == nil || b.run.Live }

// seeLists takes the member lists of an import as evidence, as those of a connection: what people were asked to do and did
// needs no deciding.
func (e *Engine) seeLists(ctx context.Context, b *batch) error {
	now := e.now()
	for _, it := range b.items {
		if it.draft.Event.Type != community.RosterRead {
			continue
		}
		if err := e.confirmGone(ctx, b, it, now); err != nil {
			return err
		}
	}
	return nil
}

// draft gives every event its keys and its group.
func (e *Engine) draft(ctx context.Context, b *batch) error {
	if err := e.move(ctx, b); err != nil {
		return err
	}
	now := e.now()
	for _, it := range b.items {
		in := it.in
		origin := e.origin(b, in)
		key, err := e.groupOf(ctx, b, in, origin)
		if err != nil {
			return err
		}
		if it.g, err = e.load(ctx, b, key); err != nil {
			return err
		}
		it.draft.Key = in.Key
		ev := &it.draft.Event
		ev.Group, ev.Account, ev.Type, ev.Origin, ev.Import = key, in.Account, in.Type, origin.Kind, b.importKey()
		ev.OccurredAt, ev.ReceivedAt = in.OccurredAt, now
		ev.Actor, ev.Subject, ev.Body = in.ActorKey, in.SubjectKey, in.Body
		if ev.OccurredAt == 0 {
			ev.OccurredAt = now
		}
		if err := e.people(ctx, b, it, origin.Origin, ev); err != nil {
			return err
		}
		if b.live() {
			it.g.echo(ev)
			if err := e.tellMarks(ctx, b, it); err != nil {
				return err
			}
		}
		it.draft.Seal()
		it.out.Group = key
	}
	return nil
}

// move lets groups go on under the ids that their platform gives them from now on, before anything of the batch looks for
// a group. What came under such an id earlier counts as a group of its own; imports move nothing.
func (e *Engine) move(ctx context.Context, b *batch) error {
	for _, it := range b.items {
		if it.in.Type != community.GroupMoved || it.in.Body.State == "" || b.run != nil {
			continue
		}
		key, err := e.groupOf(ctx, b, it.in, e.origin(b, it.in))
		if err != nil {
			return err
		}
		if err := b.tx.MoveGroup(ctx, key, it.in.Body.State); err != nil {
			return err
		}
		e.registry.ForgetGroups()
	}
	return nil
}

type origin struct {
	store.Origin
	Kind community.Origin
}

func (e *Engine) origin(b *batch, in *community.Inbound) origin {
	if b.run != nil {
		kind := community.OriginImport
		if b.run.Live {
			kind = community.OriginLive
		}
		return origin{store.Origin{Org: b.run.Org, Platform: b.run.Platform, Zone: b.run.Zone}, kind}
	}
	kind := community.OriginLive
	if in.Unofficial {
		kind = community.OriginUnofficial
	}
	return origin{store.Origin{Account: in.Account}, kind}
}

func (b *batch) importKey() int64 {
	if b.run == nil {
		return 0
	}
	return b.run.Key
}

func (e *Engine) groupOf(ctx context.Context, b *batch, in *community.Inbound, o origin) (community.GroupKey, error) {
	if in.GroupKey != 0 {
		return in.GroupKey, nil
	}
	return e.registry.Group(ctx, b.tx, o.Origin, in.Group)
}

// people resolves who did it, to whom, and at whose wish; the names they bore go into the body.
func (e *Engine) people(ctx context.Context, b *batch, it *item, o store.Origin, ev *community.Event) error {
	in := it.in
	for _, p := range []struct {
		who *community.Who
		key *community.MemberKey
	}{{&in.Actor, &ev.Actor}, {&in.Subject, &ev.Subject}, {&in.By, &ev.By}} {
		if p.who.ID == "" {
			continue
		}
		var err error
		if *p.key, err = e.registry.Member(ctx, b.tx, o, ev.Group, *p.who); err != nil {
			return err
		}
	}
	if ev.Type == community.RosterRead {
		if err := e.listed(ctx, b, o, it); err != nil {
			return err
		}
	}
	named := in.Actor
	if named.ID == "" {
		named = in.Subject
	}
	if ev.Body.Name == "" {
		ev.Body.Name = named.Name
	}
	if ev.Body.Card == "" {
		ev.Body.Card = named.Card
	}
	if ev.Body.Role == "" {
		ev.Body.Role = named.Role
	}
	return nil
}

// listed makes everybody on a member list known, so that projections find them: inviters too.
func (e *Engine) listed(ctx context.Context, b *batch, o store.Origin, it *item) error {
	ev := &it.draft.Event
	var list []community.Who
	if err := json.Unmarshal(ev.Body.Data, &list); err != nil {
		return community.Errorf(community.CodeBadInput, "member list: %w", err)
	}
	it.here = make(map[community.MemberKey]bool, len(list))
	tags := map[community.MemberKey][]string{}
	for _, who := range list {
		key, err := e.registry.Member(ctx, b.tx, o, ev.Group, who)
		if err != nil {
			return err
		}
		it.here[key] = true
		if len(who.Tags) > 0 {
			tags[key] = who.Tags
		}
	}
	if err := e.notListed(ctx, b, it); err != nil {
		return err
	}
	if it.in.Group.Desk {
		if err := b.tx.TagContacts(ctx, ev.Group, tags); err != nil {
			return err
		}
	}
	for _, who := range list {
		if _, err := e.registry.Member(ctx, b.tx, o, ev.Group, community.Who{ID: who.Inviter}); err != nil {
			return err
		}
	}
	return nil
}

// insert writes the events. Repeats end here; the rest is numbered without holes.
func (e *Engine) insert(ctx context.Context, b *batch) error {
	for range maxRounds {
		b.number(e.o.Store)
		if err := e.compare(ctx, b); err != nil {
			return err
		}
		drafts := e.room.drafts[:0]
		for _, it := range b.items {
			drafts = append(drafts, &it.draft)
		}
		dups, err := b.tx.InsertEvents(ctx, drafts)
		if err != nil {
			return err
		}
		if len(dups) == 0 {
			return nil
		}
		if err := b.settle(ctx, dups); err != nil {
			return err
		}
	}
	return community.Errorf(community.CodeBusy, "events found no free place in %d rounds", maxRounds)
}

// maxRounds bounds how often a batch is renumbered after repeats were found in it.
const maxRounds = 20

// slot is where an event's unique key stands.
type slot struct {
	account community.AccountKey
	key     [16]byte
}

func (it *item) slot() slot { return slot{it.draft.Event.Account, it.draft.Dedup()} }

// dropRepeats ends events that stand twice in the same batch; one with the same key and another body is kept under a key
// of its own.
func (b *batch) dropRepeats() {
	seen := make(map[slot]*item, len(b.items))
	kept := b.items[:0]
	for _, it := range b.items {
		nth := 0
		for {
			at := it.slot()
			first, ok := seen[at]
			if !ok {
				seen[at] = it
				kept = append(kept, it)
				break
			}
			if b.run != nil || first.draft.SameBody(&it.draft) {
				it.out.Repeated = true
				break
			}
			nth++
			it.draft.Variant(nth)
		}
	}
	b.items = kept
}

// settle ends the repeats among the rows that were refused; those with a new body get a new key. First it looks at the
// batch itself: where a row was refused for one before it, only the key of that one is asked for in the log.
func (b *batch) settle(ctx context.Context, dups []int) error {
	refused := make(map[*item]bool, len(dups))
	for _, i := range dups {
		refused[b.items[i]] = true
	}
	b.dropRepeats()
	used := make(map[slot]*item, len(b.items))
	for _, it := range b.items {
		used[it.slot()] = it
	}
	kept := b.items[:0]
	for _, it := range b.items {
		if refused[it] {
			if err := b.again(ctx, it, used); err != nil {
				return err
			}
		}
		if !it.out.Repeated {
			kept = append(kept, it)
		}
	}
	b.items = kept
	return nil
}

// again says of a row that was refused whether it repeats what is there, or gives it a key of its own.
func (b *batch) again(ctx context.Context, it *item, used map[slot]*item) (err error) {
	if b.run != nil { // two exporters render one message differently: the key alone counts
		it.out.Repeated = true
		return nil
	}
	taken := func(key [16]byte) bool {
		other := used[slot{it.draft.Event.Account, key}]
		return other != nil && other != it
	}
	it.out.Repeated, err = b.tx.Repeats(ctx, &it.draft, taken)
	used[it.slot()] = it
	return err
}

// number gives numbers, sequences, times and ids, in order, from each group's committed head.
func (b *batch) number(s *store.Store) {
	for _, g := range b.touched {
		g.nextSeq, g.nextAt = g.seq, g.at
	}
	first := b.last - int64(len(b.items)) + 1
	for i, it := range b.items {
		ev, g := &it.draft.Event, it.g
		g.nextSeq++
		ev.Number, ev.Seq = first+int64(i), g.nextSeq
		ev.At, ev.Mark = timeOf(g.nextAt, ev.OccurredAt, ev.ReceivedAt)
		g.nextAt = ev.At
		ev.ID = s.IDAt(ev.ReceivedAt)
		it.out.Number = ev.Number
	}
}

// timeOf is the time decisions use: max(previous At of the group, min(occurred, received)); DESIGN §3.1.
func timeOf(prev, occurred, received int64) (int64, community.Mark) {
	at := max(prev, min(occurred, received))
	switch {
	case at > occurred:
		return at, community.Late
	case at < occurred:
		return at, community.Skewed
	}
	return at, community.OnTime
}

// decide lets the deciders step, in order. One processor does it: a batch takes twenty times as long to write as to decide,
// and what a second one saves is less than what it costs to carry half of the batch over to it.
func (e *Engine) decide(b *batch) {
	for _, it := range b.items {
		it.g.step(it)
	}
}

// record writes what was decided, what the events themselves change, and the audit rows.
func (e *Engine) record(ctx context.Context, b *batch) error {
	now := e.now()
	for _, it := range b.items {
		ev := &it.draft.Event
		if err := e.effect(ctx, b, it, now); err != nil {
			return fmt.Errorf("effect of %s %d: %w", ev.Type, ev.Number, err)
		}
		if len(it.list) > 0 {
			if err := e.writeDecisions(ctx, b, it, now); err != nil {
				return err
			}
		}
		if b.run == nil && it.g.reads(ev) {
			b.tx.Enqueue(store.Job{Kind: store.JobRead, Key: strconv.FormatInt(ev.Number, 10), RunAt: now})
		}
		if b.run == nil && it.g.reports(ev) {
			b.tx.Enqueue(store.Job{Kind: store.JobReport, Key: strconv.FormatInt(ev.Number, 10), RunAt: now})
		}
		if it.in.Audit != nil {
			if err := b.tx.AddAudit(ctx, *it.in.Audit); err != nil {
				return err
			}
		}
	}
	return nil
}

func (e *Engine) writeDecisions(ctx context.Context, b *batch, it *item, now int64) error {
	bodies := make([][]byte, len(it.list))
	for i := range it.list {
		var err error
		if bodies[i], err = json.Marshal(it.list[i]); err != nil {
			return err
		}
		if err := e.finish(ctx, &it.list[i], &it.draft.Event); err != nil {
			return err
		}
		if err := e.expect(ctx, b, it.g, it.list[i].Actions, now); err != nil {
			return err
		}
		for j := range it.list[i].Actions {
			b.tasks = b.tasks || it.list[i].Actions[j].Hold != ""
		}
		b.tasks = b.tasks || len(it.list[i].Cancel) > 0
		if it.list[i].Alarm != "" {
			if err := b.tx.AlarmFor(ctx, &it.list[i], now); err != nil {
				return err
			}
		}
	}
	it.out.Decisions = it.list
	return b.tx.Decisions(ctx, it.list, bodies, now)
}

// finish completes the words that go with sanctions, and those that name addresses; a greeting that is left without words is not
// said. The decision's own record holds them as
// they were decided.
func (e *Engine) finish(ctx context.Context, d *community.Decision, ev *community.Event) error {
	if e.o.Notice == nil || !slices.ContainsFunc(d.Actions, func(a community.Action) bool { return e.unfinished(d, &a) }) {
		return nil
	}
	d.Actions = slices.Clone(d.Actions)
	for i := range d.Actions {
		if !e.unfinished(d, &d.Actions[i]) {
			continue
		}
		if err := e.o.Notice(ctx, d, ev, &d.Actions[i]); err != nil {
			return err
		}
	}
	d.Actions = slices.DeleteFunc(d.Actions, func(a community.Action) bool {
		return d.Verdict == community.Served && a.Verb == community.Send && a.Text == "" && len(a.Segments) == 0
	})
	return nil
}

// unfinished reports whether what is said is to be completed.
func (e *Engine) unfinished(d *community.Decision, a *community.Action) bool {
	if a.Verb == community.Approve && a.Refuse && a.Text != "" { // why somebody is not let in
		return true
	}
	if !a.Library.Item.IsZero() && a.Library.Version == 0 { // an item's words come now
		return true
	}
	if d.Verdict == community.Served && a.Verb == community.Send && a.Target != 0 { // a greeting that another may outrank
		return true
	}
	if a.Verb != community.Send && a.Verb != community.Announce || a.Text == "" {
		return false
	}
	if len(d.Strikes) > 0 && a.Target != 0 && a.Target != d.Strikes[0].Member {
		return false // others are told something else
	}
	if e.o.Varies != nil && a.Cause == community.ByRule && a.Rule != "" && e.o.Varies(a.Group, a.Rule) {
		return true
	}
	return len(d.Strikes) > 0 || d.Article > 0 || strings.Contains(a.Text, community.RulesMark) || strings.Contains(a.Text, community.ConfirmMark)
}

// expect lets each group that actions are meant for wait for their evidence: a mirror's copies are seen elsewhere than
// where they were decided. A group that is gone waits for nothing.
func (e *Engine) expect(ctx context.Context, b *batch, here *group, actions []community.Action, now int64) error {
	for i := range actions {
		g := here
		if actions[i].Group != here.key {
			var err error
			if g, err = e.load(ctx, b, actions[i].Group); community.CodeOf(err) == community.CodeNotFound {
				continue
			} else if err != nil {
				return err
			}
		}
		g.plan(actions[i:i+1], now)
	}
	return nil
}

// keep swaps the batch in: from here on it is the truth.
func (e *Engine) keep(b *batch) {
	e.last = b.last
	e.keepSaid(b)
	e.registry.Trim()
	c := Commit{Last: b.last, Events: len(b.items), Tasks: b.tasks}
	var snaps []store.Snapshot
	for _, g := range b.touched {
		if g.nextSeq == g.seq {
			continue
		}
		before := g.since
		g.since += g.nextSeq - g.seq
		g.seq, g.at = g.nextSeq, g.nextAt
		c.Groups = append(c.Groups, g.key)
		if g.since >= snapshotEvery {
			snaps = append(snaps, g.snapshots()...)
			g.since = 0
		}
		if g.since/measureEvery != before/measureEvery {
			g.resize()
		}
	}
	for _, it := range b.items {
		c.Decisions = append(c.Decisions, it.list...)
	}
	snaps = append(snaps, e.groups.trim()...)
	e.save(snaps)
	e.o.Committed(c)
}

// forget drops everything the failed batch touched: it is read again from what is committed.
func (e *Engine) forget(b *batch) {
	for _, g := range b.touched {
		e.groups.remove(g.key)
	}
	e.registry.Reset()
	e.crowd.Drop()
	e.last = -1
}

// save writes snapshots beside the belt. A snapshot that is not written costs only time at the next load.
func (e *Engine) save(snaps []store.Snapshot) {
	if len(snaps) == 0 {
		return
	}
	e.saving.Go(func() { _ = e.o.Store.SaveSnapshots(context.Background(), snaps) })
}
