-- +goose Up
-- One draft for many channels (稿件): every version of what was written. changed counts every change, so that two people never change the same one.
CREATE TABLE manuscript (
  id BYTEA PRIMARY KEY, org_key BIGINT NOT NULL, body JSONB NOT NULL, title TEXT NOT NULL, archived BOOLEAN NOT NULL, version BIGINT NOT NULL,
  maker TEXT NOT NULL, created BIGINT NOT NULL, updated BIGINT NOT NULL, changed BIGINT NOT NULL
);
CREATE INDEX manuscript_org ON manuscript (org_key, updated);
CREATE TABLE manuscript_version (manuscript BYTEA NOT NULL, version BIGINT NOT NULL, body JSONB NOT NULL, user_name TEXT NOT NULL, note TEXT NOT NULL, at BIGINT NOT NULL, PRIMARY KEY (manuscript, version));
-- The groups that a manuscript names now: who sees none of them does not see it.
CREATE TABLE manuscript_group (manuscript BYTEA NOT NULL, group_key BIGINT NOT NULL, PRIMARY KEY (manuscript, group_key));
-- The pictures of every version, of manuscripts and of pages: they are kept as long as these are.
CREATE TABLE manuscript_file (owner BYTEA NOT NULL, upload_id BYTEA NOT NULL, PRIMARY KEY (owner, upload_id));
CREATE INDEX manuscript_file_upload ON manuscript_file (upload_id);
-- What became of a manuscript in a channel; why is in two languages, as JSON. There is one row for each, so that it goes there once: ref is the id of the mass send, drawn before it is made.
CREATE TABLE manuscript_channel (
  manuscript BYTEA NOT NULL, channel TEXT NOT NULL, state TEXT NOT NULL, version BIGINT NOT NULL, ref BYTEA NOT NULL, handle TEXT NOT NULL, steps TEXT NOT NULL, code TEXT NOT NULL,
  why TEXT NOT NULL, user_name TEXT NOT NULL, at BIGINT NOT NULL, tries BIGINT NOT NULL, PRIMARY KEY (manuscript, channel)
);
-- Pages that everybody may read: of a manuscript or a digest (kind and ref). withdrawn 0 = it stands. short is the short link that counts its openings, empty = none.
CREATE TABLE web_page (
  id BYTEA PRIMARY KEY, code TEXT NOT NULL UNIQUE, org_key BIGINT NOT NULL, kind TEXT NOT NULL, ref BYTEA NOT NULL, version BIGINT NOT NULL, withdrawn BIGINT NOT NULL, why TEXT NOT NULL, short BYTEA NOT NULL,
  created BIGINT NOT NULL, updated BIGINT NOT NULL, UNIQUE (kind, ref)
);
CREATE TABLE web_page_version (page BYTEA NOT NULL, version BIGINT NOT NULL, body JSONB NOT NULL, user_name TEXT NOT NULL, note TEXT NOT NULL, at BIGINT NOT NULL, PRIMARY KEY (page, version));
