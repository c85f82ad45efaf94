package store

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"hash/maphash"
	"slices"
	"strconv"
	"strings"

	"qunluo/internal/community"
)

// Glance looks at what an import is about to bring and tells what a group's log has of it already, without writing. It
// holds 24 bytes for each event that another program, or a connection, brought into the groups it has looked at, of at
// most maxEchoes events; make a new one for each file.
type Glance struct {
	store    *Store
	org      community.OrgKey
	platform community.Platform
	exporter string
	seed     maphash.Seed
	groups   map[string]*pastOf
	members  map[aliasOf]community.MemberKey
}

type aliasOf struct{ realm, id string }

// pastOf is a group as far as it matters to an import. A group that is not there yet has the key 0.
type pastOf struct {
	key    community.GroupKey
	echoes []echo // by hash
	tails  []tail // of copies by hand, where such a copy is looked at
}

// echo is an event that a row of another program may render anew.
type echo struct {
	hash   uint64 // of type, people, second and rough class
	text   uint32 // of its words
	used   bool
	number int64
}

// maxEchoes bounds what is remembered of one group; of more, the latest are.
const maxEchoes = 2_000_000

// Fate is what a group's log has of a row. Near is the number of an event that another program brought and that has the
// same people, second and kind of content, though not the same key (of what names nobody, the same words too); 0 = none.
// Cut is the number of an event that a copy by hand had cut: the row completes it, and its words go on after From bytes; 0 = none.
type Fate struct {
	Known bool
	Near  int64
	Cut   int64
	From  int
	Half  bool // the row is cut itself, being the last: the message is there whole
}

// Glance begins to look on behalf of one file: what platform it is of and which program wrote it.
func (s *Store) Glance(org community.OrgKey, p community.Platform, exporter string) *Glance {
	return &Glance{store: s, org: org, platform: p, exporter: exporter, seed: maphash.MakeSeed(), groups: map[string]*pastOf{},
		members: map[aliasOf]community.MemberKey{}}
}

// Look tells the fate of rows, in their order. An event is near one row at most, so that two equal rows of a second are
// near two events; rows with the same words find each other first. sure false spares the look at keys where nothing
// can be near: Known is then left false.
func (g *Glance) Look(ctx context.Context, in []community.Inbound, sure bool) ([]Fate, error) {
	fates := make([]Fate, len(in))
	byGroup := map[string][]int{}
	for i := range in {
		byGroup[in[i].Group.ID] = append(byGroup[in[i].Group.ID], i)
	}
	for external, rows := range byGroup {
		past, err := g.past(ctx, external)
		if err != nil {
			return nil, err
		}
		if past.key == 0 || len(past.echoes) == 0 && len(past.tails) == 0 && !sure {
			continue
		}
		if err := g.lookIn(ctx, past, in, rows, fates); err != nil {
			return nil, err
		}
	}
	return fates, nil
}

func (g *Glance) lookIn(ctx context.Context, past *pastOf, in []community.Inbound, rows []int, fates []Fate) error {
	if err := g.known(ctx, past.key, in, rows, fates); err != nil {
		return err
	}
	if len(past.tails) > 0 {
		if err := g.cuts(ctx, past, in, rows, fates); err != nil {
			return err
		}
	}
	if len(past.echoes) == 0 {
		return nil
	}
	for _, sameWords := range []bool{true, false} {
		for _, i := range rows {
			nobody := in[i].Actor.ID == "" && in[i].Subject.ID == ""
			if fates[i].Known || fates[i].Cut != 0 || fates[i].Near != 0 || nobody && !sameWords {
				continue
			}
			h, err := g.inboundHash(ctx, past.key, &in[i])
			if err != nil {
				return err
			}
			fates[i].Near = past.take(h, g.words(in[i].Body.Text), sameWords)
		}
	}
	return nil
}

// take finds an event that no row was near yet.
func (p *pastOf) take(hash uint64, text uint32, sameWords bool) int64 {
	i, _ := slices.BinarySearchFunc(p.echoes, hash, func(e echo, h uint64) int { return cmp.Compare(e.hash, h) })
	for ; i < len(p.echoes) && p.echoes[i].hash == hash; i++ {
		if e := &p.echoes[i]; !e.used && (!sameWords || e.text == text) {
			e.used = true
			return e.number
		}
	}
	return 0
}

// known marks the rows whose key is in the log.
func (g *Glance) known(ctx context.Context, key community.GroupKey, in []community.Inbound, rows []int, fates []Fate) error {
	at := make(map[[16]byte][]int, len(rows))
	keys := make([][16]byte, 0, len(rows))
	for _, i := range rows {
		d := Draft{Key: in[i].Key, Event: community.Event{Group: key, Type: in[i].Type}}
		k := d.dedupKey(0)
		if at[k] == nil {
			keys = append(keys, k)
		}
		at[k] = append(at[k], i)
	}
	for chunk := range slices.Chunk(keys, scatter) {
		marks, args := make([]string, len(chunk)), make([]any, len(chunk))
		for i := range chunk {
			marks[i], args[i] = "$"+strconv.Itoa(i+1), chunk[i][:]
		}
		err := each(ctx, g.store, `SELECT dedup FROM event WHERE account_key = 0 AND dedup IN (`+strings.Join(marks, ",")+`)`, args, func(r *sql.Rows) error {
			var k []byte
			if err := r.Scan(&k); err != nil {
				return err
			}
			for _, i := range at[[16]byte(k)] {
				fates[i].Known = true
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// each reads rows one at a time.
func each(ctx context.Context, s *Store, query string, args []any, take func(r *sql.Rows) error) error {
	found, err := s.read.QueryContext(ctx, query, args...)
	if err != nil {
		return coded(s.dialect, err)
	}
	defer found.Close()
	for found.Next() {
		if err := take(found); err != nil {
			return err
		}
	}
	return found.Err()
}

// past reads, once, what other programs and connections brought into a group.
func (g *Glance) past(ctx context.Context, external string) (*pastOf, error) {
	if p, ok := g.groups[external]; ok {
		return p, nil
	}
	key, err := g.store.GroupOf(ctx, g.org, g.platform, external)
	if err != nil {
		return nil, err
	}
	p := &pastOf{key: key}
	if key != 0 {
		if p.echoes, err = g.echoes(ctx, key); err != nil {
			return nil, fmt.Errorf("past of group %d: %w", key, err)
		}
		if strings.HasPrefix(g.exporter, copiedBy) {
			if p.tails, err = g.store.tails(ctx, key); err != nil {
				return nil, fmt.Errorf("copies of group %d: %w", key, err)
			}
		}
	}
	g.groups[external] = p
	return p, nil
}

func (g *Glance) echoes(ctx context.Context, key community.GroupKey) ([]echo, error) {
	own, err := g.store.broughtBy(ctx, key, g.exporter)
	if err != nil {
		return nil, err
	}
	var list []echo
	for ev, err := range g.store.Events(ctx, EventScan{Group: key, Kept: true}) {
		if err != nil {
			return nil, err
		}
		if ev.Import != 0 && own.holds(ev.Import, ev.Number) {
			continue
		}
		if len(list) == maxEchoes {
			list = list[:copy(list, list[maxEchoes/2:])]
		}
		h := g.hash(ev.Type, ev.Actor, ev.Subject, ev.OccurredAt, ev.Body.Class)
		list = append(list, echo{hash: h, text: g.words(ev.Body.Text), number: ev.Number})
	}
	slices.SortStableFunc(list, func(a, b echo) int { return cmp.Compare(a.hash, b.hash) })
	return list, nil
}

// brought is where in the log an exporter's events stand, by import.
type brought map[int64][]importSpan

func (b brought) holds(run, number int64) bool {
	return slices.ContainsFunc(b[run], func(sp importSpan) bool { return sp.first <= number && number <= sp.last })
}

// broughtBy finds the stretches of a group's log that one exporter brought. Of imports from before exporters were noted
// the format is known: they count as the same exporter's when it is the same.
func (s *Store) broughtBy(ctx context.Context, g community.GroupKey, exporter string) (brought, error) {
	format, _, _ := strings.Cut(exporter, " ")
	own := brought{}
	err := each(ctx, s, `SELECT r.import_key, r.first_number, r.last_number FROM import_range r JOIN import_run i ON i.key = r.import_key
WHERE r.group_key = $1 AND (r.exporter = $2 OR r.exporter = '' AND i.format = $3)`, []any{int64(g), exporter, format}, func(r *sql.Rows) error {
		var run int64
		sp := importSpan{group: int64(g)}
		err := r.Scan(&run, &sp.first, &sp.last)
		own[run] = append(own[run], sp)
		return err
	})
	return own, err
}

func (g *Glance) inboundHash(ctx context.Context, key community.GroupKey, in *community.Inbound) (uint64, error) {
	actor, err := g.member(ctx, key, in.Actor)
	if err != nil {
		return 0, err
	}
	subject, err := g.member(ctx, key, in.Subject)
	return g.hash(in.Type, actor, subject, in.OccurredAt, in.Body.Class), err
}

// unheard is the key of somebody who is not known: no event has it.
const unheard community.MemberKey = -1

// member finds whom a file means without making them known.
func (g *Glance) member(ctx context.Context, key community.GroupKey, who community.Who) (community.MemberKey, error) {
	if who.ID == "" {
		return 0, nil
	}
	at := aliasOf{id: who.ID}
	if who.Certainty == community.NameOnly {
		at.realm = strconv.FormatInt(int64(key), 10)
	}
	if m, ok := g.members[at]; ok {
		return m, nil
	}
	found, err := g.store.oneKey(ctx, findAlias, int64(g.org), "member", string(g.platform), at.realm, at.id)
	if found == 0 && who.Also != "" && err == nil {
		found, err = g.store.oneKey(ctx, findAlias, int64(g.org), "member", string(g.platform), at.realm, who.Also)
	}
	m := community.MemberKey(found)
	if m == 0 {
		m = unheard
	}
	if len(g.members) >= maxRemembered {
		clear(g.members)
	}
	g.members[at] = m
	return m, err
}

func (g *Glance) hash(t community.Type, actor, subject community.MemberKey, at int64, class community.Class) uint64 {
	var h maphash.Hash
	h.SetSeed(g.seed)
	maphash.WriteComparable(&h, string(t))
	maphash.WriteComparable(&h, [4]int64{int64(actor), int64(subject), at / 1000, int64(class.Rough())})
	return h.Sum64()
}

func (g *Glance) words(text string) uint32 {
	return uint32(maphash.String(g.seed, strings.TrimSpace(text)))
}

// Roster gives the latest list of members that is on record of a group, and when it was read (UTC ms; 0 = there is none).
func (g *Glance) Roster(ctx context.Context, external string) (list []community.Who, at int64, err error) {
	key, err := g.store.GroupOf(ctx, g.org, g.platform, external)
	if err != nil || key == 0 {
		return nil, 0, err
	}
	for ev, err := range g.store.Events(ctx, EventScan{Group: key, Type: community.RosterRead, Kept: true}) {
		if err != nil {
			return nil, 0, err
		}
		if ev.OccurredAt < at {
			continue
		}
		list, at = nil, ev.OccurredAt
		if err := json.Unmarshal(ev.Body.Data, &list); err != nil {
			return nil, 0, fmt.Errorf("list of members, event %d: %w", ev.Number, err)
		}
	}
	return list, at, nil
}

// Tell gives the words of an event that a Fate names and the program that exported it; from "" = it came live.
func (g *Glance) Tell(ctx context.Context, number int64) (text, from string, err error) {
	var run, group int64
	var raw []byte
	err = g.store.read.QueryRowContext(ctx, `SELECT import_key, group_key, body FROM event WHERE number = $1`, number).Scan(&run, &group, &raw)
	if err != nil {
		return "", "", missing(coded(g.store.dialect, err), "event %d", number)
	}
	var body community.Body
	if err := decodeBody(raw, &body); err != nil || run == 0 {
		return body.Text, "", err
	}
	err = each(ctx, g.store, `SELECT CASE WHEN r.exporter = '' THEN i.format ELSE r.exporter END FROM import_range r JOIN import_run i ON i.key = r.import_key
WHERE r.import_key = $1 AND r.group_key = $2 AND r.first_number <= $3 AND r.last_number >= $3`, []any{run, group, number}, func(r *sql.Rows) error {
		return r.Scan(&from)
	})
	return body.Text, from, err
}
