-- +goose Up
-- A file that a person gave to be sent: its content is kept under its hash until keep_until (UTC ms) at least. Where open,
-- whoever has the address may read it.
CREATE TABLE upload (
  id BYTEA PRIMARY KEY, org_key BIGINT NOT NULL, hash TEXT NOT NULL, name TEXT NOT NULL, type TEXT NOT NULL, bytes BIGINT NOT NULL,
  by_user TEXT NOT NULL, created BIGINT NOT NULL, open BOOLEAN NOT NULL, keep_until BIGINT NOT NULL
);
CREATE INDEX upload_hash ON upload (hash);
-- What goes with a mass send besides its text and link, as JSON ('' = nothing), and whether a link stands in for what a
-- platform does not take.
ALTER TABLE broadcast ADD COLUMN pieces TEXT NOT NULL DEFAULT '';
ALTER TABLE broadcast ADD COLUMN by_link BOOLEAN NOT NULL DEFAULT FALSE;
-- The platform's own totals of articles (公众号), day by day (days since 1970-01-01, as everywhere); nobody is named in them. article_read says when the
-- platform was last asked for a day and, where it did not tell, why: a day without a row was never asked for.
CREATE TABLE article_day (
  account_key BIGINT NOT NULL, day BIGINT NOT NULL, article TEXT NOT NULL, title TEXT NOT NULL, people BIGINT NOT NULL, times BIGINT NOT NULL,
  shares BIGINT NOT NULL, saves BIGINT NOT NULL, PRIMARY KEY (account_key, day, article)
);
CREATE TABLE article_read (
  account_key BIGINT NOT NULL, day BIGINT NOT NULL, told BIGINT NOT NULL, asked BIGINT NOT NULL, code TEXT NOT NULL, PRIMARY KEY (account_key, day)
);
-- Who reacted to which moment (客户朋友圈), by the reactions told; moment is the platform's id of the post.
CREATE TABLE moment_reaction (
  org_key BIGINT NOT NULL, moment TEXT NOT NULL, member_key BIGINT NOT NULL, likes BIGINT NOT NULL, comments BIGINT NOT NULL, last_at BIGINT NOT NULL,
  PRIMARY KEY (org_key, moment, member_key)
);
CREATE INDEX moment_reaction_member ON moment_reaction (member_key);
