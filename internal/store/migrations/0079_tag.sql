-- +goose Up
-- Tags of persons, stays and groups: how each is written down (scope is person, stay or group), and what it was called before it was
-- renamed or merged. Tags that nobody wrote down are worn all the same.
CREATE TABLE tag (
  org_key BIGINT NOT NULL, scope TEXT NOT NULL, name TEXT NOT NULL, family TEXT NOT NULL, colour TEXT NOT NULL, note TEXT NOT NULL, created BIGINT NOT NULL,
  user_id TEXT NOT NULL, PRIMARY KEY (org_key, scope, name)
);
CREATE TABLE tag_alias (org_key BIGINT NOT NULL, scope TEXT NOT NULL, old TEXT NOT NULL, name TEXT NOT NULL, at BIGINT NOT NULL, PRIMARY KEY (org_key, scope, old));
-- why is what held when a rule put it there.
ALTER TABLE member_tag ADD COLUMN why TEXT NOT NULL DEFAULT '';
ALTER TABLE member_tag ADD COLUMN user_id TEXT NOT NULL DEFAULT '';
CREATE INDEX member_tag_tag ON member_tag (tag);
ALTER TABLE group_tag ADD COLUMN source TEXT NOT NULL DEFAULT 'hand';
ALTER TABLE group_tag ADD COLUMN created BIGINT NOT NULL DEFAULT 0;
ALTER TABLE group_tag ADD COLUMN why TEXT NOT NULL DEFAULT '';
ALTER TABLE group_tag ADD COLUMN user_id TEXT NOT NULL DEFAULT '';
CREATE TABLE stay_tag (
  group_key BIGINT NOT NULL, member_key BIGINT NOT NULL, stay_id BYTEA NOT NULL, tag TEXT NOT NULL, source TEXT NOT NULL, created BIGINT NOT NULL,
  why TEXT NOT NULL, user_id TEXT NOT NULL, PRIMARY KEY (stay_id, tag)
);
CREATE INDEX stay_tag_member ON stay_tag (member_key);
CREATE INDEX stay_tag_tag ON stay_tag (group_key, tag);
-- What a person took off by hand: no rule puts it there again. What is without meaning in a scope is 0, or empty.
CREATE TABLE tag_no (
  scope TEXT NOT NULL, group_key BIGINT NOT NULL, member_key BIGINT NOT NULL, stay_id BYTEA NOT NULL, tag TEXT NOT NULL, user_id TEXT NOT NULL, at BIGINT NOT NULL,
  PRIMARY KEY (scope, group_key, member_key, stay_id, tag)
);
