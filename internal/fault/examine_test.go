package fault

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"qunluo/internal/community"
	"qunluo/internal/connect"
	"qunluo/internal/policy"
	"qunluo/internal/replay"
	"qunluo/internal/store"
)

type inbound = connect.Inbound

// examine opens what is left, lets the work that was under way end, and looks whether everything promised holds.
func examine(t *testing.T, o order, acked map[int]bool) {
	t.Helper()
	ctx := t.Context()
	now := time.Now()
	h, err := openApart(ctx, store.Options{URL: o.URL, DataDir: o.Dir, Clock: func() time.Time { return now }}, "examiner", o.Platform)
	check(t, err)
	defer func() { check(t, h.close()) }()
	raw := database(t, o.URL, o.Dir)

	eachOnce(t, h.store, acked)
	gapless(t, h.store)
	for range 40 { // leases of the dead run out, retries come due
		now = now.Add(11 * time.Minute)
		_, err := h.jobs.RunDue(ctx)
		check(t, err)
	}
	actionsEnded(t, raw, o.Platform)
	gapless(t, h.store)
	decidedAsReplayed(t, h.store, raw)
	rebuiltEqual(t, h.store, raw)
	if o.URL == "" {
		var word string
		check(t, raw.QueryRow("PRAGMA integrity_check").Scan(&word))
		if word != "ok" {
			t.Errorf("integrity_check: %s", word)
		}
	}
}

// database opens the database beside the store, with the projections as "views".
func database(t *testing.T, url, dir string) *sql.DB {
	t.Helper()
	driver, dsn := "pgx", url
	if url == "" {
		driver, dsn = "sqlite", "file:"+filepath.Join(dir, "qunluo.db")
	}
	db, err := sql.Open(driver, dsn)
	check(t, err)
	t.Cleanup(func() { check(t, db.Close()) })
	db.SetMaxOpenConns(1)
	if url == "" {
		_, err := db.Exec("ATTACH DATABASE '" + filepath.Join(dir, "qunluo.views.db") + "' AS views")
		check(t, err)
	}
	return db
}

// eachOnce: every acknowledged message is in the log, and no message is there twice.
func eachOnce(t *testing.T, st *store.Store, acked map[int]bool) {
	t.Helper()
	if lost, doubled := astray(t, st, acked); lost > 0 || doubled > 0 {
		t.Errorf("%d acknowledged messages lost, %d there twice, of %d", lost, doubled, len(acked))
	}
}

// astray counts the acknowledged messages that the log lacks, and those that stand in it more than once.
func astray(t *testing.T, st *store.Store, acked map[int]bool) (lost, doubled int) {
	t.Helper()
	seen := map[string]int{}
	for ev, err := range st.Events(t.Context(), store.EventScan{}) {
		check(t, err)
		if ev.Type == community.MessageCreated {
			seen[ev.Body.Message]++
		}
	}
	for n := range acked {
		if seen[fmt.Sprint(n)] == 0 {
			lost++
		}
	}
	for _, times := range seen {
		if times > 1 {
			doubled++
		}
	}
	return lost, doubled
}

// gapless: each group's sequence runs from 1 without holes, numbers rise, At never runs back.
func gapless(t *testing.T, st *store.Store) {
	t.Helper()
	type head struct{ seq, at int64 }
	heads := map[community.GroupKey]head{}
	var number int64
	for ev, err := range st.Events(t.Context(), store.EventScan{}) {
		check(t, err)
		h := heads[ev.Group]
		if ev.Number <= number || ev.Seq != h.seq+1 || ev.At < h.at {
			t.Fatalf("event %d (group %d seq %d at %d) after number %d seq %d at %d", ev.Number, ev.Group, ev.Seq, ev.At, number, h.seq, h.at)
		}
		number, heads[ev.Group] = ev.Number, head{ev.Seq, ev.At}
	}
}

// actionsEnded: every action came to an end or to a person, and the platform saw none twice that may not be repeated.
func actionsEnded(t *testing.T, raw *sql.DB, dir string) {
	t.Helper()
	var open, all int
	check(t, raw.QueryRow(`SELECT count(*) FROM action WHERE state IN ('planned', 'queued', 'sent')`).Scan(&open))
	check(t, raw.QueryRow(`SELECT count(*) FROM action`).Scan(&all))
	if open > 0 {
		t.Errorf("%d of %d actions never came to an end", open, all)
	}
	effects, err := readEffects(filepath.Join(dir, "platform"))
	check(t, err)
	times := map[string]int{}
	for _, e := range effects {
		if !e.verb.Repeatable() {
			times[e.id]++
		}
	}
	for id, n := range times {
		if n > 1 {
			t.Errorf("action %s was done %d times", id, n)
		}
	}
	t.Logf("%d actions, %d effects on the platform", all, len(effects))
}

// decidedAsReplayed: what is stored is what the log gives when it is decided upon again.
func decidedAsReplayed(t *testing.T, st *store.Store, raw *sql.DB) {
	t.Helper()
	ctx := context.WithoutCancel(t.Context())
	lib := policy.NewLibrary(nil)
	decisions := int64(0)
	for g := community.GroupKey(1); g <= groupsAll; g++ {
		stored := storedDecisions(t, raw, g)
		rep, err := replay.AsDecided(policy.NewDecider(lib).New(g), st.Events(ctx, store.EventScan{Group: g}),
			func(yield func(community.Decision, error) bool) {
				for _, d := range stored {
					if !yield(d, nil) {
						return
					}
				}
			})
		check(t, err)
		if rep.Different > 0 || rep.Decisions != int64(len(stored)) {
			t.Errorf("group %d: %d of %d decisions differ from the replay, first %+v", g, rep.Different, len(stored), rep.Differences[:min(1, len(rep.Differences))])
		}
		decisions += rep.Decisions
	}
	t.Logf("%d decisions as replayed", decisions)
}

func storedDecisions(t *testing.T, raw *sql.DB, g community.GroupKey) []community.Decision {
	t.Helper()
	rows, err := raw.Query(`SELECT body FROM decision WHERE group_key = $1 ORDER BY event_number, id`, int64(g))
	check(t, err)
	defer rows.Close()
	var list []community.Decision
	for rows.Next() {
		var body []byte
		check(t, rows.Scan(&body))
		var d community.Decision
		check(t, json.Unmarshal(body, &d))
		list = append(list, d)
	}
	check(t, rows.Err())
	return list
}

// rebuiltEqual: projections that lived through the kills are those that the log gives.
func rebuiltEqual(t *testing.T, st *store.Store, raw *sql.DB) {
	t.Helper()
	check(t, st.CatchUp(t.Context()))
	before := viewsOf(t, st, raw)
	check(t, st.Rebuild(t.Context(), nil))
	after := viewsOf(t, st, raw)
	if len(before) < 2 {
		t.Fatalf("views hold %d tables only", len(before))
	}
	if diff := cmp.Diff(before, after); diff != "" {
		t.Errorf("projections before (-) and after (+) a rebuild:\n%.3000s", diff)
	}
}

// viewsOf prints every table of the projections, rows sorted; of the text index only which events it holds.
func viewsOf(t *testing.T, st *store.Store, raw *sql.DB) map[string][]string {
	t.Helper()
	list := `SELECT name FROM views.sqlite_master WHERE type = 'table' AND name NOT LIKE 'search%' AND name NOT LIKE 'sqlite%'`
	if st.Dialect() == "postgres" {
		list = `SELECT table_name FROM information_schema.tables WHERE table_schema = 'views' AND table_name <> 'search'`
	}
	out := map[string][]string{"search": printed(t, raw, `SELECT count(*), min(rowid), max(rowid) FROM views.search`)}
	for _, name := range printed(t, raw, list) {
		out[name] = printed(t, raw, `SELECT * FROM views.`+name)
	}
	return out
}

func printed(t *testing.T, raw *sql.DB, query string) []string {
	t.Helper()
	rows, err := raw.Query(query)
	check(t, err)
	defer rows.Close()
	names, err := rows.Columns()
	check(t, err)
	var list []string
	for rows.Next() {
		values, dest := make([]any, len(names)), make([]any, len(names))
		for i := range values {
			dest[i] = &values[i]
		}
		check(t, rows.Scan(dest...))
		var b strings.Builder
		for i, v := range values {
			if i > 0 {
				b.WriteByte('|')
			}
			fmt.Fprintf(&b, "%v", v)
		}
		list = append(list, b.String())
	}
	check(t, rows.Err())
	slices.Sort(list)
	return list
}
