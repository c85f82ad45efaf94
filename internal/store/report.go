package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"strings"

	"qunluo/internal/community"
)

// JobReport is the kind of job that finds out whom a report by chat is about. Its key is the number of the reporter's message.
const JobReport = "report"

// JobReportAsk is the kind of job that asks people about harassment in private. Its key is the case's id.
const JobReportAsk = "report-ask"

// Reported keeps a report with what was decided about it.
func (t *Tx) Reported(ctx context.Context, ev *community.Event, list []community.Decision) error {
	var data community.ReportData
	if json.Unmarshal(ev.Body.Data, &data) != nil {
		return nil // the decision says so
	}
	for i := range list {
		if w := list[i].Report; w != nil {
			return t.reported(ctx, ev, data, w, &list[i])
		}
	}
	return nil
}

func (t *Tx) reported(ctx context.Context, ev *community.Event, data community.ReportData, w *community.ReportWeighed, d *community.Decision) error {
	var org int64
	if err := t.one(ctx, `SELECT org_key FROM chat_group WHERE key = $1`, []any{int64(ev.Group)}, &org); err != nil {
		return missing(err, "group %d", ev.Group)
	}
	raised := []byte{}
	state := community.ReportOpen
	if w.Raised {
		raised, state = d.ID[:], community.ReportRaised
	}
	if _, err := t.exec(ctx, `INSERT INTO report_case (id, org_key, group_key, member_key, event_number, kind, state, decision_id, opened, last_at, total, need, flags, settled, settled_by, answer, strike_id)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9, $10, $11, $12, 0, '', '', $13) ON CONFLICT (id) DO UPDATE SET last_at = excluded.last_at, total = excluded.total, need = excluded.need,
 flags = CASE WHEN excluded.flags = '' THEN report_case.flags ELSE excluded.flags END, state = CASE WHEN excluded.state = 'raised' AND report_case.state = 'open' THEN 'raised' ELSE report_case.state END,
 decision_id = CASE WHEN excluded.state = 'raised' THEN excluded.decision_id ELSE report_case.decision_id END`,
		w.Case[:], org, int64(ev.Group), int64(w.Member), w.Event, string(w.Kind), string(state), raised, ev.At, int64(w.Total), int64(w.Need), strings.Join(w.Flags, ","), []byte{}); err != nil {
		return err
	}
	if w.Raised && w.Kind == community.ReportPrivate {
		t.Enqueue(Job{Kind: JobReportAsk, Key: w.Case.String(), RunAt: t.store.now()})
	}
	_, err := t.exec(ctx, `INSERT INTO report (event_number, case_id, group_key, reporter_key, user_name, way, verified, at, weight, why) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT DO NOTHING`,
		ev.Number, w.Case[:], int64(ev.Group), int64(ev.Actor), data.User, string(data.Way), data.Verified, ev.At, int64(w.Weight), w.Why)
	return err
}

// ReportsSettled ends a case by a person's decision, and with it the decision by which people were asked. One that ended before
// stays as it is.
func (t *Tx) ReportsSettled(ctx context.Context, p community.PersonDecision, d community.Decision, now int64) error {
	state, resolution, strike := community.ReportDismissed, "dismissed", []byte{}
	if p.Report.Upheld {
		state, resolution = community.ReportUpheld, "kept"
	}
	if len(d.Strikes) > 0 {
		strike = d.ID[:]
	}
	n, err := t.exec(ctx, `UPDATE report_case SET state = $1, settled = $2, settled_by = $3, answer = $4, strike_id = $5 WHERE id = $6 AND state IN ('open', 'raised')`,
		string(state), now, p.User, p.Reason, strike, p.Report.Case[:])
	if err != nil || n == 0 || !p.Decision.IsZero() {
		return err
	}
	_, err = t.exec(ctx, `UPDATE decision SET review = '', resolution = $1, resolved_by = $2, resolved_at = $3, reason = $4
WHERE resolution = '' AND id IN (SELECT decision_id FROM report_case WHERE id = $5)`, resolution, p.User, now, p.Reason, p.Report.Case[:])
	return err
}

const reportColumns = `SELECT r.id, r.org_key, r.group_key, r.member_key, r.event_number, r.kind, r.state, r.decision_id, r.opened, r.last_at, r.total, r.need, r.flags, r.settled, r.settled_by, r.answer, r.strike_id,
 (SELECT count(*) FROM report x WHERE x.case_id = r.id), g.id, g.name, coalesce(m.called, ''), m.id
FROM report_case r JOIN chat_group g ON g.key = r.group_key LEFT JOIN member m ON m.key = r.member_key`

func scanReport(r *sql.Rows, v *community.ReportRow) error {
	var id, decision, strike, group, member []byte
	var flags string
	err := r.Scan(&id, (*int64)(&v.Org), (*int64)(&v.Group), (*int64)(&v.Member), &v.Event, &v.Kind, &v.State, &decision, &v.Opened, &v.Last, &v.Total, &v.Need, &flags, &v.Settled, &v.SettledBy, &v.Answer, &strike,
		&v.Count, &group, &v.GroupName, &v.MemberName, &member)
	copy(v.ID[:], id)
	copy(v.Decision[:], decision)
	copy(v.Strike[:], strike)
	copy(v.GroupID[:], group)
	copy(v.MemberID[:], member)
	if flags != "" {
		v.Flags = strings.Split(flags, ",")
	}
	return err
}

// FindReports lists cases of reports: those that wait for people first, of these the oldest; then the newest.
func (d *Desk) FindReports(ctx context.Context, f community.ReportFilter) ([]community.ReportRow, int, error) {
	var c clause
	d.in(&c, "g")
	if f.Group != 0 {
		c.and("r.group_key = ?", int64(f.Group))
	}
	if f.Member != 0 {
		c.and("r.member_key = ?", int64(f.Member))
	}
	if f.Reporter != 0 {
		c.and("EXISTS (SELECT 1 FROM report x WHERE x.case_id = r.id AND x.reporter_key = ?)", int64(f.Reporter))
	}
	if f.State != "" {
		c.and("r.state = ?", string(f.State))
	}
	if f.Kind != "" {
		c.and("r.kind = ?", string(f.Kind))
	}
	if f.Waiting {
		c.and("r.state IN ('open', 'raised')")
	}
	within(&c, "r.last_at", f.From, f.To)
	total, err := d.count(ctx, "FROM report_case r JOIN chat_group g ON g.key = r.group_key"+c.String(), c.args)
	if err != nil {
		return nil, 0, err
	}
	list, err := rows(ctx, d.s, reportColumns+c.String()+fmt.Sprintf(` ORDER BY CASE r.state WHEN 'raised' THEN 0 WHEN 'open' THEN 1 ELSE 2 END, CASE WHEN r.state = 'raised' THEN r.last_at ELSE -r.last_at END, r.id LIMIT %d OFFSET %d`,
		limitOf(f.Page.Limit), max(f.Page.Offset, 0)), c.args, scanReport)
	if err != nil {
		return nil, 0, err
	}
	return list, total, d.reportFacts(ctx, list)
}

// ReportByID gives one case with its reports; CodeNotFound.
func (d *Desk) ReportByID(ctx context.Context, id community.ID) (community.ReportRow, error) {
	return d.oneReport(ctx, "r.id = ?", id)
}

// ReportOf gives the case about which a decision asked people; CodeNotFound.
func (d *Desk) ReportOf(ctx context.Context, decision community.ID) (community.ReportRow, error) {
	return d.oneReport(ctx, "r.decision_id = ?", decision)
}

func (d *Desk) oneReport(ctx context.Context, where string, id community.ID) (community.ReportRow, error) {
	var c clause
	d.in(&c, "g")
	c.and(where, id[:])
	list, err := rows(ctx, d.s, reportColumns+c.String(), c.args, scanReport)
	if err == nil {
		err = d.reportFacts(ctx, list)
	}
	row, err := oneOf(list, err, "report", id)
	if err == nil {
		row.Reports, err = d.reportLines(ctx, id, row)
	}
	return row, err
}

// reportFacts adds the messages reported.
func (d *Desk) reportFacts(ctx context.Context, list []community.ReportRow) error {
	numbers := make([]int64, len(list))
	for i := range list {
		numbers[i] = list[i].Event
	}
	messages, err := d.messagesAt(ctx, numbers)
	for i := range list {
		if m := messages[list[i].Event]; m.Group == list[i].Group {
			list[i].Message = m
		}
	}
	return err
}

// maxReportLines bounds how many reports of a case are shown.
const maxReportLines = 200

func (d *Desk) reportLines(ctx context.Context, _ community.ID, row community.ReportRow) ([]community.ReportLine, error) {
	list, err := rows(ctx, d.s, fmt.Sprintf(`SELECT x.event_number, x.reporter_key, m.id, coalesce(m.called, ''), x.user_name, x.way, x.verified, x.at, x.weight, x.why,
 (SELECT count(*) FROM report p JOIN report_case c ON c.id = p.case_id WHERE p.reporter_key = x.reporter_key AND x.reporter_key <> 0 AND c.state = 'upheld'),
 (SELECT count(*) FROM report p JOIN report_case c ON c.id = p.case_id WHERE p.reporter_key = x.reporter_key AND x.reporter_key <> 0 AND c.state = 'dismissed')
FROM report x LEFT JOIN member m ON m.key = x.reporter_key WHERE x.case_id = $1 ORDER BY x.event_number LIMIT %d`, maxReportLines), []any{row.ID[:]},
		func(r *sql.Rows, v *community.ReportLine) error {
			var id []byte
			err := r.Scan(&v.Event, (*int64)(&v.Reporter), &id, &v.Name, &v.User, &v.Way, &v.Verified, &v.At, &v.Weight, &v.Why, &v.Upheld, &v.Rejected)
			copy(v.ReporterID[:], id)
			return err
		})
	if err != nil {
		return nil, err
	}
	numbers := make([]int64, len(list))
	for i := range list {
		numbers[i] = list[i].Event
	}
	said, err := d.s.eventsNumbered(ctx, numbers)
	for i := range list {
		ev := said[list[i].Event]
		var data community.ReportData
		if json.Unmarshal(ev.Body.Data, &data) == nil {
			list[i].Named, list[i].Answer = data.Named, data.Answer
		}
		list[i].Words = strings.TrimSpace(ev.Body.Text)
	}
	return list, err
}

// ReportsSince counts a group's reports since a time (UTC ms): all of them, or those whose reporter is not known for sure.
func (s *Store) ReportsSince(ctx context.Context, g community.GroupKey, since int64, unverified bool) (n int, err error) {
	query := `SELECT count(*) FROM report WHERE group_key = $1 AND at >= $2`
	if unverified {
		query += ` AND NOT verified`
	}
	err = s.read.QueryRowContext(ctx, query, int64(g), since).Scan(&n)
	return n, coded(s.dialect, err)
}

// ReportState gives how far the case of a report has come, by the number of the report's event; CodeNotFound.
func (s *Store) ReportState(ctx context.Context, event int64) (state community.ReportState, err error) {
	err = s.read.QueryRowContext(ctx, `SELECT c.state FROM report x JOIN report_case c ON c.id = x.case_id WHERE x.event_number = $1`, event).Scan(&state)
	if err == sql.ErrNoRows {
		return "", community.Errorf(community.CodeNotFound, "report %d: not found", event)
	}
	return state, coded(s.dialect, err)
}

// Bounds of looking back for a message.
const (
	saidPage = 500
	saidMost = 5000 // events
)

// SaidBefore looks for the newest message of a group, before a place in its log, that fits; false when there is none among the
// last 5,000 events.
func (s *Store) SaidBefore(ctx context.Context, g community.GroupKey, seq int64, fits func(*community.Event) bool) (community.Event, bool, error) {
	for from := seq; from > 1 && from > seq-saidMost; from -= saidPage {
		page, err := rows(ctx, s, `SELECT `+eventColumns+` FROM event WHERE group_key = $1 AND seq < $2 AND seq >= $3 AND type = 'message.created' ORDER BY seq DESC`,
			[]any{int64(g), from, from - saidPage}, scanEvent)
		if err != nil {
			return community.Event{}, false, err
		}
		for i := range page {
			if fits(&page[i]) {
				return page[i], true, nil
			}
		}
	}
	return community.Event{}, false, nil
}

// PersonOf is the person whom a member is known to be; 0 = they are known by this account alone.
func (s *Store) PersonOf(ctx context.Context, m community.MemberKey) (person int64, err error) {
	err = s.read.QueryRowContext(ctx, `SELECT person_key FROM person_member WHERE member_key = $1`, int64(m)).Scan(&person)
	if err == sql.ErrNoRows {
		return 0, nil
	}
	return person, coded(s.dialect, err)
}
