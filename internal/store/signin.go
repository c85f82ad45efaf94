package store

import (
	"context"
	"database/sql"
	"encoding/json"

	"qunluo/internal/community"
	"qunluo/internal/proof"
)

// Factor reads what a person proves themselves with besides a password; the zero Factor: nothing.
func (s *Store) Factor(ctx context.Context, user int64) (community.Factor, error) {
	var f community.Factor
	err := s.read.QueryRowContext(ctx, `SELECT sealed, created, confirmed, last_step, (SELECT count(*) FROM recovery_code WHERE user_key = $1 AND spent = 0)
FROM user_factor WHERE user_key = $1`, user).Scan(&f.Sealed, &f.Created, &f.Confirmed, &f.LastStep, &f.Codes)
	if err == sql.ErrNoRows {
		return community.Factor{}, nil
	}
	return f, coded(s.dialect, err)
}

// BeginFactor keeps a sealed secret that is not yet in use; it replaces one that never was. community.CodeConflict: one is in use.
func (s *Store) BeginFactor(ctx context.Context, u community.User, sealed []byte) error {
	return s.writeTx(ctx, func(t *Tx) error {
		n, err := t.exec(ctx, `INSERT INTO user_factor (user_key, sealed, created, confirmed, last_step) VALUES ($1, $2, $3, 0, 0)
ON CONFLICT (user_key) DO UPDATE SET sealed = excluded.sealed, created = excluded.created WHERE user_factor.confirmed = 0`, u.Key, sealed, s.now())
		if err == nil && n == 0 {
			return community.Errorf(community.CodeConflict, "user %s has a second factor", u.ID)
		}
		return err
	})
}

// ConfirmFactor puts the secret that was sealed so into use, with the step of the code that proved it and the hashes of new codes of the
// last resort. community.CodeConflict: there is no such secret, or it is in use.
func (s *Store) ConfirmFactor(ctx context.Context, u community.User, sealed []byte, step int64, hashes []string, audit community.Audit) error {
	return s.writeTx(ctx, func(t *Tx) error {
		n, err := t.exec(ctx, `UPDATE user_factor SET confirmed = $1, last_step = $2 WHERE user_key = $3 AND sealed = $4 AND confirmed = 0`, s.now(), step, u.Key, sealed)
		if err == nil && n == 0 {
			return community.Errorf(community.CodeConflict, "user %s: no second factor waits to be confirmed", u.ID)
		}
		if err != nil {
			return err
		}
		if err := t.newRecovery(ctx, u, hashes); err != nil {
			return err
		}
		return t.factorAudit(ctx, u, "factor.on", audit)
	})
}

func (t *Tx) newRecovery(ctx context.Context, u community.User, hashes []string) error {
	if _, err := t.exec(ctx, `DELETE FROM recovery_code WHERE user_key = $1`, u.Key); err != nil {
		return err
	}
	for _, h := range hashes {
		t.add(`INSERT INTO recovery_code (user_key, hash, spent) VALUES ($1, $2, 0)`, u.Key, h)
	}
	return nil
}

func (t *Tx) factorAudit(ctx context.Context, u community.User, verb string, audit community.Audit) error {
	audit.Org, audit.Verb, audit.Subject = u.Org, verb, "user:"+u.ID.String()
	return t.AddAudit(ctx, audit)
}

// UseStep notes that the code of a step opened. community.CodeConflict: that one or a later one opened before, or no factor is in use.
// Of two at the same time one gets in.
func (s *Store) UseStep(ctx context.Context, user, step int64) error {
	return s.writeTx(ctx, func(t *Tx) error {
		n, err := t.exec(ctx, `UPDATE user_factor SET last_step = $1 WHERE user_key = $2 AND confirmed > 0 AND last_step < $1`, step, user)
		if err == nil && n == 0 {
			return community.Errorf(community.CodeConflict, "user %d: the code of this step was used", user)
		}
		return err
	})
}

// UseRecovery spends a code of the last resort, known by its hash. community.CodeNotFound: there is none such, or it is spent.
func (s *Store) UseRecovery(ctx context.Context, u community.User, hash string, audit community.Audit) error {
	return s.writeTx(ctx, func(t *Tx) error {
		n, err := t.exec(ctx, `UPDATE recovery_code SET spent = $1 WHERE user_key = $2 AND hash = $3 AND spent = 0`, s.now(), u.Key, hash)
		if err == nil && n == 0 {
			return community.Errorf(community.CodeNotFound, "user %s: no such code", u.ID)
		}
		if err != nil {
			return err
		}
		return t.factorAudit(ctx, u, "factor.recovery", audit)
	})
}

// HasRecovery reports whether a code of the last resort is still good.
func (s *Store) HasRecovery(ctx context.Context, user int64, hash string) (bool, error) {
	var n int
	err := s.read.QueryRowContext(ctx, `SELECT count(*) FROM recovery_code WHERE user_key = $1 AND hash = $2 AND spent = 0`, user, hash).Scan(&n)
	return n > 0, coded(s.dialect, err)
}

// NewRecovery replaces all codes of the last resort. community.CodeConflict: no factor is in use.
func (s *Store) NewRecovery(ctx context.Context, u community.User, hashes []string, audit community.Audit) error {
	return s.writeTx(ctx, func(t *Tx) error {
		var n int
		if err := t.one(ctx, `SELECT count(*) FROM user_factor WHERE user_key = $1 AND confirmed > 0`, []any{u.Key}, &n); err != nil {
			return err
		}
		if n == 0 {
			return community.Errorf(community.CodeConflict, "user %s has no second factor", u.ID)
		}
		if err := t.newRecovery(ctx, u, hashes); err != nil {
			return err
		}
		return t.factorAudit(ctx, u, "factor.codes", audit)
	})
}

// DropFactor takes a second factor away, begun or in use, with its codes of the last resort. community.CodeConflict: there is none.
func (s *Store) DropFactor(ctx context.Context, u community.User, verb string, audit community.Audit) error {
	return s.writeTx(ctx, func(t *Tx) error {
		n, err := t.exec(ctx, `DELETE FROM user_factor WHERE user_key = $1`, u.Key)
		if err == nil && n == 0 {
			return community.Errorf(community.CodeConflict, "user %s has no second factor", u.ID)
		}
		if err != nil {
			return err
		}
		if _, err := t.exec(ctx, `DELETE FROM recovery_code WHERE user_key = $1`, u.Key); err != nil {
			return err
		}
		return t.factorAudit(ctx, u, verb, audit)
	})
}

const demandSetting = "signin.demand"

// Demand reads what is asked of those who sign in.
func (s *Store) Demand(ctx context.Context, org community.OrgKey) (proof.Demand, error) {
	var d proof.Demand
	_, err := s.Setting(ctx, org, demandSetting, &d)
	return d.Whole(), err
}

// SetDemand changes what is asked of those who sign in.
func (s *Store) SetDemand(ctx context.Context, org community.OrgKey, d proof.Demand, audit community.Audit) error {
	return s.writeTx(ctx, func(t *Tx) error {
		var before proof.Demand
		if _, err := t.setting(ctx, org, demandSetting, &before); err != nil {
			return err
		}
		if err := t.putSetting(ctx, org, demandSetting, d); err != nil {
			return err
		}
		audit.Org, audit.Verb, audit.Subject = org, "signin.demand", "setting:"+demandSetting
		audit.Before, _ = json.Marshal(before.Whole()) // plain values
		audit.After, _ = json.Marshal(d)
		return t.AddAudit(ctx, audit)
	})
}

// StandingOf reads how a person stands who signed in so.
func (s *Store) StandingOf(ctx context.Context, u community.User, signIn community.ID) (st proof.Standing, err error) {
	var open, factor int64
	var demand []byte
	err = s.read.QueryRowContext(ctx, `SELECT (SELECT count(*) FROM sign_in WHERE id = $1 AND user_key = $2 AND ended = 0),
(SELECT count(*) FROM user_factor WHERE user_key = $2 AND confirmed > 0), (SELECT value FROM setting WHERE org_key = $3 AND name = $4)`,
		signIn[:], u.Key, int64(u.Org), demandSetting).Scan(&open, &factor, &demand)
	if err != nil {
		return st, coded(s.dialect, err)
	}
	st.Open, st.Factor = open > 0, factor > 0
	if len(demand) > 0 {
		err = json.Unmarshal(demand, &st.Demand)
	}
	st.Demand = st.Demand.Whole()
	return st, err
}

// signInsKept is how long it is known who signed in when, in milliseconds: 200 days, as the law wants at least six months.
const signInsKept = 200 * 24 * 3600 * 1000

// AddSignIn notes that somebody signed in; was is the sign-in of the same browser that this one replaces (zero = none).
func (s *Store) AddSignIn(ctx context.Context, u community.User, in community.SignIn, was community.ID) (community.ID, error) {
	in.ID = s.NewID()
	return in.ID, s.writeTx(ctx, func(t *Tx) error {
		now := s.now()
		if _, err := t.exec(ctx, `DELETE FROM sign_in WHERE began < $1`, now-signInsKept); err != nil {
			return err
		}
		if _, err := t.exec(ctx, `UPDATE sign_in SET ended = $1 WHERE id = $2 AND user_key = $3 AND ended = 0`, now, was[:], u.Key); err != nil {
			return err
		}
		_, err := t.exec(ctx, `INSERT INTO sign_in (id, org_key, user_key, began, seen, address, browser, system, how, ended, ended_by)
VALUES ($1, $2, $3, $4, $4, $5, $6, $7, $8, 0, '')`, in.ID[:], int64(u.Org), u.Key, now, in.Address, in.Browser, in.System, in.How)
		return err
	})
}

// SawSignIn notes that somebody was there just now, and from where.
func (s *Store) SawSignIn(ctx context.Context, id community.ID, address string) error {
	return s.writeTx(ctx, func(t *Tx) error {
		_, err := t.exec(ctx, `UPDATE sign_in SET seen = $1, address = $2 WHERE id = $3 AND ended = 0`, s.now(), address, id[:])
		return err
	})
}

// LeaveSignIn notes that somebody signed out.
func (s *Store) LeaveSignIn(ctx context.Context, id community.ID) error {
	return s.writeTx(ctx, func(t *Tx) error {
		_, err := t.exec(ctx, `UPDATE sign_in SET ended = $1 WHERE id = $2 AND ended = 0`, s.now(), id[:])
		return err
	})
}

// SignIns lists the last times that people of an organisation signed in, the latest first, at most limit; user zero = of all.
func (s *Store) SignIns(ctx context.Context, org community.OrgKey, user community.ID, open bool, limit int) ([]community.SignIn, error) {
	return rows(ctx, s, `SELECT s.id, s.org_key, u.id, u.login, u.name, s.began, s.seen, s.address, s.browser, s.system, s.how, s.ended, s.ended_by
FROM sign_in s JOIN console_user u ON u.key = s.user_key WHERE s.org_key = $1 AND ($2 = 0 OR u.id = $3) AND ($4 = 0 OR s.ended = 0) ORDER BY s.began DESC, s.id DESC LIMIT $5`,
		[]any{int64(org), flag(!user.IsZero()), user[:], flag(open), limit}, func(r *sql.Rows, in *community.SignIn) error {
			var id, user []byte
			var org int64
			err := r.Scan(&id, &org, &user, &in.Login, &in.Name, &in.Began, &in.Seen, &in.Address, &in.Browser, &in.System, &in.How, &in.Ended, &in.EndedBy)
			copy(in.ID[:], id)
			copy(in.User[:], user)
			in.Org = community.OrgKey(org)
			return err
		})
}

// EndSignIn ends one of a person's sign-ins; it takes effect at the next request. community.CodeNotFound: none of theirs.
// CodeConflict: it was ended before.
func (s *Store) EndSignIn(ctx context.Context, u community.User, id community.ID, audit community.Audit) error {
	return s.writeTx(ctx, func(t *Tx) error {
		var ended int64
		if err := t.one(ctx, `SELECT ended FROM sign_in WHERE id = $1 AND user_key = $2`, []any{id[:], u.Key}, &ended); err != nil {
			return missing(err, "sign-in %s", id)
		}
		if ended != 0 {
			return community.Errorf(community.CodeConflict, "sign-in %s was ended before", id)
		}
		if _, err := t.exec(ctx, `UPDATE sign_in SET ended = $1, ended_by = $2 WHERE id = $3`, s.now(), audit.User, id[:]); err != nil {
			return err
		}
		return t.factorAudit(ctx, u, "signin.end", audit)
	})
}

// EndSignIns ends all of a person's sign-ins but one (zero = all), and the ways in of their phones; it says how many sign-ins were open.
func (s *Store) EndSignIns(ctx context.Context, u community.User, except community.ID, audit community.Audit) (n int, err error) {
	err = s.writeTx(ctx, func(t *Tx) error {
		gone, err := t.exec(ctx, `UPDATE sign_in SET ended = $1, ended_by = $2 WHERE user_key = $3 AND ended = 0 AND id <> $4`, s.now(), audit.User, u.Key, except[:])
		if err != nil {
			return err
		}
		n = int(gone)
		if _, err := t.exec(ctx, `UPDATE pass SET spent = $1 WHERE user_id = $2 AND spent = 0`, s.now(), u.ID.String()); err != nil {
			return err
		}
		audit.After, _ = json.Marshal(map[string]int{"ended": n}) // plain values
		return t.factorAudit(ctx, u, "signin.end_all", audit)
	})
	return n, err
}

// dropSignIns ends the sign-ins of a person who has a new password or may no longer sign in.
func (t *Tx) dropSignIns(ctx context.Context, u community.User) error {
	_, err := t.exec(ctx, `UPDATE sign_in SET ended = $1 WHERE user_key = $2 AND ended = 0 AND ($3 = 0 OR EXISTS (SELECT 1 FROM console_user WHERE key = $2 AND hash <> $4))`,
		t.store.now(), u.Key, flag(u.Enabled), u.Hash)
	return err
}
