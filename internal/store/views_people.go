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
	mutedTill int64
	external  string

	dirty bool
}

func (p *person) setRole(r community.Role) {
	if p.role != r {
		p.role, p.dirty = r, true
	}
}

func (p *person) spoke(at int64) {
	if p.firstWord == 0 || at < p.firstWord {
		p.firstWord, p.dirty = at, true
	}
	if at > p.lastWord {
		p.lastWord, p.dirty = at, true
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

func (f *figures) person(ctx context.Context, g community.GroupKey, m community.MemberKey) (*person, error) {
	key := personKey{g, m}
	if p, ok := f.people[key]; ok {
		return p, nil
	}
	p := &person{key: key}
	var inviter int64
	err := f.t.one(ctx, `SELECT p.shown, p.look, p.card, p.account, p.role, p.present, p.stays, p.stay_n, p.since, p.joined_at, p.scene, p.state,
 p.inviter_key, p.left_at, p.first_word, p.last_word, p.messages, p.muted_till, coalesce(m.external_id, '')
FROM views.people p LEFT JOIN member m ON m.key = p.member_key WHERE p.group_key = $1 AND p.member_key = $2`, []any{int64(g), int64(m)},
		&p.shown, &p.look, &p.card, &p.account, &p.role, &p.present, &p.stays, &p.stay, &p.since, &p.joined, &p.scene, &p.state,
		&inviter, &p.left, &p.firstWord, &p.lastWord, &p.messages, &p.mutedTill, &p.external)
	p.inviter = community.MemberKey(inviter)
	if errors.Is(err, sql.ErrNoRows) {
		err = f.newPerson(ctx, p)
	}
	if err != nil {
		return nil, err
	}
	f.people[key] = p
	return p, nil
}

// newPerson begins with what the registry knows about the member.
func (f *figures) newPerson(ctx context.Context, p *person) error {
	var name string
	err := f.t.one(ctx, `SELECT name, external_id FROM member WHERE key = $1`, []any{int64(p.key.member)}, &name, &p.external)
	if err != nil {
		return missing(err, "member %d", p.key.member)
	}
	p.shown, p.look, p.dirty = name, fold(p.external), true
	p.looks(name)
	return nil
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
			p.since, p.dirty = at, true
			return f.saveStay(ctx, p, 0, "", "")
		}
		return nil
	case p.stays > 0 && at <= p.left:
		return nil // told late: they were here before they left
	}
	return f.openStay(ctx, g, p, ev, stayStart{since: at, certainty: community.Inferred})
}

// stayStart is what is known about the beginning of a stay.
type stayStart struct {
	since, joined int64
	scene, state  string
	inviter       community.MemberKey
	certainty     community.Certainty
}

func (f *figures) openStay(ctx context.Context, g *groupFact, p *person, ev *community.Event, st stayStart) error {
	p.stays++
	p.stay, p.present, p.left, p.dirty = p.stays, true, 0, true
	p.since, p.joined, p.scene, p.state, p.inviter = st.since, st.joined, st.scene, st.state, st.inviter
	g.members++
	g.dirty = true
	return f.insertStay(ctx, p, p.stay, ev, st, 0, 0, "")
}

func (f *figures) insertStay(ctx context.Context, p *person, n int64, ev *community.Event, st stayStart, left, low int64, reason string) error {
	id := community.DeriveID(ev.ID, "stay", int(p.key.member)<<8|int(n&0xff))
	_, err := f.t.exec(ctx, `INSERT INTO views.stay (group_key, member_key, n, id, since, joined_at, scene, state, inviter_key, left_at, left_low,
 left_reason, certainty) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)`,
		int64(p.key.group), int64(p.key.member), n, id[:], st.since, st.joined, st.scene, st.state, int64(st.inviter), left, low, reason,
		string(st.certainty))
	return err
}

// saveStay writes the latest stay's beginning, and its end where it has one.
func (f *figures) saveStay(ctx context.Context, p *person, low int64, reason string, c community.Certainty) error {
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
	day, _ := measure.DayOf(at, g.zone)
	f.day(g.key, day).leaves++
	return f.saveStay(ctx, p, low, reason, c)
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
	p, err := f.person(ctx, ev.Group, m)
	if err != nil {
		return err
	}
	if ev.Actor == m || ev.Actor == 0 {
		if err := f.named(ctx, p, ev.Body.Name, ev.Body.Card, ev.OccurredAt); err != nil {
			return err
		}
	}
	at := ev.OccurredAt
	if p.stays > 0 && p.joined != 0 && abs(at-p.joined) <= sameJoin {
		return nil // told twice
	}
	f.day(g.key, g.day).joins++
	st := stayStart{since: at, joined: at, scene: ev.Body.Scene, state: ev.Body.State, inviter: ev.By}
	switch {
	case p.stays == 0 || !p.present && at >= p.left:
		return f.openStay(ctx, g, p, ev, st)
	case p.joined == 0 && at <= p.since:
		return f.foundStart(ctx, p, st)
	case at < p.since:
		return f.earlierStay(ctx, p, ev, st)
	case !p.present:
		return nil // within a stay that is over: nothing better is known
	}
	low := p.lastSeen(g, at)
	if err := f.closeStay(ctx, g, p, at, low, "unknown", community.Inferred); err != nil {
		return err
	}
	return f.openStay(ctx, g, p, ev, st)
}

// foundStart fills in the beginning of the latest stay, told after the first sign of it.
func (f *figures) foundStart(ctx context.Context, p *person, st stayStart) error {
	p.since, p.joined, p.scene, p.state, p.inviter, p.dirty = st.since, st.joined, st.scene, st.state, st.inviter, true
	_, err := f.t.exec(ctx, `UPDATE views.stay SET since = $1, joined_at = $2, scene = $3, state = $4, inviter_key = $5, certainty = ''
WHERE member_key = $6 AND group_key = $7 AND n = $8`,
		p.since, p.joined, p.scene, p.state, int64(p.inviter), int64(p.key.member), int64(p.key.group), p.stay)
	return err
}

// earlierStay adds a stay before the latest one; its end is not known better than "before the next".
func (f *figures) earlierStay(ctx context.Context, p *person, ev *community.Event, st stayStart) error {
	p.stays++
	p.dirty = true
	st.certainty = community.Inferred
	return f.insertStay(ctx, p, p.stays, ev, st, p.since, st.since, "unknown")
}

func (f *figures) left(ctx context.Context, g *groupFact, ev *community.Event) error {
	m := subjectOf(ev)
	if m == 0 {
		return nil
	}
	p, err := f.person(ctx, ev.Group, m)
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
		if err := f.openStay(ctx, g, p, ev, st); err != nil {
			return err
		}
		return f.closeStay(ctx, g, p, at, ev.Body.Low, reason, "")
	}
	return f.leftEarlier(ctx, g, p, ev, reason)
}

// leftEarlier is a departure told late: it makes an inferred one exact, or ends a stay that nobody saw.
func (f *figures) leftEarlier(ctx context.Context, g *groupFact, p *person, ev *community.Event, reason string) error {
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
		f.day(g.key, g.day).leaves++
		st := stayStart{since: at, certainty: community.Inferred}
		return f.insertStay(ctx, p, p.stays, ev, st, at, ev.Body.Low, reason)
	}
	if err != nil {
		return err
	}
	if n == p.stay && !p.present { // the inferred departure had been counted
		day, _ := measure.DayOf(was, g.zone)
		f.day(g.key, day).leaves--
		p.left, p.dirty = at, true
	}
	f.day(g.key, g.day).leaves++
	_, err = f.t.exec(ctx, `UPDATE views.stay SET left_at = $1, left_low = $2, left_reason = $3, certainty = ''
WHERE member_key = $4 AND group_key = $5 AND n = $6`, at, ev.Body.Low, reason, int64(p.key.member), int64(p.key.group), n)
	return err
}

func (f *figures) updated(ctx context.Context, g *groupFact, ev *community.Event) error {
	m := subjectOf(ev)
	if m == 0 {
		return nil
	}
	p, err := f.person(ctx, ev.Group, m)
	if err != nil {
		return err
	}
	if err := f.seen(ctx, g, p, ev, ev.OccurredAt); err != nil {
		return err
	}
	if ev.Body.Role != "" {
		p.setRole(ev.Body.Role)
	}
	return f.named(ctx, p, ev.Body.Name, ev.Body.Card, ev.OccurredAt)
}

func (f *figures) muted(ctx context.Context, _ *groupFact, ev *community.Event) error {
	if ev.Subject == 0 {
		return nil
	}
	p, err := f.person(ctx, ev.Group, ev.Subject)
	if err != nil {
		return err
	}
	p.mutedTill, p.dirty = 0, true
	if ev.Body.Seconds > 0 {
		p.mutedTill = ev.OccurredAt + ev.Body.Seconds*1000
	}
	return nil
}

const savePerson = `INSERT INTO views.people (group_key, member_key, shown, look, card, account, role, present, stays, stay_n, since, joined_at, scene,
 state, inviter_key, left_at, first_word, last_word, messages, muted_till)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20)
ON CONFLICT (group_key, member_key) DO UPDATE SET shown = excluded.shown, look = excluded.look, card = excluded.card, account = excluded.account, role = excluded.role,
 present = excluded.present, stays = excluded.stays, stay_n = excluded.stay_n, since = excluded.since, joined_at = excluded.joined_at,
 scene = excluded.scene, state = excluded.state, inviter_key = excluded.inviter_key, left_at = excluded.left_at,
 first_word = excluded.first_word, last_word = excluded.last_word, messages = excluded.messages, muted_till = excluded.muted_till`

func (f *figures) flushPeople(ctx context.Context) error {
	var dirty []*person
	for _, p := range f.people {
		if p.dirty {
			dirty = append(dirty, p)
		}
	}
	slices.SortFunc(dirty, func(a, b *person) int {
		return cmp.Or(cmp.Compare(a.key.group, b.key.group), cmp.Compare(a.key.member, b.key.member))
	})
	rows := make([][]any, len(dirty))
	for i, p := range dirty {
		p.dirty = false
		rows[i] = []any{int64(p.key.group), int64(p.key.member), p.shown, p.look, p.card, p.account, string(p.role), p.present, p.stays, p.stay, p.since,
			p.joined, p.scene, p.state, int64(p.inviter), p.left, p.firstWord, p.lastWord, p.messages, p.mutedTill}
	}
	_, err := f.t.dialect.bulk(ctx, f.t, savePerson, rows)
	return err
}

func abs(n int64) int64 {
	if n < 0 {
		return -n
	}
	return n
}
