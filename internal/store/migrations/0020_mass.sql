-- +goose Up
-- What a platform says became of a mass send in each group it was for: state is sending (its sender has yet to confirm),
-- sent or failed; at (UTC ms) is when the sender confirmed. chat is the platform's id of the group.
CREATE TABLE mass_result (
  action_id BYTEA NOT NULL, chat TEXT NOT NULL, sender TEXT NOT NULL, part TEXT NOT NULL, state TEXT NOT NULL, why TEXT NOT NULL, at BIGINT NOT NULL,
  PRIMARY KEY (action_id, chat)
);
-- The picture of a code that a platform made, by the hash under which it is kept; '' = not fetched (yet).
ALTER TABLE invite_made ADD COLUMN picture TEXT NOT NULL DEFAULT '';
