-- +goose Up
-- An organisation's own posters, by version, as layouts; nothing is overwritten. An empty body = it was taken away with that version.
CREATE TABLE poster (
  org_key BIGINT NOT NULL, name TEXT NOT NULL, version BIGINT NOT NULL, body TEXT NOT NULL, note TEXT NOT NULL, user_id TEXT NOT NULL, at BIGINT NOT NULL,
  PRIMARY KEY (org_key, name, version)
);
-- Which poster a code hands out, and what its fields say that are nobody's own.
CREATE TABLE code_poster (code_key BIGINT PRIMARY KEY, ref TEXT NOT NULL, filled JSONB NOT NULL, user_id TEXT NOT NULL, at BIGINT NOT NULL);
-- A person's own poster of a code: token is in its address and in its QR code. member_key 0 = a visitor, who is known by the token
-- alone. Who scanned is not kept; scans count a phone once a day.
CREATE TABLE poster_share (
  token TEXT PRIMARY KEY, code_key BIGINT NOT NULL, member_key BIGINT NOT NULL, name TEXT NOT NULL, at BIGINT NOT NULL,
  scans BIGINT NOT NULL, first_scan BIGINT NOT NULL, last_scan BIGINT NOT NULL
);
CREATE INDEX poster_share_code ON poster_share (code_key, at);
CREATE UNIQUE INDEX poster_share_member ON poster_share (code_key, member_key) WHERE member_key > 0;
CREATE INDEX poster_share_person ON poster_share (member_key);
