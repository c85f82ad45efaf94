package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"strings"

	"qunluo/internal/community"
)

// outletTypes are the types of events that outlets are told of as they are.
var outletTypes = map[community.Type]community.OutletKind{
	community.JoinRequested: community.OutRequest, community.MemberJoined: community.OutJoined, community.MemberLeft: community.OutLeft, community.MemberReported: community.OutReport,
	community.AppealWritten: community.OutAppeal, community.RulebookPublished: community.OutRules,
}

// maxHappened bounds what is read of a kind in one go.
const maxHappened = 1000

// HappenedInLog reads what outlets may be told of from the log after a number, up to and with another; through is how far that was. What came from files is
// left out: it happened long ago. Desks are no groups.
func (s *Store) HappenedInLog(ctx context.Context, after, upto int64) (list []community.Happening, through int64, err error) {
	var types []string
	for typ := range outletTypes {
		types = append(types, "'"+string(typ)+"'") // words of ours
	}
	list, err = rows(ctx, s, `SELECT e.number, e.type, e.group_key, e.received_at, e.body, g.org_key, g.id, m.id FROM event e JOIN chat_group g ON g.key = e.group_key
 LEFT JOIN member m ON m.key = CASE WHEN e.subject_key <> 0 THEN e.subject_key ELSE e.actor_key END
WHERE e.number > $1 AND e.number <= $2 AND e.origin <> 1 AND NOT g.desk AND e.type IN ('`+string(community.ActionReceipt)+`', `+strings.Join(types, ", ")+fmt.Sprintf(`) ORDER BY e.number LIMIT %d`, maxHappened), []any{after, upto}, scanHappening)
	if err != nil {
		return nil, 0, err
	}
	if through = upto; len(list) == maxHappened {
		through = list[len(list)-1].Event
	}
	if err := s.receipts(ctx, list); err != nil {
		return nil, 0, err
	}
	if err := s.reportsOf(ctx, list); err != nil {
		return nil, 0, err
	}
	flagged, err := s.flagged(ctx, after, through)
	if len(flagged) == maxHappened { // rare: read less, so that nothing is left out
		return s.HappenedInLog(ctx, after, after+(through-after)/2)
	}
	return append(list, flagged...), through, err
}

func scanHappening(r *sql.Rows, h *community.Happening) error {
	var typ string
	var body, group, member []byte
	var org int64
	if err := r.Scan(&h.Event, &typ, (*int64)(&h.Group), &h.At, &body, &org, &group, &member); err != nil {
		return err
	}
	h.Org, h.Kind, h.Ref = community.OrgKey(org), outletTypes[community.Type(typ)], fmt.Sprintf("event:%d", h.Event)
	h.Data = community.OutletData{Group: idText(group), Event: h.Event}
	switch community.Type(typ) {
	case community.MemberReported, community.RulebookPublished: // who reports is nobody's business
	case community.AppealWritten:
		var b community.Body
		if err := decodeBody(body, &b); err != nil {
			return err
		}
		if decision, err := community.ParseID(b.State); err == nil {
			h.Data.Decision, h.Data.Subject = decision.String(), "appeal:"+appealOf(decision).String()
		}
		h.Data.Member = idText(member)
	case community.ActionReceipt:
		var b community.Body
		if err := decodeBody(body, &b); err != nil {
			return err
		}
		var rc community.ReceiptData
		if json.Unmarshal(b.Data, &rc) != nil {
			return nil // a receipt without an action: nobody is told
		}
		switch rc.State {
		case community.Acked, community.Confirmed:
			h.Kind = community.OutDone
		case community.Failed:
			h.Kind = community.OutFailed
		}
		h.Ref = "action:" + rc.Action.String() + ":" + string(h.Kind)
		h.Data.Action, h.Data.State = rc.Action.String(), string(rc.State)
	default:
		if member != nil {
			h.Data.Member = idText(member)
		}
	}
	return nil
}

func idText(raw []byte) string {
	var id community.ID
	copy(id[:], raw)
	return id.String()
}

// reportsOf says in which cases reports stand, by which what becomes of them can be asked for.
func (s *Store) reportsOf(ctx context.Context, list []community.Happening) error {
	for i := range list {
		h := &list[i]
		if h.Kind != community.OutReport {
			continue
		}
		var id []byte
		switch err := s.read.QueryRowContext(ctx, `SELECT case_id FROM report WHERE event_number = $1`, h.Event).Scan(&id); err {
		case nil:
			h.Data.Subject = "report:" + idText(id)
		case sql.ErrNoRows: // it was no report that anything could be made of
		default:
			return coded(s.dialect, err)
		}
	}
	return nil
}

// receipts says what the actions were whose end is told.
func (s *Store) receipts(ctx context.Context, list []community.Happening) error {
	for i := range list {
		h := &list[i]
		if h.Data.Action == "" || h.Kind == "" {
			continue
		}
		id, err := community.ParseID(h.Data.Action)
		if err != nil {
			continue
		}
		var member []byte
		err = s.read.QueryRowContext(ctx, `SELECT a.verb, m.id FROM action a LEFT JOIN member m ON m.key = a.target_key WHERE a.id = $1`, id[:]).Scan(&h.Data.Verb, &member)
		if err == sql.ErrNoRows {
			continue
		}
		if err != nil {
			return coded(s.dialect, err)
		}
		if member != nil {
			h.Data.Member = idText(member)
		}
	}
	return nil
}

// flagged are the hits of rules in force on events of a stretch of the log.
func (s *Store) flagged(ctx context.Context, after, upto int64) ([]community.Happening, error) {
	return rows(ctx, s, fmt.Sprintf(`SELECT e.number, d.id, d.rules, e.group_key, e.received_at, g.org_key, g.id, m.id FROM event e JOIN decision d ON d.group_key = e.group_key AND d.seq = e.seq JOIN chat_group g ON g.key = e.group_key
 LEFT JOIN member m ON m.key = d.member_key WHERE e.number > $1 AND e.number <= $2 AND e.origin <> 1 AND d.verdict = 'hit' ORDER BY e.number LIMIT %d`, maxHappened), []any{after, upto}, func(r *sql.Rows, h *community.Happening) error {
		var id, group, member []byte
		var rules string
		var org int64
		if err := r.Scan(&h.Event, &id, &rules, (*int64)(&h.Group), &h.At, &org, &group, &member); err != nil {
			return err
		}
		h.Org, h.Kind, h.Ref = community.OrgKey(org), community.OutFlagged, "decision:"+idText(id)
		h.Data = community.OutletData{Group: idText(group), Event: h.Event, Decision: idText(id), Rules: strings.FieldsFunc(rules, func(r rune) bool { return r == '|' })}
		if member != nil {
			h.Data.Member = idText(member)
		}
		return nil
	})
}

// HappenedSince reads what has a time only and happened after from, up to and with upto (UTC ms): tasks, alarms and drafts of digests.
func (s *Store) HappenedSince(ctx context.Context, from, upto int64) ([]community.Happening, error) {
	var all []community.Happening
	for _, read := range []func(context.Context, int64, int64) ([]community.Happening, error){s.tasksOpened, s.tasksDone, s.tasksLate, s.alarmsOpened, s.digestsMade} {
		list, err := read(ctx, from, upto)
		if err != nil {
			return nil, err
		}
		all = append(all, list...)
	}
	return all, nil
}

func (s *Store) tasks(ctx context.Context, kind community.OutletKind, ref, at, where string, from, upto int64) ([]community.Happening, error) {
	return rows(ctx, s, `SELECT k.id, k.verb, k.state, k.due, k.group_key, `+at+`, g.org_key, g.id, m.id FROM task k JOIN chat_group g ON g.key = k.group_key LEFT JOIN member m ON m.key = k.target_key
WHERE `+at+` > $1 AND `+at+` <= $2`+where+` ORDER BY `+at, []any{from, upto}, func(r *sql.Rows, h *community.Happening) error {
		var id, group, member []byte
		var org int64
		if err := r.Scan(&id, &h.Data.Verb, &h.Data.State, &h.Data.Due, (*int64)(&h.Group), &h.At, &org, &group, &member); err != nil {
			return err
		}
		h.Org, h.Kind, h.Ref = community.OrgKey(org), kind, ref+":"+idText(id)
		if kind == community.OutTaskLate {
			h.Ref = fmt.Sprintf("%s:%d", h.Ref, h.Data.Due)
		}
		h.Data.Task, h.Data.Group = idText(id), idText(group)
		if member != nil {
			h.Data.Member = idText(member)
		}
		return nil
	})
}

func (s *Store) tasksOpened(ctx context.Context, from, upto int64) ([]community.Happening, error) {
	return s.tasks(ctx, community.OutTask, "task", "k.created", "", from, upto)
}

func (s *Store) tasksDone(ctx context.Context, from, upto int64) ([]community.Happening, error) {
	return s.tasks(ctx, community.OutTaskDone, "done", "k.done_at", " AND k.done_at > 0", from, upto)
}

func (s *Store) tasksLate(ctx context.Context, from, upto int64) ([]community.Happening, error) {
	return s.tasks(ctx, community.OutTaskLate, "late", "k.due", " AND k.state IN ('open', 'claimed')", from, upto)
}

func (s *Store) alarmsOpened(ctx context.Context, from, upto int64) ([]community.Happening, error) {
	return rows(ctx, s, `SELECT a.id, a.org_key, a.kind, a.subject, a.group_key, a.opened, a.due, g.id FROM alarm a LEFT JOIN chat_group g ON g.key = a.group_key WHERE a.opened > $1 AND a.opened <= $2 AND a.kind <> 'outlet' ORDER BY a.opened`,
		[]any{from, upto}, func(r *sql.Rows, h *community.Happening) error {
			var id, group []byte
			var org int64
			if err := r.Scan(&id, &org, &h.Data.Alarmed, &h.Data.Subject, (*int64)(&h.Group), &h.At, &h.Data.Due, &group); err != nil {
				return err
			}
			h.Org, h.Kind, h.Ref, h.Data.Alarm = community.OrgKey(org), community.OutAlarm, "alarm:"+idText(id), idText(id)
			if group != nil {
				h.Data.Group = idText(group)
			}
			return nil
		})
}

func (s *Store) digestsMade(ctx context.Context, from, upto int64) ([]community.Happening, error) {
	return rows(ctx, s, `SELECT d.id, d.org_key, d.group_key, d.made, g.id FROM digest d JOIN chat_group g ON g.key = d.group_key WHERE d.made > $1 AND d.made <= $2 ORDER BY d.made`, []any{from, upto}, func(r *sql.Rows, h *community.Happening) error {
		var id, group []byte
		var org int64
		if err := r.Scan(&id, &org, (*int64)(&h.Group), &h.At, &group); err != nil {
			return err
		}
		h.Org, h.Kind, h.Ref = community.OrgKey(org), community.OutDigest, fmt.Sprintf("digest:%s:%d", idText(id), h.At)
		h.Data = community.OutletData{Group: idText(group), Subject: "digest:" + idText(id)}
		return nil
	})
}

// broadcastLooks is how long (ms) after it was written a mass send is looked at for its end.
const broadcastLooks = 14 * 24 * 3600_000

// HappenedBroadcasts finds the mass sends of which nothing waits any more. When one ended is when the last of its actions moved.
func (s *Store) HappenedBroadcasts(ctx context.Context, org community.OrgKey) ([]community.Happening, error) {
	list, err := rows(ctx, s, `SELECT b.id, coalesce(max(a.updated), 0), coalesce(max(t.taken), 0), coalesce(sum(t.round), 0) FROM broadcast b JOIN broadcast_target t ON t.source = b.id LEFT JOIN action a ON a.id = t.action_id
WHERE b.org_key = $1 AND b.state = 'running' AND b.created > $2 GROUP BY b.id ORDER BY b.id`, []any{int64(org), s.now() - broadcastLooks}, func(r *sql.Rows, h *community.Happening) error {
		var id []byte
		var moved, taken, rounds int64
		err := r.Scan(&id, &moved, &taken, &rounds)
		h.Org, h.Kind, h.At = org, community.OutBroadcast, max(moved, taken)
		h.Data.Broadcast = idText(id)
		h.Ref = fmt.Sprintf("broadcast:%s:%d", h.Data.Broadcast, rounds)
		return err
	})
	if err != nil {
		return nil, err
	}
	var over []community.Happening
	for _, h := range list {
		id, err := community.ParseID(h.Data.Broadcast)
		if err != nil {
			return nil, err
		}
		n, err := s.targetCounts(ctx, id, community.Scope{Org: org}, 0)
		if err != nil {
			return nil, err
		}
		if n.All > 0 && n.Open() == 0 {
			over = append(over, h)
		}
	}
	return over, nil
}
