-- +goose Up
-- Documents that are kept elsewhere (腾讯文档 and others): who answers for one, what it is for, and the day (from 1970) on which who may see it is looked at next; 0 = never.
CREATE TABLE outside_doc (
  id BYTEA PRIMARY KEY, org_key BIGINT NOT NULL, group_key BIGINT NOT NULL, title TEXT NOT NULL, link TEXT NOT NULL, owner TEXT NOT NULL, purpose TEXT NOT NULL, every BIGINT NOT NULL,
  review BIGINT NOT NULL, reviewed BIGINT NOT NULL, reviewer TEXT NOT NULL, note TEXT NOT NULL, version BIGINT NOT NULL, created BIGINT NOT NULL, gone BIGINT NOT NULL
);
CREATE INDEX outside_doc_org ON outside_doc (org_key, gone, review);
