package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"

	"qunluo/internal/community"
	"qunluo/internal/points"
)

// VoteGroup is a group with rules for the weekly vote.
type VoteGroup struct {
	Group community.GroupKey
	Rules points.VoteRules
	Since int64  // switched on, UTC ms
	Week  string // that was opened last by its time
}

// VoteGroups lists the groups with rules for the vote; g 0 = all.
func (s *Store) VoteGroups(ctx context.Context, g community.GroupKey) ([]VoteGroup, error) {
	return rows(ctx, s, `SELECT group_key, rules, since, week FROM vote_group WHERE group_key = $1 OR $1 = 0 ORDER BY group_key`, []any{int64(g)}, func(r *sql.Rows, v *VoteGroup) error {
		var raw []byte
		if err := r.Scan((*int64)(&v.Group), &raw, &v.Since, &v.Week); err != nil {
			return err
		}
		return json.Unmarshal(raw, &v.Rules)
	})
}

// SetVote keeps a group's rules. A ballot that is open goes on under those it began with.
func (s *Store) SetVote(ctx context.Context, org community.OrgKey, g community.GroupKey, r points.VoteRules, audit community.Audit) error {
	raw, err := json.Marshal(r)
	if err != nil {
		return err
	}
	had, err := s.VoteGroups(ctx, g)
	if err != nil {
		return err
	}
	since := s.now()
	if len(had) > 0 {
		audit.Before, _ = json.Marshal(had[0].Rules) // plain values
		if had[0].Rules.On {
			since = had[0].Since
		}
	}
	return s.writeTx(ctx, func(t *Tx) error {
		_, err := t.exec(ctx, `INSERT INTO vote_group (group_key, rules, since, week) VALUES ($1, $2, $3, '') ON CONFLICT (group_key) DO UPDATE SET rules = excluded.rules, since = excluded.since`, int64(g), string(raw), since)
		if err != nil {
			return err
		}
		audit.Org, audit.Verb, audit.Subject, audit.After = org, "vote.rules", fmt.Sprintf("group:%d", g), raw
		return t.AddAudit(ctx, audit)
	})
}

// OpenBallot opens a vote with its candidates. CodeConflict: the week has one.
func (s *Store) OpenBallot(ctx context.Context, b points.Ballot, list []points.Candidate, audit community.Audit) (points.Ballot, error) {
	rules, err := json.Marshal(b.Rules)
	if err != nil {
		return b, err
	}
	b.ID = s.NewID()
	return b, s.writeTx(ctx, func(t *Tx) error {
		if err := t.one(ctx, `SELECT coalesce(max(seq), 0) FROM event WHERE group_key = $1`, []any{int64(b.Group)}, &b.Seq); err != nil {
			return err
		}
		n, err := t.exec(ctx, `INSERT INTO vote_ballot (id, group_key, week, from_at, opens, ends, state, rules, seq, ended, ended_by, why) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 0, '', '') ON CONFLICT DO NOTHING`,
			b.ID[:], int64(b.Group), b.Week, b.From, b.Opens, b.Ends, b.State, string(rules), b.Seq)
		if err != nil {
			return err
		}
		if n == 0 {
			return community.Errorf(community.CodeConflict, "the vote of %s was opened before", b.Week)
		}
		if _, err := t.exec(ctx, `UPDATE vote_group SET week = $1 WHERE group_key = $2`, b.Week, int64(b.Group)); err != nil {
			return err
		}
		for _, c := range list {
			if err := t.putCandidate(ctx, b.ID, c); err != nil {
				return err
			}
		}
		audit.Verb, audit.Subject = "vote.open", "ballot:"+b.ID.String()
		audit.After, _ = json.Marshal(map[string]any{"group": b.Group, "week": b.Week, "candidates": len(list)}) // plain values
		return t.AddAudit(ctx, audit)
	})
}

func (t *Tx) putCandidate(ctx context.Context, ballot community.ID, c points.Candidate) error {
	_, err := t.exec(ctx, `INSERT INTO vote_candidate (ballot, no, member_key, event, score, added, out_why, out_by, out_words, votes, place) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
ON CONFLICT (ballot, no) DO UPDATE SET out_why = excluded.out_why, out_by = excluded.out_by, out_words = excluded.out_words, votes = excluded.votes, place = excluded.place`,
		ballot[:], c.No, int64(c.Member), c.Event, c.Score, c.Added, c.Out, c.OutBy, c.OutWhy, c.Votes, c.Place)
	return err
}

// PutCandidate keeps a candidate that was added, or that stands no longer or again. CodeConflict: the number was taken
// meanwhile, or the vote is over.
func (s *Store) PutCandidate(ctx context.Context, b points.Ballot, c points.Candidate, added bool, audit community.Audit) error {
	return s.writeTx(ctx, func(t *Tx) error {
		if err := t.ballotOpen(ctx, b.ID); err != nil {
			return err
		}
		var n int64
		if err := t.one(ctx, `SELECT count(*) FROM vote_candidate WHERE ballot = $1 AND no = $2`, []any{b.ID[:], c.No}, &n); err != nil {
			return err
		}
		if (n > 0) == added {
			return community.Errorf(community.CodeConflict, "the candidates changed meanwhile: look again")
		}
		if err := t.putCandidate(ctx, b.ID, c); err != nil {
			return err
		}
		audit.Subject = "ballot:" + b.ID.String()
		audit.After, _ = json.Marshal(map[string]any{"no": c.No, "message": c.Event, "out": c.Out}) // plain values
		return t.AddAudit(ctx, audit)
	})
}

// ballotOpen keeps a ballot from being ended meanwhile; CodeLate.
func (t *Tx) ballotOpen(ctx context.Context, id community.ID) error {
	n, err := t.exec(ctx, `UPDATE vote_ballot SET state = state WHERE id = $1 AND state = 'open'`, id[:])
	if err == nil && n == 0 {
		err = community.Errorf(community.CodeLate, "the vote is over")
	}
	return err
}

const ballotColumns = `SELECT b.id, b.group_key, g.id, g.name, b.week, b.from_at, b.opens, b.ends, b.state, b.rules, b.seq, b.ended, b.ended_by, b.why,
 (SELECT count(*) FROM vote_candidate c WHERE c.ballot = b.id AND c.out_why = ''), (SELECT count(*) FROM vote_cast v WHERE v.ballot = b.id) FROM vote_ballot b JOIN chat_group g ON g.key = b.group_key`

func scanBallot(r *sql.Rows, v *points.Ballot) error {
	var id, group, rules []byte
	if err := r.Scan(&id, (*int64)(&v.Group), &group, &v.GroupName, &v.Week, &v.From, &v.Opens, &v.Ends, &v.State, &rules, &v.Seq, &v.Ended, &v.By, &v.Why, &v.Stand, &v.Votes); err != nil {
		return err
	}
	copy(v.ID[:], id)
	copy(v.GroupID[:], group)
	return json.Unmarshal(rules, &v.Rules)
}

// OpenBallots lists the ballots of all organisations that are open.
func (s *Store) OpenBallots(ctx context.Context) ([]points.Ballot, error) {
	return rows(ctx, s, ballotColumns+` WHERE b.state = 'open' ORDER BY b.opens, b.id`, nil, scanBallot)
}

// Ballots lists the votes of one group, or (0) of all, the newest first.
func (d *Desk) Ballots(ctx context.Context, g community.GroupKey, page community.Page) ([]points.Ballot, int, error) {
	var c clause
	d.in(&c, "g")
	if g != 0 {
		c.and("b.group_key = ?", int64(g))
	}
	total, err := d.count(ctx, "FROM vote_ballot b JOIN chat_group g ON g.key = b.group_key"+c.String(), c.args)
	if err != nil {
		return nil, 0, err
	}
	list, err := rows(ctx, d.s, ballotColumns+c.String()+fmt.Sprintf(` ORDER BY b.opens DESC, b.id DESC LIMIT %d OFFSET %d`, limitOf(page.Limit), max(page.Offset, 0)), c.args, scanBallot)
	return list, total, err
}

// BallotByID gives one; CodeNotFound.
func (d *Desk) BallotByID(ctx context.Context, id community.ID) (points.Ballot, error) {
	var c clause
	d.in(&c, "g")
	c.and("b.id = ?", id[:])
	list, err := rows(ctx, d.s, ballotColumns+c.String(), c.args, scanBallot)
	return oneOf(list, err, "ballot", id)
}

// Candidates lists those of a ballot by their numbers, with who wrote them; what they said stands in their events.
func (s *Store) Candidates(ctx context.Context, ballot community.ID) ([]points.Candidate, error) {
	return rows(ctx, s, `SELECT c.no, c.member_key, c.event, c.score, c.added, c.out_why, c.out_by, c.out_words, c.votes, c.place, m.id, m.called FROM vote_candidate c JOIN member m ON m.key = c.member_key WHERE c.ballot = $1 ORDER BY c.no`, []any{ballot[:]},
		func(r *sql.Rows, v *points.Candidate) error {
			var id []byte
			err := r.Scan(&v.No, (*int64)(&v.Member), &v.Event, &v.Score, &v.Added, &v.Out, &v.OutBy, &v.OutWhy, &v.Votes, &v.Place, &id, &v.Name)
			copy(v.MemberID[:], id)
			return err
		})
}

// Votes lists the votes of a ballot, by member.
func (s *Store) Votes(ctx context.Context, ballot community.ID) ([]points.Vote, error) {
	return rows(ctx, s, `SELECT member_key, no, way, at FROM vote_cast WHERE ballot = $1 ORDER BY member_key`, []any{ballot[:]}, func(r *sql.Rows, v *points.Vote) error {
		return r.Scan((*int64)(&v.Member), &v.No, &v.Way, &v.At)
	})
}

// VoteOf is the number that a member chose; 0 = none yet.
func (s *Store) VoteOf(ctx context.Context, ballot community.ID, m community.MemberKey) (no int, err error) {
	err = s.read.QueryRowContext(ctx, `SELECT no FROM vote_cast WHERE ballot = $1 AND member_key = $2`, ballot[:], int64(m)).Scan(&no)
	if err == sql.ErrNoRows {
		return 0, nil
	}
	return no, coded(s.dialect, err)
}

// CastVote keeps a member's one vote: a later one takes its place. CodeLate: it was ended meanwhile.
func (s *Store) CastVote(ctx context.Context, ballot community.ID, v points.Vote) error {
	return s.writeTx(ctx, func(t *Tx) error {
		if err := t.ballotOpen(ctx, ballot); err != nil {
			return err
		}
		return t.cast(ctx, ballot, v)
	})
}

func (t *Tx) cast(ctx context.Context, ballot community.ID, v points.Vote) error {
	_, err := t.exec(ctx, `INSERT INTO vote_cast (ballot, member_key, no, way, at) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (ballot, member_key) DO UPDATE SET no = excluded.no, way = excluded.way, at = excluded.at WHERE vote_cast.at <= excluded.at`, ballot[:], int64(v.Member), v.No, v.Way, v.At)
	return err
}

// ReadVotes keeps the votes that were read in chat and how far it was read, once: CodeConflict when another worker read these
// events, or the vote is over.
func (s *Store) ReadVotes(ctx context.Context, b points.Ballot, to int64, votes []points.Vote) error {
	return s.writeTx(ctx, func(t *Tx) error {
		n, err := t.exec(ctx, `UPDATE vote_ballot SET seq = $1 WHERE id = $2 AND seq = $3 AND state = 'open'`, to, b.ID[:], b.Seq)
		if err != nil {
			return err
		}
		if n == 0 {
			return community.Errorf(community.CodeConflict, "read by another")
		}
		for _, v := range votes {
			if err := t.cast(ctx, b.ID, v); err != nil {
				return err
			}
		}
		return nil
	})
}

// EndBallot ends a vote as b says, keeps how its candidates stand and who gets what, and books the points, all or nothing.
// CodeConflict: it was ended before.
func (s *Store) EndBallot(ctx context.Context, b points.Ballot, list []points.Candidate, pay []points.Payout, audit community.Audit) ([]points.Payout, error) {
	err := s.writeTx(ctx, func(t *Tx) error {
		n, err := t.exec(ctx, `UPDATE vote_ballot SET state = $1, ended = $2, ended_by = $3, why = $4 WHERE id = $5 AND state = 'open'`, b.State, b.Ended, b.By, b.Why, b.ID[:])
		if err != nil {
			return err
		}
		if n == 0 {
			return community.Errorf(community.CodeConflict, "the vote was ended before")
		}
		for _, c := range list {
			if err := t.putCandidate(ctx, b.ID, c); err != nil {
				return err
			}
		}
		for i := range pay {
			if err := t.putPayout(ctx, b, &pay[i]); err != nil {
				return err
			}
		}
		audit.Subject = "ballot:" + b.ID.String()
		audit.After, _ = json.Marshal(map[string]any{"state": b.State, "payouts": len(pay)}) // plain values
		return t.AddAudit(ctx, audit)
	})
	return pay, err
}

func (t *Tx) putPayout(ctx context.Context, b points.Ballot, p *points.Payout) error {
	p.ID, p.Ballot, p.Group, p.Made = t.store.NewID(), b.ID, b.Group, b.Ended
	if p.State == points.PayoutPaid {
		p.PaidAt, p.PaidBy, p.Times = b.Ended, "system", 1
	}
	_, err := t.exec(ctx, `INSERT INTO vote_payout (id, ballot, group_key, member_key, place, kind, points, prize, state, made, paid_at, paid_by, note, times) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, '', $13)`,
		p.ID[:], b.ID[:], int64(b.Group), int64(p.Member), p.Place, p.Kind, p.Points, p.Prize, p.State, p.Made, p.PaidAt, p.PaidBy, p.Times)
	if err != nil || p.State != points.PayoutPaid {
		return err
	}
	return t.addPoints(ctx, points.Entry{Group: b.Group, Member: p.Member, Reason: points.Voted, Amount: p.Points, Ref: p.Ref(), At: b.Ended, Note: b.Week})
}

const payoutColumns = `SELECT p.id, p.ballot, p.group_key, g.name, b.week, p.member_key, m.id, m.called, p.place, p.kind, p.points, p.prize, p.state, p.made, p.paid_at, p.paid_by, p.note, p.times`
const payoutFrom = ` FROM vote_payout p JOIN vote_ballot b ON b.id = p.ballot JOIN chat_group g ON g.key = p.group_key JOIN member m ON m.key = p.member_key`

func scanPayout(r *sql.Rows, v *points.Payout) error {
	var id, ballot, member []byte
	err := r.Scan(&id, &ballot, (*int64)(&v.Group), &v.GroupName, &v.Week, (*int64)(&v.Member), &member, &v.Name, &v.Place, &v.Kind, &v.Points, &v.Prize, &v.State, &v.Made, &v.PaidAt, &v.PaidBy, &v.Note, &v.Times)
	copy(v.ID[:], id)
	copy(v.Ballot[:], ballot)
	copy(v.MemberID[:], member)
	return err
}

// PayoutFilter asks for payouts.
type PayoutFilter struct {
	Group  community.GroupKey // 0 = of all
	Ballot community.ID
	State  string // "" = both
	Before int64  // made before this time (UTC ms); 0 = whenever
	Page   community.Page
}

// Payouts lists who gets what: what is open first, then the newest.
func (d *Desk) Payouts(ctx context.Context, f PayoutFilter) ([]points.Payout, int, error) {
	var c clause
	d.in(&c, "g")
	if f.Group != 0 {
		c.and("p.group_key = ?", int64(f.Group))
	}
	if !f.Ballot.IsZero() {
		c.and("p.ballot = ?", f.Ballot[:])
	}
	if f.State != "" {
		c.and("p.state = ?", f.State)
	}
	if f.Before != 0 {
		c.and("p.made < ?", f.Before)
	}
	total, err := d.count(ctx, payoutFrom+c.String(), c.args)
	if err != nil {
		return nil, 0, err
	}
	list, err := rows(ctx, d.s, payoutColumns+payoutFrom+c.String()+fmt.Sprintf(` ORDER BY CASE WHEN p.state = 'open' THEN 0 ELSE 1 END, p.made DESC, p.place, p.id LIMIT %d OFFSET %d`, limitOf(f.Page.Limit), max(f.Page.Offset, 0)), c.args, scanPayout)
	return list, total, err
}

// PayoutByID gives one; CodeNotFound.
func (d *Desk) PayoutByID(ctx context.Context, id community.ID) (points.Payout, error) {
	var c clause
	d.in(&c, "g")
	c.and("p.id = ?", id[:])
	list, err := rows(ctx, d.s, payoutColumns+payoutFrom+c.String(), c.args, scanPayout)
	return oneOf(list, err, "payout", id)
}

// MovePayout keeps that a payout was marked, or the mark taken back; points are booked or taken back with it. CodeConflict:
// somebody else was first.
func (s *Store) MovePayout(ctx context.Context, org community.OrgKey, was, p points.Payout, audit community.Audit) error {
	return s.writeTx(ctx, func(t *Tx) error {
		n, err := t.exec(ctx, `UPDATE vote_payout SET state = $1, paid_at = $2, paid_by = $3, note = $4, times = $5 WHERE id = $6 AND state = $7 AND times = $8`,
			p.State, p.PaidAt, p.PaidBy, p.Note, p.Times, p.ID[:], was.State, was.Times)
		if err != nil {
			return err
		}
		if n == 0 {
			return community.Errorf(community.CodeConflict, "somebody else marked it meanwhile")
		}
		if p.Kind == points.PayPoints {
			e := points.Entry{Group: p.Group, Member: p.Member, Reason: points.Voted, Amount: p.Points, Ref: p.Ref(), At: s.now(), User: audit.User, Note: p.Week}
			if p.State != points.PayoutPaid {
				e.Reason, e.Amount, e.Ref, e.Note = points.Undone, -p.Points, "undo:"+p.Ref(), p.Ref()
			}
			if err := t.addPoints(ctx, e); err != nil {
				return err
			}
		}
		audit.Org, audit.Subject = org, "payout:"+p.ID.String()
		audit.Before, _ = json.Marshal(was) // plain values
		audit.After, _ = json.Marshal(p)    // plain values
		return t.AddAudit(ctx, audit)
	})
}
