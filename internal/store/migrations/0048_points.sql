-- +goose Up
-- Points of members: the rules of a group and how far its log was read (seq); the ledger, only added to; what is remembered of
-- each member; who was brought by whom and has to stay until due (UTC ms).
CREATE TABLE points_group (group_key BIGINT PRIMARY KEY, rules JSONB NOT NULL, seq BIGINT NOT NULL);
CREATE TABLE points_entry (
  id BYTEA PRIMARY KEY, group_key BIGINT NOT NULL, member_key BIGINT NOT NULL, reason TEXT NOT NULL, amount BIGINT NOT NULL, ref TEXT NOT NULL,
  event BIGINT NOT NULL, at BIGINT NOT NULL, user_id TEXT NOT NULL, note TEXT NOT NULL, UNIQUE (group_key, ref)
);
CREATE INDEX points_entry_member ON points_entry (group_key, member_key, at);
CREATE TABLE points_state (group_key BIGINT NOT NULL, member_key BIGINT NOT NULL, body JSONB NOT NULL, PRIMARY KEY (group_key, member_key));
CREATE TABLE points_guest (group_key BIGINT NOT NULL, member_key BIGINT NOT NULL, inviter_key BIGINT NOT NULL, event BIGINT NOT NULL, due BIGINT NOT NULL, PRIMARY KEY (group_key, member_key));
CREATE INDEX points_guest_due ON points_guest (due);
