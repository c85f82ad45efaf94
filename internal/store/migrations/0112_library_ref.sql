-- +goose Up
-- A step of an SOP may name an item of the library: its turn keeps which (the id as text, '' = none) and what stands for variables (JSON,
-- '' = nothing); library_version is the item's when the turn was sent, 0 = not yet.
ALTER TABLE broadcast_target ADD COLUMN library TEXT NOT NULL DEFAULT '';
ALTER TABLE broadcast_target ADD COLUMN library_values TEXT NOT NULL DEFAULT '';
ALTER TABLE broadcast_target ADD COLUMN library_version BIGINT NOT NULL DEFAULT 0;
-- What was said of the library by name: the version that an action said, and by what it was wanted (the rule; '' = a plan).
CREATE TABLE library_said (action_id BYTEA PRIMARY KEY, item BYTEA NOT NULL, version BIGINT NOT NULL, group_key BIGINT NOT NULL, rule TEXT NOT NULL, at BIGINT NOT NULL);
CREATE INDEX library_said_item ON library_said (item, version);
CREATE INDEX broadcast_target_action ON broadcast_target (action_id);
