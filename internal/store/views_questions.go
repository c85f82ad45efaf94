package store

import (
	"context"
	"database/sql"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"

	"qunluo/internal/community"
	"qunluo/internal/measure"
)

// questions is the projection of who asks and which messages follow the questions. An import's talk is followed apart from
// the group's own: they mix in the log, but not in time.
type questions struct {
	store   *Store
	t       *session
	groups  map[community.GroupKey]talkPlace
	threads map[threadKey]*measure.Threads
	touched map[threadKey]bool
	asked   []askedRow
	known   map[int64]measure.Question
	links   []answerRow
	met     map[contactKey]contactRow
	replies map[community.AccountKey][]replyRow
	days    map[askedKey]*askedDay

	aliases map[aliasKey]community.MemberKey // whom ids of members mean, until the end of the log is reached; 0 = nobody
	latest  map[messageKey]int64             // the latest question of the batch with an id
}

// aliasKey is what a platform calls a member.
type aliasKey struct {
	place talkPlace
	id    string
}

// messageKey is what a platform calls a message of a group.
type messageKey struct {
	group community.GroupKey
	id    string
}

// threadKey names a course of talk.
type threadKey struct {
	group community.GroupKey
	run   int64 // the import; 0 = live
}

// talkPlace is what names of members in a group's messages mean.
type talkPlace struct {
	org      community.OrgKey
	platform string
}

// answerRow is a message that follows another, which may be a question.
type answerRow struct {
	question, number int64
	group            community.GroupKey
	at               int64
	member           community.MemberKey
	by               measure.Evidence
	run              int64
}

// askedRow is a question with the message that it is, as the platform calls it.
type askedRow struct {
	measure.Question
	message string
	run     int64
}

// maxThreads bounds how many courses of talk are remembered between batches.
const maxThreads = 2000

func newQuestions(s *Store) *questions {
	q := &questions{store: s}
	q.forget()
	return q
}

func (*questions) name() string { return QuestionsView }
func (*questions) tables() []string {
	return []string{"question", "answer", "asked_day", "thread", "contact"}
}

func (q *questions) forget() {
	*q = questions{store: q.store, groups: map[community.GroupKey]talkPlace{}, threads: map[threadKey]*measure.Threads{}, touched: map[threadKey]bool{},
		known: map[int64]measure.Question{}, met: map[contactKey]contactRow{}, replies: map[community.AccountKey][]replyRow{},
		days: map[askedKey]*askedDay{}, aliases: map[aliasKey]community.MemberKey{}, latest: map[messageKey]int64{}}
}

func (q *questions) apply(ctx context.Context, t *session, events []community.Event, _ int64) error {
	q.t = t
	for i := range events {
		ev := &events[i]
		var err error
		switch {
		case ev.Origin == community.OriginSim || ev.Group == 0:
		case ev.Type == community.MessageCreated && content(ev) && ev.Body.Role != community.RoleBot:
			err = q.follow(ctx, ev)
		case ev.Type == community.ImportUndone:
			err = q.undo(ctx, ev)
		}
		if err != nil {
			return fmt.Errorf("event %d: %w", ev.Number, err)
		}
	}
	if len(events) < batchSize || len(q.aliases) > maxRemembered {
		clear(q.aliases)
	}
	return nil
}

func (q *questions) full() bool { return len(q.asked)+len(q.links)+len(q.met) > maxKept }

// follow takes a message into its course of talk.
func (q *questions) follow(ctx context.Context, ev *community.Event) error {
	said, err := q.said(ctx, ev)
	if err != nil {
		return err
	}
	if said.Answers, err = q.answered(ctx, ev); err != nil {
		return err
	}
	key := threadKey{ev.Group, ev.Import}
	th, err := q.thread(ctx, key)
	if err != nil {
		return err
	}
	q.touched[key] = true
	link := th.Follow(said)
	q.meet(ev, said, link.Whom)
	if link.Asks && !ev.Body.Role.Immune() { // what those who run the group write is no question
		one := measure.Question{Number: ev.Number, Group: ev.Group, At: ev.OccurredAt, Member: ev.Actor}
		q.asked = append(q.asked, askedRow{one, ev.Body.Message, ev.Import})
		q.known[ev.Number] = one
		q.latest[messageKey{ev.Group, ev.Body.Message}] = ev.Number
	}
	if link.To > 0 {
		q.links = append(q.links, answerRow{link.To, ev.Number, ev.Group, ev.OccurredAt, ev.Actor, link.By, ev.Import})
	}
	return nil
}

// said is a message as threads see it, but for what it answers.
func (q *questions) said(ctx context.Context, ev *community.Event) (measure.Said, error) {
	s := measure.Said{Number: ev.Number, At: ev.OccurredAt, Member: ev.Actor, Name: ev.Body.Card, Text: ev.Body.Text}
	if s.Name == "" {
		s.Name = ev.Body.Name
	}
	for _, part := range ev.Body.Segments {
		if part.Kind != "at" || part.Ref == "" {
			continue
		}
		m, err := q.member(ctx, ev.Group, part.Ref)
		if err != nil {
			return s, err
		}
		if m != 0 && m != ev.Actor {
			s.Mentions = append(s.Mentions, m)
		}
	}
	return s, nil
}

// member finds whom the platform calls by an id; 0 when the registry does not know them.
func (q *questions) member(ctx context.Context, g community.GroupKey, id string) (community.MemberKey, error) {
	place, err := q.place(ctx, g)
	if err != nil {
		return 0, err
	}
	alias := aliasKey{place, id}
	if key, ok := q.aliases[alias]; ok {
		return key, nil
	}
	var key int64
	err = q.t.one(ctx, findAlias, []any{int64(place.org), "member", place.platform, "", id}, &key)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return 0, err
	}
	q.aliases[alias] = community.MemberKey(key)
	return community.MemberKey(key), nil
}

func (q *questions) place(ctx context.Context, g community.GroupKey) (talkPlace, error) {
	place, ok := q.groups[g]
	if ok {
		return place, nil
	}
	err := q.t.one(ctx, `SELECT org_key, platform FROM chat_group WHERE key = $1`, []any{int64(g)}, (*int64)(&place.org), &place.platform)
	if err == nil {
		q.groups[g] = place
	}
	return place, err
}

// answered is the number of the question that the platform says a message answers; -1 when it answers something else, 0 when
// the platform says nothing.
func (q *questions) answered(ctx context.Context, ev *community.Event) (int64, error) {
	id := answersID(ev)
	if id == "" {
		return 0, nil
	}
	if number, ok := q.latest[messageKey{ev.Group, id}]; ok {
		return number, nil
	}
	var number int64
	err := q.t.one(ctx, `SELECT number FROM views.question WHERE group_key = $1 AND message = $2 AND number < $3 ORDER BY number DESC LIMIT 1`,
		[]any{int64(ev.Group), id, ev.Number}, &number)
	if errors.Is(err, sql.ErrNoRows) {
		return -1, nil
	}
	return number, err
}

// thread is a course of talk as it was left.
func (q *questions) thread(ctx context.Context, key threadKey) (*measure.Threads, error) {
	if th := q.threads[key]; th != nil {
		return th, nil
	}
	var raw []byte
	err := q.t.one(ctx, `SELECT marks FROM views.thread WHERE group_key = $1 AND import_key = $2`, []any{int64(key.group), key.run}, &raw)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return nil, err
	}
	marks, err := decodeMarks(raw)
	if err != nil {
		return nil, fmt.Errorf("talk of group %d: %w", key.group, err)
	}
	said, err := q.window(ctx, marks)
	if err != nil {
		return nil, err
	}
	q.threads[key] = measure.ResumeThreads(marks, said)
	return q.threads[key], nil
}

// window reads the messages of marks anew.
func (q *questions) window(ctx context.Context, marks []measure.Mark) ([]measure.Said, error) {
	said, place, numbers := make([]measure.Said, len(marks)), map[int64]int{}, make([]int64, len(marks))
	for i, m := range marks {
		said[i].Number, numbers[i], place[m.Number] = m.Number, m.Number, i
	}
	rows, err := q.t.query(ctx, `SELECT `+eventColumns+` FROM event WHERE number IN (`+keyList(numbers)+`)`)
	if err != nil {
		return nil, err
	}
	events, err := scanEvents(rows)
	if err != nil {
		return nil, err
	}
	for i := range events {
		one, err := q.said(ctx, &events[i])
		if err != nil {
			return nil, err
		}
		said[place[one.Number]] = one
	}
	return said, nil
}

// undo takes an import out.
func (q *questions) undo(ctx context.Context, ev *community.Event) error {
	run, err := undoneRun(ev)
	if err != nil {
		return err
	}
	if err := q.flush(ctx); err != nil {
		return err
	}
	delete(q.threads, threadKey{ev.Group, run})
	if err := q.unask(ctx, ev.Group, run); err != nil {
		return err
	}
	for _, table := range []string{"question", "answer", "thread", "contact"} {
		if _, err := q.t.exec(ctx, `DELETE FROM views.`+table+` WHERE group_key = $1 AND import_key = $2`, int64(ev.Group), run); err != nil {
			return err
		}
	}
	_, err = q.t.exec(ctx, `DELETE FROM views.answer WHERE group_key = $1 AND NOT EXISTS (SELECT 1 FROM views.question q WHERE q.number = answer.question)`, int64(ev.Group))
	return err
}

func (q *questions) flush(ctx context.Context) error {
	if err := q.learn(ctx); err != nil {
		return err
	}
	q.links = slices.DeleteFunc(q.links, func(a answerRow) bool { // what leads to no question, or to one's own
		asked, ok := q.known[a.question]
		return !ok || asked.Member == a.member || asked.Group != a.group
	})
	for _, part := range []func(*questions, context.Context) error{(*questions).flushDays, (*questions).flushAsked, (*questions).flushAnswers, (*questions).flushThreads, (*questions).flushContacts} {
		if err := part(q, ctx); err != nil {
			return err
		}
	}
	clear(q.known)
	clear(q.latest)
	return nil
}

func (q *questions) flushAsked(ctx context.Context) error {
	rows := make([][]any, 0, len(q.asked))
	for _, a := range q.asked {
		rows = append(rows, []any{a.Number, int64(a.Group), a.At, int64(a.Member), a.message, a.run})
	}
	q.asked = q.asked[:0]
	_, err := q.t.dialect.bulk(ctx, q.t, `INSERT INTO views.question (number, group_key, at, member_key, message, import_key) VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT DO NOTHING`, rows)
	return err
}

func (q *questions) flushAnswers(ctx context.Context) error {
	rows := make([][]any, 0, len(q.links))
	for _, a := range q.links {
		rows = append(rows, []any{a.question, a.number, int64(a.group), q.known[a.question].At, a.at, int64(a.member), int64(a.by), a.run})
	}
	q.links = q.links[:0]
	_, err := q.t.dialect.bulk(ctx, q.t, `INSERT INTO views.answer (question, number, group_key, asked_at, at, member_key, evidence, import_key)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT DO NOTHING`, rows)
	return err
}

// learn reads the questions of earlier batches that links lead to.
func (q *questions) learn(ctx context.Context) error {
	var unknown []int64
	for _, a := range q.links {
		if _, ok := q.known[a.question]; !ok {
			unknown = append(unknown, a.question)
		}
	}
	for part := range slices.Chunk(unknown, 1000) {
		rows, err := q.t.query(ctx, `SELECT number, group_key, at, member_key FROM views.question WHERE number IN (`+keyList(part)+`)`)
		if err != nil {
			return err
		}
		if err := q.learnRows(rows); err != nil {
			return err
		}
	}
	return nil
}

func (q *questions) learnRows(rows *sql.Rows) error {
	defer rows.Close()
	for rows.Next() {
		var one measure.Question
		if err := rows.Scan(&one.Number, (*int64)(&one.Group), &one.At, (*int64)(&one.Member)); err != nil {
			return err
		}
		q.known[one.Number] = one
	}
	return rows.Err()
}

func (q *questions) flushThreads(ctx context.Context) error {
	var rows [][]any
	for key := range q.touched {
		if th := q.threads[key]; th != nil {
			rows = append(rows, []any{int64(key.group), key.run, encodeMarks(th.Marks())})
		}
	}
	clear(q.touched)
	for key := range q.threads {
		if len(q.threads) <= maxThreads {
			break
		}
		delete(q.threads, key)
	}
	_, err := q.t.dialect.bulk(ctx, q.t, `INSERT INTO views.thread (group_key, import_key, marks) VALUES ($1, $2, $3)
ON CONFLICT (group_key, import_key) DO UPDATE SET marks = excluded.marks`, rows)
	return err
}

// encodeMarks writes for each mark: the number minus the last one, to, with, and whether it is open.
func encodeMarks(marks []measure.Mark) []byte {
	b, last := []byte{}, int64(0)
	for _, m := range marks {
		b = binary.AppendVarint(b, m.Number-last)
		b = binary.AppendUvarint(b, uint64(m.To))
		open := uint64(0)
		if m.Open {
			open = 1
		}
		b = binary.AppendUvarint(b, uint64(m.With)<<1|open)
		last = m.Number
	}
	return b
}

func decodeMarks(b []byte) (marks []measure.Mark, err error) {
	last := int64(0)
	for len(b) > 0 {
		n, a := binary.Varint(b)
		to, c := binary.Uvarint(b[max(0, a):])
		if a <= 0 || c <= 0 {
			return nil, errShortDetail
		}
		with, d := binary.Uvarint(b[a+c:])
		if d <= 0 {
			return nil, errShortDetail
		}
		last += n
		marks, b = append(marks, measure.Mark{Number: last, To: community.MemberKey(to), With: community.MemberKey(with >> 1), Open: with&1 == 1}), b[a+c+d:]
	}
	return marks, nil
}
