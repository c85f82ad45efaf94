-- +goose Up
-- Personal posters that are drawn at once: the layout as it was when it was asked for, a person's values per row, how far it is, and
-- what was done to texts that could not be drawn as they are.
CREATE TABLE poster_batch (
  id BYTEA PRIMARY KEY, org_key BIGINT NOT NULL, ref TEXT NOT NULL, title TEXT NOT NULL, body TEXT NOT NULL, people JSONB NOT NULL, total BIGINT NOT NULL, done BIGINT NOT NULL,
  warned JSONB NOT NULL, state TEXT NOT NULL, why TEXT NOT NULL, bytes BIGINT NOT NULL, user_id TEXT NOT NULL, created BIGINT NOT NULL, ended BIGINT NOT NULL
);
CREATE INDEX poster_batch_org ON poster_batch (org_key, created);
