-- +goose Up
-- A request to be let into a group: the number of its event, whose it is, the platform's flag for the answer, when it was asked
-- (UTC ms), and what became of it: '' = it waits; approved, refused = by an action of ours; joined = they are in; handled =
-- somebody answered in the app; again = they asked once more. What they wrote stands in the event.
CREATE TABLE join_request (
  number BIGINT PRIMARY KEY, group_key BIGINT NOT NULL, member_key BIGINT NOT NULL, flag TEXT NOT NULL, asked BIGINT NOT NULL,
  answer TEXT NOT NULL, answered BIGINT NOT NULL
);
CREATE INDEX join_request_group ON join_request (group_key, member_key);
CREATE INDEX join_request_asked ON join_request (asked);
