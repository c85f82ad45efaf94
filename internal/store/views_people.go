package store

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"slices"
	"strings"

	"qunluo/internal/community"
	"qunluo/internal/lexicon"
	"qunluo/internal/measure"
)

// personKey names a member in a group.
type personKey struct {
	group  community.GroupKey
	member community.MemberKey
}

// person is a member in a group as known now; the fields of a stay are those of the latest one.
type person struct {
	key       personKey
	shown     string
	look      string // every name and id they ever bore, folded, for searching
	card      string
	account   string // the account's name as last seen here
	namedAt   int64  // the beginning of the latest of the names
	role      community.Role
	present   bool
	stays     int64
	stay      int64 // which of the stays is the latest
	since     int64 // the first sign of the stay: its beginning where that is known
	joined    int64
	scene     string
	state     string
	inviter   community.MemberKey
	left      int64
	firstWord int64
	lastWord  int64
	messages  int64
	added     int64 // of messages: since the last flush
	mutedTill int64
	ours      bool  // an own account, or a bot
	stood     int64 // the standing as the group's list has it

	dirty bool // to be written
	words bool // only what they said is to be written
	asked bool // since the last flush: on the list of those to look at
}

// takeRole takes over the role that a person is said to have.
func (f *figures) takeRole(p *person, r community.Role) {
	if r != "" && p.role != r {
		p.role, p.dirty = r, true
		p.setOurs(f.isOurs(p))
	}
}

func (p *person) setOurs(ours bool) {
	if p.ours != ours {
		p.ours, p.dirty = ours, true
	}
}

func (p *person) spoke(at int64) {
	if p.firstWord == 0 || at < p.firstWord {
		p.firstWord, p.words = at, true
	}
	if at > p.lastWord {
		p.lastWord, p.words = at, true
	}
}

// lastSeen is the last time before at when the person was surely in the group.
func (p *person) lastSeen(g *groupFact, at int64) int64 {
	seen := p.since
	if p.lastWord > seen && p.lastWord < at {
		seen = p.lastWord
	}
	if g.rosterAt > seen && g.rosterAt < at {
		seen = g.rosterAt // who is still here was on that list
	}
	return seen
}

func (f *figures) person(ctx context.Context, g *groupFact, m community.MemberKey) (*person, error) {
	key := personKey{g.key, m}
	if p, ok := f.people[key]; ok {
		f.ask(p)
		return p, nil
	}
	p := &person{key: key}
	err := sql.ErrNoRows
	if !g.complete {
		err = f.readPerson(ctx, p)
	}
	if errors.Is(err, sql.ErrNoRows) {
		err = f.newPerson(ctx, p)
	}
	if err != nil {
		return nil, err
	}
	f.people[key] = p
	f.ask(p)
	return p, nil
}

func (f *figures) ask(p *person) {
	if !p.asked {
		p.asked = true
		f.asked = append(f.asked, p)
	}
}

func (f *figures) readPerson(ctx context.Context, p *person) error {
	var inviter int64
	err := f.t.one(ctx, `SELECT p.shown, p.look, p.card, p.account, p.named_at, p.role, p.present, p.stays, p.stay_n, p.since, p.joined_at, p.scene,
 p.state, p.inviter_key, p.left_at, p.first_word, p.last_word, p.messages, p.muted_till, p.ours
FROM views.people p WHERE p.group_key = $1 AND p.member_key = $2`, []any{int64(p.key.group), int64(p.key.member)},
		&p.shown, &p.look, &p.card, &p.account, &p.namedAt, &p.role, &p.present, &p.stays, &p.stay, &p.since, &p.joined, &p.scene, &p.state,
		&inviter, &p.left, &p.firstWord, &p.lastWord, &p.messages, &p.mutedTill, &p.ours)
	if err != nil {
		return err // nobody is on record: the group's list does not hold them either
	}
	p.inviter = community.MemberKey(inviter)
	p.stood = p.standing()
	return nil
}

// newPerson begins with what the registry knows about the member.
func (f *figures) newPerson(ctx context.Context, p *person) error {
	m, err := f.member(ctx, p.key.member)
	if err != nil {
		return err
	}
	p.shown, p.look, p.dirty = m.name, fold(m.external), true
	p.ours = f.isOurs(p)
	p.looks(m.name)
	return nil
}

// memberChunk is how many members are read at a time: who joined together has keys that follow each other.
const memberChunk = 256

func (f *figures) member(ctx context.Context, key community.MemberKey) (label, error) {
	if m, ok := f.members[key]; ok {
		return m, nil
	}
	first := int64(key) / memberChunk * memberChunk
	r, err := f.t.query(ctx, `SELECT key, name, external_id FROM member WHERE key >= $1 AND key < $2`, first, first+memberChunk)
	if err != nil {
		return label{}, err
	}
	defer r.Close()
	for r.Next() {
		var k int64
		var m label
		if err := r.Scan(&k, &m.name, &m.external); err != nil {
			return label{}, err
		}
		f.members[community.MemberKey(k)] = m
	}
	m, ok := f.members[key]
	if !ok && r.Err() == nil {
		return m, community.Errorf(community.CodeNotFound, "member %d: not found", key)
	}
	return m, r.Err()
}

// looks adds a name to those the person can be found by.
func (p *person) looks(name string) {
	folded := fold(name)
	if folded == "" || slices.Contains(strings.Split(p.look, "\n"), folded) {
		return
	}
	p.look, p.dirty = p.look+"\n"+folded, true
}

// fold is how names are compared: without regard to case, width and script form.
func fold(s string) string { return strings.Map(lexicon.Fold, s) }

// seen says that a person was in the group at a time: without an open stay, one begins whose joining nobody saw.
func (f *figures) seen(ctx context.Context, g *groupFact, p *person, ev *community.Event, at int64) error {
	switch {
	case p.present:
		if p.joined == 0 && at < p.since {
			f.resize(g, p.since, -1)
			f.resize(g, at, 1)
			p.since, p.dirty = at, true
			return f.saveStay(ctx, p, 0, "", "")
		}
		return nil
	case p.stays > 0 && at <= p.left:
		return nil // told late: they were here before they left
	}
	if resumed, err := f.blinked(ctx, g, p, ev); resumed || err != nil {
		return err
	}
	f.openStay(g, p, ev, stayStart{since: at, certainty: community.Inferred})
	return nil
}

// stayStart is what is known about the beginning of a stay.
type stayStart struct {
	since, joined int64
	counted       bool // the joining counts for its day: somebody watched
	scene, state  string
	inviter       community.MemberKey
	certainty     community.Certainty
}

func (f *figures) openStay(g *groupFact, p *person, ev *community.Event, st stayStart) {
	p.stays++
	p.stay, p.present, p.left, p.dirty = p.stays, true, 0, true
	p.since, p.joined, p.scene, p.state, p.inviter = st.since, st.joined, st.scene, st.state, st.inviter
	g.members++
	g.dirty = true
	f.insertStay(g, p, p.stay, ev, st, 0, 0, "")
}

// resize notes that a group has n members more from a time on.
func (f *figures) resize(g *groupFact, at, n int64) {
	day, _ := measure.DayOf(at, g.zone)
	f.day(g.key, day).change += n
}

// insertStay adds a stay; left 0 = it lasts. A stay that nobody saw end, only begin anew, counts as a departure too.
func (f *figures) insertStay(g *groupFact, p *person, n int64, ev *community.Event, st stayStart, left, low int64, reason string) {
	f.resize(g, st.since, 1)
	if left != 0 {
		f.resize(g, left, -1)
		f.departed(g, left, 1)
	}
	id := community.DeriveID(ev.ID, "stay", int(p.key.member)<<8|int(n&0xff))
	f.stays = append(f.stays, []any{int64(p.key.group), int64(p.key.member), n, id[:], st.since, st.joined, st.counted, st.scene, st.state, int64(st.inviter),
		left, low, reason, string(st.certainty)})
}

// flushStays writes the stays that are new in this batch. Whatever reads or changes stays calls it first.
func (f *figures) flushStays(ctx context.Context) error {
	_, err := f.t.dialect.bulk(ctx, f.t, `INSERT INTO views.stay (group_key, member_key, n, id, since, joined_at, counted, scene, state, inviter_key, left_at, left_low,
 left_reason, certainty) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)`, f.stays)
	f.stays = f.stays[:0]
	return err
}

// saveStay writes the latest stay's beginning, and its end where it has one.
func (f *figures) saveStay(ctx context.Context, p *person, low int64, reason string, c community.Certainty) error {
	if err := f.flushStays(ctx); err != nil {
		return err
	}
	_, err := f.t.exec(ctx, `UPDATE views.stay SET since = $1, joined_at = $2, scene = $3, state = $4, inviter_key = $5, left_at = $6, left_low = $7,
 left_reason = $8, certainty = CASE WHEN $9 = '' THEN certainty ELSE $9 END WHERE member_key = $10 AND group_key = $11 AND n = $12`,
		p.since, p.joined, p.scene, p.state, int64(p.inviter), p.left, low, reason, string(c), int64(p.key.member), int64(p.key.group), p.stay)
	return err
}

// closeStay ends the open stay. low > 0: the departure lies somewhere in (low, at].
func (f *figures) closeStay(ctx context.Context, g *groupFact, p *person, at, low int64, reason string, c community.Certainty) error {
	p.present, p.left, p.mutedTill, p.dirty = false, at, 0, true
	g.members--
	g.dirty = true
	f.departed(g, at, 1)
	f.resize(g, at, -1)
	return f.saveStay(ctx, p, low, reason, c)
}

// departed counts n departures at a time; n is -1 for one that is known better now.
func (f *figures) departed(g *groupFact, at, n int64) {
	day, _ := measure.DayOf(at, g.zone)
	f.day(g.key, day).leaves += n
}

// blink is how long somebody may be gone from a channel whose joins and leaves are presence, not membership, and still
// count as there all the time, in milliseconds (formats.md §14).
const blink = 24 * 3600 * 1000

// presence reports whether joining and leaving is going online and offline where an event comes from: in histories of IRC
// channels, which say so themselves.
func presence(g *groupFact, ev *community.Event) bool {
	return ev.Import != 0 && (g.platform == "irc" || ev.Body.Scene == community.Presence)
}

// blinked takes a departure back where an event shows that it was none: a line that broke, or a split of the network, looks
// like leaving and joining. Who was kicked out did leave.
func (f *figures) blinked(ctx context.Context, g *groupFact, p *person, ev *community.Event) (bool, error) {
	if !presence(g, ev) || p.present || p.stays == 0 || ev.OccurredAt < p.left || ev.OccurredAt-p.left >= blink {
		return false, nil
	}
	if err := f.flushStays(ctx); err != nil {
		return false, err
	}
	var reason string
	err := f.t.one(ctx, `SELECT left_reason FROM views.stay WHERE member_key = $1 AND group_key = $2 AND n = $3`,
		[]any{int64(p.key.member), int64(p.key.group), p.stay}, &reason)
	if err != nil || reason == "kicked" {
		return false, err
	}
	return true, f.resume(ctx, g, p)
}

// resume takes a departure back: the stay goes on.
func (f *figures) resume(ctx context.Context, g *groupFact, p *person) error {
	f.departed(g, p.left, -1)
	f.resize(g, p.left, 1)
	g.members++
	g.dirty = true
	p.present, p.left, p.dirty = true, 0, true
	return f.saveStay(ctx, p, 0, "", "")
}

// sameJoin is how far two reports of one joining may lie apart, in milliseconds.
const sameJoin = 60_000

func subjectOf(ev *community.Event) community.MemberKey {
	if ev.Subject != 0 {
		return ev.Subject
	}
	return ev.Actor
}

func (f *figures) joined(ctx context.Context, g *groupFact, ev *community.Event) error {
	m := subjectOf(ev)
	if m == 0 {
		return nil
	}
	p, err := f.person(ctx, g, m)
	if err != nil {
		return err
	}
	if ev.Actor == m || ev.Actor == 0 {
		if err := f.named(ctx, p, ev.Body.Name, ev.Body.Card, ev.OccurredAt); err != nil {
			return err
		}
	}
	if ev.Body.Scene == community.Presence && p.present {
		return nil
	}
	at := ev.OccurredAt
	if p.joinedThen(at) {
		return nil // told twice
	}
	if resumed, err := f.blinked(ctx, g, p, ev); resumed || err != nil {
		return err
	}
	if presence(g, ev) && p.present && at > p.since && at-p.lastSeen(g, at) < blink {
		return nil // the leaving before it is missing
	}
	return f.arrive(ctx, g, p, ev, stayStart{since: at, joined: at, counted: true, scene: ev.Body.Scene, state: ev.Body.State, inviter: ev.By})
}

// joinedThen reports whether a joining at a time is the one of the latest stay.
func (p *person) joinedThen(at int64) bool {
	return p.stays > 0 && p.joined != 0 && abs(at-p.joined) <= sameJoin
}

// arrive puts a joining in its place among the stays.
func (f *figures) arrive(ctx context.Context, g *groupFact, p *person, ev *community.Event, st stayStart) error {
	at := st.joined
	if p.stays > 0 && !p.present && at < p.left && (at > p.since || at == p.since && p.joined != 0) {
		return nil // within a stay that is over: nothing better is known
	}
	if st.counted {
		day, _ := measure.DayOf(at, g.zone)
		f.day(g.key, day).joins++
	}
	switch {
	case p.stays == 0 || !p.present && at >= p.left:
		f.openStay(g, p, ev, st)
		return nil
	case p.joined == 0 && at <= p.since:
		return f.foundStart(ctx, g, p, st)
	case at < p.since:
		f.earlierStay(g, p, ev, st)
		return nil
	}
	low := p.lastSeen(g, at)
	if err := f.closeStay(ctx, g, p, at, low, "unknown", community.Inferred); err != nil {
		return err
	}
	f.openStay(g, p, ev, st)
	return nil
}

// foundStart fills in the beginning of the latest stay, told after the first sign of it.
func (f *figures) foundStart(ctx context.Context, g *groupFact, p *person, st stayStart) error {
	f.resize(g, p.since, -1)
	f.resize(g, st.since, 1)
	p.since, p.joined, p.scene, p.state, p.inviter, p.dirty = st.since, st.joined, st.scene, st.state, st.inviter, true
	if err := f.flushStays(ctx); err != nil {
		return err
	}
	_, err := f.t.exec(ctx, `UPDATE views.stay SET since = $1, joined_at = $2, counted = $3, scene = $4, state = $5, inviter_key = $6, certainty = ''
WHERE member_key = $7 AND group_key = $8 AND n = $9`,
		p.since, p.joined, st.counted, p.scene, p.state, int64(p.inviter), int64(p.key.member), int64(p.key.group), p.stay)
	return err
}

// earlierStay adds a stay before the latest one; its end is not known better than "before the next".
func (f *figures) earlierStay(g *groupFact, p *person, ev *community.Event, st stayStart) {
	p.stays++
	p.dirty = true
	st.certainty = community.Inferred
	f.insertStay(g, p, p.stays, ev, st, p.since, st.since, "unknown")
}

func (f *figures) left(ctx context.Context, g *groupFact, ev *community.Event) error {
	m := subjectOf(ev)
	if m == 0 || ev.Body.Reason == community.Presence {
		return nil
	}
	p, err := f.person(ctx, g, m)
	if err != nil {
		return err
	}
	at, reason := ev.OccurredAt, ev.Body.Reason
	if reason == "" {
		reason = "unknown"
	}
	switch {
	case p.present && at >= p.since:
		return f.closeStay(ctx, g, p, at, ev.Body.Low, reason, "")
	case p.stays == 0 || !p.present && at > p.left+sameJoin:
		st := stayStart{since: at, certainty: community.Inferred} // was here unseen
		f.openStay(g, p, ev, st)
		return f.closeStay(ctx, g, p, at, ev.Body.Low, reason, "")
	}
	return f.leftEarlier(ctx, g, p, ev, reason)
}

// leftEarlier is a departure told late: it makes an inferred one exact, or ends a stay that nobody saw.
func (f *figures) leftEarlier(ctx context.Context, g *groupFact, p *person, ev *community.Event, reason string) error {
	if err := f.flushStays(ctx); err != nil {
		return err
	}
	at := ev.OccurredAt
	var n, was int64
	err := f.t.one(ctx, `SELECT n, left_at FROM views.stay WHERE member_key = $1 AND group_key = $2 AND certainty = $3 AND left_low > 0
 AND left_low <= $4 AND left_at >= $4 ORDER BY n LIMIT 1`,
		[]any{int64(p.key.member), int64(p.key.group), string(community.Inferred), at}, &n, &was)
	if errors.Is(err, sql.ErrNoRows) {
		if p.stays > 0 && abs(at-p.left) <= sameJoin || !p.present && at >= p.since {
			return nil // told twice
		}
		p.stays++
		p.dirty = true
		st := stayStart{since: at, certainty: community.Inferred}
		f.insertStay(g, p, p.stays, ev, st, at, ev.Body.Low, reason)
		return nil
	}
	if err != nil {
		return err
	}
	if n == p.stay && !p.present {
		p.left, p.dirty = at, true
	}
	f.departed(g, was, -1) // the inferred departure had been counted
	f.departed(g, at, 1)
	f.resize(g, was, 1)
	f.resize(g, at, -1)
	_, err = f.t.exec(ctx, `UPDATE views.stay SET left_at = $1, left_low = $2, left_reason = $3, certainty = ''
WHERE member_key = $4 AND group_key = $5 AND n = $6`, at, ev.Body.Low, reason, int64(p.key.member), int64(p.key.group), n)
	return err
}

func (f *figures) updated(ctx context.Context, g *groupFact, ev *community.Event) error {
	m := subjectOf(ev)
	if m == 0 {
		return nil
	}
	p, err := f.person(ctx, g, m)
	if err != nil {
		return err
	}
	if err := f.seen(ctx, g, p, ev, ev.OccurredAt); err != nil {
		return err
	}
	f.takeRole(p, ev.Body.Role)
	return f.named(ctx, p, ev.Body.Name, ev.Body.Card, ev.OccurredAt)
}

func (f *figures) muted(ctx context.Context, g *groupFact, ev *community.Event) error {
	if ev.Subject == 0 {
		return nil
	}
	p, err := f.person(ctx, g, ev.Subject)
	if err != nil {
		return err
	}
	p.mutedTill, p.dirty = 0, true
	if ev.Body.Seconds > 0 {
		p.mutedTill = ev.OccurredAt + ev.Body.Seconds*1000
	}
	return nil
}

const savePerson = `INSERT INTO views.people (group_key, member_key, shown, look, card, account, named_at, role, present, stays, stay_n, since, joined_at, scene,
 state, inviter_key, left_at, first_word, last_word, messages, muted_till, ours)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22)
ON CONFLICT (group_key, member_key) DO UPDATE SET shown = excluded.shown, look = excluded.look, card = excluded.card, account = excluded.account, named_at = excluded.named_at, role = excluded.role,
 present = excluded.present, stays = excluded.stays, stay_n = excluded.stay_n, since = excluded.since, joined_at = excluded.joined_at,
 scene = excluded.scene, state = excluded.state, inviter_key = excluded.inviter_key, left_at = excluded.left_at,
 first_word = excluded.first_word, last_word = excluded.last_word, messages = excluded.messages, muted_till = excluded.muted_till,
 ours = excluded.ours`

// saveWords touches two indexes where savePerson touches four.
const saveWords = `UPDATE views.people SET first_word = $1, last_word = $2, messages = $3 WHERE group_key = $4 AND member_key = $5`

func (f *figures) flushPeople(ctx context.Context) error {
	var changed []*person
	for _, p := range f.asked {
		if p.asked = false; p.dirty || p.words {
			changed = append(changed, p)
		}
	}
	f.asked = f.asked[:0]
	slices.SortFunc(changed, func(a, b *person) int {
		return cmp.Or(cmp.Compare(a.key.group, b.key.group), cmp.Compare(a.key.member, b.key.member))
	})
	var whole, words [][]any
	for _, p := range changed {
		if p.dirty {
			whole = append(whole, []any{int64(p.key.group), int64(p.key.member), p.shown, p.look, p.card, p.account, p.namedAt, string(p.role), p.present,
				p.stays, p.stay, p.since, p.joined, p.scene, p.state, int64(p.inviter), p.left, p.firstWord, p.lastWord, p.messages, p.mutedTill, p.ours})
		} else {
			words = append(words, []any{p.firstWord, p.lastWord, p.messages, int64(p.key.group), int64(p.key.member)})
		}
		f.stands(p)
	}
	if _, err := f.t.dialect.bulk(ctx, f.t, savePerson, whole); err != nil {
		return err
	}
	if _, err := f.t.dialect.bulk(ctx, f.t, saveWords, words); err != nil {
		return err
	}
	return f.sumPeople(ctx, changed)
}

// saveWordsAnyone adds to a member's sums what they said.
const saveWordsAnyone = `UPDATE views.anyone SET last_word = CASE WHEN last_word < $1 THEN $1 ELSE last_word END, messages = messages + $2 WHERE member_key = $3`

// sumPeople brings the sums of those who changed up to date. Of whom nothing changed but what they said, the rest is not added up
// anew.
func (f *figures) sumPeople(ctx context.Context, changed []*person) error {
	type said struct{ last, added int64 }
	whole, words := map[community.MemberKey]bool{}, map[community.MemberKey]said{}
	for _, p := range changed {
		if p.dirty {
			whole[p.key.member] = true
		} else if !f.groups[p.key.group].desk {
			w := words[p.key.member]
			words[p.key.member] = said{max(w.last, p.lastWord), w.added + p.added}
		}
		p.dirty, p.words, p.added = false, false, 0
	}
	var rows [][]any
	for m, w := range words {
		if !whole[m] {
			rows = append(rows, []any{w.last, w.added, int64(m)})
		}
	}
	slices.SortFunc(rows, func(a, b []any) int { return cmp.Compare(a[2].(int64), b[2].(int64)) })
	if _, err := f.t.dialect.bulk(ctx, f.t, saveWordsAnyone, rows); err != nil {
		return err
	}
	members := make([]int64, 0, len(whole))
	for m := range whole {
		members = append(members, int64(m))
	}
	slices.Sort(members)
	return f.addUp(ctx, members)
}

func abs(n int64) int64 {
	if n < 0 {
		return -n
	}
	return n
}
