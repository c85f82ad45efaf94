-- +goose Up
-- reading says which events (media.read) tell what stands in the pictures of a message, both by number.
CREATE TABLE reading (
  message BIGINT NOT NULL, number BIGINT NOT NULL, group_key BIGINT NOT NULL,
  PRIMARY KEY (message, number)
);
