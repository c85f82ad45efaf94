-- +goose Up
-- Where outside systems are told of what happens. sealed holds the address and the signing keys under the master key; host is shown. kinds and names of
-- groups say what goes there; since (UTC ms) is from when on. fails counts tries in a row that came to nothing, rest_until is when the next one may be.
CREATE TABLE outlet (
  key BIGINT PRIMARY KEY, id BYTEA NOT NULL UNIQUE, org_key BIGINT NOT NULL, user_key BIGINT NOT NULL, name TEXT NOT NULL, host TEXT NOT NULL, sealed BYTEA NOT NULL,
  kinds TEXT NOT NULL, all_groups BOOLEAN NOT NULL, texts BOOLEAN NOT NULL, paused BOOLEAN NOT NULL, created BIGINT NOT NULL, since BIGINT NOT NULL,
  fails BIGINT NOT NULL, rest_until BIGINT NOT NULL, good_at BIGINT NOT NULL, bad_at BIGINT NOT NULL, bad_code TEXT NOT NULL
);
CREATE UNIQUE INDEX outlet_name ON outlet (org_key, name);
CREATE TABLE outlet_group (outlet_key BIGINT NOT NULL, group_key BIGINT NOT NULL, PRIMARY KEY (outlet_key, group_key));
-- One thing told to one outlet: ref is what happened, so that nothing is told twice as something new. body is what is sent and holds no text of members:
-- that is read from the event at the time of sending, where the outlet wants it.
CREATE TABLE outlet_parcel (
  id BYTEA PRIMARY KEY, outlet_key BIGINT NOT NULL, ref TEXT NOT NULL, kind TEXT NOT NULL, group_key BIGINT NOT NULL, event_number BIGINT NOT NULL, at BIGINT NOT NULL, made BIGINT NOT NULL,
  body JSONB NOT NULL, state TEXT NOT NULL, attempts BIGINT NOT NULL, next_at BIGINT NOT NULL, tried_at BIGINT NOT NULL, took BIGINT NOT NULL, status BIGINT NOT NULL,
  code TEXT NOT NULL, note TEXT NOT NULL
);
CREATE UNIQUE INDEX outlet_parcel_ref ON outlet_parcel (outlet_key, ref);
CREATE INDEX outlet_parcel_made ON outlet_parcel (outlet_key, made);
CREATE INDEX outlet_parcel_due ON outlet_parcel (outlet_key, next_at) WHERE state = 'waiting';
-- How far the log (by number) and what has a time only (UTC ms) were read for outlets.
CREATE TABLE outlet_read (part TEXT PRIMARY KEY, upto BIGINT NOT NULL);
CREATE INDEX task_created ON task (created);
CREATE INDEX task_done ON task (done_at) WHERE done_at > 0;
