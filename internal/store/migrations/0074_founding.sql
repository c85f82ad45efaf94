-- +goose Up
-- Which template and version a group was begun with: the parts taken, the versions before and after, and whether it was undone. book is
-- the rulebook that is still to be published ('' = none), note what is said with it; left_out the parts that somebody else changed meanwhile.
CREATE TABLE founding (
  id BYTEA PRIMARY KEY, org_key BIGINT NOT NULL, group_key BIGINT NOT NULL, name TEXT NOT NULL, version BIGINT NOT NULL, lang TEXT NOT NULL, own BOOLEAN NOT NULL,
  purpose TEXT NOT NULL, preset TEXT NOT NULL, title TEXT NOT NULL, kind TEXT NOT NULL, kpi TEXT NOT NULL, parts JSONB NOT NULL, state TEXT NOT NULL, before_marks JSONB NOT NULL,
  after_marks JSONB NOT NULL, left_out JSONB NOT NULL, book TEXT NOT NULL, move JSONB NOT NULL, user_id TEXT NOT NULL, reason TEXT NOT NULL, at BIGINT NOT NULL,
  undone BIGINT NOT NULL, undone_by TEXT NOT NULL, undo_note TEXT NOT NULL
);
CREATE INDEX founding_group ON founding (group_key, at);
CREATE INDEX founding_org ON founding (org_key, name, at);
