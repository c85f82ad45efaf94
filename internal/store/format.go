package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"qunluo/internal/community"
	"qunluo/internal/measure"
	"qunluo/internal/plan"
)

// SaySent keeps what a person said of a thing sent; the newest word stands. Of a thing entered by hand (kind hand) title, group and time
// are kept with it. CodeNotFound: the organisation sent no such thing.
func (s *Store) SaySent(ctx context.Context, org community.OrgKey, v measure.Sent, g community.GroupKey, audit community.Audit) error {
	return s.writeTx(ctx, func(t *Tx) error {
		if err := t.sentKnown(ctx, org, v.SentKey); err != nil {
			return err
		}
		_, err := t.exec(ctx, `INSERT INTO content_said (org_key, kind, source, step, group_key, title, sent_at, format, minutes, fen, reads, user_name, at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
ON CONFLICT (org_key, kind, source, step) DO UPDATE SET format = excluded.format, minutes = excluded.minutes, fen = excluded.fen, reads = excluded.reads, user_name = excluded.user_name, at = excluded.at`,
			int64(org), v.Kind, v.Source[:], v.Step, int64(g), v.Title, v.At, v.Format, v.Minutes, v.Fen, v.Reads, audit.User, s.now())
		if err != nil {
			return err
		}
		audit.Org, audit.Subject = org, "sent:"+v.Source.String()
		audit.After, _ = json.Marshal(map[string]any{"kind": v.Kind, "step": v.Step, "title": v.Title, "format": v.Format, "minutes": v.Minutes, "fen": v.Fen, "reads": v.Reads}) // plain values
		return t.AddAudit(ctx, audit)
	})
}

// sentKnown refuses what the organisation did not send; a new thing by hand is known by being entered.
func (t *Tx) sentKnown(ctx context.Context, org community.OrgKey, k measure.SentKey) error {
	query := map[string]string{
		measure.SentMass:   `SELECT count(*) FROM broadcast WHERE org_key = $1 AND id = $2`,
		measure.SentStep:   `SELECT count(*) FROM sop WHERE org_key = $1 AND id = $2`,
		measure.SentBallot: `SELECT count(*) FROM vote_ballot b JOIN chat_group g ON g.key = b.group_key WHERE g.org_key = $1 AND b.id = $2`,
	}[k.Kind]
	if query == "" {
		return nil
	}
	var n int
	err := t.one(ctx, query, []any{int64(org), k.Source[:]}, &n)
	if err == nil && n == 0 {
		err = community.Errorf(community.CodeNotFound, "%s %s: not found", k.Kind, k.Source)
	}
	return err
}

// said reads what people said of things sent, and the things that they entered for a group in [from, to).
func (d *Desk) said(ctx context.Context, g community.GroupKey, from, to int64) (map[measure.SentKey]measure.SentSaid, []measure.Sent, error) {
	list, err := rows(ctx, d.s, `SELECT kind, source, step, title, sent_at, format, minutes, fen, reads FROM content_said WHERE org_key = $1 AND (kind <> $2 OR group_key = $3 AND sent_at >= $4 AND sent_at < $5)`,
		[]any{int64(d.scope.Org), measure.SentHand, int64(g), from, to}, func(r *sql.Rows, v *measure.Sent) error {
			var source []byte
			err := r.Scan(&v.Kind, &source, &v.Step, &v.Title, &v.At, &v.Format, &v.Minutes, &v.Fen, &v.Reads)
			copy(v.Source[:], source)
			return err
		})
	said := map[measure.SentKey]measure.SentSaid{}
	var hand []measure.Sent
	for _, v := range list {
		if said[v.SentKey] = v.SentSaid; v.Kind == measure.SentHand {
			v.Guess, v.Places = measure.FormatOther, 1
			hand = append(hand, v)
		}
	}
	return said, hand, err
}

// SentTo gives what came to a group in [from, to) (UTC ms), in the order of time: turns of mass sends and SOPs that were sent, ballots, and
// what people entered. What became of them is not filled in.
func (d *Desk) SentTo(ctx context.Context, g community.GroupKey, from, to int64) ([]measure.Sent, error) {
	said, out, err := d.said(ctx, g, from, to)
	if err != nil {
		return nil, err
	}
	turns, err := d.sentTurns(ctx, g, from, to)
	if err != nil {
		return nil, err
	}
	ballots, err := d.sentBallots(ctx, g, from, to)
	if err != nil {
		return nil, err
	}
	for _, v := range append(turns, ballots...) {
		v.SentSaid = measure.SentSaid{Minutes: measure.SentUnknown, Fen: measure.SentUnknown, Reads: measure.SentUnknown}
		if known, ok := said[v.SentKey]; ok {
			v.SentSaid = known
		}
		out = append(out, v)
	}
	slices.SortStableFunc(out, func(a, b measure.Sent) int { return int(max(-1, min(1, a.At-b.At))) })
	return out, nil
}

// GroupsSent lists the groups of the scope, with a tag ("" = any), that something came to on the days [from, to], or that were asked in a poll. It may
// name one too many where a day begins elsewhere. of is how many groups there are.
func (d *Desk) GroupsSent(ctx context.Context, tag string, from, to measure.Day) (list []community.GroupRow, of int, err error) {
	if to < from || to-from > maxSpan {
		return nil, 0, community.Errorf(community.CodeBadInput, "from %s to %s: want 1 to %d days", from, to, maxSpan)
	}
	keys, err := d.groupKeys(ctx, 0, tag)
	if err != nil || len(keys) == 0 {
		return nil, 0, err
	}
	begin, end := from.Start(time.UTC)-dayLong, (to+1).Start(time.UTC)+dayLong
	const query = `SELECT k.group_key FROM broadcast_target k LEFT JOIN action a ON a.id = k.action_id WHERE k.org_key = $1 AND k.taken > 0 AND k.taken < $3 AND (k.taken >= $2 OR a.updated >= $2)
UNION SELECT b.group_key FROM vote_ballot b JOIN chat_group g ON g.key = b.group_key WHERE g.org_key = $1 AND b.opens >= $2 AND b.opens < $3
UNION SELECT group_key FROM content_said WHERE org_key = $1 AND kind = 'hand' AND sent_at >= $2 AND sent_at < $3
UNION SELECT group_key FROM format_poll WHERE org_key = $1 AND day >= $4 AND day <= $5`
	had, err := rows(ctx, d.s, query, []any{int64(d.scope.Org), begin, end, int64(from), int64(to)}, func(r *sql.Rows, v *community.GroupKey) error { return r.Scan((*int64)(v)) })
	if err != nil {
		return nil, 0, err
	}
	mine := make(map[community.GroupKey]bool, len(keys))
	for _, g := range keys {
		mine[g] = true
	}
	if had = slices.DeleteFunc(had, func(g community.GroupKey) bool { return !mine[g] }); len(had) == 0 {
		return nil, len(keys), nil
	}
	list, err = d.groups(ctx, " WHERE g.key IN ("+keyList(had)+") ORDER BY g.name, g.key", nil)
	return list, len(keys), err
}

func (d *Desk) sentTurns(ctx context.Context, g community.GroupKey, from, to int64) (out []measure.Sent, err error) {
	list, err := rows(ctx, d.s, targetColumns+` WHERE k.org_key = $1 AND k.group_key = $2 AND k.taken > 0 AND k.taken < $3 AND (a.updated IS NULL OR a.updated >= $4) ORDER BY k.taken, k.id`, []any{int64(d.scope.Org), int64(g), to, from}, scanTarget)
	if err != nil {
		return nil, err
	}
	places := map[community.ID]int{}
	for i := range list {
		k := &list[i]
		at := max(k.DidAt, k.Taken)
		if k.State() != plan.Sent || at < from || at >= to {
			continue
		}
		if places[k.Source] == 0 {
			var n int
			if err := d.s.read.QueryRowContext(ctx, `SELECT count(DISTINCT group_key) FROM broadcast_target WHERE source = $1 AND taken > 0`, k.Source[:]).Scan(&n); err != nil {
				return nil, coded(d.s.dialect, err)
			}
			places[k.Source] = n
		}
		v := measure.Sent{SentKey: measure.SentKey{Kind: measure.SentMass, Source: k.Source}, Title: clip(k.Text, 120), At: at, Places: places[k.Source]}
		if step, _, ok := strings.Cut(k.Slot, "@"); ok {
			v.Kind, v.Step = measure.SentStep, step
		}
		var kinds []string
		for _, p := range k.Pieces {
			kinds = append(kinds, p.Kind)
		}
		v.Guess = measure.GuessFormat(k.Text, k.Link.URL, k.Link.Title, kinds)
		out = append(out, v)
	}
	return out, nil
}

func (d *Desk) sentBallots(ctx context.Context, g community.GroupKey, from, to int64) ([]measure.Sent, error) {
	out, err := rows(ctx, d.s, `SELECT id, week, opens FROM vote_ballot WHERE group_key = $1 AND opens >= $2 AND opens < $3 ORDER BY opens, id`, []any{int64(g), from, to}, func(r *sql.Rows, v *measure.Sent) error {
		var id []byte
		err := r.Scan(&id, &v.Title, &v.At)
		copy(v.Source[:], id)
		v.Kind, v.Guess, v.Places = measure.SentBallot, measure.FormatPoll, 1
		return err
	})
	for i := range out {
		if err != nil {
			break
		}
		out[i].Voters, err = rows(ctx, d.s, `SELECT member_key FROM vote_cast WHERE ballot = $1 ORDER BY member_key`, []any{out[i].Source[:]}, func(r *sql.Rows, v *community.MemberKey) error { return r.Scan((*int64)(v)) })
	}
	return out, err
}

// mostWords bounds how many messages of a group are read for its formats.
const mostWords = 300_000

// Audience gives what is known of a group around its things sent in [from, to) (UTC ms): who was there, who spoke, and until when it is on
// record. CodeTooLarge: more than 300,000 messages.
func (d *Desk) Audience(ctx context.Context, g community.GroupKey, from, to int64) (a measure.Audience, err error) {
	row, err := d.GroupByKey(ctx, g)
	if err != nil {
		return a, err
	}
	zone := zoneOf(row.Zone)
	day, _ := measure.DayOf(min(to, d.s.now()), zone)
	h, err := d.History(ctx, g, day)
	if err != nil {
		return a, err
	}
	a.Stays, a.From, a.Until = h.Stays, h.Watched.From.Start(zone), h.Until
	a.Known = func(from, to int64) bool {
		for v := h.DayOf(from); v <= min(h.DayOf(to), h.DayOf(h.Until)-1); v++ { // of the last day Until says how much is on record
			if i := int(v - h.Watched.From); i < 0 || i >= len(h.Watched.Known) || !h.Watched.Known[i] {
				return false
			}
		}
		return true
	}
	skip, recalled, err := d.unheard(ctx, g)
	if err != nil {
		return a, err
	}
	for ev, err := range d.s.Spoken(ctx, []community.GroupKey{g}, from, to, mostWords) {
		if err != nil {
			return a, err
		}
		bot, marked := skip[ev.Actor]
		if !marked {
			bot = ev.Body.Role == community.RoleBot
		}
		if !bot && content(&ev) && !recalled[ev.Number] {
			a.Words = append(a.Words, measure.Word{Member: ev.Actor, At: ev.OccurredAt})
		}
	}
	return a, nil
}

// unheard are whose words do not count in a group (true), who was said to count (false), and messages that were recalled.
func (d *Desk) unheard(ctx context.Context, g community.GroupKey) (skip map[community.MemberKey]bool, recalled map[int64]bool, err error) {
	type mark struct {
		member community.MemberKey
		bot    bool
	}
	list, err := rows(ctx, d.s, `SELECT member_key, bot FROM views.marked UNION ALL SELECT member_key, ours FROM views.people WHERE group_key = $1 AND ours`, []any{int64(g)}, func(r *sql.Rows, v *mark) error { return r.Scan((*int64)(&v.member), &v.bot) })
	if err != nil {
		return nil, nil, err
	}
	skip, recalled = map[community.MemberKey]bool{}, map[int64]bool{}
	for _, m := range list {
		skip[m.member] = skip[m.member] || m.bot
	}
	numbers, err := rows(ctx, d.s, `SELECT number FROM views.recalled WHERE group_key = $1`, []any{int64(g)}, func(r *sql.Rows, v *int64) error { return r.Scan(v) })
	for _, n := range numbers {
		recalled[n] = true
	}
	return skip, recalled, err
}

// AddFormatPoll keeps a poll that a person entered.
func (s *Store) AddFormatPoll(ctx context.Context, org community.OrgKey, p measure.FormatPollRow, audit community.Audit) (measure.FormatPollRow, error) {
	votes, err := json.Marshal(p.Votes)
	if err != nil {
		return p, err
	}
	p.ID, p.At, p.User = s.NewID(), s.now(), audit.User
	return p, s.writeTx(ctx, func(t *Tx) error {
		if _, err := t.exec(ctx, `INSERT INTO format_poll (id, org_key, group_key, title, day, votes, user_name, at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`, p.ID[:], int64(org), int64(p.Group), p.Title, int64(p.Day), string(votes), p.User, p.At); err != nil {
			return err
		}
		audit.Org, audit.Subject, audit.After = org, "format_poll:"+p.ID.String(), votes
		return t.AddAudit(ctx, audit)
	})
}

// DropFormatPoll takes a poll out that was entered wrongly; the trail keeps it. CodeNotFound: there is none.
func (s *Store) DropFormatPoll(ctx context.Context, org community.OrgKey, id community.ID, audit community.Audit) error {
	return s.writeTx(ctx, func(t *Tx) error {
		var votes []byte
		if err := t.one(ctx, `SELECT votes FROM format_poll WHERE id = $1 AND org_key = $2`, []any{id[:], int64(org)}, &votes); err != nil {
			return missing(err, "poll %s", id)
		}
		if _, err := t.exec(ctx, `DELETE FROM format_poll WHERE id = $1`, id[:]); err != nil {
			return err
		}
		audit.Org, audit.Subject, audit.Before = org, "format_poll:"+id.String(), votes
		return t.AddAudit(ctx, audit)
	})
}

// FormatPolls lists a group's polls of the days [from, to], the latest first.
func (d *Desk) FormatPolls(ctx context.Context, g community.GroupKey, from, to measure.Day) ([]measure.FormatPollRow, error) {
	return rows(ctx, d.s, `SELECT id, group_key, title, day, votes, user_name, at FROM format_poll WHERE org_key = $1 AND group_key = $2 AND day >= $3 AND day <= $4 ORDER BY day DESC, at DESC, id LIMIT 200`,
		[]any{int64(d.scope.Org), int64(g), int64(from), int64(to)}, func(r *sql.Rows, v *measure.FormatPollRow) error {
			var id, votes []byte
			if err := r.Scan(&id, (*int64)(&v.Group), &v.Title, (*int64)(&v.Day), &votes, &v.User, &v.At); err != nil {
				return err
			}
			copy(v.ID[:], id)
			return json.Unmarshal(votes, &v.Votes)
		})
}

// SpanOf gives the times (UTC ms) of the days [from, to] of a group; CodeNotFound.
func (d *Desk) SpanOf(ctx context.Context, g community.GroupKey, from, to measure.Day) (int64, int64, error) {
	places, err := d.placesFor(ctx, g, "", from, to)
	if err != nil || len(places) == 0 {
		return 0, 0, err
	}
	return from.Start(places[0].Zone), (to + 1).Start(places[0].Zone), nil
}

// HandSentIn gives the group that a thing entered by hand came to; CodeNotFound.
func (s *Store) HandSentIn(ctx context.Context, org community.OrgKey, source community.ID) (g community.GroupKey, err error) {
	err = s.read.QueryRowContext(ctx, `SELECT group_key FROM content_said WHERE org_key = $1 AND kind = 'hand' AND source = $2`, int64(org), source[:]).Scan((*int64)(&g))
	return g, missing(coded(s.dialect, err), "thing %s", source)
}
