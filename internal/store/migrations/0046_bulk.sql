-- +goose Up
-- What touches many people at once: who wants it, who confirmed it, when it starts (UTC ms), what became of it; and its people,
-- one row each. ref is the decision that an undo takes back; decision the one that carries a deed.
CREATE TABLE bulk (
  id BYTEA PRIMARY KEY, org_key BIGINT NOT NULL, kind TEXT NOT NULL, state TEXT NOT NULL, user_id TEXT NOT NULL, reason TEXT NOT NULL,
  params JSONB NOT NULL, total BIGINT NOT NULL, people BIGINT NOT NULL, left_out JSONB NOT NULL, second BOOLEAN NOT NULL,
  created BIGINT NOT NULL, expires BIGINT NOT NULL, decided BIGINT NOT NULL, decider TEXT NOT NULL, answer TEXT NOT NULL,
  starts BIGINT NOT NULL, began BIGINT NOT NULL, ended BIGINT NOT NULL, ended_by TEXT NOT NULL, note TEXT NOT NULL
);
CREATE INDEX bulk_org ON bulk (org_key, created);
CREATE TABLE bulk_item (
  bulk_id BYTEA NOT NULL, n BIGINT NOT NULL, group_key BIGINT NOT NULL, member_key BIGINT NOT NULL, ref BYTEA NOT NULL,
  state TEXT NOT NULL, why TEXT NOT NULL, decision BYTEA NOT NULL, at BIGINT NOT NULL, PRIMARY KEY (bulk_id, n)
);
CREATE INDEX bulk_item_group ON bulk_item (group_key, at);
