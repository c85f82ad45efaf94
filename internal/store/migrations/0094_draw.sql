-- +goose Up
-- Draws of prizes by lot. terms is what is written, and once published what was committed to, byte for byte: never JSON, which databases put in
-- another order. sealed is the seed until it is shown (seed, hex). told is the last state that the group was told. slot and slot_date are the calendar's slot ('' = none).
CREATE TABLE draw (
  id BYTEA PRIMARY KEY, org_key BIGINT NOT NULL, group_key BIGINT NOT NULL, code TEXT NOT NULL, state TEXT NOT NULL, terms TEXT NOT NULL, budget BIGINT NOT NULL, slot TEXT NOT NULL,
  slot_date TEXT NOT NULL, sealed BYTEA NOT NULL, seed TEXT NOT NULL, commitment TEXT NOT NULL, list_hash TEXT NOT NULL, beacon TEXT NOT NULL, beacon_source TEXT NOT NULL,
  override_why TEXT NOT NULL, maker TEXT NOT NULL, created BIGINT NOT NULL, opened BIGINT NOT NULL, closed BIGINT NOT NULL, drawn BIGINT NOT NULL, ended_by TEXT NOT NULL, why TEXT NOT NULL,
  told TEXT NOT NULL, version BIGINT NOT NULL
);
CREATE UNIQUE INDEX draw_code ON draw (code);
CREATE UNIQUE INDEX draw_slot ON draw (group_key, slot, slot_date) WHERE slot <> '';
CREATE INDEX draw_state ON draw (state, created);
-- Who entered, and once the list is frozen who takes part (out_why '') or why not.
CREATE TABLE draw_entry (
  draw BYTEA NOT NULL, member_key BIGINT NOT NULL, code TEXT NOT NULL, entered BIGINT NOT NULL, out_why TEXT NOT NULL, place BIGINT NOT NULL, PRIMARY KEY (draw, member_key)
);
CREATE UNIQUE INDEX draw_entry_code ON draw_entry (draw, code);
CREATE INDEX draw_entry_member ON draw_entry (member_key);
-- The ledger of prizes: who handed what over, by which receipt.
CREATE TABLE draw_payout (
  id BYTEA PRIMARY KEY, draw BYTEA NOT NULL, group_key BIGINT NOT NULL, member_key BIGINT NOT NULL, code TEXT NOT NULL, place BIGINT NOT NULL, prize TEXT NOT NULL, kind TEXT NOT NULL,
  fen BIGINT NOT NULL, state TEXT NOT NULL, made BIGINT NOT NULL, until BIGINT NOT NULL, paid_at BIGINT NOT NULL, paid_by TEXT NOT NULL, receipt TEXT NOT NULL, times BIGINT NOT NULL
);
CREATE UNIQUE INDEX draw_payout_place ON draw_payout (draw, place);
CREATE INDEX draw_payout_group ON draw_payout (group_key, made);
CREATE INDEX draw_payout_member ON draw_payout (member_key);
