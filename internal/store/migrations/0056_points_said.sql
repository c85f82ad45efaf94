-- +goose Up
-- Which message earned what, so that a recall takes exactly that back. gone = it was recalled; a recall that came before its
-- message stands here with gain 0 and its own event.
CREATE TABLE points_said (
  group_key BIGINT NOT NULL, message TEXT NOT NULL, member_key BIGINT NOT NULL, ref TEXT NOT NULL, gain BIGINT NOT NULL, event BIGINT NOT NULL, gone BOOLEAN NOT NULL,
  PRIMARY KEY (group_key, message)
);
