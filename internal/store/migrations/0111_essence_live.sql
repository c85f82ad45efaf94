-- +goose Up
-- A card may be of an answered question of a live Q&A, too: it has no place in the log (number 0). of_live and of_no name the question.
ALTER TABLE essence_card ADD COLUMN of_live BYTEA;
ALTER TABLE essence_card ADD COLUMN of_no BIGINT NOT NULL DEFAULT 0;
DROP INDEX essence_card_number;
CREATE UNIQUE INDEX essence_card_number ON essence_card (number) WHERE number <> 0;
CREATE UNIQUE INDEX essence_card_live ON essence_card (of_live, of_no) WHERE of_no <> 0;
