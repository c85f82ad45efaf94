package app_test

import (
	"context"
	"database/sql"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"qunluo/internal/app"
	"qunluo/internal/community"
	"qunluo/internal/config"
	"qunluo/internal/store"
	"qunluo/internal/store/storetest"
)

// plot is a database with a real organisation, over which houses are opened one after the other.
type plot struct {
	t        *testing.T
	dir, url string
	now      time.Time
}

func newPlot(t *testing.T, url string) *plot {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "data") // as a seat has it
	check(t, os.Rename(storetest.DataDir(t), dir))
	return &plot{t, dir, url, time.Now().Truncate(time.Hour)}
}

// open runs a house on it; stop ends it, and is called again at the end of the test.
func (p *plot) open() (a *app.App, stop func()) {
	p.t.Helper()
	// the clock stands: what is periodic happens once, and whatever differs later was done by the demonstration
	a, err := app.Open(p.t.Context(), app.Options{Config: config.Config{DataDir: p.dir, Database: config.Database{URL: p.url}},
		Clock: func() time.Time { return p.now }, Log: slog.New(slog.NewTextHandler(p.t.Output(), nil))})
	if err != nil {
		p.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(p.t.Context()))
	ended := make(chan error, 1)
	go func() { ended <- a.Run(ctx) }()
	over := false
	stop = func() {
		if over {
			return
		}
		over = true
		cancel()
		if err := <-ended; err != nil {
			p.t.Error(err)
		}
		if err := a.Close(); err != nil {
			p.t.Error(err)
		}
	}
	p.t.Cleanup(stop)
	return a, stop
}

func (p *plot) sums() map[string]community.TableSum {
	p.t.Helper()
	sums, err := store.Sums(p.t.Context(), store.Options{URL: p.url, DataDir: p.dir}, func(string, int64) {})
	check(p.t, err)
	return sums
}

// still waits until nothing more is written.
func (p *plot) still(a *app.App) map[string]community.TableSum {
	p.t.Helper()
	for deadline := time.Now().Add(time.Minute); ; {
		check(p.t, a.Store().CatchUp(p.t.Context()))
		before := p.sums()
		time.Sleep(700 * time.Millisecond) // longer than jobs are looked for
		if after := p.sums(); maps.Equal(before, after) {
			return after
		}
		if time.Now().After(deadline) {
			p.t.Fatal("the house does not come to rest")
		}
	}
}

// databases opens what the house writes into past it: the log and the projections, with what stands before the projections' tables.
func (p *plot) databases() (log, views *sql.DB, in string) {
	p.t.Helper()
	driver, names, in := "sqlite", [2]string{"file:" + filepath.Join(p.dir, "qunluo.db") + "?mode=ro&_pragma=busy_timeout(9000)",
		"file:" + filepath.Join(p.dir, "qunluo.views.db") + "?mode=ro&_pragma=busy_timeout(9000)"}, ""
	if p.url != "" {
		driver, names, in = "pgx", [2]string{p.url, p.url}, "views."
	}
	open := func(name string) *sql.DB {
		db, err := sql.Open(driver, name)
		check(p.t, err)
		p.t.Cleanup(func() { _ = db.Close() })
		return db
	}
	return open(names[0]), open(names[1]), in
}

func column[T any](t *testing.T, db *sql.DB, query string, args ...any) []T {
	t.Helper()
	found, err := db.Query(query, args...)
	check(t, err)
	defer found.Close()
	var out []T
	for found.Next() {
		var v T
		check(t, found.Scan(&v))
		out = append(out, v)
	}
	check(t, found.Err())
	return out
}

// trace is every key that belongs to an organisation, by what columns call it.
func (p *plot) trace(org community.OrgKey) map[string][]int64 {
	log, _, _ := p.databases()
	keys := map[string][]int64{"org_key": {int64(org)}}
	for kind, table := range map[string]string{"group_key": "chat_group", "member_key": "member", "account_key": "account", "user_key": "console_user"} {
		keys[kind] = column[int64](p.t, log, `SELECT key FROM `+table+` WHERE org_key = $1`, int64(org))
	}
	return keys
}

// left walks every column of every table by its name alone, and tells where a key of the trace still stands.
func (p *plot) left(keys map[string][]int64) []string {
	log, views, in := p.databases()
	var out []string
	for i, db := range []*sql.DB{log, views} {
		before, query := "", `SELECT m.name || ' ' || c.name FROM sqlite_master m JOIN pragma_table_info(m.name) c WHERE m.type = 'table' AND m.name NOT LIKE 'search%' AND c.name LIKE '%\_key' ESCAPE '\'`
		if i == 1 {
			before = in
		}
		if p.url != "" {
			query = fmt.Sprintf(`SELECT table_name || ' ' || column_name FROM information_schema.columns WHERE table_schema = '%s' AND column_name LIKE '%%\_key'`, [2]string{"public", "views"}[i])
		}
		columns := column[string](p.t, db, query)
		if len(columns) < 20 {
			p.t.Fatalf("%d columns", len(columns))
		}
		for _, c := range columns {
			table, name, _ := strings.Cut(c, " ")
			named := name
			switch name { // members and groups under other names
			case "actor_key", "subject_key", "by_key", "target_key", "inviter_key", "other_key", "reporter_key", "one_key", "two_key":
				named = "member_key"
			case "parent_key", "to_key":
				named = "group_key"
			}
			for _, key := range keys[named] {
				if n := column[int64](p.t, db, fmt.Sprintf(`SELECT count(*) FROM %s%s WHERE "%s" = $1`, before, table, name), key); n[0] > 0 {
					out = append(out, fmt.Sprintf("%s%s.%s = %d: %d rows", before, table, name, key, n[0]))
					break
				}
			}
		}
	}
	return out
}

// real gives a plot its own organisation, an owner and a chat history.
func (p *plot) real(a *app.App) (community.OrgKey, community.User) {
	p.t.Helper()
	ctx := p.t.Context()
	org, err := a.Store().Org(ctx, "晨读", false)
	check(p.t, err)
	owner, err := a.Store().SaveUser(ctx, "cli", community.User{Org: org, Login: "owner", Name: "群主", Role: "owner", Lang: "zh-CN", Enabled: true}, "")
	check(p.t, err)
	return org, owner
}

func spaceState(ctx context.Context, a *app.App, org community.OrgKey) string {
	p, err := a.Store().Space(ctx, org)
	if err != nil {
		return string(community.CodeOf(err))
	}
	return string(p.State)
}

func awaitSpace(t *testing.T, a *app.App, org community.OrgKey, want string) {
	t.Helper()
	for deadline := time.Now().Add(2 * time.Minute); spaceState(t.Context(), a, org) != want; {
		if time.Now().After(deadline) {
			p, err := a.Store().Space(t.Context(), org)
			t.Fatalf("the demonstration is %+v, %v; want %s", p, err, want)
		}
		time.Sleep(50 * time.Millisecond) // the job runs in the house
	}
}

// TestADemonstrationComesAndGoesWithoutATrace: a real organisation's rows are, by the proof's SHA-256, what they were before, in every
// table; of the demonstration nothing is left but two rows in the real organisation's audit trail.
func TestADemonstrationComesAndGoesWithoutATrace(t *testing.T) {
	onBoth(t, func(t *testing.T, url string) {
		p := newPlot(t, url)
		seat{t, filepath.Dir(p.dir), url}.run("import", history(t, 60), "--zone", "Asia/Shanghai")
		a, _ := p.open()
		ctx := t.Context()
		org, owner := p.real(a)
		before := p.still(a)

		_, err := a.Space(org).Load(ctx, owner.ID.String(), 14, 1)
		check(t, err)
		awaitSpace(t, a, org, "ready")
		space, n, err := a.Space(org).Now(ctx)
		check(t, err)
		if n.Groups != 3 || n.Messages < 500 || n.Decisions == 0 || n.People < 50 {
			t.Errorf("it holds %+v, want three groups with a life", n)
		}
		p.still(a)
		trace := p.trace(space.Org)
		if len(p.left(trace)) < 20 {
			t.Fatalf("only %v hold its keys: the walk sees too little", p.left(trace))
		}

		check(t, a.Space(org).Delete(ctx, owner.ID.String(), "看完了"))
		awaitSpace(t, a, org, "not_found")
		after := p.still(a)
		for _, where := range p.left(trace) {
			t.Errorf("left: %s", where)
		}
		moves := []string{"audit", "counter", "log_head", "essence_seen", "outlet_read", "schedule_fire", "session"}
		for _, name := range slices.Sorted(maps.Keys(after)) {
			if before[name] != after[name] && !slices.Contains(moves, name) {
				t.Errorf("%s: %+v, was %+v", name, after[name], before[name])
			}
		}
		log, _, _ := p.databases()
		if verbs := column[string](t, log, `SELECT verb FROM audit WHERE org_key = $1 AND verb LIKE 'demo.%' ORDER BY verb`, int64(org)); !slices.Equal(verbs, []string{"demo.delete", "demo.load"}) ||
			after["audit"].Rows != before["audit"].Rows+2 {
			t.Errorf("audit trail: %v, %d rows after %d", verbs, after["audit"].Rows, before["audit"].Rows)
		}
	})
}

// TestABrokenLoadingIsBegunAnew: the house ends in the middle; after the next start what was half told is deleted and the story told whole.
func TestABrokenLoadingIsBegunAnew(t *testing.T) {
	onBoth(t, func(t *testing.T, url string) {
		p := newPlot(t, url)
		a, stop := p.open()
		ctx := t.Context()
		org, owner := p.real(a)
		_, err := a.Space(org).Load(ctx, owner.ID.String(), 14, 1)
		check(t, err)
		for deadline := time.Now().Add(time.Minute); ; time.Sleep(10 * time.Millisecond) {
			if _, n, err := a.Space(org).Now(ctx); err == nil && n.Messages > 20 {
				break
			}
			if time.Now().After(deadline) {
				t.Fatal("it never began")
			}
		}
		if orgs, err := a.Store().Orgs(ctx); err != nil || len(orgs) != 1 {
			t.Errorf("orgs while it is loading: %+v, %v; want the real one", orgs, err)
		}
		stop()
		p.now = p.now.Add(time.Minute)
		a, _ = p.open()
		awaitSpace(t, a, org, "ready")
		_, again, err := a.Space(org).Now(ctx)
		check(t, err)
		check(t, a.Space(org).Delete(ctx, owner.ID.String(), ""))
		awaitSpace(t, a, org, "not_found")
		_, err = a.Space(org).Load(ctx, owner.ID.String(), 14, 1)
		check(t, err)
		awaitSpace(t, a, org, "ready")
		if _, whole, err := a.Space(org).Now(ctx); err != nil || whole != again {
			t.Errorf("told in one go it holds %+v, %v; begun anew it held %+v", whole, err, again)
		}
	})
}

// ribbon is what every page of a demonstration says.
const ribbon = "演示：这里的人和话都是编的"

var menuLinks = regexp.MustCompile(`href="(/[a-z/]*)" class="side-link`)

// TestAnOwnerLooksAtTheDemonstrationAndComesBack: through the console's own door, while the real groups talk.
func TestAnOwnerLooksAtTheDemonstrationAndComesBack(t *testing.T) {
	onBoth(t, func(t *testing.T, dbURL string) {
		s := startShift(t, dbURL, "")
		ctx := t.Context()
		other, err := s.app.Store().SaveUser(ctx, "test", community.User{Org: s.org, Login: "mod", Name: "管家", Role: "admin", Lang: "zh-CN", Enabled: true, Hash: cheapHash}, "")
		check(t, err)
		if err := s.app.Space(s.org).Delete(ctx, other.ID.String(), ""); community.CodeOf(err) != community.CodeForbidden {
			t.Errorf("an admin deletes: %v, want forbidden", err)
		}
		if _, err := s.app.Space(s.org).Load(ctx, other.ID.String(), 14, 1); community.CodeOf(err) != community.CodeForbidden {
			t.Errorf("an admin loads: %v, want forbidden", err)
		}
		if body := s.does("/demo", "/demo", url.Values{"days": {"14"}}); !strings.Contains(body, "正在") || strings.Contains(body, ribbon) {
			t.Errorf("loading: %s", excerpt(body))
		}
		big := s.member("大刘")
		for n := 0; spaceState(ctx, s.app, s.org) != "ready"; n++ { // the real group talks meanwhile
			s.says(big, fmt.Sprintf("第 %d 公里", n))
			if n > 2000 {
				t.Fatal("it is never loaded")
			}
		}
		if _, body := s.get("/groups"); !strings.Contains(body, "周末徒步群") || strings.Contains(body, "青梧") || strings.Contains(body, ribbon) {
			t.Errorf("the real groups: %s", excerpt(body))
		}
		home := s.does("/demo", "/demo/enter", url.Values{})
		if !strings.Contains(home, ribbon) || !strings.Contains(home, "回到自己的组织") {
			t.Fatalf("inside: %s", excerpt(home))
		}
		if _, body := s.get("/groups"); strings.Contains(body, "周末徒步群") || !strings.Contains(body, "青梧") {
			t.Errorf("the demonstration's groups: %s", excerpt(body))
		}
		pages := 0
		for _, link := range menuLinks.FindAllStringSubmatch(home, -1) {
			code, body := s.get(link[1])
			if pages++; code != http.StatusOK || !strings.Contains(body, ribbon) {
				t.Errorf("%s answered %d, with the ribbon: %v", link[1], code, strings.Contains(body, ribbon))
			}
		}
		if pages < 15 {
			t.Errorf("%d pages in the menu", pages)
		}
		if body := s.does("/", "/me/notify", url.Values{"kind": {"mail"}}); !strings.Contains(body, "你正在演示空间里") {
			t.Errorf("one's own things inside: %s", excerpt(body))
		}
		if code, body := s.send("/", "/demo", url.Values{"days": {"14"}}); !strings.Contains(body, "演示空间里不能再载入") {
			t.Errorf("loading inside answered %d: %s", code, excerpt(body))
		}
		if body := s.does("/", "/demo/leave", url.Values{}); strings.Contains(body, ribbon) {
			t.Errorf("back: %s", excerpt(body))
		}
		if _, body := s.get("/groups"); !strings.Contains(body, "周末徒步群") || strings.Contains(body, "青梧") {
			t.Errorf("the real groups after it: %s", excerpt(body))
		}
		s.does("/demo", "/demo/enter", url.Values{})
		check(t, s.app.Space(s.org).Delete(ctx, "cli", "")) // while somebody is in there
		if _, body := s.get("/groups"); !strings.Contains(body, "周末徒步群") || strings.Contains(body, ribbon) {
			t.Errorf("thrown out: %s", excerpt(body))
		}
		awaitSpace(t, s.app, s.org, "not_found")
		trail, _, err := s.desk.FindAudit(ctx, community.AuditFilter{Page: community.Page{Limit: 200}})
		check(t, err)
		seen := map[string]int{}
		for _, row := range trail {
			seen[row.Verb]++
		}
		if seen["demo.load"] != 1 || seen["demo.enter"] != 2 || seen["demo.leave"] != 1 || seen["demo.delete"] != 1 {
			t.Errorf("audit trail: %v", seen)
		}
	})
}

// TestVerbsActOnTheRealOrganisationBesideADemonstration: by the command line alone, without a server.
func TestVerbsActOnTheRealOrganisationBesideADemonstration(t *testing.T) {
	onBoth(t, func(t *testing.T, url string) {
		here := seat{t, t.TempDir(), url}
		here.run("import", history(t, 30), "--zone", "Asia/Shanghai")
		groups := here.run("group", "list")
		if out := here.run("space", "load", "--days", "7"); !strings.Contains(out, `"state": "ready"`) || !strings.Contains(out, `"groups": 3`) {
			t.Errorf("loaded: %s", out)
		}
		if code, _, talk := here.try("space", "load", "--days", "7"); code == 0 || !strings.Contains(talk, "conflict") {
			t.Errorf("a second time: exit %d, %s", code, talk)
		}
		if out := here.run("group", "list"); out != groups {
			t.Errorf("groups beside it: %s, want %s", out, groups)
		}
		if out := here.run("group", "list", "--org", "青梧读写社（演示）"); !strings.Contains(out, "青梧") || strings.Contains(out, "晨读") {
			t.Errorf("groups of it: %s", out)
		}
		if code, _, talk := here.try("space", "delete"); code == 0 || !strings.Contains(talk, "--yes") {
			t.Errorf("unasked: exit %d, %s", code, talk)
		}
		if out := here.run("space", "delete", "--yes"); !strings.Contains(out, `"groups": 3`) {
			t.Errorf("deleted: %s", out)
		}
		if code, _, _ := here.try("space", "show"); code == 0 {
			t.Error("it is still there")
		}
		if out := here.run("group", "list"); out != groups {
			t.Errorf("groups after it: %s, want %s", out, groups)
		}
	})
}

// TestADemonstrationGoesOnAfterAStart: its groups and members are those that are stored, and somebody speaks.
func TestADemonstrationGoesOnAfterAStart(t *testing.T) {
	onBoth(t, func(t *testing.T, url string) {
		p := newPlot(t, url)
		a, stop := p.open()
		org, owner := p.real(a)
		_, err := a.Space(org).Load(t.Context(), owner.ID.String(), 7, 1)
		check(t, err)
		awaitSpace(t, a, org, "ready")
		stop()
		p.now = p.now.Add(time.Minute)
		a, _ = p.open()
		space, before, err := a.Space(org).Now(t.Context())
		check(t, err)
		accounts, err := a.Store().For(community.Scope{Org: space.Org}).Accounts(t.Context())
		check(t, err)
		await(t, func() bool { return a.Wires().Health(accounts[0].Key).State == "online" })
		refs, err := a.Wires().Test(t.Context(), accounts[0].Key)
		check(t, err)
		if len(refs) != 3 {
			t.Errorf("it is in %v, want three groups", refs)
		}
		if _, after, err := a.Space(org).Now(t.Context()); err != nil || after.Groups != 3 || after.People < before.People {
			t.Errorf("it holds %+v, %v; held %+v", after, err, before)
		}
	})
}
