-- +goose Up
-- Live Q&As of groups (直播答疑). terms is what people write (title, host, address, word, reminders, language); opens, starts and ends are UTC ms;
-- slot and slot_date are the calendar's slot ('' = none); seq is up to where the group's log was read for questions; told is what people
-- were told of it last.
CREATE TABLE live_qa (
  id BYTEA PRIMARY KEY, org_key BIGINT NOT NULL, group_key BIGINT NOT NULL, code TEXT NOT NULL, terms JSONB NOT NULL, opens BIGINT NOT NULL, starts BIGINT NOT NULL, ends BIGINT NOT NULL, state TEXT NOT NULL,
  slot TEXT NOT NULL, slot_date TEXT NOT NULL, notes TEXT NOT NULL, maker TEXT NOT NULL, why TEXT NOT NULL, created BIGINT NOT NULL, seq BIGINT NOT NULL, told TEXT NOT NULL, version BIGINT NOT NULL
);
CREATE UNIQUE INDEX live_qa_code ON live_qa (code);
CREATE UNIQUE INDEX live_qa_slot ON live_qa (group_key, slot, slot_date) WHERE slot <> '';
CREATE INDEX live_qa_group ON live_qa (group_key, starts);
CREATE INDEX live_qa_running ON live_qa (starts) WHERE state IN ('planned', 'collecting', 'live', 'answered', 'cancelled');
-- How they come back in a group.
CREATE TABLE live_series (group_key BIGINT PRIMARY KEY, org_key BIGINT NOT NULL, body JSONB NOT NULL);
-- Questions. who is a member's key, below 0 a guest of the page, 0 nobody who is known; hidden = the others do not see who asked; into_no is the
-- question that it was merged into (0 = none); told is when the answer went back to who asked (0 = not yet), back by which way.
CREATE TABLE live_question (
  live BYTEA NOT NULL, no BIGINT NOT NULL, who BIGINT NOT NULL, hidden BOOLEAN NOT NULL, body TEXT NOT NULL, way TEXT NOT NULL, message TEXT NOT NULL, state TEXT NOT NULL, into_no BIGINT NOT NULL,
  answer TEXT NOT NULL, by_user TEXT NOT NULL, at BIGINT NOT NULL, reason TEXT NOT NULL, made BIGINT NOT NULL, told BIGINT NOT NULL, back TEXT NOT NULL, version BIGINT NOT NULL, PRIMARY KEY (live, no)
);
CREATE INDEX live_question_who ON live_question (who);
CREATE TABLE live_vote (live BYTEA NOT NULL, no BIGINT NOT NULL, who BIGINT NOT NULL, PRIMARY KEY (live, no, who));
-- Who signed up, and how often the link was opened while it led to the live; who 0 = by nobody we know. name is what a guest wrote, '' of members.
CREATE TABLE live_person (
  live BYTEA NOT NULL, who BIGINT NOT NULL, name TEXT NOT NULL, signed BIGINT NOT NULL, opens BIGINT NOT NULL, first_open BIGINT NOT NULL, last_open BIGINT NOT NULL, PRIMARY KEY (live, who)
);
-- The items of the content calendar by which the group is reminded, by minutes before the beginning.
CREATE TABLE live_item (live BYTEA NOT NULL, minutes BIGINT NOT NULL, item BYTEA NOT NULL, PRIMARY KEY (live, minutes));
