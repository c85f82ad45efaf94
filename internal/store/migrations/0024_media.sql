-- +goose Up
-- medium is content that is kept for a while in the data folder, by its SHA-256; used (UTC ms) says when it was last wanted.
CREATE TABLE medium (
  hash TEXT PRIMARY KEY, bytes BIGINT NOT NULL, type TEXT NOT NULL, name TEXT NOT NULL, kept BIGINT NOT NULL, used BIGINT NOT NULL
);
CREATE INDEX medium_used ON medium (used);
-- medium_ref is what an address led to: content, or why there is none. ref is the SHA-256 of the address.
CREATE TABLE medium_ref (
  account_key BIGINT NOT NULL, ref TEXT NOT NULL, hash TEXT NOT NULL, code TEXT NOT NULL, tried BIGINT NOT NULL,
  PRIMARY KEY (account_key, ref)
);
CREATE INDEX medium_ref_tried ON medium_ref (tried);
-- What became of each picture, recording, film and file of a send, as JSON; '' = it had none.
ALTER TABLE action ADD COLUMN parts TEXT NOT NULL DEFAULT '';
