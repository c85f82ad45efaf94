package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"strings"

	"qunluo/internal/community"
	"qunluo/internal/duty"
)

// JobOutlet is the kind of job that sends an outlet what is due. Its key is the outlet's id.
const JobOutlet = "outlet"

const outletColumns = `SELECT o.key, o.id, o.org_key, u.id, u.login, o.name, o.host, o.sealed, o.kinds, o.all_groups, o.texts, o.paused, o.created, o.since, o.fails, o.rest_until, o.good_at, o.bad_at, o.bad_code,
 (SELECT count(*) FROM outlet_parcel p WHERE p.outlet_key = o.key AND p.state = 'waiting'), (SELECT count(*) FROM outlet_parcel p WHERE p.outlet_key = o.key AND p.state = 'dead')
FROM outlet o JOIN console_user u ON u.key = o.user_key`

func scanOutlet(r *sql.Rows, o *community.Outlet) error {
	var id, user []byte
	var kinds string
	var all bool
	err := r.Scan(&o.Key, &id, (*int64)(&o.Org), &user, &o.Login, &o.Name, &o.Host, &o.Sealed, &kinds, &all, &o.Texts, &o.Paused, &o.Created, &o.Since, &o.Fails, &o.Rest, &o.Good, &o.Bad, &o.BadCode, &o.Waiting, &o.Dead)
	copy(o.ID[:], id)
	copy(o.User[:], user)
	for k := range strings.FieldsSeq(kinds) {
		o.Kinds = append(o.Kinds, community.OutletKind(k))
	}
	if !all {
		o.Groups = []community.GroupKey{}
	}
	return err
}

func (s *Store) outlets(ctx context.Context, where string, args ...any) ([]community.Outlet, error) {
	list, err := rows(ctx, s, outletColumns+where+" ORDER BY o.key", args, scanOutlet)
	for i := range list {
		if o := &list[i]; err == nil && o.Groups != nil {
			var groups []community.GroupKey
			groups, err = rows(ctx, s, `SELECT group_key FROM outlet_group WHERE outlet_key = $1 ORDER BY group_key`, []any{o.Key}, func(r *sql.Rows, v *community.GroupKey) error { return r.Scan((*int64)(v)) })
			o.Groups = append(o.Groups, groups...)
		}
	}
	return list, err
}

// Outlets lists an organisation's outlets.
func (s *Store) Outlets(ctx context.Context, org community.OrgKey) ([]community.Outlet, error) {
	return s.outlets(ctx, ` WHERE o.org_key = $1`, int64(org))
}

// AllOutlets lists the outlets of all organisations: for those who read on for them.
func (s *Store) AllOutlets(ctx context.Context) ([]community.Outlet, error) {
	return s.outlets(ctx, "")
}

// Outlet finds one of an organisation; community.CodeNotFound.
func (s *Store) Outlet(ctx context.Context, org community.OrgKey, id community.ID) (community.Outlet, error) {
	list, err := s.outlets(ctx, ` WHERE o.org_key = $1 AND o.id = $2`, int64(org), id[:])
	return oneOf(list, err, "outlet", id)
}

// OutletByID finds one of any organisation; community.CodeNotFound.
func (s *Store) OutletByID(ctx context.Context, id community.ID) (community.Outlet, error) {
	list, err := s.outlets(ctx, ` WHERE o.id = $1`, id[:])
	return oneOf(list, err, "outlet", id)
}

// maxOutlets bounds the outlets of an organisation.
const maxOutlets = 20

// SaveOutlet makes (Key 0, with the ID it was sealed for) or changes an outlet. CodeConflict: the name is taken; CodeTooLarge: there are too many;
// CodeNotFound: it, its user or a group is not of the organisation. The trail says where it leads and what it is told, never its secrets.
func (s *Store) SaveOutlet(ctx context.Context, o community.Outlet, audit community.Audit) (community.Outlet, error) {
	err := s.writeTx(ctx, func(t *Tx) error {
		if err := t.mayLeadOut(ctx, o.Org); err != nil {
			return err
		}
		if err := t.saveOutlet(ctx, &o); err != nil {
			return err
		}
		audit.Org, audit.Subject = o.Org, "outlet:"+o.ID.String()
		audit.After, _ = json.Marshal(map[string]any{"name": o.Name, "host": o.Host, "kinds": o.Kinds, "groups": o.Groups, "texts": o.Texts, "paused": o.Paused, "user": o.Login}) // plain values
		return t.AddAudit(ctx, audit)
	})
	return o, err
}

func (t *Tx) saveOutlet(ctx context.Context, o *community.Outlet) error {
	var user int64
	if err := t.one(ctx, `SELECT key, login FROM console_user WHERE id = $1 AND org_key = $2`, []any{o.User[:], int64(o.Org)}, &user, &o.Login); err != nil {
		return missing(err, "user %s", o.User)
	}
	var same, all int
	if err := t.one(ctx, `SELECT count(*), coalesce(sum(CASE WHEN name = $2 AND key <> $3 THEN 1 ELSE 0 END), 0) FROM outlet WHERE org_key = $1`, []any{int64(o.Org), o.Name, o.Key}, &all, &same); err != nil {
		return err
	}
	if same > 0 {
		return community.Errorf(community.CodeConflict, "outlet %q is there already", o.Name)
	}
	kinds := make([]string, len(o.Kinds))
	for i, k := range o.Kinds {
		kinds[i] = string(k)
	}
	values := []any{user, o.Name, o.Host, o.Sealed, strings.Join(kinds, " "), o.Groups == nil, o.Texts, o.Paused}
	query := `UPDATE outlet SET user_key = $1, name = $2, host = $3, sealed = $4, kinds = $5, all_groups = $6, texts = $7, paused = $8, fails = 0, rest_until = 0 WHERE key = $9 AND org_key = $10`
	if o.Key == 0 {
		if all >= maxOutlets {
			return community.Errorf(community.CodeTooLarge, "outlets: %d are there already", all)
		}
		o.Created = t.store.now()
		if err := t.readOutFrom(ctx, o.Created); err != nil {
			return err
		}
		key, err := t.keys(ctx, "outlet", 1)
		if err != nil {
			return err
		}
		o.Key, o.Since = key, o.Created
		query = `INSERT INTO outlet (user_key, name, host, sealed, kinds, all_groups, texts, paused, key, org_key, id, created, since, fails, rest_until, good_at, bad_at, bad_code)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $12, 0, 0, 0, 0, '')`
		values = append(values, o.Key, int64(o.Org), o.ID[:], o.Created)
	} else {
		values = append(values, o.Key, int64(o.Org))
	}
	n, err := t.exec(ctx, query, values...)
	if err != nil {
		return err
	}
	if n == 0 {
		return community.Errorf(community.CodeNotFound, "outlet %s: not found", o.ID)
	}
	return t.outletGroups(ctx, o)
}

// readOutFrom lets reading begin here, at a time (UTC ms), when nobody was told of anything: what came before is not looked at.
func (t *Tx) readOutFrom(ctx context.Context, at int64) error {
	var have int
	if err := t.one(ctx, `SELECT count(*) FROM outlet`, nil, &have); err != nil || have > 0 {
		return err
	}
	_, err := t.exec(ctx, `INSERT INTO outlet_read (part, upto) SELECT 'log', n FROM log_head WHERE part = 0 ON CONFLICT (part) DO UPDATE SET upto = excluded.upto`)
	if err != nil {
		return err
	}
	_, err = t.exec(ctx, `INSERT INTO outlet_read (part, upto) VALUES ('time', $1) ON CONFLICT (part) DO UPDATE SET upto = excluded.upto`, at)
	return err
}

func (t *Tx) outletGroups(ctx context.Context, o *community.Outlet) error {
	if _, err := t.exec(ctx, `DELETE FROM outlet_group WHERE outlet_key = $1`, o.Key); err != nil {
		return err
	}
	for _, g := range o.Groups {
		n, err := t.exec(ctx, `INSERT INTO outlet_group (outlet_key, group_key) SELECT CAST($1 AS BIGINT), key FROM chat_group WHERE key = $2 AND org_key = $3`, o.Key, int64(g), int64(o.Org))
		if err != nil {
			return err
		}
		if n == 0 {
			return community.Errorf(community.CodeNotFound, "group %d: not found", g)
		}
	}
	return nil
}

// DropOutlet forgets an outlet, its secrets and what was told it. CodeNotFound.
func (s *Store) DropOutlet(ctx context.Context, org community.OrgKey, id community.ID, audit community.Audit) error {
	return s.writeTx(ctx, func(t *Tx) error {
		var key int64
		if err := t.one(ctx, `SELECT key FROM outlet WHERE id = $1 AND org_key = $2`, []any{id[:], int64(org)}, &key); err != nil {
			return missing(err, "outlet %s", id)
		}
		for _, query := range []string{`DELETE FROM outlet_parcel WHERE outlet_key = $1`, `DELETE FROM outlet_group WHERE outlet_key = $1`, `DELETE FROM outlet WHERE key = $1`} {
			if _, err := t.exec(ctx, query, key); err != nil {
				return err
			}
		}
		audit.Org, audit.Subject = org, "outlet:"+id.String()
		return t.AddAudit(ctx, audit)
	})
}

// OutletRead says how far the log (number) and what has a time only (UTC ms) were read.
func (s *Store) OutletRead(ctx context.Context) (log, at int64, err error) {
	err = s.read.QueryRowContext(ctx, `SELECT coalesce(max(CASE WHEN part = 'log' THEN upto END), 0), coalesce(max(CASE WHEN part = 'time' THEN upto END), 0) FROM outlet_read`).Scan(&log, &at)
	return log, at, coded(s.dialect, err)
}

// PutParcels keeps what outlets are to be told and moves on what was read, from where it was found. CodeConflict: somebody else read on meanwhile; nothing
// is kept. What an outlet was told before is left out.
func (s *Store) PutParcels(ctx context.Context, list []community.Parcel, logFrom, logTo, timeFrom, timeTo int64) error {
	return s.writeTx(ctx, func(t *Tx) error {
		for part, span := range map[string][2]int64{"log": {logFrom, logTo}, "time": {timeFrom, timeTo}} { // either order comes to the same
			n, err := t.exec(ctx, `UPDATE outlet_read SET upto = $1 WHERE part = $2 AND upto = $3`, span[1], part, span[0])
			if err != nil {
				return err
			}
			if n == 0 {
				return community.Errorf(community.CodeConflict, "outlets: the %s was read on meanwhile", part)
			}
		}
		for i := range list {
			if _, err := t.putParcel(ctx, &list[i]); err != nil {
				return err
			}
		}
		return nil
	})
}

// PutParcel keeps one parcel by itself.
func (s *Store) PutParcel(ctx context.Context, p community.Parcel) (community.Parcel, error) {
	err := s.writeTx(ctx, func(t *Tx) error {
		_, err := t.putParcel(ctx, &p)
		return err
	})
	return p, err
}

func (t *Tx) putParcel(ctx context.Context, p *community.Parcel) (fresh bool, err error) {
	p.ID, p.Made, p.State = t.store.NewID(), t.store.now(), community.ParcelWaiting
	p.Next = max(p.Next, p.Made)
	var there int
	if err := t.one(ctx, `SELECT count(*) FROM outlet WHERE key = $1`, []any{p.Outlet}, &there); err != nil || there == 0 {
		return false, err // forgotten meanwhile
	}
	n, err := t.exec(ctx, `INSERT INTO outlet_parcel (id, outlet_key, ref, kind, group_key, event_number, at, made, body, state, attempts, next_at, tried_at, took, status, code, note)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 'waiting', 0, $10, 0, 0, 0, '', '') ON CONFLICT DO NOTHING`,
		p.ID[:], p.Outlet, p.Ref, string(p.Kind), int64(p.Group), p.Event, p.At, p.Made, string(p.Body), p.Next)
	return n > 0, err
}

// OutletsDue lists the outlets that something is to be sent to now.
func (s *Store) OutletsDue(ctx context.Context) ([]community.ID, error) {
	return rows(ctx, s, `SELECT o.id FROM outlet o WHERE NOT o.paused AND o.rest_until <= $1
 AND EXISTS (SELECT 1 FROM outlet_parcel p WHERE p.outlet_key = o.key AND p.state = 'waiting' AND p.next_at <= $1) ORDER BY o.key`, []any{s.now()}, scanID)
}

func scanID(r *sql.Rows, id *community.ID) error {
	var raw []byte
	err := r.Scan(&raw)
	copy(id[:], raw)
	return err
}

const parcelColumns = `SELECT p.id, p.outlet_key, p.ref, p.kind, p.group_key, p.event_number, p.at, p.made, p.body, p.state, p.attempts, p.next_at, p.tried_at, p.took, p.status, p.code, p.note FROM outlet_parcel p`

func scanParcel(r *sql.Rows, p *community.Parcel) error {
	var id, body []byte
	err := r.Scan(&id, &p.Outlet, &p.Ref, &p.Kind, (*int64)(&p.Group), &p.Event, &p.At, &p.Made, &body, &p.State, &p.Attempts, &p.Next, &p.Tried, &p.Took, &p.Status, &p.Code, &p.Note)
	copy(p.ID[:], id)
	p.Body = body
	return err
}

// ParcelsDue lists up to n parcels of an outlet that may be sent now, the one that waits longest first.
func (s *Store) ParcelsDue(ctx context.Context, outlet int64, n int) ([]community.Parcel, error) {
	return rows(ctx, s, parcelColumns+` WHERE p.outlet_key = $1 AND p.state = 'waiting' AND p.next_at <= $2 ORDER BY p.next_at, p.id LIMIT $3`, []any{outlet, s.now(), n}, scanParcel)
}

// Parcels lists what an outlet was told, the newest first; state "" = any.
func (s *Store) Parcels(ctx context.Context, outlet int64, state community.ParcelState, p community.Page) ([]community.Parcel, int, error) {
	var total int
	args := []any{outlet, string(state)}
	const where = ` WHERE p.outlet_key = $1 AND ($2 = '' OR p.state = $2)`
	if err := s.read.QueryRowContext(ctx, `SELECT count(*) FROM outlet_parcel p`+where, args...).Scan(&total); err != nil {
		return nil, 0, coded(s.dialect, err)
	}
	list, err := rows(ctx, s, parcelColumns+where+` ORDER BY p.made DESC, p.id DESC LIMIT $3 OFFSET $4`, append(args, limitOf(p.Limit), p.Offset), scanParcel)
	return list, total, err
}

// ParcelByID finds one of an outlet; community.CodeNotFound.
func (s *Store) ParcelByID(ctx context.Context, outlet int64, id community.ID) (community.Parcel, error) {
	list, err := rows(ctx, s, parcelColumns+` WHERE p.outlet_key = $1 AND p.id = $2`, []any{outlet, id[:]}, scanParcel)
	return oneOf(list, err, "parcel", id)
}

// maxParcelNote bounds the reason of a try that came to nothing, in bytes.
const maxParcelNote = 200

// ParcelTried keeps what came of a try: p as it was read, with the try in it (Attempts, State, Next, Tried, Took, Status, Code, Note). down: the receiver did
// not answer, so that nothing more is tried for a while. A parcel that is given up opens an alarm in the same transaction.
func (s *Store) ParcelTried(ctx context.Context, o community.Outlet, p community.Parcel, down bool) error {
	return s.writeTx(ctx, func(t *Tx) error {
		if len(p.Note) > maxParcelNote {
			p.Note = strings.ToValidUTF8(p.Note[:maxParcelNote], "")
		}
		n, err := t.exec(ctx, `UPDATE outlet_parcel SET state = $1, attempts = $2, next_at = $3, tried_at = $4, took = $5, status = $6, code = $7, note = $8 WHERE id = $9`,
			string(p.State), int64(p.Attempts), p.Next, p.Tried, p.Took, int64(p.Status), string(p.Code), p.Note, p.ID[:])
		if err != nil || n == 0 {
			return err // forgotten meanwhile
		}
		if p.State == community.ParcelSent {
			_, err := t.exec(ctx, `UPDATE outlet SET fails = 0, rest_until = 0, good_at = $1 WHERE key = $2`, p.Tried, o.Key)
			return err
		}
		rest := int64(0)
		if down {
			rest = p.Tried + community.OutletRest(o.Fails+1)
		}
		if _, err := t.exec(ctx, `UPDATE outlet SET fails = fails + 1, rest_until = $1, bad_at = $2, bad_code = $3 WHERE key = $4`, rest, p.Tried, string(p.Code), o.Key); err != nil {
			return err
		}
		if p.State != community.ParcelDead || p.Kind == community.OutTest {
			return nil
		}
		return t.outletLost(ctx, o)
	})
}

// outletLost tells people that something did not arrive: whoever answers for the outlet first.
func (t *Tx) outletLost(ctx context.Context, o community.Outlet) error {
	_, err := t.OpenAlarm(ctx, duty.Alarm{Org: o.Org, Kind: duty.KindOutlet, Subject: "outlet:" + o.ID.String(), Detail: o.Name}, t.store.now())
	return err
}

// GiveUpParcels gives up what waits since before made (UTC ms), tried or not, and tells people. It answers how many there were.
func (s *Store) GiveUpParcels(ctx context.Context, o community.Outlet, made int64) (n int64, err error) {
	err = s.writeTx(ctx, func(t *Tx) error {
		if n, err = t.exec(ctx, `UPDATE outlet_parcel SET state = 'dead', code = CASE WHEN code = '' THEN $3 ELSE code END WHERE outlet_key = $1 AND state = 'waiting' AND made <= $2`, o.Key, made, string(community.CodeLate)); err != nil || n == 0 {
			return err
		}
		return t.outletLost(ctx, o)
	})
	return n, err
}

// ParcelAgain lets a parcel be sent again, with its id. CodeNotFound: it is none of the outlet's.
func (s *Store) ParcelAgain(ctx context.Context, o community.Outlet, id community.ID, audit community.Audit) error {
	return s.writeTx(ctx, func(t *Tx) error {
		n, err := t.exec(ctx, `UPDATE outlet_parcel SET state = 'waiting', attempts = 0, next_at = $1, made = $1 WHERE id = $2 AND outlet_key = $3`, s.now(), id[:], o.Key)
		if err != nil {
			return err
		}
		if n == 0 {
			return community.Errorf(community.CodeNotFound, "parcel %s: not found", id)
		}
		if _, err := t.exec(ctx, `UPDATE outlet SET rest_until = 0 WHERE key = $1`, o.Key); err != nil {
			return err
		}
		audit.Org, audit.Subject = o.Org, "outlet:"+o.ID.String()
		audit.After, _ = json.Marshal(map[string]any{"parcel": id}) // plain values
		return t.AddAudit(ctx, audit)
	})
}

// SweepParcels forgets what was told, or given up, before made (UTC ms).
func (s *Store) SweepParcels(ctx context.Context, made int64) error {
	return s.writeTx(ctx, func(t *Tx) error {
		_, err := t.exec(ctx, `DELETE FROM outlet_parcel WHERE state <> 'waiting' AND made < $1`, made)
		return err
	})
}
