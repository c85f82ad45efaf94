package bench

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"html"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"path"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"qunluo/internal/community"
	"qunluo/internal/console"
	"qunluo/internal/store"
	"qunluo/internal/table"
)

// Sizes of tables: what issue 7 §8 asks for.
const (
	tableEditors = 50
	tableEdits   = 20_000
	tableCuts    = 100
	tableRows    = 40 // few enough that editors meet
	tableCols    = 5
)

// tableCatchUp is how long screens have to hold what the table holds after the last edit.
const tableCatchUp = time.Minute

// tables lets many edit one shared table over loopback HTTP through the whole program, each with a screen that follows its stream, while their connections are cut. An
// edit whose answer was lost is sent again under its key. Then every screen must hold what the store holds, and every edit that was answered must stand in the history as it was
// answered, once.
func tables(ctx context.Context, o Options) (rows []Row, err error) {
	if o.Open == nil {
		return nil, community.Errorf(community.CodeUnsupported, "tables need the whole program")
	}
	at, away, err := o.base(ctx, "tables")
	if err != nil {
		return nil, err
	}
	defer away()
	if err := tableOwner(ctx, at); err != nil {
		return nil, err
	}
	p := &tableParty{ctx: ctx, o: o, edits: int64(o.rows(tableEdits, 200)), cuts: int64(o.rows(tableCuts, 10)), people: o.rows(tableEditors, 6)}
	began := time.Now()
	if err := p.run(at); err != nil {
		return nil, err
	}
	took := time.Since(began).Seconds()
	lost, doubled, err := p.audit(at)
	if err != nil {
		return nil, err
	}
	o.tell("tables: %d editors, %d edits answered (%d kept, %d met another, %d the same), %d cuts, %d sent again, %.1f s", p.people, p.done.Load(), p.kept.Load(), p.met.Load(), p.same.Load(), p.cut.Load(), p.again.Load(), took)
	if p.cut.Load() < p.cuts || p.again.Load() == 0 || p.met.Load() == 0 {
		return nil, fmt.Errorf("the net was cut %d times, %d edits were sent again, %d met another: nothing was tried", p.cut.Load(), p.again.Load(), p.met.Load())
	}
	return []Row{
		most("tables.lost", float64(lost), "edits", 0), most("tables.doubled", float64(doubled), "edits", 0), most("tables.unequal", float64(p.unequal), "screens", 0),
		told("tables.editors", float64(p.people), "editors"), told("tables.answered", float64(p.done.Load()), "edits"), told("tables.conflicts", float64(p.met.Load()), "edits"), told("tables.cuts", float64(p.cut.Load()), "cuts"),
		told("tables.again", float64(p.again.Load()), "edits"), told("tables.rate", float64(p.done.Load())/took, "edits/s"), told("tables.catch_up", p.catchUp.Seconds(), "s"),
	}, nil
}

// tableOwner makes the person whom all editors sign in as.
func tableOwner(ctx context.Context, at base) (err error) {
	h, err := openHouse(ctx, at)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, h.close()) }()
	_, err = h.store.SaveUser(ctx, "bench", community.User{Org: h.org, Login: benchLogin, Name: "测量", Role: console.RoleOwner, Hash: console.HashPassword(benchPassword), Enabled: true}, "bench")
	return err
}

// tableParty is many people at one table.
type tableParty struct {
	ctx    context.Context
	o      Options
	edits  int64
	cuts   int64
	people int

	base, token, home string
	jar               http.CookieJar
	list              []*tableEditor

	asked, done, kept, met, same, cut, again atomic.Int64
	unequal                                  int
	catchUp                                  time.Duration
}

// answered is an edit as the server answered it.
type answered struct {
	key   string
	state string
	no    int64
	row   int64
	col   string
	value string
}

// tableEditor is one of them: a screen, its connections, and what was answered.
type tableEditor struct {
	p      *tableParty
	chance *rand.Rand
	client *http.Client

	mu     sync.Mutex
	conns  map[net.Conn]struct{}
	screen *table.Replica

	told []answered
}

func (p *tableParty) run(at base) (err error) {
	site, err := p.o.Open(p.ctx, at.dir, at.url)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, site.Close()) }()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	p.base = "http://" + ln.Addr().String()
	srv := &http.Server{Handler: site.Handler, ReadHeaderTimeout: 10 * time.Second}
	gone := make(chan error, 1)
	go func() { gone <- srv.Serve(ln) }()
	ctx, stop := context.WithCancel(p.ctx)
	p.ctx = ctx
	var screens sync.WaitGroup
	defer func() {
		stop()
		screens.Wait()
		err = errors.Join(err, srv.Close())
		<-gone
	}()
	if err := p.begin(); err != nil {
		return err
	}
	for i := range p.people {
		e := &tableEditor{p: p, chance: rand.New(rand.NewPCG(p.o.Seed, uint64(i+1))), conns: map[net.Conn]struct{}{}}
		e.client = &http.Client{Jar: p.jar, Transport: &http.Transport{DialContext: e.dial, MaxIdleConnsPerHost: 2}}
		if err := e.begin(); err != nil {
			return err
		}
		p.list = append(p.list, e)
		screens.Go(e.follow)
	}
	var wg sync.WaitGroup
	faults := make([]error, len(p.list))
	for i, e := range p.list {
		wg.Go(func() { faults[i] = e.work() })
	}
	wg.Wait()
	if err := errors.Join(faults...); err != nil {
		return err
	}
	return p.compare()
}

// begin signs in and makes the table.
func (p *tableParty) begin() error {
	jar, err := cookiejar.New(nil)
	if err != nil {
		return err
	}
	p.jar = jar
	c := &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	form, err := p.fields(c, "/signin")
	if err != nil {
		return err
	}
	form.Set("login", benchLogin)
	form.Set("password", benchPassword)
	if to, err := p.post(c, "/signin", form); err != nil || to == "" {
		return fmt.Errorf("sign in: leads to %q: %w", to, err)
	}
	if form, err = p.fields(c, "/tables/new"); err != nil {
		return err
	}
	p.token = form.Get("_token")
	form.Set("title", "测量")
	form.Set("access", string(table.StaffOnly))
	for n := range tableCols {
		form.Set(fmt.Sprintf("c%d_name", n), fmt.Sprint("列", n))
		form.Set(fmt.Sprintf("c%d_kind", n), string(table.Text))
	}
	to, err := p.post(c, "/tables", form)
	if err != nil || !strings.HasPrefix(to, "/tables/") {
		return fmt.Errorf("make a table: leads to %q: %w", to, err)
	}
	p.home = to
	for n := range tableRows {
		if _, err := p.post(c, p.home+"/add", url.Values{"_token": {p.token}, "key": {fmt.Sprint("row", n)}, "v_c1": {"0"}}); err != nil {
			return err
		}
	}
	return nil
}

// fields reads the hidden fields of a page.
func (p *tableParty) fields(c *http.Client, at string) (url.Values, error) {
	res, err := c.Get(p.base + at)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	page, err := io.ReadAll(res.Body)
	form := url.Values{}
	for _, m := range hidden.FindAllStringSubmatch(string(page), -1) {
		form.Set(m[1], html.UnescapeString(m[2]))
	}
	return form, err
}

// post sends a form and says where it leads.
func (p *tableParty) post(c *http.Client, at string, form url.Values) (string, error) {
	res, err := c.PostForm(p.base+at, form)
	if err != nil {
		return "", err
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if res.StatusCode != http.StatusSeeOther {
		return "", fmt.Errorf("%s answers %d: %.300s", at, res.StatusCode, body)
	}
	return res.Header.Get("Location"), err
}

// dial notes connections, so that they can be cut.
func (e *tableEditor) dial(ctx context.Context, network, address string) (net.Conn, error) {
	c, err := (&net.Dialer{}).DialContext(ctx, network, address)
	if err == nil {
		e.mu.Lock()
		e.conns[c] = struct{}{}
		e.mu.Unlock()
	}
	return c, err
}

// cut ends all connections of an editor, in the midst of whatever they carry.
func (e *tableEditor) cut() {
	e.mu.Lock()
	defer e.mu.Unlock()
	for c := range e.conns {
		_ = c.Close()
		delete(e.conns, c)
	}
}

// snapshot reads all rows.
func (e *tableEditor) snapshot() (*table.Replica, error) {
	res, err := e.client.Get(e.p.base + e.p.home + "/rows")
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	var got struct {
		After int64
		Rows  []struct {
			No, Rev int64
			Gone    bool
			Cells   map[string]table.Cell
		}
	}
	if err := json.NewDecoder(res.Body).Decode(&got); err != nil {
		return nil, err
	}
	list := make([]table.Row, 0, len(got.Rows))
	for _, r := range got.Rows {
		list = append(list, table.Row{No: r.No, Rev: r.Rev, Gone: r.Gone, Cells: r.Cells})
	}
	return table.NewReplica(got.After, list), nil
}

func (e *tableEditor) begin() (err error) {
	e.screen, err = e.snapshot()
	return err
}

// follow keeps the screen as the stream tells, and comes again from the last edit that it saw whenever the stream breaks off.
func (e *tableEditor) follow() {
	for e.p.ctx.Err() == nil {
		_ = e.stream() // it was cut, or the server ended it: come again
		select {
		case <-e.p.ctx.Done():
		case <-time.After(50 * time.Millisecond):
		}
	}
}

func (e *tableEditor) stream() error {
	req, err := http.NewRequestWithContext(e.p.ctx, http.MethodGet, e.p.base+e.p.home+"/live", nil)
	if err != nil {
		return err
	}
	e.mu.Lock()
	req.Header.Set("Last-Event-ID", strconv.FormatInt(e.screen.Head, 10))
	e.mu.Unlock()
	res, err := e.client.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return fmt.Errorf("stream answers %d", res.StatusCode)
	}
	in := bufio.NewScanner(res.Body)
	for in.Scan() {
		text, ok := strings.CutPrefix(in.Text(), "data: ")
		if !ok {
			continue
		}
		var told struct {
			No         int64
			Verb       string
			Row        int64
			Col, Value string
			Values     map[string]string
		}
		if err := json.Unmarshal([]byte(text), &told); err != nil {
			return err // half an event: the rest comes with the next stream
		}
		e.mu.Lock()
		e.screen.Follow(table.Edit{No: told.No, Verb: told.Verb, Row: told.Row, Column: told.Col, Value: told.Value, Values: told.Values})
		e.mu.Unlock()
	}
	return in.Err()
}

// work edits what the screen shows until enough was edited. Where somebody was there first, every second time one's own value is taken after all.
func (e *tableEditor) work() error {
	for e.p.ctx.Err() == nil {
		n := e.p.asked.Add(1)
		if n > e.p.edits {
			return nil
		}
		if n%max(1, e.p.edits/e.p.cuts) == 0 { // right before an edit of its own: the answer, the stream or the edit itself is lost
			who := e.p.list[e.chance.IntN(len(e.p.list))]
			time.AfterFunc(time.Duration(e.chance.IntN(4000))*time.Microsecond, e.cut)
			who.cut()
			e.p.cut.Add(1)
		}
		a, rev := e.choose(n)
		got, now, err := e.edit(a, rev)
		if err != nil {
			return err
		}
		if got.state == table.Conflict && e.chance.IntN(2) == 0 {
			again := a
			again.key += "m"
			if _, _, err := e.edit(again, now); err != nil {
				return err
			}
		}
	}
	return e.p.ctx.Err()
}

// choose takes a cell of the screen, and the revision that it shows.
func (e *tableEditor) choose(n int64) (answered, int64) {
	e.mu.Lock()
	defer e.mu.Unlock()
	rows := make([]int64, 0, len(e.screen.Rows))
	for no := range e.screen.Rows {
		rows = append(rows, no)
	}
	least := rows[0]
	for _, no := range rows {
		least = min(least, no)
	}
	row := e.screen.Rows[least+e.chance.Int64N(int64(len(rows)))] // they were added one after another
	col := "c" + strconv.Itoa(1+e.chance.IntN(tableCols))
	return answered{key: fmt.Sprintf("e%d", n), row: row.No, col: col, value: fmt.Sprintf("%d-%d", n, e.chance.IntN(1000))}, row.Cells[col].Rev
}

// edit sends an edit under its key until it is answered.
func (e *tableEditor) edit(a answered, seen int64) (answered, int64, error) {
	form := url.Values{"_token": {e.p.token}, "key": {a.key}, "verb": {table.Set}, "row": {strconv.FormatInt(a.row, 10)}, "col": {a.col}, "seen": {strconv.FormatInt(seen, 10)}, "value": {a.value}}.Encode()
	for try := 0; ; try++ {
		if try > 0 {
			e.p.again.Add(1)
		}
		var out struct {
			State   string
			No, Rev int64
			Fault   string
		}
		status, err := e.send(form, &out)
		if err != nil {
			if try > 200 || e.p.ctx.Err() != nil {
				return a, 0, fmt.Errorf("edit %s: %w", a.key, err)
			}
			time.Sleep(10 * time.Millisecond)
			continue
		}
		if out.State == "" {
			return a, 0, fmt.Errorf("edit %s: answered %d %q", a.key, status, out.Fault)
		}
		a.state, a.no = out.State, out.No
		e.told = append(e.told, a)
		e.p.done.Add(1)
		map[string]*atomic.Int64{table.Kept: &e.p.kept, table.Conflict: &e.p.met, table.Same: &e.p.same, table.Gone: &e.p.met}[a.state].Add(1)
		return a, out.Rev, nil
	}
}

func (e *tableEditor) send(form string, out any) (int, error) {
	req, err := http.NewRequestWithContext(e.p.ctx, http.MethodPost, e.p.base+e.p.home+"/edit", strings.NewReader(form))
	if err != nil {
		return 0, err
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	res, err := e.client.Do(req)
	if err != nil {
		return 0, err
	}
	defer res.Body.Close()
	raw, err := io.ReadAll(res.Body)
	if err != nil {
		return res.StatusCode, err
	}
	return res.StatusCode, json.Unmarshal(raw, out)
}

// compare waits until every screen holds what a screen opened now holds, and counts those that never do.
func (p *tableParty) compare() error {
	began := time.Now()
	whole, err := p.list[0].snapshot()
	if err != nil {
		return err
	}
	for {
		p.unequal = 0
		for _, e := range p.list {
			if !e.holds(whole) {
				p.unequal++
			}
		}
		if p.catchUp = time.Since(began); p.unequal == 0 || p.catchUp > tableCatchUp || p.ctx.Err() != nil {
			return p.ctx.Err()
		}
		time.Sleep(20 * time.Millisecond)
	}
}

func (e *tableEditor) holds(whole *table.Replica) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	if len(e.screen.Rows) != len(whole.Rows) {
		return false
	}
	for no, want := range whole.Rows {
		got := e.screen.Rows[no]
		if got.Gone != want.Gone || got.Rev != want.Rev || len(got.Cells) != len(want.Cells) {
			return false
		}
		for col, cell := range want.Cells {
			if got.Cells[col] != cell {
				return false
			}
		}
	}
	return true
}

// audit reads the history: lost are edits that were answered and do not stand there as they were answered, or, kept, in no cell's past; doubled are
// those that stand there more often than they were asked for.
func (p *tableParty) audit(at base) (lost, doubled int, err error) {
	st, err := store.Open(p.ctxBare(), store.Options{URL: at.url, DataDir: at.dir})
	if err != nil {
		return 0, 0, err
	}
	defer func() { err = errors.Join(err, st.Close()) }()
	ctx := p.ctxBare()
	id, err := community.ParseID(path.Base(p.home))
	if err != nil {
		return 0, 0, err
	}
	org, err := st.Org(ctx, "测量", false)
	if err != nil {
		return 0, 0, err
	}
	t, err := st.For(community.Scope{Org: org}).TableByID(ctx, id)
	if err != nil {
		return 0, 0, err
	}
	stands := map[int64]table.Edit{}
	for after := int64(0); ; {
		list, err := st.TableEdits(ctx, t.Key, after, 1000)
		if err != nil {
			return 0, 0, err
		}
		for _, e := range list {
			stands[e.No], after = e, e.No
		}
		if len(list) < 1000 {
			break
		}
	}
	want := 0
	for _, e := range p.list {
		for _, a := range e.told {
			had, found, err := st.EditByKey(ctx, t.Key, a.key)
			if err != nil {
				return 0, 0, err
			}
			kept, inPast := stands[a.no]
			switch {
			case !found || had.State != a.state || had.No != a.no || had.Value != a.value || had.Row != a.row || had.Column != a.col:
				lost++
			case a.state == table.Kept && (!inPast || kept.Key != a.key || kept.Value != a.value):
				lost++
			}
			if a.state == table.Kept {
				want++
			}
		}
	}
	sets := 0
	for _, e := range stands {
		if e.Verb == table.Set {
			sets++
		}
	}
	return lost, max(0, sets-want), nil
}

// ctxBare is a context for what comes after the party is over.
func (p *tableParty) ctxBare() context.Context { return context.WithoutCancel(p.ctx) }
