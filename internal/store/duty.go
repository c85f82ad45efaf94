package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"time"

	"qunluo/internal/community"
	"qunluo/internal/duty"
)

const dutySetting = "duty"

// DutySettings reads them; what was never set stands at its default.
func (s *Store) DutySettings(ctx context.Context, org community.OrgKey) (duty.Settings, error) {
	var set duty.Settings
	_, err := s.Setting(ctx, org, dutySetting, &set)
	if set.Zone == "" {
		set.Zone = DefaultZone
	}
	if set.Ack <= 0 {
		set.Ack = duty.DefaultAck
	}
	return set, err
}

// SetDuty keeps them with an audit row.
func (s *Store) SetDuty(ctx context.Context, org community.OrgKey, set duty.Settings, audit community.Audit) error {
	audit.Verb = "duty.set"
	audit.After, _ = json.Marshal(set) // plain values
	return s.PutSetting(ctx, org, dutySetting, set, audit)
}

// changesKept is how many days of the past the roster's changes are read for, in milliseconds.
const changesKept = 40 * 24 * 3600 * 1000

// Roster reads an organisation's roster: every shift, and the changes from some weeks ago on.
func (s *Store) Roster(ctx context.Context, org community.OrgKey) (duty.Roster, error) {
	var r duty.Roster
	set, err := s.DutySettings(ctx, org)
	if err != nil {
		return r, err
	}
	if r.Zone, err = time.LoadLocation(set.Zone); err != nil {
		return r, community.Errorf(community.CodeBadInput, "zone %q of the roster: %w", set.Zone, err)
	}
	r.Shifts, err = rows(ctx, s, `SELECT id, user_id, weekday, start_minute, end_minute FROM duty_shift WHERE org_key = $1
ORDER BY weekday, start_minute, id`, []any{int64(org)}, scanShift)
	if err != nil {
		return r, err
	}
	since := time.UnixMilli(s.now() - changesKept).In(r.Zone).Format(time.DateOnly)
	r.Changes, err = rows(ctx, s, `SELECT id, day, shift_id, user_id, start_minute, end_minute, note FROM duty_change
WHERE org_key = $1 AND day >= $2 ORDER BY created, id`, []any{int64(org), since}, scanChange)
	return r, err
}

func scanShift(r *sql.Rows, v *duty.Shift) error {
	var id []byte
	err := r.Scan(&id, &v.User, &v.Weekday, &v.Start, &v.End)
	copy(v.ID[:], id)
	return err
}

func scanChange(r *sql.Rows, v *duty.Change) error {
	var id, shift []byte
	err := r.Scan(&id, &v.Date, &shift, &v.User, &v.Start, &v.End, &v.Note)
	copy(v.ID[:], id)
	copy(v.Shift[:], shift)
	return err
}

// AddShift keeps a weekly shift; one with the same user, day and times gives community.CodeConflict.
func (s *Store) AddShift(ctx context.Context, org community.OrgKey, one duty.Shift, audit community.Audit) (duty.Shift, error) {
	if err := one.Check(); err != nil {
		return one, err
	}
	if one.ID.IsZero() {
		one.ID = s.NewID()
	}
	return one, s.writeTx(ctx, func(t *Tx) error {
		var n int
		err := t.one(ctx, `SELECT count(*) FROM duty_shift WHERE org_key = $1 AND user_id = $2 AND weekday = $3 AND start_minute = $4 AND end_minute = $5`,
			[]any{int64(org), one.User, int64(one.Weekday), int64(one.Start), int64(one.End)}, &n)
		if err != nil {
			return err
		}
		if n > 0 {
			return community.Errorf(community.CodeConflict, "the same shift is there already")
		}
		_, err = t.exec(ctx, `INSERT INTO duty_shift (id, org_key, user_id, weekday, start_minute, end_minute, created) VALUES ($1, $2, $3, $4, $5, $6, $7)
ON CONFLICT (id) DO NOTHING`, one.ID[:], int64(org), one.User, int64(one.Weekday), int64(one.Start), int64(one.End), s.now())
		if err != nil {
			return err
		}
		return t.dutyAudit(ctx, org, audit, "duty.add", "shift:"+one.ID.String(), nil, one)
	})
}

func (t *Tx) dutyAudit(ctx context.Context, org community.OrgKey, audit community.Audit, verb, subject string, before, after any) error {
	audit.Org, audit.Verb, audit.Subject = org, verb, subject
	if before != nil {
		audit.Before, _ = json.Marshal(before) // plain values
	}
	if after != nil {
		audit.After, _ = json.Marshal(after) // plain values
	}
	return t.AddAudit(ctx, audit)
}

// RemoveShift forgets a weekly shift and gives it back, so that it can be undone; changes of its dates wait without effect.
func (s *Store) RemoveShift(ctx context.Context, org community.OrgKey, id community.ID, audit community.Audit) (duty.Shift, error) {
	one := duty.Shift{ID: id}
	return one, s.writeTx(ctx, func(t *Tx) error {
		err := t.one(ctx, `SELECT user_id, weekday, start_minute, end_minute FROM duty_shift WHERE id = $1 AND org_key = $2`, []any{id[:], int64(org)},
			&one.User, &one.Weekday, &one.Start, &one.End)
		if err != nil {
			return missing(err, "shift %s", id)
		}
		if _, err := t.exec(ctx, `DELETE FROM duty_shift WHERE id = $1`, id[:]); err != nil {
			return err
		}
		return t.dutyAudit(ctx, org, audit, "duty.remove", "shift:"+id.String(), one, nil)
	})
}

// ChangeDuty keeps a change of one date. A change of a shift replaces the earlier one of that date; community.CodeNotFound
// when there is no such shift, CodeBadInput when the shift does not begin on that weekday.
func (s *Store) ChangeDuty(ctx context.Context, org community.OrgKey, c duty.Change, audit community.Audit) (duty.Change, error) {
	if err := c.Check(); err != nil {
		return c, err
	}
	c.ID = s.NewID()
	return c, s.writeTx(ctx, func(t *Tx) error {
		if err := t.fitsShift(ctx, org, &c); err != nil {
			return err
		}
		_, err := t.exec(ctx, `INSERT INTO duty_change (id, org_key, day, shift_id, user_id, start_minute, end_minute, note, created)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`, c.ID[:], int64(org), c.Date, c.Shift[:], c.User, int64(c.Start), int64(c.End), c.Note, s.now())
		if err != nil {
			return err
		}
		return t.dutyAudit(ctx, org, audit, "duty.change", "duty:"+c.ID.String(), nil, c)
	})
}

// fitsShift completes a change from its shift and drops the change it replaces.
func (t *Tx) fitsShift(ctx context.Context, org community.OrgKey, c *duty.Change) error {
	if c.Shift.IsZero() {
		return nil
	}
	var weekday int
	err := t.one(ctx, `SELECT weekday, start_minute, end_minute FROM duty_shift WHERE id = $1 AND org_key = $2`, []any{c.Shift[:], int64(org)}, &weekday, &c.Start, &c.End)
	if err != nil {
		return missing(err, "shift %s", c.Shift)
	}
	day, err := time.Parse(time.DateOnly, c.Date)
	if err != nil || (int(day.Weekday())+6)%7 != weekday {
		return community.Errorf(community.CodeBadInput, "date: the shift does not begin on that weekday")
	}
	_, err = t.exec(ctx, `DELETE FROM duty_change WHERE org_key = $1 AND day = $2 AND shift_id = $3`, int64(org), c.Date, c.Shift[:])
	return err
}

// UnchangeDuty takes a change of one date back and gives it.
func (s *Store) UnchangeDuty(ctx context.Context, org community.OrgKey, id community.ID, audit community.Audit) (duty.Change, error) {
	c := duty.Change{ID: id}
	return c, s.writeTx(ctx, func(t *Tx) error {
		var shift []byte
		err := t.one(ctx, `SELECT day, shift_id, user_id, start_minute, end_minute, note FROM duty_change WHERE id = $1 AND org_key = $2`, []any{id[:], int64(org)},
			&c.Date, &shift, &c.User, &c.Start, &c.End, &c.Note)
		if err != nil {
			return missing(err, "change %s", id)
		}
		copy(c.Shift[:], shift)
		if _, err := t.exec(ctx, `DELETE FROM duty_change WHERE id = $1`, id[:]); err != nil {
			return err
		}
		return t.dutyAudit(ctx, org, audit, "duty.unchange", "duty:"+id.String(), c, nil)
	})
}

// AddDutyNote keeps a hand-over note.
func (s *Store) AddDutyNote(ctx context.Context, org community.OrgKey, user, text string, audit community.Audit) (duty.Note, error) {
	n := duty.Note{ID: s.NewID(), At: s.now(), User: user, Text: text}
	switch {
	case text == "":
		return n, community.Errorf(community.CodeBadInput, "note: empty")
	case len(text) > duty.MaxNote:
		return n, community.Errorf(community.CodeTooLarge, "note: at most %d bytes", duty.MaxNote)
	}
	return n, s.writeTx(ctx, func(t *Tx) error {
		if _, err := t.exec(ctx, `INSERT INTO duty_note (id, org_key, at, user_id, text) VALUES ($1, $2, $3, $4, $5)`, n.ID[:], int64(org), n.At, user, text); err != nil {
			return err
		}
		return t.dutyAudit(ctx, org, audit, "duty.note", "duty:"+n.ID.String(), nil, nil)
	})
}

// DutyNotes lists the newest hand-over notes, at most n.
func (s *Store) DutyNotes(ctx context.Context, org community.OrgKey, n int) ([]duty.Note, error) {
	return rows(ctx, s, `SELECT id, at, user_id, text FROM duty_note WHERE org_key = $1 ORDER BY at DESC, id DESC LIMIT $2`, []any{int64(org), n},
		func(r *sql.Rows, v *duty.Note) error {
			var id []byte
			err := r.Scan(&id, &v.At, &v.User, &v.Text)
			copy(v.ID[:], id)
			return err
		})
}

// Ways lists how a person is told, the first way first. Secrets are whole.
func (s *Store) Ways(ctx context.Context, user string) ([]duty.Way, error) {
	return rows(ctx, s, `SELECT kind, address, secret FROM duty_way WHERE user_id = $1 ORDER BY ordinal`, []any{user},
		func(r *sql.Rows, v *duty.Way) error { return r.Scan(&v.Kind, &v.Address, &v.Secret) })
}

// SetWays replaces how a person is told. The audit row names the ways, never a secret.
func (s *Store) SetWays(ctx context.Context, org community.OrgKey, user string, ways []duty.Way, audit community.Audit) error {
	if err := duty.CheckWays(ways); err != nil {
		return err
	}
	return s.writeTx(ctx, func(t *Tx) error {
		for _, w := range ways {
			if w.Kind != duty.ByGroup { // a group of the demonstration is a simulated one
				if err := t.mayLeadOut(ctx, org); err != nil {
					return err
				}
			}
		}
		if _, err := t.exec(ctx, `DELETE FROM duty_way WHERE user_id = $1`, user); err != nil {
			return err
		}
		shown := make([]duty.Way, len(ways))
		for i, w := range ways {
			_, err := t.exec(ctx, `INSERT INTO duty_way (user_id, ordinal, kind, address, secret) VALUES ($1, $2, $3, $4, $5)`, user, int64(i), w.Kind, w.Address, w.Secret)
			if err != nil {
				return err
			}
			shown[i] = duty.Way{Kind: w.Kind, Address: w.Address}
		}
		return t.dutyAudit(ctx, org, audit, "user.notify", "user:"+user, nil, shown)
	})
}
