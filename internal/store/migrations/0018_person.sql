-- +goose Up
-- Which accounts are one human. A fact is a merge, a split or an undo by a person's hand and is never changed; its moves say
-- who belongs to which person (0 = to none) before and after. person_member is all moves added up.
CREATE TABLE person_fact (
  number BIGINT PRIMARY KEY, id BYTEA NOT NULL UNIQUE, org_key BIGINT NOT NULL, kind TEXT NOT NULL, at BIGINT NOT NULL,
  user_name TEXT NOT NULL, reason TEXT NOT NULL, evidence TEXT NOT NULL, undoes BIGINT NOT NULL
);
CREATE INDEX person_fact_org ON person_fact (org_key, number);
CREATE UNIQUE INDEX person_fact_undoes ON person_fact (undoes) WHERE undoes > 0;
CREATE TABLE person_move (
  fact_number BIGINT NOT NULL, member_key BIGINT NOT NULL, from_person BIGINT NOT NULL, to_person BIGINT NOT NULL,
  PRIMARY KEY (fact_number, member_key)
);
CREATE INDEX person_move_member ON person_move (member_key);
CREATE TABLE person_member (member_key BIGINT PRIMARY KEY, person_key BIGINT NOT NULL);
CREATE INDEX person_member_person ON person_member (person_key);
-- Pairs that a person said are not one human: they are suggested no more.
CREATE TABLE person_apart (
  one_key BIGINT NOT NULL, two_key BIGINT NOT NULL, at BIGINT NOT NULL, user_name TEXT NOT NULL, PRIMARY KEY (one_key, two_key)
);
-- What members of several platforms may have in common; kind 'union' is a unionid.
CREATE TABLE member_sign (
  kind TEXT NOT NULL, value TEXT NOT NULL, member_key BIGINT NOT NULL, PRIMARY KEY (kind, value, member_key)
);
CREATE INDEX member_tag_source ON member_tag (source);
