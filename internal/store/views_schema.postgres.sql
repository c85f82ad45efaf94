CREATE TABLE views.cursor (name TEXT PRIMARY KEY, number BIGINT NOT NULL);
-- The same as for SQLite, without its table kinds. rowid is the event's number.
CREATE TABLE views.search (rowid BIGINT PRIMARY KEY, terms tsvector NOT NULL);
CREATE INDEX search_terms ON views.search USING gin (terms);

CREATE TABLE views.group_fact (
  group_key BIGINT PRIMARY KEY, zone TEXT NOT NULL, members BIGINT NOT NULL, messages BIGINT NOT NULL,
  last_at BIGINT NOT NULL, roster_since BIGINT NOT NULL, roster_at BIGINT NOT NULL, heard BYTEA NOT NULL
);
CREATE TABLE views.group_day (
  group_key BIGINT NOT NULL, day BIGINT NOT NULL, events BIGINT NOT NULL, messages BIGINT NOT NULL,
  speakers BIGINT NOT NULL, recalled BIGINT NOT NULL, joins BIGINT NOT NULL, leaves BIGINT NOT NULL, change BIGINT NOT NULL,
  first_number BIGINT NOT NULL, last_number BIGINT NOT NULL, detail BYTEA NOT NULL, apart BYTEA NOT NULL, PRIMARY KEY (group_key, day)
);
-- A circle is all chat groups of an organisation (tag '') or those with a tag; circle_day is their group_day, added up.
CREATE TABLE views.circle_group (
  org_key BIGINT NOT NULL, tag TEXT NOT NULL, group_key BIGINT NOT NULL, PRIMARY KEY (org_key, tag, group_key)
);
CREATE INDEX circle_group_key ON views.circle_group (group_key);
CREATE TABLE views.circle_day (
  org_key BIGINT NOT NULL, tag TEXT NOT NULL, day BIGINT NOT NULL, summed BIGINT NOT NULL, messages BIGINT NOT NULL,
  recalled BIGINT NOT NULL, joins BIGINT NOT NULL, leaves BIGINT NOT NULL, change BIGINT NOT NULL, cells BYTEA NOT NULL,
  said BYTEA NOT NULL, PRIMARY KEY (org_key, tag, day)
);
ALTER TABLE views.group_day ALTER COLUMN detail SET STORAGE EXTERNAL; -- read whole and often: unpacking costs more than it saves
ALTER TABLE views.circle_day ALTER COLUMN said SET STORAGE EXTERNAL;
-- In which hours (bits 0 to 23) of a UTC day an account of ours heard something.
CREATE TABLE views.account_day (account_key BIGINT NOT NULL, day BIGINT NOT NULL, hours BIGINT NOT NULL, PRIMARY KEY (account_key, day));
CREATE TABLE views.import_span (
  group_key BIGINT NOT NULL, import_key BIGINT NOT NULL, first_at BIGINT NOT NULL, last_at BIGINT NOT NULL,
  PRIMARY KEY (group_key, import_key)
);

CREATE TABLE views.people (
  group_key BIGINT NOT NULL, member_key BIGINT NOT NULL, shown TEXT NOT NULL, look TEXT NOT NULL, card TEXT NOT NULL,
  account TEXT NOT NULL, named_at BIGINT NOT NULL,
  role TEXT NOT NULL, present BOOLEAN NOT NULL, stays BIGINT NOT NULL, stay_n BIGINT NOT NULL,
  since BIGINT NOT NULL, joined_at BIGINT NOT NULL, scene TEXT NOT NULL,
  state TEXT NOT NULL, inviter_key BIGINT NOT NULL, left_at BIGINT NOT NULL, first_word BIGINT NOT NULL,
  last_word BIGINT NOT NULL, messages BIGINT NOT NULL, muted_till BIGINT NOT NULL, ours BOOLEAN NOT NULL, PRIMARY KEY (group_key, member_key)
);
-- Who is on record in a group, who is there, who has spoken, who is ours, as one value.
CREATE TABLE views.standing (group_key BIGINT PRIMARY KEY, list BYTEA NOT NULL);
-- Members whose words a person said to count or not to count, and bots; as the counters stand.
CREATE TABLE views.marked (member_key BIGINT PRIMARY KEY, bot BOOLEAN NOT NULL);
CREATE INDEX people_shown ON views.people (group_key, present, shown);
CREATE INDEX people_joined ON views.people (group_key, present, joined_at);
CREATE INDEX people_last_word ON views.people (group_key, present, last_word);
CREATE INDEX people_messages ON views.people (group_key, present, messages);
CREATE INDEX people_member ON views.people (member_key);
CREATE INDEX people_muted ON views.people (muted_till) WHERE muted_till > 0;
CREATE INDEX people_ours ON views.people (group_key, member_key) WHERE ours;
CREATE INDEX people_inviter ON views.people (inviter_key) WHERE inviter_key > 0;
-- What is known of a member over all chat groups: people, added up; desks are left out.
CREATE TABLE views.anyone (
  member_key BIGINT NOT NULL PRIMARY KEY, org_key BIGINT NOT NULL, shown TEXT NOT NULL, look TEXT NOT NULL,
  present BIGINT NOT NULL, ours BIGINT NOT NULL, joined_at BIGINT NOT NULL, since BIGINT NOT NULL, left_at BIGINT NOT NULL,
  last_word BIGINT NOT NULL, messages BIGINT NOT NULL, muted_till BIGINT NOT NULL
);
CREATE INDEX anyone_shown ON views.anyone (org_key, shown);
CREATE INDEX anyone_since ON views.anyone (org_key, since);
CREATE INDEX anyone_last_word ON views.anyone (org_key, last_word);
CREATE INDEX anyone_messages ON views.anyone (org_key, messages);
CREATE TABLE views.stay (
  group_key BIGINT NOT NULL, member_key BIGINT NOT NULL, n BIGINT NOT NULL, id BYTEA NOT NULL, since BIGINT NOT NULL,
  joined_at BIGINT NOT NULL, counted BOOLEAN NOT NULL,
  scene TEXT NOT NULL, state TEXT NOT NULL, inviter_key BIGINT NOT NULL, left_at BIGINT NOT NULL, left_low BIGINT NOT NULL,
  left_reason TEXT NOT NULL, certainty TEXT NOT NULL, PRIMARY KEY (member_key, group_key, n)
);
CREATE INDEX stay_group ON views.stay (group_key, since, counted);
CREATE INDEX stay_left ON views.stay (group_key, left_at);
-- With all that claims need of a stay.
CREATE INDEX stay_joined ON views.stay (joined_at, member_key) INCLUDE (group_key, counted, left_at, left_low, left_reason, scene) WHERE counted;
-- kind: "card", the name in the group, or "account", the account's name as seen in the group.
CREATE TABLE views.name_span (
  member_key BIGINT NOT NULL, group_key BIGINT NOT NULL, kind TEXT NOT NULL, from_at BIGINT NOT NULL, name TEXT NOT NULL,
  PRIMARY KEY (member_key, group_key, kind, from_at)
);

CREATE TABLE views.recalled (number BIGINT PRIMARY KEY, group_key BIGINT NOT NULL, at BIGINT NOT NULL, by_number BIGINT NOT NULL);
CREATE INDEX recalled_group ON views.recalled (group_key);
CREATE TABLE views.recall_open (
  group_key BIGINT NOT NULL, message TEXT NOT NULL, at BIGINT NOT NULL, by_number BIGINT NOT NULL,
  PRIMARY KEY (group_key, message)
);
CREATE TABLE views.hit (
  event_number BIGINT NOT NULL, decision_id BYTEA NOT NULL, group_key BIGINT NOT NULL, undone BOOLEAN NOT NULL,
  PRIMARY KEY (event_number, decision_id)
);
CREATE INDEX hit_group ON views.hit (group_key, event_number);
-- What people did besides speaking, for their history.
CREATE TABLE views.trail (
  member_key BIGINT NOT NULL, number BIGINT NOT NULL, group_key BIGINT NOT NULL, PRIMARY KEY (member_key, number)
);
CREATE INDEX trail_group ON views.trail (group_key);
CREATE TABLE views.rule_day (
  group_key BIGINT NOT NULL, day BIGINT NOT NULL, rule TEXT NOT NULL, hits BIGINT NOT NULL, dry BIGINT NOT NULL,
  undone BIGINT NOT NULL, last_at BIGINT NOT NULL, PRIMARY KEY (group_key, day, rule)
);
-- Messages that ask, and what follows them: evidence is measure.Evidence. Whether a question is open is not kept: an answer may be recalled.
CREATE TABLE views.question (
  number BIGINT NOT NULL PRIMARY KEY, group_key BIGINT NOT NULL, at BIGINT NOT NULL, member_key BIGINT NOT NULL, message TEXT NOT NULL,
  import_key BIGINT NOT NULL
);
-- With all that a list of questions needs.
CREATE INDEX question_group ON views.question (group_key, at) INCLUDE (number, member_key);
CREATE INDEX question_message ON views.question (group_key, message);
CREATE TABLE views.answer (
  question BIGINT NOT NULL, number BIGINT NOT NULL, group_key BIGINT NOT NULL, asked_at BIGINT NOT NULL, at BIGINT NOT NULL,
  member_key BIGINT NOT NULL, evidence BIGINT NOT NULL, import_key BIGINT NOT NULL, PRIMARY KEY (question, number)
);
CREATE INDEX answer_group ON views.answer (group_key, asked_at) INCLUDE (question, number, at, member_key, evidence);
-- Both once more, in the order of the log, by the UTC day of asking, in parts: the questions of many groups are read from here.
CREATE TABLE views.asked_day (
  org_key BIGINT NOT NULL, day BIGINT NOT NULL, part BIGINT NOT NULL, last BIGINT NOT NULL, list BYTEA NOT NULL,
  PRIMARY KEY (org_key, day, part)
);
-- To whom a message turns: by @, by the name at its start, or (reply) by answering or quoting that one's message.
CREATE TABLE views.contact (
  number BIGINT NOT NULL, group_key BIGINT NOT NULL, at BIGINT NOT NULL, member_key BIGINT NOT NULL, other_key BIGINT NOT NULL,
  reply BOOLEAN NOT NULL, import_key BIGINT NOT NULL, PRIMARY KEY (number, other_key)
);
CREATE INDEX contact_group ON views.contact (group_key, at);
-- The last messages of a group's talk (of an import apart) with what is known of them besides their words.
CREATE TABLE views.thread (
  group_key BIGINT NOT NULL, import_key BIGINT NOT NULL, marks BYTEA NOT NULL, PRIMARY KEY (group_key, import_key)
);
