package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"qunluo/internal/community"
	"qunluo/internal/lexicon"
	"qunluo/internal/shelf"
)

const cardColumns = `SELECT c.id, c.group_key, g.id, g.name, c.number, c.member_key, coalesce(m.id, c.id), coalesce(m.called, ''), c.said_at, c.body, c.note, c.made_by, c.why, c.user_name, c.made, c.removed, c.erased, c.version,
 EXISTS (SELECT 1 FROM event e WHERE e.number = c.number AND length(e.body) > 0), EXISTS (SELECT 1 FROM views.recalled v WHERE v.number = c.number)`

// cardFrom leaves out what undone imports brought, as every list does.
const cardFrom = ` FROM essence_card c JOIN chat_group g ON g.key = c.group_key LEFT JOIN member m ON m.key = c.member_key`

const cardKept = `NOT EXISTS (SELECT 1 FROM event e JOIN import_run r ON r.key = e.import_key WHERE e.number = c.number AND r.state = 'undone')`

func scanCard(r *sql.Rows, v *shelf.Card) error {
	var id, group, author, why []byte
	err := r.Scan(&id, (*int64)(&v.Group), &group, &v.GroupName, &v.Number, (*int64)(&v.Author), &author, &v.Name, &v.SaidAt, &v.Text, &v.Note, &v.By, &why, &v.User, &v.Made, &v.Removed, &v.Erased, &v.Version, &v.There, &v.Recalled)
	if err != nil {
		return err
	}
	copy(v.ID[:], id)
	copy(v.GroupID[:], group)
	if v.Author != 0 {
		copy(v.AuthorID[:], author)
	}
	return json.Unmarshal(why, &v.Why)
}

// maxCards is how many candidates a search of cards reads.
const maxCards = 5000

// Cards lists cards, the last made first. Those that were erased are in no list.
func (d *Desk) Cards(ctx context.Context, f shelf.CardFilter) ([]shelf.Card, int, error) {
	var c clause
	d.in(&c, "g")
	c.and(cardKept)
	c.and("c.erased = 0")
	if f.Removed {
		c.and("c.removed <> 0")
	} else {
		c.and("c.removed = 0")
	}
	if f.Group != 0 {
		c.and("c.group_key = ?", int64(f.Group))
	}
	if f.Member != 0 {
		c.and("c.member_key = ?", int64(f.Member))
	}
	if f.Tag != "" {
		c.and("EXISTS (SELECT 1 FROM essence_tag t WHERE t.card = c.id AND t.tag = ?)", f.Tag)
	}
	if f.Text != "" {
		return d.cardsSought(ctx, c, f)
	}
	n, err := d.count(ctx, cardFrom[1:]+c.String(), c.args)
	if err != nil {
		return nil, 0, err
	}
	list, err := rows(ctx, d.s, cardColumns+cardFrom+c.String()+fmt.Sprintf(` ORDER BY c.made DESC, c.number DESC LIMIT %d OFFSET %d`, limitOf(f.Limit), max(f.Offset, 0)), c.args, scanCard)
	if err != nil {
		return nil, 0, err
	}
	return list, n, d.cardTags(ctx, list)
}

// cardsSought finds candidates by their terms, as the search of messages does, and rechecks the text itself.
func (d *Desk) cardsSought(ctx context.Context, c clause, f shelf.CardFilter) ([]shelf.Card, int, error) {
	terms := lexicon.Query(f.Text)
	if len(terms) == 0 {
		return nil, 0, nil
	}
	for _, t := range terms {
		if t.Prefix {
			c.and(`c.id IN (SELECT x.card FROM essence_term x WHERE x.term LIKE ?)`, t.Text+"%") // terms hold letters and digits alone
		} else {
			c.and("c.id IN (SELECT x.card FROM essence_term x WHERE x.term = ?)", t.Text)
		}
	}
	all, err := rows(ctx, d.s, cardColumns+cardFrom+c.String()+fmt.Sprintf(` ORDER BY c.made DESC, c.number DESC LIMIT %d`, maxCards), c.args, scanCard)
	if err != nil {
		return nil, 0, err
	}
	all = slices.DeleteFunc(all, func(v shelf.Card) bool { return !lexicon.Contains(v.Text+"\n"+v.Note, f.Text) })
	from := min(max(f.Offset, 0), len(all))
	list := all[from:min(from+limitOf(f.Limit), len(all))]
	return list, len(all), d.cardTags(ctx, list)
}

func (d *Desk) cardTags(ctx context.Context, list []shelf.Card) error {
	for i := range list {
		tags, err := rows(ctx, d.s, `SELECT tag FROM essence_tag WHERE card = $1 ORDER BY tag`, []any{list[i].ID[:]}, func(r *sql.Rows, v *string) error { return r.Scan(v) })
		if err != nil {
			return err
		}
		list[i].Tags = tags
	}
	return nil
}

// Card gives one card of the scope, taken off or not; CodeNotFound.
func (d *Desk) Card(ctx context.Context, id community.ID) (shelf.Card, error) {
	return d.oneCard(ctx, id.String(), "c.id = ?", id[:])
}

// CardOf gives the card of a message; CodeNotFound.
func (d *Desk) CardOf(ctx context.Context, number int64) (shelf.Card, error) {
	return d.oneCard(ctx, fmt.Sprintf("of message %d", number), "c.number = ? AND c.of_no = 0", number)
}

func (d *Desk) oneCard(ctx context.Context, called, which string, args ...any) (shelf.Card, error) {
	var c clause
	d.in(&c, "g")
	c.and(cardKept)
	c.and(which, args...)
	list, err := rows(ctx, d.s, cardColumns+cardFrom+c.String(), c.args, scanCard)
	if err == nil {
		err = d.cardTags(ctx, list)
	}
	return oneOf(list, err, "card", called)
}

// CardTags lists the tags that cards of the scope wear, by name.
func (d *Desk) CardTags(ctx context.Context) ([]string, error) {
	var c clause
	d.in(&c, "g")
	c.and("c.removed = 0 AND c.erased = 0")
	return rows(ctx, d.s, `SELECT DISTINCT t.tag FROM essence_tag t JOIN essence_card c ON c.id = t.card JOIN chat_group g ON g.key = c.group_key`+c.String()+` ORDER BY t.tag LIMIT 500`, c.args,
		func(r *sql.Rows, v *string) error { return r.Scan(v) })
}

// AddCard keeps the card of a message. CodeConflict: the message has one, taken off or erased too; CodeRefused: its author's words were
// erased from the cards.
func (s *Store) AddCard(ctx context.Context, org community.OrgKey, v shelf.Card, audit community.Audit) (shelf.Card, error) {
	v.ID, v.Made, v.Version = s.NewID(), s.now(), 1
	return v, s.writeTx(ctx, func(t *Tx) error {
		added, err := t.addCard(ctx, org, v, community.ID{}, 0, audit)
		if err == nil && !added {
			err = community.Errorf(community.CodeConflict, "this message has a card")
		}
		return err
	})
}

// addCard keeps the card of a message, or of a question of a live Q&A.
func (t *Tx) addCard(ctx context.Context, org community.OrgKey, v shelf.Card, live community.ID, no int64, audit community.Audit) (bool, error) {
	var gone int
	if err := t.one(ctx, `SELECT count(*) FROM essence_erased WHERE member_key = $1`, []any{int64(v.Author)}, &gone); err != nil {
		return false, err
	}
	if gone > 0 {
		return false, community.Errorf(community.CodeRefused, "the author's words were erased from the cards")
	}
	why, err := json.Marshal(v.Why)
	if err != nil {
		return false, err
	}
	var of any
	if no != 0 {
		of = live[:]
	}
	n, err := t.exec(ctx, `INSERT INTO essence_card (id, org_key, group_key, number, member_key, said_at, body, note, made_by, why, user_name, made, removed, erased, version, of_live, of_no)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, 0, 0, 1, $13, $14) ON CONFLICT DO NOTHING`,
		v.ID[:], int64(org), int64(v.Group), v.Number, int64(v.Author), v.SaidAt, v.Text, v.Note, v.By, string(why), v.User, v.Made, of, no)
	if err != nil || n == 0 {
		return false, err
	}
	if err := t.indexCard(ctx, v); err != nil {
		return false, err
	}
	audit.Org, audit.Verb, audit.Subject = org, "essence.keep", "card:"+v.ID.String()
	audit.After, _ = json.Marshal(map[string]any{"message": v.Number, "by": v.By, "why": v.Why, "tags": v.Tags}) // plain values, and no words of people
	return true, t.AddAudit(ctx, audit)
}

// indexCard writes a card's tags and terms anew.
func (t *Tx) indexCard(ctx context.Context, v shelf.Card) error {
	if err := t.unindexCard(ctx, v.ID); err != nil {
		return err
	}
	for _, tag := range v.Tags {
		if _, err := t.exec(ctx, `INSERT INTO essence_tag (card, tag) VALUES ($1, $2) ON CONFLICT DO NOTHING`, v.ID[:], tag); err != nil {
			return err
		}
	}
	var list [][]any
	for _, term := range lexicon.Terms(v.Text + "\n" + v.Note) {
		list = append(list, []any{term, v.ID[:]})
	}
	_, err := t.bulk(ctx, `INSERT INTO essence_term (term, card) VALUES ($1, $2) ON CONFLICT DO NOTHING`, list)
	return err
}

func (t *Tx) unindexCard(ctx context.Context, id community.ID) error {
	if _, err := t.exec(ctx, `DELETE FROM essence_tag WHERE card = $1`, id[:]); err != nil {
		return err
	}
	_, err := t.exec(ctx, `DELETE FROM essence_term WHERE card = $1`, id[:])
	return err
}

// ChangeCard keeps a card's tags, note and whether it is taken off, if it still is as it was read (Version). CodeConflict: it is not.
func (s *Store) ChangeCard(ctx context.Context, org community.OrgKey, v shelf.Card, audit community.Audit) error {
	return s.writeTx(ctx, func(t *Tx) error {
		n, err := t.exec(ctx, `UPDATE essence_card SET note = $1, removed = $2, version = version + 1 WHERE id = $3 AND org_key = $4 AND version = $5 AND erased = 0`, v.Note, v.Removed, v.ID[:], int64(org), v.Version)
		if err := moved(n, err); err != nil {
			return err
		}
		if err := t.indexCard(ctx, v); err != nil {
			return err
		}
		audit.Org, audit.Subject = org, "card:"+v.ID.String()
		audit.After, _ = json.Marshal(map[string]any{"tags": v.Tags, "removed": v.Removed != 0}) // plain values
		return t.AddAudit(ctx, audit)
	})
}

// EraseCards erases from the cards for good what members said, with their reference, and keeps that no rule makes such cards again; what they
// asked in live Q&As goes with it. It gives how many cards there were.
func (s *Store) EraseCards(ctx context.Context, org community.OrgKey, members []community.MemberKey, audit community.Audit) (n int, err error) {
	err = s.writeTx(ctx, func(t *Tx) error {
		asked := "SELECT 1 FROM live_question q WHERE q.live = essence_card.of_live AND q.no = essence_card.of_no AND q.who IN (" + keyList(members) + ")" // also where the card does not name who asked
		if n, err = t.eraseCards(ctx, "org_key = $1 AND (member_key IN ("+keyList(members)+") OR EXISTS ("+asked+"))", int64(org)); err != nil {
			return err
		}
		if _, err := t.exec(ctx, `UPDATE live_question SET body = '', version = version + 1 WHERE body <> '' AND who IN (`+keyList(members)+`)`); err != nil {
			return err
		}
		for _, m := range members {
			if _, err := t.exec(ctx, `INSERT INTO essence_erased (member_key, at) VALUES ($1, $2) ON CONFLICT DO NOTHING`, int64(m), s.now()); err != nil {
				return err
			}
			if _, err := t.exec(ctx, `DELETE FROM essence_mark WHERE member_key = $1`, int64(m)); err != nil {
				return err
			}
		}
		audit.Org, audit.Verb = org, "essence.erase"
		audit.After, _ = json.Marshal(map[string]any{"cards": n}) // plain values
		return t.AddAudit(ctx, audit)
	})
	return n, err
}

// eraseCards empties the cards that a condition means.
func (t *Tx) eraseCards(ctx context.Context, which string, args ...any) (int, error) {
	found, err := t.query(ctx, `SELECT id FROM essence_card WHERE erased = 0 AND `+which, args...)
	if err != nil {
		return 0, err
	}
	var ids []community.ID
	for found.Next() {
		var raw []byte
		if err := found.Scan(&raw); err != nil {
			return 0, errors.Join(err, found.Close())
		}
		ids = append(ids, community.ID(raw))
	}
	if err := errors.Join(found.Err(), found.Close()); err != nil {
		return 0, err
	}
	for _, id := range ids {
		if err := t.unindexCard(ctx, id); err != nil {
			return 0, err
		}
		if _, err := t.exec(ctx, `UPDATE essence_card SET body = '', note = '', member_key = 0, user_name = '', erased = $1, version = version + 1 WHERE id = $2`, t.store.now(), id[:]); err != nil {
			return 0, err
		}
	}
	return len(ids), nil
}

// EssenceRule gives the rule of a group, or (0) that of the organisation; own is false where the group has none and the organisation's holds.
func (s *Store) EssenceRule(ctx context.Context, org community.OrgKey, g community.GroupKey) (rule shelf.Rule, own bool, err error) {
	list, err := s.essenceRules(ctx, org)
	if err != nil {
		return rule, false, err
	}
	if rule, own = list[g]; own {
		return rule, g != 0, nil
	}
	if rule, found := list[0]; found {
		return rule, false, nil
	}
	return shelf.DefaultRule(), false, nil
}

// essenceRules are an organisation's rules by group; 0 = that of all others.
func (s *Store) essenceRules(ctx context.Context, org community.OrgKey) (map[community.GroupKey]shelf.Rule, error) {
	type row struct {
		group community.GroupKey
		rule  shelf.Rule
	}
	list, err := rows(ctx, s, `SELECT group_key, body FROM essence_rule WHERE org_key = $1`, []any{int64(org)}, func(r *sql.Rows, v *row) error {
		var body []byte
		if err := r.Scan((*int64)(&v.group), &body); err != nil {
			return err
		}
		return json.Unmarshal(body, &v.rule)
	})
	out := map[community.GroupKey]shelf.Rule{}
	for _, v := range list {
		out[v.group] = v.rule
	}
	return out, err
}

// SaveEssenceRule keeps the rule of a group, or (0) of the organisation; nil = the group has none of its own.
func (s *Store) SaveEssenceRule(ctx context.Context, org community.OrgKey, g community.GroupKey, rule *shelf.Rule, audit community.Audit) error {
	return s.writeTx(ctx, func(t *Tx) error {
		if _, err := t.exec(ctx, `DELETE FROM essence_rule WHERE org_key = $1 AND group_key = $2`, int64(org), int64(g)); err != nil {
			return err
		}
		if rule != nil {
			body, err := json.Marshal(rule)
			if err != nil {
				return err
			}
			if _, err := t.exec(ctx, `INSERT INTO essence_rule (org_key, group_key, body) VALUES ($1, $2, $3)`, int64(org), int64(g), string(body)); err != nil {
				return err
			}
			audit.After = body
		}
		audit.Org, audit.Verb = org, "essence.rule"
		return t.AddAudit(ctx, audit)
	})
}

// SameHuman lists the accounts that are one human with a member, that one included.
func (d *Desk) SameHuman(ctx context.Context, m community.MemberKey) ([]community.MemberKey, error) {
	list, err := d.accountsOf(ctx, m, true)
	out := make([]community.MemberKey, 0, len(list)+1)
	for _, k := range list {
		out = append(out, community.MemberKey(k))
	}
	if !slices.Contains(out, m) {
		out = append(out, m)
	}
	return out, err
}
