package store

import (
	"context"
	"database/sql"
	"encoding/json"

	"qunluo/internal/community"
	"qunluo/internal/plan"
)

// AddTopic puts a topic into the queue.
func (s *Store) AddTopic(ctx context.Context, t plan.Topic, audit community.Audit) (plan.Topic, error) {
	t.ID, t.Created, t.State = s.NewID(), s.now(), plan.TopicWaits
	options, err := listJSON(t.Options)
	if err != nil {
		return t, err
	}
	return t, s.writeTx(ctx, func(tx *Tx) error {
		_, err := tx.exec(ctx, `INSERT INTO topic (id, org_key, title, body, class, format, options, state, user_name, reason, created, used, ai) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, 0, $12)`,
			t.ID[:], int64(t.Org), t.Title, t.Text, string(t.Class), t.Format, options, string(t.State), audit.User, t.Reason, t.Created, t.AI)
		if err != nil {
			return err
		}
		audit.Org, audit.Verb, audit.Subject, audit.Reason = t.Org, "topic.add", "topic:"+t.ID.String(), t.Reason
		audit.After, _ = json.Marshal(map[string]any{"title": t.Title, "class": t.Class, "format": t.Format}) // plain values
		return tx.AddAudit(ctx, audit)
	})
}

// Topics lists an organisation's topics, those that wait first, the oldest first.
func (s *Store) Topics(ctx context.Context, org community.OrgKey, waiting bool) ([]plan.Topic, error) {
	return rows(ctx, s, `SELECT id, org_key, title, body, class, format, options, state, user_name, reason, created, used, ai FROM topic WHERE org_key = $1 AND (state = 'waiting' OR $2 = 0)
ORDER BY CASE state WHEN 'waiting' THEN 0 ELSE 1 END, CASE state WHEN 'waiting' THEN created ELSE -used END, id LIMIT 500`, []any{int64(org), map[bool]int64{true: 1}[waiting]}, func(r *sql.Rows, v *plan.Topic) error {
		var id []byte
		var options string
		if err := r.Scan(&id, (*int64)(&v.Org), &v.Title, &v.Text, &v.Class, &v.Format, &options, &v.State, &v.User, &v.Reason, &v.Created, &v.Used, &v.AI); err != nil {
			return err
		}
		copy(v.ID[:], id)
		return readList(options, &v.Options)
	})
}

// DropTopic takes a topic out of the queue. CodeConflict: it does not wait in it.
func (s *Store) DropTopic(ctx context.Context, org community.OrgKey, id community.ID, audit community.Audit) error {
	return s.writeTx(ctx, func(t *Tx) error {
		n, err := t.exec(ctx, `UPDATE topic SET state = $1, used = $2 WHERE id = $3 AND org_key = $4 AND state = 'waiting'`, string(plan.TopicOut), s.now(), id[:], int64(org))
		if err == nil && n == 0 {
			err = community.Errorf(community.CodeConflict, "the topic does not wait in the queue")
		}
		if err != nil {
			return err
		}
		audit.Org, audit.Verb, audit.Subject = org, "topic.drop", "topic:"+id.String()
		return t.AddAudit(ctx, audit)
	})
}

// Formers lists what was asked or said since a time: topics, and the items that no topic stands for.
func (s *Store) Formers(ctx context.Context, org community.OrgKey, since int64) ([]plan.Former, error) {
	topics, err := rows(ctx, s, `SELECT id, title, body, CASE WHEN used > 0 THEN used ELSE created END FROM topic WHERE org_key = $1 AND state <> 'out' AND (created > $2 OR used > $2)`, []any{int64(org), since}, func(r *sql.Rows, v *plan.Former) error {
		var id []byte
		err := r.Scan(&id, &v.Title, &v.Text, &v.At)
		copy(v.ID[:], id)
		return err
	})
	if err != nil {
		return nil, err
	}
	items, err := rows(ctx, s, itemColumns+` WHERE i.org_key = $1 AND i.created > $2 AND i.state <> 'skipped'`, []any{int64(org), since}, scanItem)
	for _, i := range items {
		if i.Topic.IsZero() {
			topics = append(topics, plan.Former{ID: i.ID, Title: i.Title, Text: i.Text, At: i.Created})
		}
	}
	return topics, err
}
