-- +goose Up
-- The library (素材库): items with every version of what was written. archived and expires stand beside the body for lists; changed counts
-- every change, so that two people never change the same item. short is the short link that counts its openings, empty = none.
CREATE TABLE library_item (
  id BYTEA PRIMARY KEY, org_key BIGINT NOT NULL, kind TEXT NOT NULL, body JSONB NOT NULL, title TEXT NOT NULL, expires TEXT NOT NULL, archived BOOLEAN NOT NULL,
  exclusive BOOLEAN NOT NULL, short BYTEA NOT NULL, version BIGINT NOT NULL, maker TEXT NOT NULL, created BIGINT NOT NULL, updated BIGINT NOT NULL, changed BIGINT NOT NULL
);
CREATE INDEX library_item_org ON library_item (org_key, updated);
CREATE TABLE library_version (item BYTEA NOT NULL, version BIGINT NOT NULL, body JSONB NOT NULL, user_name TEXT NOT NULL, note TEXT NOT NULL, at BIGINT NOT NULL, PRIMARY KEY (item, version));
CREATE TABLE library_tag (item BYTEA NOT NULL, tag TEXT NOT NULL, PRIMARY KEY (item, tag));
CREATE INDEX library_tag_tag ON library_tag (tag);
-- The files of every version of an item: they are kept as long as the item is.
CREATE TABLE library_file (item BYTEA NOT NULL, upload_id BYTEA NOT NULL, PRIMARY KEY (item, upload_id));
CREATE INDEX library_file_upload ON library_file (upload_id);
-- Where an item was used: ref is the item of the calendar or the mass send.
CREATE TABLE library_use (
  item BYTEA NOT NULL, place TEXT NOT NULL, ref BYTEA NOT NULL, version BIGINT NOT NULL, title TEXT NOT NULL, groups JSONB NOT NULL, user_name TEXT NOT NULL, at BIGINT NOT NULL,
  override_why TEXT NOT NULL, PRIMARY KEY (item, place, ref)
);
CREATE INDEX library_use_ref ON library_use (place, ref);
