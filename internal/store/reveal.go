package store

import (
	"context"
	"database/sql"

	"qunluo/internal/community"
)

const revealColumns = `SELECT r.id, r.org_key, r.member_key, m.id, r.asked_by, r.reason, r.at, r.state, r.decided_by, r.decided_at, r.why, r.until, r.seen
FROM reveal r JOIN member m ON m.key = r.member_key`

func scanReveal(r *sql.Rows, v *community.Reveal) error {
	var id, member []byte
	var org, key int64
	err := r.Scan(&id, &org, &key, &member, &v.AskedBy, &v.Reason, &v.At, &v.State, &v.DecidedBy, &v.DecidedAt, &v.Why, &v.Until, &v.Seen)
	copy(v.ID[:], id)
	copy(v.MemberID[:], member)
	v.Org, v.Member = community.OrgKey(org), community.MemberKey(key)
	return err
}

// AskReveal keeps a wish to know who a member is. community.CodeNotFound: no member of the organisation. CodeConflict: the same person
// asked about them and nobody has answered.
func (s *Store) AskReveal(ctx context.Context, v community.Reveal) (community.Reveal, error) {
	err := s.writeTx(ctx, func(t *Tx) error {
		var key int64
		if err := t.one(ctx, `SELECT key FROM member WHERE id = $1 AND org_key = $2`, []any{v.MemberID[:], int64(v.Org)}, &key); err != nil {
			return missing(err, "member %s", v.MemberID)
		}
		var open int
		if err := t.one(ctx, `SELECT count(*) FROM reveal WHERE member_key = $1 AND asked_by = $2 AND state = $3`, []any{key, v.AskedBy, community.RevealAsked}, &open); err != nil {
			return err
		}
		if open > 0 {
			return community.Errorf(community.CodeConflict, "member %s: asked before, and nobody has answered", v.MemberID)
		}
		v.ID, v.Member, v.At, v.State = s.NewID(), community.MemberKey(key), s.now(), community.RevealAsked
		if _, err := t.exec(ctx, `INSERT INTO reveal (id, org_key, member_key, asked_by, reason, at, state, decided_by, decided_at, why, until, seen)
VALUES ($1, $2, $3, $4, $5, $6, $7, '', 0, '', 0, 0)`, v.ID[:], int64(v.Org), key, v.AskedBy, v.Reason, v.At, v.State); err != nil {
			return err
		}
		return t.AddAudit(ctx, community.Audit{Org: v.Org, User: v.AskedBy, Verb: "reveal.ask", Subject: "member:" + v.MemberID.String(), Reason: v.Reason})
	})
	return v, err
}

// DecideReveal answers a wish: until (UTC ms) the name is open, 0 = refused. community.CodeNotFound. CodeConflict: answered before.
// CodeForbidden: by whoever asked.
func (s *Store) DecideReveal(ctx context.Context, org community.OrgKey, id community.ID, until int64, audit community.Audit) error {
	return s.writeTx(ctx, func(t *Tx) error {
		var member []byte
		var asked, state string
		if err := t.one(ctx, `SELECT m.id, r.asked_by, r.state FROM reveal r JOIN member m ON m.key = r.member_key WHERE r.id = $1 AND r.org_key = $2`, []any{id[:], int64(org)}, &member, &asked, &state); err != nil {
			return missing(err, "reveal %s", id)
		}
		if state != community.RevealAsked {
			return community.Errorf(community.CodeConflict, "reveal %s was answered before", id)
		}
		if asked == audit.User {
			return community.Errorf(community.CodeForbidden, "a second person answers, not whoever asked")
		}
		state, audit.Verb = community.RevealRefused, "reveal.refuse"
		if until > 0 {
			state, audit.Verb = community.RevealAgreed, "reveal.agree"
		}
		if _, err := t.exec(ctx, `UPDATE reveal SET state = $1, decided_by = $2, decided_at = $3, why = $4, until = $5 WHERE id = $6`, state, audit.User, s.now(), audit.Reason, until, id[:]); err != nil {
			return err
		}
		audit.Org, audit.Subject = org, "member:"+community.ID(member).String()
		return t.AddAudit(ctx, audit)
	})
}

// Reveals lists an organisation's wishes, the latest first.
func (s *Store) Reveals(ctx context.Context, org community.OrgKey, limit int) ([]community.Reveal, error) {
	return rows(ctx, s, revealColumns+` WHERE r.org_key = $1 ORDER BY r.at DESC, r.id DESC LIMIT $2`, []any{int64(org), limit}, scanReveal)
}

// OpenReveals lists the wishes of a person that are open at this moment.
func (s *Store) OpenReveals(ctx context.Context, user community.ID) ([]community.Reveal, error) {
	return rows(ctx, s, revealColumns+` WHERE r.asked_by = $1 AND r.until > $2`, []any{user.String(), s.now()}, scanReveal)
}

// SawReveal puts on record, the first time, that a name was looked at.
func (s *Store) SawReveal(ctx context.Context, v community.Reveal) error {
	return s.writeTx(ctx, func(t *Tx) error {
		n, err := t.exec(ctx, `UPDATE reveal SET seen = $1 WHERE id = $2 AND seen = 0`, s.now(), v.ID[:])
		if err != nil || n == 0 {
			return err
		}
		return t.AddAudit(ctx, community.Audit{Org: v.Org, User: v.AskedBy, Verb: "reveal.see", Subject: "member:" + v.MemberID.String(), Reason: v.Reason})
	})
}
