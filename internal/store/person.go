package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"strconv"

	"qunluo/internal/community"
	"qunluo/internal/identity"
)

// MergeMembers says that two members are one human, with an audit row. CodeConflict: they are one already; CodeTooLarge: too
// many accounts.
func (s *Store) MergeMembers(ctx context.Context, one, two community.Member, evidence identity.Evidence, audit community.Audit) (identity.Fact, error) {
	f := identity.Fact{Org: one.Org, Kind: identity.Merged, Evidence: evidence}
	if one.Org != two.Org {
		return f, community.Errorf(community.CodeNotFound, "member %s: not found", two.ID)
	}
	return s.addFact(ctx, f, audit, "member.merge", one, func(t *Tx, f identity.Fact) ([]identity.Move, error) {
		book, err := t.personBook(ctx, one.Key, two.Key)
		if err != nil {
			return nil, err
		}
		return identity.Merge(book, one.Key, two.Key, identity.PersonKey(f.Number))
	})
}

// SplitMember says that a member is a human of their own, with an audit row. CodeConflict: they are.
func (s *Store) SplitMember(ctx context.Context, m community.Member, audit community.Audit) (identity.Fact, error) {
	f := identity.Fact{Org: m.Org, Kind: identity.Parted}
	return s.addFact(ctx, f, audit, "member.split", m, func(t *Tx, _ identity.Fact) ([]identity.Move, error) {
		book, err := t.personBook(ctx, m.Key)
		if err != nil {
			return nil, err
		}
		return identity.Split(book, m.Key)
	})
}

// UndoPerson takes a merge or a split back, with an audit row. CodeConflict: it was taken back, or later ones stand on it.
func (s *Store) UndoPerson(ctx context.Context, was identity.Fact, m community.Member, audit community.Audit) (identity.Fact, error) {
	f := identity.Fact{Org: was.Org, Kind: identity.Undone, Undoes: was.Number}
	return s.addFact(ctx, f, audit, "member.unmerge", m, func(t *Tx, _ identity.Fact) ([]identity.Move, error) {
		var n int
		if err := t.one(ctx, `SELECT count(*) FROM person_fact WHERE undoes = $1`, []any{was.Number}, &n); err != nil {
			return nil, err
		}
		if n > 0 {
			return nil, community.Errorf(community.CodeConflict, "fact %d: taken back already", was.Number)
		}
		keys := make([]community.MemberKey, len(was.Moves))
		for i, v := range was.Moves {
			keys[i] = v.Member
		}
		book, err := t.personBook(ctx, keys...)
		for _, v := range was.Moves {
			if err == nil {
				err = t.readPersons(ctx, book, v.From, v.To)
			}
		}
		if err != nil {
			return nil, err
		}
		return identity.Undo(book, was)
	})
}

// addFact decides on a fact and writes it with what follows from it. Its number is taken first: whoever comes second waits
// for it and decides on what the first left.
func (s *Store) addFact(ctx context.Context, f identity.Fact, audit community.Audit, verb string, m community.Member, decide func(*Tx, identity.Fact) ([]identity.Move, error)) (identity.Fact, error) {
	err := s.writeTx(ctx, func(t *Tx) (err error) {
		if f.Number, err = t.keys(ctx, "person_fact", 1); err != nil {
			return err
		}
		f.ID, f.At, f.User, f.Reason = s.NewID(), s.now(), audit.User, audit.Reason
		if f.Moves, err = decide(t, f); err != nil {
			return err
		}
		_, err = t.exec(ctx, `INSERT INTO person_fact (number, id, org_key, kind, at, user_name, reason, evidence, undoes) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
			f.Number, f.ID[:], int64(f.Org), string(f.Kind), f.At, f.User, f.Reason, string(f.Evidence), f.Undoes)
		if err != nil {
			return err
		}
		if err := t.movePersons(ctx, f); err != nil {
			return err
		}
		audit.Org, audit.Verb, audit.Subject = f.Org, verb, "member:"+m.ID.String()
		audit.After, _ = json.Marshal(map[string]any{"fact": f.ID.String(), "moves": f.Moves}) // plain values
		return t.AddAudit(ctx, audit)
	})
	return f, err
}

func (t *Tx) movePersons(ctx context.Context, f identity.Fact) error {
	for _, m := range f.Moves {
		_, err := t.exec(ctx, `INSERT INTO person_move (fact_number, member_key, from_person, to_person) VALUES ($1, $2, $3, $4)`,
			f.Number, int64(m.Member), int64(m.From), int64(m.To))
		if err != nil {
			return err
		}
		if m.To == 0 {
			_, err = t.exec(ctx, `DELETE FROM person_member WHERE member_key = $1`, int64(m.Member))
		} else {
			_, err = t.exec(ctx, `INSERT INTO person_member (member_key, person_key) VALUES ($1, $2)
ON CONFLICT (member_key) DO UPDATE SET person_key = excluded.person_key`, int64(m.Member), int64(m.To))
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// personBook reads the persons of some members, whole.
func (t *Tx) personBook(ctx context.Context, members ...community.MemberKey) (identity.Book, error) {
	book := identity.Book{}
	for _, m := range members {
		var p int64
		err := t.one(ctx, `SELECT person_key FROM person_member WHERE member_key = $1`, []any{int64(m)}, &p)
		if err == sql.ErrNoRows {
			continue
		}
		if err == nil {
			err = t.readPersons(ctx, book, identity.PersonKey(p))
		}
		if err != nil {
			return nil, err
		}
	}
	return book, nil
}

func (t *Tx) readPersons(ctx context.Context, book identity.Book, persons ...identity.PersonKey) error {
	for _, p := range persons {
		rows, err := t.query(ctx, `SELECT member_key FROM person_member WHERE person_key = $1`, int64(p))
		if err != nil {
			return err
		}
		keys, err := ints(rows)
		if err != nil {
			return err
		}
		for _, m := range keys {
			book[community.MemberKey(m)] = p
		}
	}
	return nil
}

// SetApart says that two members are not one human, or (no) takes that back, with an audit row: apart they are suggested no
// more.
func (s *Store) SetApart(ctx context.Context, one, two community.Member, apart bool, audit community.Audit) error {
	if one.Org != two.Org || one.Key == two.Key {
		return community.Errorf(community.CodeBadInput, "members %s and %s: want two of one organisation", one.ID, two.ID)
	}
	low, high := min(one.Key, two.Key), max(one.Key, two.Key)
	return s.writeTx(ctx, func(t *Tx) error {
		query, args := `DELETE FROM person_apart WHERE one_key = $1 AND two_key = $2`, []any{int64(low), int64(high)}
		if apart {
			query, args = `INSERT INTO person_apart (one_key, two_key, at, user_name) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING`, append(args, s.now(), audit.User)
		}
		n, err := t.exec(ctx, query, args...)
		if err != nil {
			return err
		}
		if n == 0 {
			return community.Errorf(community.CodeConflict, "members %s and %s: said before", one.ID, two.ID)
		}
		audit.Org, audit.Verb, audit.Subject = one.Org, "member.apart", "member:"+one.ID.String()
		audit.After, _ = json.Marshal(map[string]any{"other": two.ID.String(), "apart": apart}) // plain values
		return t.AddAudit(ctx, audit)
	})
}

// sign notes something that a member may have in common with members of other platforms.
func (t *Tx) sign(ctx context.Context, kind identity.Evidence, value string, m community.MemberKey) error {
	_, err := t.exec(ctx, `INSERT INTO member_sign (kind, value, member_key) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING`, string(kind), value, int64(m))
	return err
}

// TagContacts keeps what the contacts on a desk's list are tagged with on their platform; tags that the desk's last list
// had and this one has not go. Tags from elsewhere stay.
func (t *Tx) TagContacts(ctx context.Context, g community.GroupKey, tags map[community.MemberKey][]string) error {
	source := "contact:" + strconv.FormatInt(int64(g), 10)
	if _, err := t.exec(ctx, `DELETE FROM member_tag WHERE source = $1`, source); err != nil {
		return err
	}
	for _, m := range sortedKeys(tags) {
		for _, tag := range tags[m] {
			_, err := t.exec(ctx, `INSERT INTO member_tag (member_key, tag, source, created) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING`,
				int64(m), tag, source, t.store.now())
			if err != nil {
				return err
			}
		}
	}
	return nil
}
