-- +goose Up
-- Cards of messages that are worth keeping (精华). The text is a copy and outlives the log; of the author stands the reference alone. removed and
-- erased are UTC ms, 0 = neither; erased = words and author are gone for good, the row stays so that no rule makes the card again.
CREATE TABLE essence_card (
  id BYTEA PRIMARY KEY, org_key BIGINT NOT NULL, group_key BIGINT NOT NULL, number BIGINT NOT NULL, member_key BIGINT NOT NULL, said_at BIGINT NOT NULL, body TEXT NOT NULL, note TEXT NOT NULL,
  made_by TEXT NOT NULL, why JSONB NOT NULL, user_name TEXT NOT NULL, made BIGINT NOT NULL, removed BIGINT NOT NULL, erased BIGINT NOT NULL, version BIGINT NOT NULL
);
CREATE UNIQUE INDEX essence_card_number ON essence_card (number);
CREATE INDEX essence_card_org ON essence_card (org_key, made);
CREATE INDEX essence_card_group ON essence_card (group_key, made);
CREATE INDEX essence_card_member ON essence_card (member_key);
CREATE TABLE essence_tag (card BYTEA NOT NULL, tag TEXT NOT NULL, PRIMARY KEY (card, tag));
CREATE INDEX essence_tag_tag ON essence_tag (tag);
-- The terms of a card's text and note, as the search of messages cuts them.
CREATE TABLE essence_term (term TEXT NOT NULL, card BYTEA NOT NULL, PRIMARY KEY (term, card));
CREATE INDEX essence_term_card ON essence_term (card);
-- When a message becomes a card by itself: in one group, or (0) in all of an organisation that have no rule of their own.
CREATE TABLE essence_rule (org_key BIGINT NOT NULL, group_key BIGINT NOT NULL, body JSONB NOT NULL, PRIMARY KEY (org_key, group_key));
-- Whose words were erased from the cards: no rule keeps them again.
CREATE TABLE essence_erased (member_key BIGINT PRIMARY KEY, at BIGINT NOT NULL);
-- Up to which event the rules looked, and who reacted to or answered which message (by the platform's id) in the days that count.
CREATE TABLE essence_seen (part TEXT PRIMARY KEY, number BIGINT NOT NULL);
CREATE TABLE essence_mark (group_key BIGINT NOT NULL, message TEXT NOT NULL, kind TEXT NOT NULL, member_key BIGINT NOT NULL, at BIGINT NOT NULL, PRIMARY KEY (group_key, message, kind, member_key));
CREATE INDEX essence_mark_at ON essence_mark (at);
-- Messages whose marks changed: the rules judge them anew.
CREATE TABLE essence_due (group_key BIGINT NOT NULL, message TEXT NOT NULL, account_key BIGINT NOT NULL, PRIMARY KEY (group_key, message));
