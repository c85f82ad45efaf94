-- +goose Up
-- Short links of our own (/l/{slug}): their target never changes. Openings are counted by day; who opened is known only where
-- the address was made for one person (token), and kept per person as a count.
CREATE TABLE short_link (
  key BIGINT PRIMARY KEY, id BYTEA NOT NULL UNIQUE, org_key BIGINT NOT NULL, slug TEXT NOT NULL UNIQUE, title TEXT NOT NULL,
  target TEXT NOT NULL, made_for TEXT NOT NULL, created BIGINT NOT NULL, by_user TEXT NOT NULL, closed BIGINT NOT NULL
);
CREATE INDEX short_link_org ON short_link (org_key, created);
CREATE TABLE short_person (
  token TEXT PRIMARY KEY, link_key BIGINT NOT NULL, member_key BIGINT NOT NULL, created BIGINT NOT NULL,
  opens BIGINT NOT NULL, first_at BIGINT NOT NULL, last_at BIGINT NOT NULL, UNIQUE (link_key, member_key)
);
CREATE INDEX short_person_member ON short_person (member_key);
CREATE TABLE short_day (
  link_key BIGINT NOT NULL, day BIGINT NOT NULL, known BIGINT NOT NULL, unknown BIGINT NOT NULL, PRIMARY KEY (link_key, day)
);
-- What people did besides speaking, for a person's history.
CREATE INDEX event_trail ON event (actor_key, number) WHERE type IN ('follower.added', 'follower.removed', 'scan', 'menu.clicked', 'reaction.added');
-- Who reacted to a moment (客户朋友圈), by the reactions told.
CREATE TABLE moment_lead (
  org_key BIGINT NOT NULL, member_key BIGINT NOT NULL, likes BIGINT NOT NULL, comments BIGINT NOT NULL, last_at BIGINT NOT NULL, PRIMARY KEY (org_key, member_key)
);
-- A link that goes with a mass send.
ALTER TABLE broadcast ADD COLUMN link TEXT NOT NULL DEFAULT '';
ALTER TABLE broadcast ADD COLUMN link_title TEXT NOT NULL DEFAULT '';
