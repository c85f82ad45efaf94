-- +goose Up
-- import_source remembers which group a source of chats was imported into when somebody chose it.
CREATE TABLE import_source (
  org_key BIGINT NOT NULL, platform TEXT NOT NULL, source TEXT NOT NULL, group_key BIGINT NOT NULL, import_key BIGINT NOT NULL,
  PRIMARY KEY (org_key, platform, source)
);
-- exporter is the program that wrote the file: between two of them the same message may look different.
ALTER TABLE import_range ADD COLUMN exporter TEXT NOT NULL DEFAULT '';
-- wiped is when the words of an undone import were erased, UTC ms.
ALTER TABLE import_run ADD COLUMN wiped BIGINT NOT NULL DEFAULT 0;
