-- +goose Up
-- On which article of that version of the rules a strike rests; 0 = none.
ALTER TABLE strike ADD COLUMN article BIGINT NOT NULL DEFAULT 0;
-- The public page of a group's rules: its address is drawn by chance; closed = since when nobody is shown anything, 0 = it is open.
CREATE TABLE charter_page (
  group_key BIGINT PRIMARY KEY, slug TEXT NOT NULL UNIQUE, closed BIGINT NOT NULL, created BIGINT NOT NULL
);
-- Who agreed to which version of the rules, when and how (chat, page, hand): number is that of the event that says so.
CREATE TABLE confirmation (
  number BIGINT PRIMARY KEY, group_key BIGINT NOT NULL, member_key BIGINT NOT NULL, version BIGINT NOT NULL, at BIGINT NOT NULL,
  way TEXT NOT NULL, user_name TEXT NOT NULL, note TEXT NOT NULL
);
CREATE INDEX confirmation_group ON confirmation (group_key, member_key, version);
CREATE INDEX confirmation_member ON confirmation (member_key, number);
