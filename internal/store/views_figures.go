package store

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"qunluo/internal/community"
	"qunluo/internal/measure"
)

// figures is the projection of everything that is counted and of everybody who is known: daily counters, people, stays,
// names, recalls, hits of rules. What a transaction changes is added up in memory and written once.
type figures struct {
	store *Store
	t     *session // of the batch under way

	// Remembered between batches; forgotten when one fails.
	groups    map[community.GroupKey]*groupFact
	people    map[personKey]*person
	members   map[community.MemberKey]label // what the registry calls them
	marks     map[community.MemberKey]bool  // who is marked, and whether as a bot; nil = not read yet
	heard     map[accountDay]int64          // hours, as bits
	recalls   map[community.GroupKey]map[string]openRecall
	recallsIn bool

	// Of the transaction.
	begun    bool
	events   []community.Event // of the reading at hand
	days     map[dayKey]*dayDelta
	sums     map[sumKey]*sumDelta
	summing  int // entries of speakers in sums
	spans    map[spanKey]*span
	stays    [][]any // new ones, in the form of their table
	called   [][]any // new names
	did      [][]any // new entries of trails
	asked    []*person
	standing map[community.GroupKey][]measure.Tally // bits of those who changed
}

// accountDay is a UTC day of an account: it hears in groups of several zones.
type accountDay struct {
	account community.AccountKey
	day     int64
}

type spanKey struct {
	group community.GroupKey
	run   int64
}

type span struct{ first, last int64 }

// maxRemembered bounds each of the caches, in entries.
const maxRemembered = 200_000

func newFigures(s *Store) *figures {
	f := &figures{store: s}
	f.forget()
	return f
}

func (*figures) name() string { return FiguresView }

func (*figures) tables() []string {
	return append([]string{"account_day", "anyone", "circle_day", "marked"}, groupTables...)
}

// groupTables have group_key as a column: a group's part of them can be made anew alone.
var groupTables = []string{"group_fact", "group_day", "circle_group", "standing", "import_span", "people", "stay", "name_span", "recalled", "recall_open", "hit",
	"rule_day", "trail"}

func (f *figures) forget() {
	*f = figures{
		store: f.store, groups: map[community.GroupKey]*groupFact{}, people: map[personKey]*person{},
		members: map[community.MemberKey]label{}, heard: map[accountDay]int64{}, recalls: map[community.GroupKey]map[string]openRecall{},
		days: map[dayKey]*dayDelta{}, sums: map[sumKey]*sumDelta{}, spans: map[spanKey]*span{}, standing: map[community.GroupKey][]measure.Tally{},
	}
}

func (f *figures) apply(ctx context.Context, t *session, events []community.Event, last int64) error {
	f.t, f.events = t, events
	if !f.begun { // the days that marks move words in are stored as yet
		if err := f.readMarks(ctx); err != nil {
			return err
		}
		f.begun = true
	}
	anew := undoneGroups(events)
	for i := range events {
		if ev := &events[i]; !anew[ev.Group] {
			if err := f.take(ctx, ev); err != nil {
				return fmt.Errorf("event %d: %w", ev.Number, err)
			}
		}
	}
	if err := f.hits(ctx, `event_number >= $1 AND event_number <= $2`, anew, events[0].Number, last); err != nil {
		return err
	}
	if err := f.verdicts(ctx, events, anew); err != nil {
		return err
	}
	f.events = nil
	if len(anew) == 0 {
		return nil
	}
	if err := f.write(ctx); err != nil {
		return err
	}
	for _, g := range sortedGroups(anew) {
		if err := f.again(ctx, g, last); err != nil {
			return fmt.Errorf("group %d anew: %w", g, err)
		}
	}
	return nil
}

// maxKept bounds how many rows wait to be written.
const maxKept = 100_000

func (f *figures) full() bool {
	return len(f.asked) > maxKept || len(f.stays)+len(f.called)+len(f.did) > maxKept || f.summing > maxSumming
}

func (f *figures) flush(ctx context.Context) error {
	f.begun = false
	if err := f.write(ctx); err != nil {
		return err
	}
	f.trim()
	return nil
}

// undoneGroups are the groups that an import is taken out of: their figures are made anew.
func undoneGroups(events []community.Event) map[community.GroupKey]bool {
	anew := map[community.GroupKey]bool{}
	for i := range events {
		if events[i].Type == community.ImportUndone {
			anew[events[i].Group] = true
		}
	}
	return anew
}

func sortedGroups(set map[community.GroupKey]bool) []community.GroupKey {
	keys := make([]community.GroupKey, 0, len(set))
	for g := range set {
		keys = append(keys, g)
	}
	slices.Sort(keys)
	return keys
}

// undoneRun is the import that an import.undone event takes back.
func undoneRun(ev *community.Event) (int64, error) {
	if ev.Import != 0 {
		return ev.Import, nil
	}
	var data struct {
		Import int64 `json:"import"`
	}
	if err := json.Unmarshal(ev.Body.Data, &data); err != nil {
		return 0, fmt.Errorf("import.undone: %w", err)
	}
	return data.Import, nil
}

// takers is what each type of event does to the figures, besides being counted.
var takers = map[community.Type]func(f *figures, ctx context.Context, g *groupFact, ev *community.Event) error{
	community.MessageCreated:  (*figures).message,
	community.MessageDeleted:  (*figures).recall,
	community.MemberJoined:    (*figures).joined,
	community.MemberLeft:      (*figures).left,
	community.FollowerAdded:   (*figures).joined, // following an account is a stay on its desk
	community.FollowerRemoved: (*figures).left,
	community.MemberUpdated:   (*figures).updated,
	community.MemberMuted:     (*figures).muted,
	community.RosterRead:      (*figures).roster,
}

// take adds one event. Drills are no part of a group's life: simulated events are not counted.
func (f *figures) take(ctx context.Context, ev *community.Event) error {
	if ev.Origin == community.OriginSim || ev.Group == 0 {
		return nil
	}
	g, err := f.group(ctx, ev.Group)
	if err != nil {
		return err
	}
	g.cut(ev.OccurredAt)
	g.last(ev)
	if err := f.cover(ctx, g, ev); err != nil {
		return err
	}
	f.trail(ev)
	if fn, ok := takers[ev.Type]; ok {
		return fn(f, ctx, g, ev)
	}
	return nil
}

// ours are types of events that happen here, not in the group: they do not show that anybody listened there.
var ours = map[community.Type]bool{
	community.ActionReceipt: true, community.TimerFired: true, community.RulebookPublished: true, community.PersonDecided: true,
	community.ImportUndone: true, community.GroupMerged: true, community.MemberMarked: true, community.MediaRead: true,
	community.MemberConfirmed: true,
}

// cover keeps what says on which days somebody listened: events of the day, an account's day, an import's span.
func (f *figures) cover(ctx context.Context, g *groupFact, ev *community.Event) error {
	if ours[ev.Type] {
		return nil
	}
	f.day(g.key, g.day).events++
	if g.heard.add(g.day) {
		g.dirty = true
	}
	if ev.Import != 0 {
		k := spanKey{ev.Group, ev.Import}
		sp, ok := f.spans[k]
		if !ok {
			sp = &span{ev.OccurredAt, ev.OccurredAt}
			f.spans[k] = sp
		}
		sp.first, sp.last = min(sp.first, ev.OccurredAt), max(sp.last, ev.OccurredAt)
		return nil
	}
	day, hour := utcHour(ev.OccurredAt)
	k := accountDay{ev.Account, day}
	if ev.Account == 0 || f.heard[k]&hour != 0 {
		return nil
	}
	f.heard[k] |= hour
	_, err := f.t.exec(ctx, `INSERT INTO views.account_day (account_key, day, hours) VALUES ($1, $2, $3)
ON CONFLICT (account_key, day) DO UPDATE SET hours = account_day.hours | excluded.hours`, int64(k.account), k.day, hour)
	return err
}

// utcHour is the UTC day of an instant and its hour as a bit.
func utcHour(ms int64) (day, hour int64) {
	d, h := measure.DayOf(ms, time.UTC)
	return int64(d), 1 << h
}

// message counts an own message, and notes that its sender is here and is called so.
func (f *figures) message(ctx context.Context, g *groupFact, ev *community.Event) error {
	f.day(g.key, g.day).note(ev.Number)
	recalled, err := f.recalledBefore(ctx, ev)
	if err != nil || ev.Actor == 0 {
		return err
	}
	p, err := f.person(ctx, g, ev.Actor)
	if err != nil {
		return err
	}
	if err := f.seen(ctx, g, p, ev, ev.OccurredAt); err != nil {
		return err
	}
	if err := f.named(ctx, p, ev.Body.Name, ev.Body.Card, ev.OccurredAt); err != nil {
		return err
	}
	f.takeRole(p, ev.Body.Role)
	if ev.Body.Class != community.System && ev.Body.Caused.IsZero() {
		p.spoke(ev.OccurredAt)
	}
	switch {
	case !content(ev):
	case !recalled:
		f.count(g, p, ev, 1)
	case !f.isBot(ev.Actor, ev.Body.Role):
		f.day(g.key, g.day).recalled++
	}
	return nil
}

// content reports whether a message is content of its sender: an own message, unless a bot sent it (methods.md §0.3).
func content(ev *community.Event) bool {
	switch ev.Body.Class {
	case community.System, community.Recalled, community.RedPack:
		return false
	}
	return ev.Actor != 0 && ev.Body.Caused.IsZero()
}

// count adds n messages like ev: a person's to the figures, a bot's apart.
func (f *figures) count(g *groupFact, p *person, ev *community.Event, n int64) {
	p.messages, p.added = p.messages+n, p.added+n
	p.words = true
	f.tally(g, ev, n)
}

// tally adds them to the counters of days.
func (f *figures) tally(g *groupFact, ev *community.Event, n int64) {
	day, hour := measure.DayOf(ev.OccurredAt, g.zone)
	if f.isBot(ev.Actor, ev.Body.Role) {
		f.day(g.key, day).aside(ev.Actor, ev.Body.Class, hour, n)
		return
	}
	f.day(g.key, day).say(ev.Actor, ev.Body.Class, hour, n)
	g.messages += n
	g.dirty = true
}

// write writes what changed.
func (f *figures) write(ctx context.Context) error {
	for _, part := range []func(*figures, context.Context) error{
		(*figures).flushDays, (*figures).flushSums, (*figures).flushPeople, (*figures).flushStanding, (*figures).flushStays,
		(*figures).flushNames, (*figures).flushTrail, (*figures).flushSpans, (*figures).flushGroups,
	} {
		if err := part(f, ctx); err != nil {
			return err
		}
	}
	return nil
}

func (f *figures) flushSpans(ctx context.Context) error {
	rows := make([][]any, 0, len(f.spans))
	for k, sp := range f.spans {
		rows = append(rows, []any{int64(k.group), k.run, sp.first, sp.last})
	}
	clear(f.spans)
	_, err := f.t.dialect.bulk(ctx, f.t, `INSERT INTO views.import_span (group_key, import_key, first_at, last_at) VALUES ($1, $2, $3, $4)
ON CONFLICT (group_key, import_key) DO UPDATE SET
 first_at = CASE WHEN excluded.first_at < import_span.first_at THEN excluded.first_at ELSE import_span.first_at END,
 last_at = CASE WHEN excluded.last_at > import_span.last_at THEN excluded.last_at ELSE import_span.last_at END`, rows)
	return err
}

// trim keeps the caches within their bounds.
func (f *figures) trim() {
	for k := range f.people { // in no order, so that a part of those who will speak again stays
		if len(f.people) <= maxRemembered {
			break
		}
		delete(f.people, k)
		if g := f.groups[k.group]; g != nil {
			g.complete = false
		}
	}
	if len(f.members) > maxRemembered {
		clear(f.members)
	}
	if len(f.heard) > maxRemembered {
		clear(f.heard)
	}
}

// again makes a group's figures anew from its events up to a number, without imports that were taken back.
func (f *figures) again(ctx context.Context, g community.GroupKey, last int64) error {
	undone, err := f.emptyGroup(ctx, g)
	if err != nil {
		return err
	}
	for after := int64(0); ; {
		rows, err := f.t.query(ctx, `SELECT `+eventColumns+` FROM event WHERE group_key = $1 AND seq > $2 AND number <= $3 ORDER BY seq LIMIT $4`,
			int64(g), after, last, batchSize)
		if err != nil {
			return err
		}
		events, err := scanEvents(rows)
		if err != nil || len(events) == 0 {
			return err
		}
		after = events[len(events)-1].Seq
		if err := f.page(ctx, events, undone); err != nil {
			return err
		}
	}
}

func (f *figures) page(ctx context.Context, events []community.Event, undone map[int64]bool) error {
	g, first, last := events[0].Group, events[0].Seq, events[len(events)-1].Seq
	events = slices.DeleteFunc(events, func(ev community.Event) bool { return ev.Import != 0 && undone[ev.Import] })
	f.events = events
	for i := range events {
		if err := f.take(ctx, &events[i]); err != nil {
			return fmt.Errorf("event %d: %w", events[i].Number, err)
		}
	}
	if err := f.hits(ctx, `group_key = $3 AND seq >= $1 AND seq <= $2`, nil, first, last, int64(g)); err != nil {
		return err
	}
	if err := f.verdicts(ctx, events, nil); err != nil {
		return err
	}
	return f.write(ctx)
}

// emptyGroup takes a group out of the figures and tells which imports of it were taken back.
func (f *figures) emptyGroup(ctx context.Context, g community.GroupKey) (map[int64]bool, error) {
	if err := f.unsum(ctx, g); err != nil {
		return nil, err
	}
	members, err := f.leaving(ctx, g)
	if err != nil {
		return nil, err
	}
	for _, table := range groupTables {
		if _, err := f.t.exec(ctx, `DELETE FROM views.`+table+` WHERE group_key = $1`, int64(g)); err != nil {
			return nil, err
		}
	}
	if err := f.addUp(ctx, members); err != nil {
		return nil, err
	}
	delete(f.groups, g)
	delete(f.recalls, g)
	for k := range f.people {
		if k.group == g {
			delete(f.people, k)
		}
	}
	rows, err := f.t.query(ctx, `SELECT `+eventColumns+` FROM event WHERE group_key = $1 AND type = $2`, int64(g), string(community.ImportUndone))
	if err != nil {
		return nil, err
	}
	events, err := scanEvents(rows)
	undone := map[int64]bool{}
	for i := range events {
		run, err := undoneRun(&events[i])
		if err != nil {
			return nil, err
		}
		undone[run] = true
	}
	return undone, err
}

// rezone makes the figures of groups anew whose zone was changed: their days are cut elsewhere now.
func (s *Store) rezone(ctx context.Context) error {
	return s.project(ctx, func(t *session) error {
		rows, err := t.query(ctx, `SELECT g.key FROM views.group_fact f JOIN chat_group g ON g.key = f.group_key WHERE g.zone <> f.zone ORDER BY g.key`)
		if err != nil {
			return err
		}
		groups, err := ints(rows)
		if err != nil || len(groups) == 0 {
			return err
		}
		var last int64
		if err := t.one(ctx, `SELECT number FROM views.cursor WHERE name = $1`, []any{FiguresView}, &last); err != nil {
			return err
		}
		f := s.figures()
		f.t = t
		if err := f.readMarks(ctx); err != nil {
			return err
		}
		if err := f.write(ctx); err != nil {
			return err
		}
		for _, g := range groups {
			if err := f.again(ctx, community.GroupKey(g), last); err != nil {
				return fmt.Errorf("group %d anew: %w", g, err)
			}
		}
		return nil
	})
}

// figures finds the projection among the projector's. The caller is inside project.
func (s *Store) figures() *figures {
	for _, v := range s.projector.views {
		if f, ok := v.(*figures); ok {
			return f
		}
	}
	panic("store: no figures among the projections")
}

// groupFact is what is known about a group as a whole.
type groupFact struct {
	key         community.GroupKey
	org         community.OrgKey
	platform    community.Platform
	desk        bool
	circles     []string // whose sums hold the group's days; none for a desk
	zoneName    string
	zone        *time.Location
	members     int64
	messages    int64
	lastAt      int64
	rosterSince int64
	rosterAt    int64
	heard       daySet // days with events
	dirty       bool
	complete    bool // everybody on record here is remembered: who is not is new

	day measure.Day // of the event at hand
}

func (g *groupFact) cut(at int64) { g.day, _ = measure.DayOf(at, g.zone) }

func (g *groupFact) last(ev *community.Event) {
	if !ours[ev.Type] && ev.OccurredAt > g.lastAt {
		g.lastAt, g.dirty = ev.OccurredAt, true
	}
}

func (f *figures) group(ctx context.Context, key community.GroupKey) (*groupFact, error) {
	if g, ok := f.groups[key]; ok {
		return g, nil
	}
	g := &groupFact{key: key}
	var org int64
	var heard []byte
	err := f.t.one(ctx, `SELECT g.org_key, g.platform, g.zone, g.desk, coalesce(v.members, 0), coalesce(v.messages, 0), coalesce(v.last_at, 0),
 coalesce(v.roster_since, 0), coalesce(v.roster_at, 0), v.heard, v.group_key IS NULL
FROM chat_group g LEFT JOIN views.group_fact v ON v.group_key = g.key WHERE g.key = $1`, []any{int64(key)},
		&org, &g.platform, &g.zoneName, &g.desk, &g.members, &g.messages, &g.lastAt, &g.rosterSince, &g.rosterAt, &heard, &g.complete)
	if err != nil {
		return nil, missing(err, "group %d", key)
	}
	g.org, g.zone = community.OrgKey(org), zoneOf(g.zoneName)
	if g.heard, err = decodeDays(heard); err != nil {
		return nil, err
	}
	f.groups[key] = g
	return g, f.regroup(ctx, g)
}

// zoneOf is a zone by its name; where the name is not known, the default.
func zoneOf(name string) *time.Location {
	if zone, err := time.LoadLocation(name); err == nil && name != "" {
		return zone
	}
	return time.FixedZone(DefaultZone, 8*3600)
}

func (f *figures) flushGroups(ctx context.Context) error {
	for _, g := range f.groups {
		if !g.dirty {
			continue
		}
		g.dirty = false
		_, err := f.t.exec(ctx, `INSERT INTO views.group_fact (group_key, zone, members, messages, last_at, roster_since, roster_at, heard)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (group_key) DO UPDATE SET zone = excluded.zone, members = excluded.members,
 messages = excluded.messages, last_at = excluded.last_at, roster_since = excluded.roster_since, roster_at = excluded.roster_at, heard = excluded.heard`,
			int64(g.key), g.zoneName, g.members, g.messages, g.lastAt, g.rosterSince, g.rosterAt, g.heard.encode())
		if err != nil {
			return err
		}
	}
	return nil
}
