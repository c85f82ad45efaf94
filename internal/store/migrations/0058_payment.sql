-- +goose Up
-- What members paid (amount > 0) or got back (< 0), in minor units, as people enter it or a file of a shop says. A wrong row is
-- voided with a reason, never deleted. ref is the shop's number of the order: the same is not entered twice.
CREATE TABLE payment (
  id BYTEA PRIMARY KEY, group_key BIGINT NOT NULL, member_key BIGINT NOT NULL, at BIGINT NOT NULL, amount BIGINT NOT NULL, currency TEXT NOT NULL,
  what TEXT NOT NULL, ref TEXT NOT NULL, entered BIGINT NOT NULL, user_name TEXT NOT NULL, voided BIGINT NOT NULL, void_user TEXT NOT NULL, void_why TEXT NOT NULL
);
CREATE UNIQUE INDEX payment_ref ON payment (group_key, ref) WHERE ref <> '' AND voided = 0;
CREATE INDEX payment_at ON payment (group_key, at);
CREATE INDEX payment_member ON payment (member_key, at);
