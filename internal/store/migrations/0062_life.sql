-- +goose Up
-- Days of a group's zone (from 1970) on which people talked both ways, and how often one answered another: read from the log with the
-- counts of growth, which are therefore read anew from the beginning.
CREATE TABLE talk_day (group_key BIGINT NOT NULL, day BIGINT NOT NULL, turns BIGINT NOT NULL, PRIMARY KEY (group_key, day));
DELETE FROM growth_month;
DELETE FROM growth_read;
-- When a group entered decline (-1 = it never did), by its weeks until a day.
CREATE TABLE life_entry (group_key BIGINT PRIMARY KEY, entered BIGINT NOT NULL, judged BIGINT NOT NULL);
-- Renewals that people entered, beside the play-books that were started; a wrong one is voided with a reason.
CREATE TABLE group_renewal (
  id BYTEA PRIMARY KEY, group_key BIGINT NOT NULL, day BIGINT NOT NULL, what TEXT NOT NULL, user_name TEXT NOT NULL, at BIGINT NOT NULL,
  voided BIGINT NOT NULL, void_user TEXT NOT NULL, void_why TEXT NOT NULL
);
CREATE INDEX group_renewal_group ON group_renewal (group_key, day);
