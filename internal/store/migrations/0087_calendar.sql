-- +goose Up
-- The content calendar: items with their groups and every version of what was written. day, class, format stand beside the body for
-- lists and figures; changed counts every change, so that two people never decide on the same item.
CREATE TABLE calendar_item (
  id BYTEA PRIMARY KEY, org_key BIGINT NOT NULL, body JSONB NOT NULL, class TEXT NOT NULL, minutes BIGINT NOT NULL, day TEXT NOT NULL, state TEXT NOT NULL,
  version BIGINT NOT NULL, approved BIGINT NOT NULL, maker TEXT NOT NULL, asker TEXT NOT NULL, approver TEXT NOT NULL, override_why TEXT NOT NULL, why TEXT NOT NULL,
  created BIGINT NOT NULL, updated BIGINT NOT NULL, changed BIGINT NOT NULL
);
CREATE INDEX calendar_item_day ON calendar_item (org_key, day);
CREATE INDEX calendar_item_state ON calendar_item (state, day);
-- An item in one group: the version of the goal it serves, the slot and date it occupies ('' = none), the mass send it became.
CREATE TABLE calendar_place (
  item BYTEA NOT NULL, group_key BIGINT NOT NULL, goal BIGINT NOT NULL, held TEXT NOT NULL, broadcast BYTEA NOT NULL, missed TEXT NOT NULL, PRIMARY KEY (item, group_key)
);
CREATE UNIQUE INDEX calendar_place_held ON calendar_place (group_key, held) WHERE held <> '';
CREATE INDEX calendar_place_send ON calendar_place (broadcast, group_key);
CREATE TABLE calendar_version (item BYTEA NOT NULL, version BIGINT NOT NULL, body JSONB NOT NULL, user_name TEXT NOT NULL, at BIGINT NOT NULL, PRIMARY KEY (item, version));
