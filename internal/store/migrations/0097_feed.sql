-- +goose Up
-- Feeds that an organisation reads, with how their reading goes: next_at is when (UTC ms), error the code of the last failure ('' = none),
-- etag and modified what the document was last known by.
CREATE TABLE feed_source (
  id BYTEA PRIMARY KEY, org_key BIGINT NOT NULL, url TEXT NOT NULL, name TEXT NOT NULL, every BIGINT NOT NULL, off BOOLEAN NOT NULL, created BIGINT NOT NULL, user_name TEXT NOT NULL,
  tried BIGINT NOT NULL, fetched BIGINT NOT NULL, next_at BIGINT NOT NULL, failed BIGINT NOT NULL, error TEXT NOT NULL, etag TEXT NOT NULL, modified TEXT NOT NULL
);
CREATE UNIQUE INDEX feed_source_url ON feed_source (org_key, url);
CREATE INDEX feed_source_due ON feed_source (next_at);
-- Their entries: at is what the feed says (0 = nothing), seen when it was first read, heard when it last stood in the feed.
CREATE TABLE feed_entry (
  source BYTEA NOT NULL, entry TEXT NOT NULL, link TEXT NOT NULL, title TEXT NOT NULL, summary TEXT NOT NULL, at BIGINT NOT NULL, seen BIGINT NOT NULL, heard BIGINT NOT NULL,
  place BIGINT NOT NULL, PRIMARY KEY (source, entry)
);
CREATE INDEX feed_entry_seen ON feed_entry (source, seen);
