-- +goose Up
-- What goes with a turn of an SOP besides its text, as its step had it when the turn was laid out; that of a mass send stands
-- with the mass send.
ALTER TABLE broadcast_target ADD COLUMN link TEXT NOT NULL DEFAULT '';
ALTER TABLE broadcast_target ADD COLUMN link_title TEXT NOT NULL DEFAULT '';
ALTER TABLE broadcast_target ADD COLUMN pieces TEXT NOT NULL DEFAULT '';
ALTER TABLE broadcast_target ADD COLUMN by_link BOOLEAN NOT NULL DEFAULT FALSE;
-- The files that the steps of an SOP name now: they are kept as long as they do.
CREATE TABLE sop_file (sop_id BYTEA NOT NULL, upload_id BYTEA NOT NULL, PRIMARY KEY (sop_id, upload_id));
CREATE INDEX sop_file_upload ON sop_file (upload_id);
