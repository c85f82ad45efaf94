-- +goose Up
-- Somebody who sees members under pseudonyms asked who one of them is: why, whether a second person agreed, and until when the name is
-- open to whoever asked (UTC ms, 0 = not at all). state: asked, agreed, refused.
CREATE TABLE reveal (
  id BYTEA PRIMARY KEY, org_key BIGINT NOT NULL, member_key BIGINT NOT NULL, asked_by TEXT NOT NULL, reason TEXT NOT NULL, at BIGINT NOT NULL,
  state TEXT NOT NULL, decided_by TEXT NOT NULL, decided_at BIGINT NOT NULL, why TEXT NOT NULL, until BIGINT NOT NULL, seen BIGINT NOT NULL
);
CREATE INDEX reveal_org ON reveal (org_key, at);
CREATE INDEX reveal_asked ON reveal (asked_by, until);
