-- +goose Up
-- asset is content that rulebooks name by its hash (SHA-256 of the content, 64 hex digits): word lists, models. A row is never
-- changed and never deleted but with its organisation, so that every version of a book means for ever what it meant. body is
-- the content packed (gzip); size is its bytes unpacked.
CREATE TABLE asset (
  hash TEXT NOT NULL, org_key BIGINT NOT NULL, kind TEXT NOT NULL, body BYTEA NOT NULL, size BIGINT NOT NULL, created BIGINT NOT NULL,
  PRIMARY KEY (hash, org_key)
);
CREATE INDEX asset_org ON asset (org_key, created);
