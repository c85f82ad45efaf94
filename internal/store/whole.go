package store

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"qunluo/internal/community"
)

// leads says how the rows of a table lead to the organisation they belong to: column holds the key of a row of the table to, which
// itself belongs to it; without to it holds the organisation's own key. A table may have several ways: one of them is enough.
type leads struct{ table, column, to, key string }

// ofLog and ofViews are the tables that belong to organisations, of the log and of the projections. A table stands here, in besides or in
// house: a test fails where one of the schema stands nowhere, so that an organisation that is deleted whole leaves nothing behind.
var ofLog = slices.Concat(
	ofOrg(`account adjustment alarm alias api_token appeal asset audit blocklist_allow blocklist_hit blocklist_mine blocklist_own blocklist_sub
bot broadcast broadcast_target bulk bulk_single calendar_item change_past change_unmeasured chat_group code console_user content_said
demo_space digest digest_watch draw duty_change duty_note duty_shift essence_card essence_rule experiment feed_source format_poll founding
group_move group_template handover import_run import_source lead_rule lead_signal leave_watch library_item live_qa live_series lockdown
manuscript member model_call model_draft moment_lead moment_reaction morning_report morning_watch outlet outside_doc person_fact poster
poster_batch report_case reveal setting shared_table shield short_link sign_in sop tag tag_alias tag_edit tag_rule topic upload web_page
weekly_order word_list`),
	below("chat_group", "key", "group_key", `action ask_notice ask_watch benefit charter_page coming confirmation decision essence_due
essence_mark event goal_waiver group_account group_cap group_difference group_goal group_renewal group_standby group_tag growth_month
growth_read hit_notice join_request labelled_case leave_answer leave_ask life_entry member_told payment points_entry points_group
points_guest points_said points_state reading report rule_trial rulebook snapshot stage_look stage_ruling stay_tag strike suggestion
suggestion_weighing tag_no talk_day task tier_change tier_declined tier_group tier_reach tier_rules tier_standing vote_ballot vote_group word_hit`),
	below("account", "key", "account_key", `account_note account_online account_silence account_watch action article_day article_read budget
drift_line drift_part event medium_ref`),
	below("member", "key", "member_key", `decision essence_erased member_sign member_tag person_member tag_no`),
	below("console_user", "key", "user_key", `recovery_code user_factor user_group`),
	below("alarm", "id", "alarm_id", "alarm_step"),
	below("api_token", "key", "token_key", "api_call"),
	below("appeal", "id", "appeal_id", "appeal_word"),
	below("benefit", "id", "benefit_id", "benefit_grant benefit_use"),
	below("blocklist_sub", "id", "sub_id", "blocklist_entry blocklist_group"),
	below("bot", "key", "bot_key", "bot_group hook_call"),
	below("bulk", "id", "bulk_id", "bulk_item"),
	below("calendar_item", "id", "item", "calendar_place calendar_version"),
	below("code", "key", "code_key", "code_comer code_day code_entry code_poster poster_share"),
	below("draw", "id", "draw", "draw_entry draw_payout"),
	below("essence_card", "id", "card", "essence_tag essence_term"),
	below("experiment", "id", "experiment_id", "experiment_read experiment_unit experiment_word"),
	below("feed_source", "id", "source", "feed_entry"),
	below("handover", "id", "handover_id", "handover_item"),
	below("import_run", "key", "import_key", "import_range"),
	below("action", "id", "action_id", "invite_made mass_result"),
	below("action", "id", "id", "task"),
	below("short_person", "token", "token", "library_device"),
	below("library_item", "id", "item", "library_file library_group library_release library_said library_tag library_use library_version"),
	below("live_qa", "id", "live", "live_item live_person live_question live_vote"),
	below("lockdown", "id", "lockdown_id", "lockdown_group"),
	below("manuscript", "id", "manuscript", "manuscript_channel manuscript_group manuscript_version"),
	below("manuscript", "id", "owner", "manuscript_file"),
	below("web_page", "id", "owner", "manuscript_file"),
	below("outlet", "key", "outlet_key", "outlet_group outlet_parcel"),
	below("member", "key", "one_key", "person_apart"),
	below("person_fact", "number", "fact_number", "person_move"),
	below("shared_table", "key", "table_key", "shared_edit shared_row"),
	below("short_link", "key", "link_key", "short_day short_person"),
	below("sop", "id", "sop_id", "sop_file sop_group"),
	below("tag_edit", "id", "edit_id", "tag_edit_item"),
	below("tag_rule", "id", "rule_id", "tag_rule_version"),
	below("tier_reach", "id", "reach_id", "tier_reach_item"),
	below("vote_ballot", "id", "ballot", "vote_candidate vote_cast vote_payout"),
	below("web_page", "id", "page", "web_page_version"),
	below("weekly_order", "id", "order_id", "weekly_run"),
	below("word_list", "key", "list_key", "word word_run word_use word_version"),
)

var ofViews = slices.Concat(
	ofOrg(`anyone asked_day circle_day circle_group`),
	below("account", "key", "account_key", "account_day"),
	below("member", "key", "member_key", "marked"),
	below("event", "number", "rowid", "search"),
	below("chat_group", "key", "group_key", `answer contact group_day group_fact hit import_span name_span people question recall_open recalled
rule_day standing stay thread trail`),
)

// besides are the tables whose rows lead to an organisation in a way of their own, and by what.
var besides = map[string]string{
	"org":      "itself, as the last",
	"job":      "what its key names, by kind: JobsOf",
	"pass":     "the id of a person, as text",
	"duty_way": "the id of a person, as text",
	"medium":   "content by its hash, which files of several organisations may share",
	"picture":  "content by its hash, which codes and posters of several organisations may share",
}

// house are the tables that belong to the installation, and why nothing of an organisation stands there.
var house = map[string]string{
	"counter":       "the next keys: those of what is gone are not given again",
	"cursor":        "how far projections have read the log",
	"essence_seen":  "how far the log was read",
	"log_head":      "the last number of the log",
	"outlet_read":   "how far the log was read",
	"schedule_fire": "which slots of periodic work were done",
	"session":       "who uses a browser: sealed, and a visitor's is the session of the real person who came",
	ledger:          "which migrations were applied",
}

func ofOrg(tables string) []leads { return below("", "", "org_key", tables) }

func below(to, key, column, tables string) []leads {
	var list []leads
	for _, table := range strings.Fields(tables) {
		list = append(list, leads{table, column, to, key})
	}
	return list
}

// belonging is the condition that a row of a table of the log belongs to the organisation $1.
func belonging(table string) string { return owned(table, ofLog) }

func owned(table string, list []leads) string {
	var ways []string
	for _, l := range list {
		switch {
		case l.table != table:
		case l.to == "":
			ways = append(ways, quoted(l.column)+" = $1")
		default:
			ways = append(ways, fmt.Sprintf(`%s IN (SELECT %s FROM %s WHERE %s)`, quoted(l.column), quoted(l.key), quoted(l.to), belonging(l.to)))
		}
	}
	return "(" + strings.Join(ways, " OR ") + ")"
}

// depth is how many tables lie between a table and its organisation, by its longest way.
func depth(table string) int {
	most := 0
	for _, l := range ofLog {
		if l.table == table && l.to != "" {
			most = max(most, 1+depth(l.to))
		}
	}
	return most
}

// leavingOrder lists tables so that each stands before those that its rows lead to: what is half deleted can still be found.
func leavingOrder(list []leads) []string {
	var tables []string
	for _, l := range list {
		if l.table != "demo_space" && !slices.Contains(tables, l.table) { // it says that the organisation leaves: it goes with it
			tables = append(tables, l.table)
		}
	}
	slices.SortStableFunc(tables, func(a, b string) int { return cmp.Compare(depth(b), depth(a)) })
	return tables
}

// hashes are contents that the organisation $1 alone has, by the table that keeps them.
var hashes = map[string]string{
	"medium": `(hash IN (SELECT hash FROM upload WHERE org_key = $1) OR hash IN (SELECT hash FROM medium_ref WHERE account_key IN (SELECT key FROM account WHERE org_key = $1)))
 AND hash NOT IN (SELECT hash FROM upload WHERE org_key <> $1) AND hash NOT IN (SELECT hash FROM medium_ref WHERE account_key NOT IN (SELECT key FROM account WHERE org_key = $1))`,
	"picture": `(hash IN (SELECT picture FROM code_entry WHERE ` + belonging("code_entry") + `) OR hash IN (SELECT picture FROM invite_made WHERE ` + belonging("invite_made") + `)
 OR EXISTS (SELECT 1 FROM poster WHERE org_key = $1 AND body LIKE '%' || hash || '%'))
 AND hash NOT IN (SELECT picture FROM code_entry WHERE NOT ` + belonging("code_entry") + `) AND hash NOT IN (SELECT picture FROM invite_made WHERE NOT ` + belonging("invite_made") + `)
 AND NOT EXISTS (SELECT 1 FROM poster WHERE org_key <> $1 AND body LIKE '%' || hash || '%')`,
}

// leavingAtOnce is how many rows one transaction deletes: the writer is soon free for messages. readingAtOnce is how many are looked up at
// a time, beside the writer.
const (
	leavingAtOnce = 400
	readingAtOnce = 20_000
)

// sweep deletes what belongs to an organisation, but for its row in org and in demo_space, and gives how many rows that were. It can be stopped
// anywhere and begun anew. Without roots the tables stay whose rows say themselves whose they are and by which others are found. told is given
// the name of each table and how many rows went so far.
func (s *Store) sweep(ctx context.Context, org community.OrgKey, roots bool, told func(table string, rows int64)) (gone int64, err error) {
	count := func(table string, n int64, err error) error {
		gone += n
		told(table, gone)
		return err
	}
	for _, table := range leavingOrder(ofViews) {
		n, err := s.sweepView(ctx, org, table)
		if err := count(table, n, err); err != nil {
			return gone, fmt.Errorf("views.%s: %w", table, err)
		}
	}
	n, _, err := s.dropJobs(ctx, org, true)
	if err := count("job", n, err); err != nil {
		return gone, err
	}
	users, err := s.Users(ctx, org)
	if err != nil {
		return gone, err
	}
	for _, table := range []string{"pass", "duty_way"} {
		names := make([][]any, len(users))
		for i, u := range users {
			names[i] = []any{u.ID.String()}
		}
		n, err := s.deleteRows(ctx, `DELETE FROM `+table+` WHERE user_id = $1`, names)
		if err := count(table, n, err); err != nil {
			return gone, err
		}
	}
	for _, table := range []string{"medium", "picture"} {
		n, err := s.sweepTable(ctx, org, table, hashes[table])
		if err := count(table, n, err); err != nil {
			return gone, fmt.Errorf("%s: %w", table, err)
		}
	}
	for _, table := range leavingOrder(ofLog) {
		if !roots && depth(table) == 0 {
			continue
		}
		n, err := s.sweepTable(ctx, org, table, belonging(table))
		if err := count(table, n, err); err != nil {
			return gone, fmt.Errorf("%s: %w", table, err)
		}
	}
	return gone, nil
}

// sweepTable looks up the keys of the rows in question beside the writer, and deletes them in small transactions.
func (s *Store) sweepTable(ctx context.Context, org community.OrgKey, table, where string) (gone int64, err error) {
	key, err := s.keyOf(ctx, table)
	if err != nil {
		return 0, err
	}
	query := fmt.Sprintf(`SELECT %s FROM %s WHERE %s LIMIT %d`, strings.Join(key, ", "), quoted(table), where, readingAtOnce)
	for {
		keys, err := keysBy(ctx, s.read, query, len(key), org)
		if err != nil {
			return gone, coded(s.dialect, err)
		}
		n, err := s.deleteRows(ctx, deletion(quoted(table), key), keys)
		if gone += n; err != nil || len(keys) < readingAtOnce {
			return gone, err
		}
	}
}

// deleteRows deletes rows, a few at a time; it gives how many there were.
func (s *Store) deleteRows(ctx context.Context, query string, rows [][]any) (gone int64, err error) {
	for part := range slices.Chunk(rows, leavingAtOnce) {
		if err := ctx.Err(); err != nil {
			return gone, err
		}
		err := s.besides(ctx, func(t *Tx) error {
			counts, err := t.bulk(ctx, query, part)
			for _, n := range counts {
				gone += n
			}
			return err
		})
		if err != nil {
			return gone, err
		}
	}
	return gone, nil
}

// sweepView is sweepTable for a projection, which forgets what it remembers of the rows.
func (s *Store) sweepView(ctx context.Context, org community.OrgKey, table string) (gone int64, err error) {
	key := []string{"rowid"}
	if table != "search" {
		if key, err = s.keyOf(ctx, "views."+table); err != nil {
			return 0, err
		}
	}
	query := fmt.Sprintf(`SELECT %s FROM views.%s WHERE %s LIMIT %d`, strings.Join(key, ", "), quoted(table), owned(table, ofViews), readingAtOnce)
	if table == "search" { // asked by number: the other way round would read the whole index
		query = fmt.Sprintf(`SELECT e.number FROM event e JOIN views.search ON search.rowid = e.number WHERE e.group_key IN (SELECT key FROM chat_group WHERE org_key = $1) LIMIT %d`, readingAtOnce)
	}
	for {
		var n int64
		err := s.project(ctx, func(t *session) error {
			n = 0
			keys, err := keysBy(ctx, t.conn, query, len(key), org)
			if err != nil || len(keys) == 0 {
				return err
			}
			for _, v := range s.projector.views {
				v.forget()
			}
			_, err = t.bulk(ctx, deletion("views."+quoted(table), key), keys)
			n = int64(len(keys))
			return err
		})
		if gone += n; err != nil || n < readingAtOnce {
			return gone, err
		}
	}
}

func deletion(table string, key []string) string {
	var parts []string
	for i, name := range key {
		parts = append(parts, fmt.Sprintf("%s = $%d", name, i+1))
	}
	return `DELETE FROM ` + table + ` WHERE ` + strings.Join(parts, " AND ")
}

// keysBy reads the keys of rows, of so many columns each.
func keysBy(ctx context.Context, db answering, query string, columns int, org community.OrgKey) ([][]any, error) {
	found, err := db.QueryContext(ctx, query, int64(org))
	if err != nil {
		return nil, err
	}
	defer found.Close()
	var list [][]any
	for found.Next() {
		row, into := make([]any, columns), make([]any, columns)
		for i := range row {
			into[i] = &row[i]
		}
		if err := found.Scan(into...); err != nil {
			return nil, err
		}
		list = append(list, row)
	}
	return list, found.Err()
}

// keyOf names the columns of a table's primary key.
func (s *Store) keyOf(ctx context.Context, table string) ([]string, error) {
	names, err := namesIn(ctx, s.read, s.dialect.primaryKey(table))
	if err == nil && len(names) == 0 {
		err = fmt.Errorf("table %s has no primary key", table)
	}
	for i := range names {
		names[i] = quoted(names[i])
	}
	return names, coded(s.dialect, err)
}

// JobLeads names the table that the key of a job leads to, by kind: the key begins with the id of a row there, or with its number. A kind
// that is not named is periodic work of the installation, or loads and deletes organisations.
func JobLeads() map[string]string { return maps.Clone(jobLeads) }

var jobLeads = map[string]string{
	JobAction: "action", JobRelease: "import_run", JobAlarm: "alarm", JobTakeover: "account", JobLockdown: "lockdown", JobBroadcast: "broadcast",
	JobTarget: "broadcast_target", JobPicture: "action", JobRead: "event", JobFounding: "founding", JobShield: "shield", JobBulk: "bulk",
	JobReport: "event", JobReportAsk: "report_case", JobListed: "event", JobWeekly: "weekly_run", JobPosters: "poster_batch", JobOutlet: "outlet_parcel",
	JobModel: "model_draft", JobBox: "manuscript", JobWake: "chat_group",
	"drift-read": "account", "drift-answer": "task", "handover": "handover", "account-deaf": "account", "reconcile": "account",
	"suggest": "chat_group", "rule-trial": "rule_trial", "words": "word_run", "words-watch": "decision",
}

// OrgJob is a job of an organisation; of the Job only ID, Kind and Key are told.
type OrgJob struct {
	Job
	Running bool
	lane    community.OrgKey
}

// JobsOf lists the jobs whose keys lead to an organisation, and those of its lane.
func (s *Store) JobsOf(ctx context.Context, org community.OrgKey) ([]OrgJob, error) {
	list, err := rows(ctx, s, `SELECT id, kind, unique_key, lane, state FROM job`, nil, func(r *sql.Rows, v *OrgJob) error {
		var id []byte
		var state string
		err := r.Scan(&id, &v.Kind, &v.Key, (*int64)(&v.lane), &state)
		v.Running = state == "leased"
		copy(v.ID[:], id)
		return err
	})
	if err != nil {
		return nil, err
	}
	var out []OrgJob
	for _, j := range list {
		mine := j.lane == org
		if table := jobLeads[j.Kind]; !mine && table != "" {
			if mine, err = s.leadsTo(ctx, org, table, j.Key); err != nil {
				return nil, fmt.Errorf("job %s %s: %w", j.Kind, j.Key, err)
			}
		}
		if mine {
			out = append(out, j)
		}
	}
	return out, nil
}

// StopJobs deletes the jobs of an organisation that do not run, and gives how many run.
func (s *Store) StopJobs(ctx context.Context, org community.OrgKey) (running int, err error) {
	_, running, err = s.dropJobs(ctx, org, false)
	return running, err
}

func (s *Store) dropJobs(ctx context.Context, org community.OrgKey, all bool) (gone int64, running int, err error) {
	jobs, err := s.JobsOf(ctx, org)
	if err != nil {
		return 0, 0, err
	}
	query := `DELETE FROM job WHERE id = $1 AND state <> 'leased'`
	if all {
		query = `DELETE FROM job WHERE id = $1`
	}
	ids := make([][]any, len(jobs))
	for i, j := range jobs {
		ids[i] = []any{j.ID[:]}
		if j.Running {
			running++
		}
	}
	gone, err = s.deleteRows(ctx, query, ids)
	return gone, running, err
}

// leadsTo says whether a key begins with the id or number of a row of the table that belongs to the organisation.
func (s *Store) leadsTo(ctx context.Context, org community.OrgKey, table, key string) (bool, error) {
	column, value := "key", any(nil)
	if table == "event" {
		column = "number"
	}
	if id, err := community.ParseID(key[:min(len(key), idChars)]); err == nil {
		column, value = "id", id[:]
	} else {
		digits := key
		if i := strings.IndexFunc(key, func(r rune) bool { return r < '0' || r > '9' }); i >= 0 {
			digits = key[:i]
		}
		n, err := strconv.ParseInt(digits, 10, 64)
		if err != nil {
			return false, nil // periodic work of the same kind
		}
		value = n
	}
	var n int
	err := s.read.QueryRowContext(ctx, fmt.Sprintf(`SELECT count(*) FROM %s WHERE %s = $2 AND %s`, quoted(table), column, belonging(table)), int64(org), value).Scan(&n)
	return n > 0, coded(s.dialect, err)
}

// idChars is how long an id is as text.
const idChars = 22
