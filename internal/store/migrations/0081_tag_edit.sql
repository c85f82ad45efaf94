-- +goose Up
-- Tags put on many groups at once, or taken off; a row of tag_edit_item is a group that it changed, with what it wore before ('' = nothing).
CREATE TABLE tag_edit (
  id BYTEA PRIMARY KEY, org_key BIGINT NOT NULL, tag TEXT NOT NULL, put BOOLEAN NOT NULL, total BIGINT NOT NULL, user_id TEXT NOT NULL, reason TEXT NOT NULL,
  at BIGINT NOT NULL, undone BIGINT NOT NULL, undone_by TEXT NOT NULL, undo_note TEXT NOT NULL, kept BIGINT NOT NULL
);
CREATE INDEX tag_edit_org ON tag_edit (org_key, at);
CREATE TABLE tag_edit_item (
  edit_id BYTEA NOT NULL, group_key BIGINT NOT NULL, was_source TEXT NOT NULL, was_why TEXT NOT NULL, was_user TEXT NOT NULL, was_created BIGINT NOT NULL,
  PRIMARY KEY (edit_id, group_key)
);
