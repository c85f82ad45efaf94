package store

import (
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"qunluo/internal/community"
	"qunluo/internal/plan"
	"qunluo/internal/shelf"
)

const liveColumns = `SELECT l.id, l.org_key, l.group_key, g.id, g.name, g.zone, l.code, l.terms, l.opens, l.starts, l.ends, l.state, l.slot, l.slot_date, l.notes, l.maker, l.why, l.created, l.seq, l.told, l.version,
 (SELECT count(*) FROM live_question q WHERE q.live = l.id AND q.state IN ('open', 'answered')), (SELECT count(*) FROM live_question q WHERE q.live = l.id AND q.state = 'open')`

const liveFrom = ` FROM live_qa l JOIN chat_group g ON g.key = l.group_key`

func scanLive(r *sql.Rows, v *plan.LiveQA) error {
	var id, group, terms []byte
	err := r.Scan(&id, (*int64)(&v.Org), (*int64)(&v.Group), &group, &v.GroupName, &v.Zone, &v.Code, &terms, &v.Opens, &v.Starts, &v.Ends, (*string)(&v.State), &v.Slot, &v.Date, &v.Notes, &v.Maker, &v.Why, &v.Created, &v.Seq, &v.Told, &v.Version,
		&v.Questions, &v.Open)
	if err != nil {
		return err
	}
	copy(v.ID[:], id)
	copy(v.GroupID[:], group)
	return json.Unmarshal(terms, &v.LiveTerms)
}

// AddLive keeps a new live Q&A and draws the code of its public address. Questions in the chat are read from now on. CodeConflict: the slot has
// one on this date.
func (s *Store) AddLive(ctx context.Context, q plan.LiveQA, audit community.Audit) (plan.LiveQA, error) {
	q.ID, q.Created, q.Version, q.Code = s.NewID(), s.now(), 1, strings.ToLower(rand.Text()[:16])
	terms, err := json.Marshal(q.LiveTerms)
	if err != nil {
		return q, err
	}
	return q, s.writeTx(ctx, func(t *Tx) error {
		if err := t.one(ctx, `SELECT coalesce(max(seq), 0) FROM event WHERE group_key = $1`, []any{int64(q.Group)}, &q.Seq); err != nil {
			return err
		}
		n, err := t.exec(ctx, `INSERT INTO live_qa (id, org_key, group_key, code, terms, opens, starts, ends, state, slot, slot_date, notes, maker, why, created, seq, told, version)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, '', $12, '', $13, $14, '', 1) ON CONFLICT DO NOTHING`,
			q.ID[:], int64(q.Org), int64(q.Group), q.Code, string(terms), q.Opens, q.Starts, q.Ends, string(q.State), q.Slot, q.Date, q.Maker, q.Created, q.Seq)
		if err == nil && n == 0 {
			err = community.Errorf(community.CodeConflict, "the slot has a live Q&A on %s", q.Date)
		}
		if err != nil {
			return err
		}
		return t.auditLive(ctx, q, audit)
	})
}

func (t *Tx) auditLive(ctx context.Context, q plan.LiveQA, audit community.Audit) error {
	audit.Org, audit.Subject = q.Org, "liveqa:"+q.ID.String()
	audit.After, _ = json.Marshal(map[string]any{"state": q.State, "terms": q.LiveTerms, "starts": q.Starts, "ends": q.Ends}) // plain values
	return t.AddAudit(ctx, audit)
}

// MoveLive keeps a change of a live Q&A, if it still is as it was read (Version). CodeConflict: it is not, or the slot has one on this date.
func (s *Store) MoveLive(ctx context.Context, q plan.LiveQA, audit community.Audit) error {
	return s.writeTx(ctx, func(t *Tx) error { return t.moveLive(ctx, q, audit) })
}

func (t *Tx) moveLive(ctx context.Context, q plan.LiveQA, audit community.Audit) error {
	terms, err := json.Marshal(q.LiveTerms)
	if err != nil {
		return err
	}
	if q.Slot != "" {
		var n int64
		if err := t.one(ctx, `SELECT count(*) FROM live_qa WHERE group_key = $1 AND slot = $2 AND slot_date = $3 AND id <> $4`, []any{int64(q.Group), q.Slot, q.Date, q.ID[:]}, &n); err != nil {
			return err
		}
		if n > 0 {
			return community.Errorf(community.CodeConflict, "the slot has a live Q&A on %s", q.Date)
		}
	}
	n, err := t.exec(ctx, `UPDATE live_qa SET terms = $1, opens = $2, starts = $3, ends = $4, state = $5, slot = $6, slot_date = $7, notes = $8, why = $9, version = version + 1 WHERE id = $10 AND version = $11`,
		string(terms), q.Opens, q.Starts, q.Ends, string(q.State), q.Slot, q.Date, q.Notes, q.Why, q.ID[:], q.Version)
	if err := moved(n, err); err != nil {
		return err
	}
	return t.auditLive(ctx, q, audit)
}

// AgeLive keeps to which state time brought a live Q&A, unless it stands otherwise than it was read. Its version stays: what people write over is what
// people wrote.
func (s *Store) AgeLive(ctx context.Context, q plan.LiveQA, to plan.LiveState, audit community.Audit) error {
	return s.writeTx(ctx, func(t *Tx) error {
		n, err := t.exec(ctx, `UPDATE live_qa SET state = $1 WHERE id = $2 AND state = $3`, string(to), q.ID[:], string(q.State))
		if err := moved(n, err); err != nil {
			return err
		}
		q.State = to
		return t.auditLive(ctx, q, audit)
	})
}

// LiveTold keeps what people were told of a live Q&A last.
func (s *Store) LiveTold(ctx context.Context, id community.ID, what string) error {
	return s.writeTx(ctx, func(t *Tx) error {
		_, err := t.exec(ctx, `UPDATE live_qa SET told = $1 WHERE id = $2`, what, id[:])
		return err
	})
}

// ReadLive keeps up to where a group's log was read for questions. CodeConflict: another worker read it.
func (s *Store) ReadLive(ctx context.Context, q plan.LiveQA, to int64) error {
	return s.writeTx(ctx, func(t *Tx) error {
		n, err := t.exec(ctx, `UPDATE live_qa SET seq = $1 WHERE id = $2 AND seq = $3`, to, q.ID[:], q.Seq)
		return moved(n, err)
	})
}

// LiveQAs lists the live Q&As of one group, or (0) of all of the scope, those that begin last first.
func (d *Desk) LiveQAs(ctx context.Context, g community.GroupKey, page community.Page) ([]plan.LiveQA, int, error) {
	var c clause
	d.in(&c, "g")
	if g != 0 {
		c.and("l.group_key = ?", int64(g))
	}
	total, err := d.count(ctx, liveFrom+c.String(), c.args)
	if err != nil {
		return nil, 0, err
	}
	list, err := rows(ctx, d.s, liveColumns+liveFrom+c.String()+fmt.Sprintf(` ORDER BY l.starts DESC, l.id DESC LIMIT %d OFFSET %d`, limitOf(page.Limit), max(page.Offset, 0)), c.args, scanLive)
	return list, total, err
}

// LiveByID gives one; CodeNotFound.
func (d *Desk) LiveByID(ctx context.Context, id community.ID) (plan.LiveQA, error) {
	var c clause
	d.in(&c, "g")
	c.and("l.id = ?", id[:])
	list, err := rows(ctx, d.s, liveColumns+liveFrom+c.String(), c.args, scanLive)
	return oneOf(list, err, "live Q&A", id)
}

// LiveAt gives the live Q&A of a public address, of whatever organisation; CodeNotFound.
func (s *Store) LiveAt(ctx context.Context, code string) (plan.LiveQA, error) {
	list, err := rows(ctx, s, liveColumns+liveFrom+` WHERE l.code = $1`, []any{code}, scanLive)
	return oneOf(list, err, "live Q&A", code)
}

// RunningLives lists the live Q&As of all organisations with which something is to be done: not finished, finished while an answer has not gone back, or
// called off and nobody told yet.
func (s *Store) RunningLives(ctx context.Context) ([]plan.LiveQA, error) {
	return rows(ctx, s, liveColumns+liveFrom+` WHERE l.state IN ('planned', 'collecting', 'live', 'answered', 'cancelled') AND (l.state IN ('planned', 'collecting', 'live') OR l.state = 'cancelled' AND l.told <> 'cancelled'
 OR l.state = 'answered' AND EXISTS (SELECT 1 FROM live_question q WHERE q.live = l.id AND q.told = 0 AND (q.state = 'answered' OR EXISTS (SELECT 1 FROM live_question i WHERE q.state = 'merged' AND i.live = q.live AND i.no = q.into_no AND i.state = 'answered')))) ORDER BY l.starts, l.id`, nil, scanLive)
}

// LiveMade lists the live Q&As that a group had made for a slot's date ("2006-01-02"), called off or moved since or not.
func (s *Store) LiveMade(ctx context.Context, g community.GroupKey, date string) ([]plan.LiveQA, error) {
	return rows(ctx, s, liveColumns+liveFrom+` WHERE l.group_key = $1 AND l.slot_date = $2 ORDER BY l.created DESC`, []any{int64(g), date}, scanLive)
}

// LiveGroup is a group with its series.
type LiveGroup struct {
	Org    community.OrgKey
	Group  community.GroupKey
	Series plan.LiveSeries
}

// LiveGroups lists the groups that have a series: of one (0 = of all).
func (s *Store) LiveGroups(ctx context.Context, g community.GroupKey) ([]LiveGroup, error) {
	return rows(ctx, s, `SELECT org_key, group_key, body FROM live_series WHERE group_key = $1 OR $1 = 0 ORDER BY group_key`, []any{int64(g)}, func(r *sql.Rows, v *LiveGroup) error {
		var body []byte
		if err := r.Scan((*int64)(&v.Org), (*int64)(&v.Group), &body); err != nil {
			return err
		}
		return json.Unmarshal(body, &v.Series)
	})
}

// SaveLiveSeries keeps how a group's live Q&As come back.
func (s *Store) SaveLiveSeries(ctx context.Context, v LiveGroup, audit community.Audit) error {
	body, err := json.Marshal(v.Series)
	if err != nil {
		return err
	}
	return s.writeTx(ctx, func(t *Tx) error {
		if _, err := t.exec(ctx, `INSERT INTO live_series (group_key, org_key, body) VALUES ($1, $2, $3) ON CONFLICT (group_key) DO UPDATE SET body = excluded.body`, int64(v.Group), int64(v.Org), string(body)); err != nil {
			return err
		}
		audit.Org, audit.After = v.Org, body
		return t.AddAudit(ctx, audit)
	})
}

const questionColumns = `SELECT q.no, q.who, coalesce(m.id, q.live), coalesce(m.called, p.name, ''), q.hidden, q.body, q.way, q.message, q.state, q.into_no, q.answer, q.by_user, q.at, q.reason, q.made, q.told, q.back, q.version
 FROM live_question q LEFT JOIN member m ON m.key = q.who LEFT JOIN live_person p ON p.live = q.live AND p.who = q.who WHERE q.live = $1 ORDER BY q.no`

func scanLiveQuestion(r *sql.Rows, v *plan.LiveQuestion) error {
	var member []byte
	err := r.Scan(&v.No, &v.Who, &member, &v.Name, &v.Anonymous, &v.Text, &v.Way, &v.Message, &v.State, &v.Into, &v.Answer, &v.By, &v.At, &v.Reason, &v.Made, &v.Told, &v.Back, &v.Version)
	if v.Who > 0 {
		copy(v.MemberID[:], member)
	}
	return err
}

func scanLiveVote(r *sql.Rows, v *plan.LiveVote) error { return r.Scan(&v.No, &v.Who) }

// LiveQuestions lists the questions of a live Q&A in order of their votes, with what who looks (0 = nobody) asked and voted for.
func (s *Store) LiveQuestions(ctx context.Context, id community.ID, who int64) ([]plan.LiveQuestion, error) {
	list, err := rows(ctx, s, questionColumns, []any{id[:]}, scanLiveQuestion)
	if err != nil {
		return nil, err
	}
	votes, err := rows(ctx, s, `SELECT no, who FROM live_vote WHERE live = $1`, []any{id[:]}, scanLiveVote)
	list = plan.RankLive(list, votes)
	mine := map[int]bool{}
	for _, v := range votes {
		mine[v.No] = mine[v.No] || v.Who == who && who != 0
	}
	for i, a := range list {
		list[i].Mine, list[i].Voted = who != 0 && a.Who == who, mine[a.No]
	}
	return list, err
}

// ChangeLive changes questions of a live Q&A: change sees it and all of its questions as they are, by number, while nobody else changes them, and
// gives those that are new or other than they were.
func (s *Store) ChangeLive(ctx context.Context, id community.ID, audit *community.Audit, change func(plan.LiveQA, []plan.LiveQuestion) ([]plan.LiveQuestion, error)) error {
	return s.writeTx(ctx, func(t *Tx) error {
		q, err := t.lockLive(ctx, id)
		if err != nil {
			return err
		}
		list, err := txRows(ctx, t, questionColumns, []any{id[:]}, scanLiveQuestion)
		if err != nil {
			return err
		}
		changed, err := change(q, list)
		if err != nil {
			return err
		}
		for _, a := range changed {
			if err := t.putQuestion(ctx, id, a); err != nil {
				return err
			}
		}
		if audit == nil || len(changed) == 0 {
			return nil
		}
		audit.Org, audit.Subject = q.Org, fmt.Sprintf("liveqa:%s", id)
		audit.After, _ = json.Marshal(map[string]any{"question": changed[0].No, "state": changed[0].State, "into": changed[0].Into}) // plain values, and no words of people
		return t.AddAudit(ctx, *audit)
	})
}

// lockLive reads a live Q&A and keeps others from changing it meanwhile; CodeNotFound.
func (t *Tx) lockLive(ctx context.Context, id community.ID) (plan.LiveQA, error) {
	if _, err := t.exec(ctx, `UPDATE live_qa SET version = version WHERE id = $1`, id[:]); err != nil {
		return plan.LiveQA{}, err
	}
	list, err := txRows(ctx, t, liveColumns+liveFrom+` WHERE l.id = $1`, []any{id[:]}, scanLive)
	return oneOf(list, err, "live Q&A", id)
}

func (t *Tx) putQuestion(ctx context.Context, id community.ID, a plan.LiveQuestion) error {
	_, err := t.exec(ctx, `INSERT INTO live_question (live, no, who, hidden, body, way, message, state, into_no, answer, by_user, at, reason, made, told, back, version) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, 1)
ON CONFLICT (live, no) DO UPDATE SET body = excluded.body, state = excluded.state, into_no = excluded.into_no, answer = excluded.answer, by_user = excluded.by_user, at = excluded.at, reason = excluded.reason, told = excluded.told, back = excluded.back, version = live_question.version + 1`,
		id[:], a.No, a.Who, a.Anonymous, a.Text, a.Way, a.Message, a.State, a.Into, a.Answer, a.By, a.At, a.Reason, a.Made, a.Told, a.Back)
	return err
}

// txRows is rows inside a transaction.
func txRows[T any](ctx context.Context, t *Tx, query string, args []any, scan func(r *sql.Rows, v *T) error) ([]T, error) {
	r, err := t.query(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	var list []T
	for r.Next() {
		var v T
		if err := scan(r, &v); err != nil {
			return nil, errors.Join(err, r.Close())
		}
		list = append(list, v)
	}
	return list, errors.Join(r.Err(), r.Close())
}

// VoteLive keeps a vote, or (off) takes it back, where may allows it; again changes nothing. CodeNotFound: there is no such question.
func (s *Store) VoteLive(ctx context.Context, id community.ID, v plan.LiveVote, off bool, may func(plan.LiveQA, plan.LiveQuestion) error) error {
	return s.writeTx(ctx, func(t *Tx) error {
		q, err := t.lockLive(ctx, id)
		if err != nil {
			return err
		}
		list, err := txRows(ctx, t, questionColumns, []any{id[:]}, scanLiveQuestion)
		if err != nil {
			return err
		}
		for _, a := range list {
			if a.No != v.No {
				continue
			}
			if err := may(q, a); err != nil {
				return err
			}
			query := `INSERT INTO live_vote (live, no, who) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING`
			if off {
				query = `DELETE FROM live_vote WHERE live = $1 AND no = $2 AND who = $3`
			}
			_, err := t.exec(ctx, query, id[:], v.No, v.Who)
			return err
		}
		return community.Errorf(community.CodeNotFound, "question %d: not found", v.No)
	})
}

// SignLive keeps that somebody signed up, or (at 0) takes it back; who 0 = a guest, who gets a number of their own. It gives the number. CodeLate
// when may says so.
func (s *Store) SignLive(ctx context.Context, id community.ID, who int64, name string, at int64, may func(plan.LiveQA) error) (int64, error) {
	err := s.writeTx(ctx, func(t *Tx) error {
		q, err := t.lockLive(ctx, id)
		if err != nil {
			return err
		}
		if err := may(q); err != nil {
			return err
		}
		if who == 0 {
			if err := t.one(ctx, `SELECT coalesce(min(who), 0) FROM live_person WHERE live = $1`, []any{id[:]}, &who); err != nil {
				return err
			}
			who = min(who, 0) - 1
		}
		_, err = t.exec(ctx, `INSERT INTO live_person (live, who, name, signed, opens, first_open, last_open) VALUES ($1, $2, $3, $4, 0, 0, 0)
ON CONFLICT (live, who) DO UPDATE SET signed = CASE WHEN excluded.signed = 0 OR live_person.signed = 0 THEN excluded.signed ELSE live_person.signed END`, id[:], who, name, at)
		return err
	})
	return who, err
}

// OpenLive counts one opening of the link to the live, by whom it was (0 = by nobody we know).
func (s *Store) OpenLive(ctx context.Context, id community.ID, who, at int64) error {
	return s.writeTx(ctx, func(t *Tx) error {
		_, err := t.exec(ctx, `INSERT INTO live_person (live, who, name, signed, opens, first_open, last_open) VALUES ($1, $2, '', 0, 1, $3, $3)
ON CONFLICT (live, who) DO UPDATE SET opens = live_person.opens + 1, first_open = CASE WHEN live_person.first_open = 0 THEN excluded.first_open ELSE live_person.first_open END, last_open = excluded.last_open`, id[:], who, at)
		return err
	})
}

// LivePeople lists who signed up or came, in the order in which they did; the row of nobody we know is last.
func (s *Store) LivePeople(ctx context.Context, id community.ID) ([]plan.LivePerson, error) {
	return rows(ctx, s, `SELECT p.who, coalesce(m.id, p.live), coalesce(m.called, p.name), p.signed, p.opens, p.first_open, p.last_open FROM live_person p LEFT JOIN member m ON m.key = p.who
WHERE p.live = $1 ORDER BY CASE WHEN p.who = 0 THEN 1 ELSE 0 END, CASE WHEN p.signed = 0 THEN p.first_open ELSE p.signed END, p.who`, []any{id[:]}, func(r *sql.Rows, v *plan.LivePerson) error {
		var member []byte
		err := r.Scan(&v.Who, &member, &v.Name, &v.Signed, &v.Opens, &v.First, &v.Last)
		if v.Who > 0 {
			copy(v.MemberID[:], member)
		}
		return err
	})
}

// LiveItems gives the items of the calendar by which a group is reminded, by minutes before the beginning.
func (s *Store) LiveItems(ctx context.Context, id community.ID) (map[int]community.ID, error) {
	type row struct {
		minutes int
		item    community.ID
	}
	list, err := rows(ctx, s, `SELECT minutes, item FROM live_item WHERE live = $1`, []any{id[:]}, func(r *sql.Rows, v *row) error {
		var item []byte
		err := r.Scan(&v.minutes, &item)
		copy(v.item[:], item)
		return err
	})
	out := map[int]community.ID{}
	for _, v := range list {
		out[v.minutes] = v.item
	}
	return out, err
}

// PutLiveItem keeps an item; the zero one = there is none any more.
func (s *Store) PutLiveItem(ctx context.Context, id community.ID, minutes int, item community.ID) error {
	return s.writeTx(ctx, func(t *Tx) error {
		if item.IsZero() {
			_, err := t.exec(ctx, `DELETE FROM live_item WHERE live = $1 AND minutes = $2`, id[:], minutes)
			return err
		}
		_, err := t.exec(ctx, `INSERT INTO live_item (live, minutes, item) VALUES ($1, $2, $3) ON CONFLICT (live, minutes) DO UPDATE SET item = excluded.item`, id[:], minutes, item[:])
		return err
	})
}

// ArchiveLive closes a live Q&A and keeps its cards, all or nothing; Number of a card is that of its question. Those of people whose words were
// erased from the cards are left out. It gives how many there are.
func (s *Store) ArchiveLive(ctx context.Context, q plan.LiveQA, cards []shelf.Card, audit community.Audit) (kept int, err error) {
	err = s.writeTx(ctx, func(t *Tx) error {
		kept = 0
		if err := t.moveLive(ctx, q, audit); err != nil {
			return err
		}
		for _, v := range cards {
			no := v.Number
			v.ID, v.Made, v.Version, v.Number = s.NewID(), s.now(), 1, 0
			added, err := t.addCard(ctx, q.Org, v, q.ID, no, audit)
			if community.CodeOf(err) == community.CodeRefused {
				continue
			}
			if err != nil {
				return err
			}
			if added {
				kept++
			}
		}
		return nil
	})
	return kept, err
}
