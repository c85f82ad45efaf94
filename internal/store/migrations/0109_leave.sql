-- +goose Up
-- Why a group opens without a goal, by version; no words = taken back.
CREATE TABLE goal_waiver (group_key BIGINT NOT NULL, version BIGINT NOT NULL, words TEXT NOT NULL, user_id TEXT NOT NULL, at BIGINT NOT NULL, PRIMARY KEY (group_key, version));
-- In which groups those who leave are asked why; since 0 = not.
CREATE TABLE leave_watch (group_key BIGINT PRIMARY KEY, org_key BIGINT NOT NULL, since BIGINT NOT NULL);
-- Who was asked, once for each time they left; answered says that they did, not what.
CREATE TABLE leave_ask (group_key BIGINT NOT NULL, member_key BIGINT NOT NULL, left_at BIGINT NOT NULL, at BIGINT NOT NULL, answered BOOLEAN NOT NULL, PRIMARY KEY (group_key, member_key, left_at));
CREATE INDEX leave_ask_at ON leave_ask (group_key, at);
-- What was answered, by day of the group's zone (from 1970) and by nobody.
CREATE TABLE leave_answer (group_key BIGINT NOT NULL, n BIGINT NOT NULL, day BIGINT NOT NULL, answer TEXT NOT NULL, words TEXT NOT NULL, PRIMARY KEY (group_key, n));
