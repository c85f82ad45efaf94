-- +goose Up
-- Weekly votes on what was said best. A group's rules, since when they are on (UTC ms) and the last week that was opened; a
-- ballot a week; its candidates, whose words stand in their events; one vote of a member; and who gets what.
CREATE TABLE vote_group (group_key BIGINT PRIMARY KEY, rules JSONB NOT NULL, since BIGINT NOT NULL, week TEXT NOT NULL);
CREATE TABLE vote_ballot (
  id BYTEA PRIMARY KEY, group_key BIGINT NOT NULL, week TEXT NOT NULL, from_at BIGINT NOT NULL, opens BIGINT NOT NULL, ends BIGINT NOT NULL, state TEXT NOT NULL,
  rules JSONB NOT NULL, seq BIGINT NOT NULL, ended BIGINT NOT NULL, ended_by TEXT NOT NULL, why TEXT NOT NULL, UNIQUE (group_key, week)
);
CREATE INDEX vote_ballot_state ON vote_ballot (state, opens);
CREATE TABLE vote_candidate (
  ballot BYTEA NOT NULL, no BIGINT NOT NULL, member_key BIGINT NOT NULL, event BIGINT NOT NULL, score BIGINT NOT NULL, added TEXT NOT NULL,
  out_why TEXT NOT NULL, out_by TEXT NOT NULL, out_words TEXT NOT NULL, votes BIGINT NOT NULL, place BIGINT NOT NULL, PRIMARY KEY (ballot, no)
);
CREATE TABLE vote_cast (ballot BYTEA NOT NULL, member_key BIGINT NOT NULL, no BIGINT NOT NULL, way TEXT NOT NULL, at BIGINT NOT NULL, PRIMARY KEY (ballot, member_key));
CREATE TABLE vote_payout (
  id BYTEA PRIMARY KEY, ballot BYTEA NOT NULL, group_key BIGINT NOT NULL, member_key BIGINT NOT NULL, place BIGINT NOT NULL, kind TEXT NOT NULL, points BIGINT NOT NULL,
  prize TEXT NOT NULL, state TEXT NOT NULL, made BIGINT NOT NULL, paid_at BIGINT NOT NULL, paid_by TEXT NOT NULL, note TEXT NOT NULL, times BIGINT NOT NULL
);
CREATE INDEX vote_payout_group ON vote_payout (group_key, made);
CREATE INDEX vote_payout_member ON vote_payout (member_key);
