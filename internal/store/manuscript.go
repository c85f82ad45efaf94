package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"

	"qunluo/internal/community"
	"qunluo/internal/plan"
)

const manuscriptColumns = `SELECT m.id, m.org_key, m.body, m.archived, m.version, m.maker, m.created, m.updated, m.changed FROM manuscript m`

func scanManuscript(r *sql.Rows, v *plan.Manuscript) error {
	var id, body []byte
	if err := r.Scan(&id, (*int64)(&v.Org), &body, &v.Archived, &v.Version, &v.Maker, &v.Created, &v.Updated, &v.Changed); err != nil {
		return err
	}
	copy(v.ID[:], id)
	return json.Unmarshal(body, &v.Writing)
}

// manuscriptWithin leaves out what goes to named groups alone of which the scope sees none.
func manuscriptWithin(c *clause, scope community.Scope) {
	c.and("m.org_key = ?", int64(scope.Org))
	if scope.Groups != nil {
		c.and("(NOT EXISTS (SELECT 1 FROM manuscript_group x WHERE x.manuscript = m.id) OR EXISTS (SELECT 1 FROM manuscript_group x WHERE x.manuscript = m.id AND x.group_key IN (" + keyList(scope.Groups) + ")))")
	}
}

// Manuscripts lists manuscripts with what was sent of them, the last changed first; away: those put away, in place of the others.
func (s *Store) Manuscripts(ctx context.Context, scope community.Scope, away bool, p community.Page) ([]plan.Manuscript, int, error) {
	var c clause
	manuscriptWithin(&c, scope)
	c.and("m.archived = ?", away)
	var n int
	if err := s.read.QueryRowContext(ctx, `SELECT count(*) FROM manuscript m`+c.String(), c.args...).Scan(&n); err != nil {
		return nil, 0, coded(s.dialect, err)
	}
	list, err := rows(ctx, s, manuscriptColumns+c.String()+fmt.Sprintf(` ORDER BY m.updated DESC, m.id LIMIT %d OFFSET %d`, limitOf(p.Limit), max(p.Offset, 0)), c.args, scanManuscript)
	if err != nil {
		return nil, 0, err
	}
	for i := range list {
		if list[i].Went, err = s.went(ctx, list[i].ID); err != nil {
			return nil, 0, err
		}
	}
	return list, n, nil
}

// Manuscript gives one with what became of it; CodeNotFound.
func (s *Store) Manuscript(ctx context.Context, scope community.Scope, id community.ID) (plan.Manuscript, error) {
	var c clause
	manuscriptWithin(&c, scope)
	c.and("m.id = ?", id[:])
	list, err := rows(ctx, s, manuscriptColumns+c.String(), c.args, scanManuscript)
	m, err := oneOf(list, err, "draft", id)
	if err == nil {
		m.Went, err = s.went(ctx, id)
	}
	return m, err
}

const wentColumns = `SELECT channel, state, version, ref, handle, steps, code, why, user_name, at, tries FROM manuscript_channel`

func scanWent(r *sql.Rows, v *plan.Went) error {
	var ref []byte
	var why string
	if err := r.Scan(&v.Channel, &v.State, &v.Version, &ref, &v.Handle, &v.Steps, &v.Code, &why, &v.User, &v.At, &v.Tries); err != nil {
		return err
	}
	copy(v.Ref[:], ref)
	return json.Unmarshal([]byte(why), &v.Why)
}

func (s *Store) went(ctx context.Context, id community.ID) ([]plan.Went, error) {
	return rows(ctx, s, wentColumns+` WHERE manuscript = $1 ORDER BY channel`, []any{id[:]}, scanWent)
}

// ManuscriptNow gives a manuscript of any organisation, for its job.
func (s *Store) ManuscriptNow(ctx context.Context, id community.ID) (plan.Manuscript, error) {
	list, err := rows(ctx, s, manuscriptColumns+` WHERE m.id = $1`, []any{id[:]}, scanManuscript)
	m, err := oneOf(list, err, "draft", id)
	if err == nil {
		m.Went, err = s.went(ctx, id)
	}
	return m, err
}

// ManuscriptVersions lists what a manuscript was, the newest first.
func (s *Store) ManuscriptVersions(ctx context.Context, id community.ID) ([]plan.WritingVersion, error) {
	return rows(ctx, s, `SELECT version, body, user_name, note, at FROM manuscript_version WHERE manuscript = $1 ORDER BY version DESC LIMIT 500`, []any{id[:]}, func(r *sql.Rows, v *plan.WritingVersion) error {
		var body []byte
		if err := r.Scan(&v.Version, &body, &v.User, &v.Note, &v.At); err != nil {
			return err
		}
		return json.Unmarshal(body, &v.Writing)
	})
}

// SaveManuscript keeps a new manuscript (ID zero), or the next version of one as the caller saw it (Changed); its pictures are kept with it.
// CodeConflict: it was changed meanwhile. CodeNotFound: a picture is not kept.
func (s *Store) SaveManuscript(ctx context.Context, m plan.Manuscript, audit community.Audit) (plan.Manuscript, error) {
	now := s.now()
	fresh := m.ID.IsZero()
	if fresh {
		m.ID, m.Created, m.Maker = s.NewID(), now, audit.User
	}
	m.Version++
	m.Updated, m.Changed = now, m.Changed+1
	body, err := json.Marshal(m.Writing)
	if err != nil {
		return m, err
	}
	err = s.writeTx(ctx, func(t *Tx) error {
		if err := t.putManuscript(ctx, m, string(body), fresh); err != nil {
			return err
		}
		if _, err := t.exec(ctx, `INSERT INTO manuscript_version (manuscript, version, body, user_name, note, at) VALUES ($1, $2, $3, $4, $5, $6)`, m.ID[:], int64(m.Version), string(body), audit.User, audit.Reason, now); err != nil {
			return err
		}
		if err := t.ownFiles(ctx, m.Org, m.ID, m.Files()); err != nil {
			return err
		}
		if err := t.aimGroups(ctx, m); err != nil {
			return err
		}
		audit.Org, audit.Verb, audit.Subject, audit.After = m.Org, "draft.save", "draft:"+m.ID.String(), body
		return t.AddAudit(ctx, audit)
	})
	return m, err
}

func (t *Tx) putManuscript(ctx context.Context, m plan.Manuscript, body string, fresh bool) error {
	if fresh {
		_, err := t.exec(ctx, `INSERT INTO manuscript (id, org_key, body, title, archived, version, maker, created, updated, changed) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $8, $9)`,
			m.ID[:], int64(m.Org), body, m.Title, false, int64(m.Version), m.Maker, m.Created, m.Changed)
		return err
	}
	n, err := t.exec(ctx, `UPDATE manuscript SET body = $1, title = $2, version = $3, updated = $4, changed = $5 WHERE id = $6 AND changed = $7 AND NOT archived`,
		body, m.Title, int64(m.Version), m.Updated, m.Changed, m.ID[:], m.Changed-1)
	return moved(n, err)
}

// aimGroups notes which groups a manuscript names.
func (t *Tx) aimGroups(ctx context.Context, m plan.Manuscript) error {
	if _, err := t.exec(ctx, `DELETE FROM manuscript_group WHERE manuscript = $1`, m.ID[:]); err != nil || !m.To.Groups {
		return err
	}
	for _, g := range m.To.Filter.Groups {
		if _, err := t.exec(ctx, `INSERT INTO manuscript_group (manuscript, group_key) VALUES ($1, $2) ON CONFLICT DO NOTHING`, m.ID[:], int64(g)); err != nil {
			return err
		}
	}
	return nil
}

// ownFiles keeps files as long as a manuscript or page is. CodeNotFound: one is not there.
func (t *Tx) ownFiles(ctx context.Context, org community.OrgKey, owner community.ID, files []community.ID) error {
	for _, f := range files {
		if _, err := t.exec(ctx, `INSERT INTO manuscript_file (owner, upload_id) VALUES ($1, $2) ON CONFLICT DO NOTHING`, owner[:], f[:]); err != nil {
			return err
		}
	}
	return t.keepUploads(ctx, org, files, 0, false)
}

// ArchiveManuscript puts a manuscript, as the caller saw it, away or takes it out again. CodeConflict: it was changed meanwhile.
func (s *Store) ArchiveManuscript(ctx context.Context, m plan.Manuscript, away bool, audit community.Audit) error {
	return s.writeTx(ctx, func(t *Tx) error {
		n, err := t.exec(ctx, `UPDATE manuscript SET archived = $1, updated = $2, changed = changed + 1 WHERE id = $3 AND changed = $4`, away, s.now(), m.ID[:], m.Changed)
		if err := moved(n, err); err != nil {
			return err
		}
		audit.Org, audit.Verb, audit.Subject = m.Org, "draft.archive", "draft:"+m.ID.String()
		audit.After, _ = json.Marshal(map[string]any{"archived": away}) // plain values
		return t.AddAudit(ctx, audit)
	})
}

// ClaimChannel lets one person send a version of a manuscript into a channel: of two at once the second gets CodeConflict. What was drawn or done
// there before stays: the id of its mass send, its steps. A draft box is gone into by a job, which follows from it.
func (s *Store) ClaimChannel(ctx context.Context, m plan.Manuscript, c plan.Channel, audit community.Audit) (plan.Went, error) {
	w := plan.Went{Channel: c}
	err := s.writeTx(ctx, func(t *Tx) error {
		w = plan.Went{Channel: c, Ref: s.NewID(), Steps: []byte("{}")}
		// the row stands before it is looked at: of two at once the second waits here for the first
		if _, err := t.exec(ctx, `INSERT INTO manuscript_channel (manuscript, channel, state, version, ref, handle, steps, code, why, user_name, at, tries) VALUES ($1, $2, $3, 0, $4, '', $5, '', '[]', '', 0, 0)
ON CONFLICT (manuscript, channel) DO UPDATE SET tries = manuscript_channel.tries`, m.ID[:], string(c), string(plan.ChannelIdle), w.Ref[:], string(w.Steps)); err != nil {
			return err
		}
		var ref []byte
		err := t.one(ctx, `SELECT state, version, ref, handle, steps, at, tries FROM manuscript_channel WHERE manuscript = $1 AND channel = $2`, []any{m.ID[:], string(c)},
			(*string)(&w.State), &w.Version, &ref, &w.Handle, &w.Steps, &w.At, &w.Tries)
		if err != nil {
			return err
		}
		copy(w.Ref[:], ref)
		if err := w.MayGo(m.Version, s.now()); err != nil {
			return err
		}
		w.State, w.Version, w.At, w.Tries, w.User, w.Code, w.Why = plan.ChannelGoing, m.Version, s.now(), w.Tries+1, audit.User, "", [2]string{}
		if err := t.putWent(ctx, m.ID, w); err != nil {
			return err
		}
		if _, box := c.Box(); box {
			t.Enqueue(Job{Kind: JobBox, Key: fmt.Sprintf("%s/%s/%d", m.ID, c, w.Tries)})
		}
		audit.Org, audit.Verb, audit.Subject = m.Org, "draft.send", "draft:"+m.ID.String()
		audit.After, _ = json.Marshal(map[string]any{"channel": c, "version": m.Version, "try": w.Tries}) // plain values
		return t.AddAudit(ctx, audit)
	})
	return w, err
}

// JobBox puts a manuscript into the draft box of an official account; its key is the manuscript's id, the channel and the try.
const JobBox = "draft-box"

func (t *Tx) putWent(ctx context.Context, id community.ID, w plan.Went) error {
	why, err := json.Marshal(w.Why)
	if err != nil {
		return err
	}
	_, err = t.exec(ctx, `UPDATE manuscript_channel SET state = $1, version = $2, ref = $3, handle = $4, steps = $5, code = $6, why = $7, user_name = $8, at = $9, tries = $10 WHERE manuscript = $11 AND channel = $12`,
		string(w.State), int64(w.Version), w.Ref[:], w.Handle, string(w.Steps), string(w.Code), string(why), w.User, w.At, int64(w.Tries), id[:], string(w.Channel))
	return err
}

// NoteChannel notes what came of sending a manuscript into a channel, of the try that the caller claimed: an older one is not noted.
func (s *Store) NoteChannel(ctx context.Context, id community.ID, w plan.Went) error {
	return s.writeTx(ctx, func(t *Tx) error {
		var tries int
		if err := t.one(ctx, `SELECT tries FROM manuscript_channel WHERE manuscript = $1 AND channel = $2`, []any{id[:], string(w.Channel)}, &tries); err != nil {
			return err
		}
		if tries != w.Tries {
			return community.Errorf(community.CodeConflict, "%s: somebody sends it anew", w.Channel)
		}
		w.At = s.now()
		return t.putWent(ctx, id, w)
	})
}
