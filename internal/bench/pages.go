package bench

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"qunluo/internal/community"
	"qunluo/internal/console"
	"qunluo/internal/engine"
	"qunluo/internal/store"
)

// Sizes and targets of pages.
const (
	pageMessages = 1_000_000
	pageGroups   = 500
	pageMembers  = 100_000 // in one group
	pageLive     = 4096    // messages that are decided upon
	pageRequests = 50      // for each route, also where there is more data
	fileRequests = 3       // for each list as a file
	pageTarget   = 100     // ms, p95 of the slowest route
	startTarget  = 1       // s
)

// Site is the whole program over a data folder.
type Site struct {
	Handler http.Handler // what a browser talks to
	Close   func() error
}

// pages asks for every page that can be reached by links, again and again, signed in as an owner.
func pages(ctx context.Context, o Options) (rows []Row, err error) {
	if o.Open == nil {
		return nil, community.Errorf(community.CodeUnsupported, "pages need the whole program")
	}
	dir, away, err := fillOnce(ctx, o)
	if err != nil {
		return nil, err
	}
	defer away()
	began := time.Now()
	site, err := o.Open(ctx, dir, "")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, site.Close()) }()
	v := &visitor{site: site, ctx: ctx, cookies: map[string]string{}}
	if code, _ := v.get("/signin"); code != http.StatusOK {
		return nil, fmt.Errorf("sign-in page answers %d", code)
	}
	start := time.Since(began).Seconds()
	if err := v.signIn(benchLogin, benchPassword); err != nil {
		return nil, err
	}
	routes := v.explore()
	o.tell("pages: %d routes found by following links; start to first answer %.2f s", len(routes), start)
	if len(routes) < 10 {
		return nil, fmt.Errorf("only %d routes found", len(routes))
	}
	slowest, err := v.visit(o, routes)
	if err != nil {
		return nil, err
	}
	return append(rows, pageRows(slowest, start)...), nil
}

// pageRows are the slowest page, then all of them. Lists as files are as long as they are: they are told without a target.
// What an answer cost the processors is told beside the time it took: on a machine that others use too the latter is theirs.
func pageRows(slowest []timing, start float64) []Row {
	var pages, files []Row
	for _, r := range slowest {
		if isFile(r.name) {
			files = append(files, told("pages.file GET "+r.name, r.p95, "ms"), told("pages.file.cpu GET "+r.name, r.cpu, "ms"))
			continue
		}
		pages = append(pages, most("pages GET "+r.name, r.p95, "ms", pageTarget))
		files = append(files, told("pages.cpu GET "+r.name, r.cpu, "ms"))
	}
	all := []Row{
		most("pages", pages[0].Value, "ms", pageTarget), told("pages.routes", float64(len(pages)), "routes"), most("pages.start", start, "s", startTarget),
	}
	return slices.Concat(all, pages, files)
}

func isFile(name string) bool {
	return strings.HasSuffix(name, ".csv") || strings.HasSuffix(name, ".xlsx")
}

const (
	benchLogin    = "bench"
	benchPassword = "bench-only-7412-here"
)

// fillOnce gives a filled data folder: the kept one, or a new one that the function given back takes away.
func fillOnce(ctx context.Context, o Options) (string, func(), error) {
	dir, away := o.Keep, func() {}
	if dir == "" {
		var err error
		if dir, away, err = o.folder("pages"); err != nil {
			return "", nil, err
		}
	}
	mark := filepath.Join(dir, "filled")
	want := fmt.Sprint(o.Scale)
	if got, err := os.ReadFile(mark); err == nil && string(got) == want {
		return dir, away, o.caughtUp(ctx, dir)
	}
	err := fill(ctx, o, dir)
	if err == nil {
		err = os.WriteFile(mark, []byte(want), 0o600)
	}
	if err != nil {
		away()
		return "", nil, err
	}
	return dir, away, nil
}

// caughtUp brings the figures of a kept folder to the end of its log: they may have been another program's.
func (o Options) caughtUp(ctx context.Context, dir string) error {
	st, err := store.Open(ctx, store.Options{DataDir: dir})
	if err != nil {
		return err
	}
	spent := cpuSeconds()
	err = st.CatchUp(ctx)
	o.tell("pages: caught up in %.0f CPU-seconds", cpuSeconds()-spent)
	return errors.Join(err, st.Close())
}

// fill makes the community that is looked at: groups of unequal size, one huge member list, and some messages that
// rules found something in.
func fill(ctx context.Context, o Options, dir string) (err error) {
	h, err := openHouse(ctx, base{dir: dir})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, h.close()) }()
	n, groups, members := o.rows(pageMessages, 5000), o.rows(pageGroups, 5), o.rows(pageMembers, 500)
	o.tell("pages: filling %d messages, %d groups, one list of %d members", n, groups, members)
	_, err = h.store.SaveUser(ctx, "bench", community.User{
		Org: h.org, Login: benchLogin, Name: "测量", Role: console.RoleOwner, Hash: console.HashPassword(benchPassword), Enabled: true,
	}, "bench")
	if err != nil {
		return err
	}
	begin := time.Now().Unix() - talkDays*86400 // the pages show the last days: there must be something in them
	if err := h.joins(ctx, members, begin); err != nil {
		return err
	}
	if err := h.talk(ctx, newSpeaker(o.Seed), n, groups, begin); err != nil {
		return err
	}
	if err := h.incidents(ctx, o, groups); err != nil {
		return err
	}
	if err := h.tag(ctx, groups); err != nil {
		return err
	}
	if _, err := h.store.AddRun(ctx, h.org, community.ImportRow{Name: "bench.jsonl", Format: "chatlab-jsonl", User: "bench"}); err != nil {
		return err
	}
	return h.store.CatchUp(ctx)
}

// appendAll appends what next gives, n of them, in full batches.
func (h *house) appendAll(ctx context.Context, n int, next func(i int) community.Inbound) error {
	batch := make([]community.Inbound, 0, engine.AppendBatch)
	for i := range n {
		batch = append(batch, next(i))
		if len(batch) < cap(batch) && i < n-1 {
			continue
		}
		if _, _, err := h.engine.Append(ctx, engine.Run{Key: 1, Org: h.org, Platform: "qq"}, batch); err != nil {
			return err
		}
		batch = batch[:0]
	}
	return nil
}

// talkDays is over how many days up to now the messages are spread.
const talkDays = 90

func (h *house) joins(ctx context.Context, n int, begin int64) error {
	return h.appendAll(ctx, n, func(i int) community.Inbound {
		return community.Inbound{
			Type: community.MemberJoined, Key: "join-" + strconv.Itoa(i), OccurredAt: (begin + int64(i)) * 1000,
			Group: community.Ref{ID: "g0", Name: "大群"}, Actor: who(0, i), Body: community.Body{Scene: "qr"},
		}
	})
}

// talk goes on for 90 days; who speaks in the large group is one of its many members.
func (h *house) talk(ctx context.Context, s *speaker, n, groups int, begin int64) error {
	pick := crowd{groups: groups}.zipf(s)
	return h.appendAll(ctx, n, func(i int) community.Inbound {
		g := int(pick.Uint64())
		return community.Inbound{
			Type: community.MessageCreated, Key: strconv.Itoa(i), OccurredAt: begin*1000 + int64(i)*talkDays*86_400_000/int64(n),
			Group: community.Ref{ID: fmt.Sprint("g", g), Name: fmt.Sprintf("书友%d群", g)}, Actor: who(g, s.chance.IntN(200)),
			Body: community.Body{Text: s.line(false), Message: strconv.Itoa(i)},
		}
	})
}

// benchTag is borne by every other group.
const benchTag = "学习"

func (h *house) tag(ctx context.Context, groups int) error {
	for g := 0; g < groups; g += 2 {
		set := community.Group{Key: community.GroupKey(g + 1), Org: h.org, Zone: store.DefaultZone, Tags: []string{benchTag}}
		if err := h.store.SetGroup(ctx, set, community.Audit{Org: h.org, User: "bench"}); err != nil {
			return err
		}
	}
	return nil
}

func who(group, i int) community.Who {
	return community.Who{ID: fmt.Sprintf("u%d-%d", group, i), Name: fmt.Sprint("书友", i), Role: community.RoleMember}
}

// incidents lets the belt decide about live messages, so that queues, strikes and tasks have something to show.
func (h *house) incidents(ctx context.Context, o Options, groups int) error {
	var all []community.GroupKey
	for g := range groups {
		all = append(all, community.GroupKey(g+1)) // a fresh database numbers them from 1
	}
	if err := h.publish(ctx, all); err != nil {
		return err
	}
	b := &belt{o: o, house: h, known: crowd{groups: 20, members: 20}.frames(newSpeaker(o.Seed+1), 0, 400, 0, true)}
	b.live = crowd{groups: 20, members: 20}.frames(newSpeaker(o.Seed+2), 400, o.rows(pageLive, 600), 5*hitsIn1000, false)
	if err := b.settle(ctx); err != nil {
		return err
	}
	_, err := b.run(ctx, inOne)
	return err
}

// timing is a route with the 95th percentiles of the time its answers took and of what they cost, in milliseconds.
type timing struct {
	name     string
	p95, cpu float64
}

// visit asks for every route in turn, so that none has the caches for itself, and gives the slowest first.
func (v *visitor) visit(o Options, routes map[string][]string) ([]timing, error) {
	names := make([]string, 0, len(routes))
	for name := range routes {
		names = append(names, name)
	}
	slices.Sort(names)
	waits, costs := map[string][]float64{}, map[string][]float64{}
	for i := range min(pageRequests, o.rows(pageRequests, 3)) {
		for _, name := range names {
			if isFile(name) && i >= fileRequests {
				continue
			}
			path := routes[name][i%len(routes[name])]
			began, spent := time.Now(), cpuSeconds()
			code, _ := v.get(path)
			if isFile(name) && code == http.StatusSeeOther {
				continue // held back: it wants a second person, or comes too soon after the last
			}
			costs[name] = append(costs[name], (cpuSeconds()-spent)*1000)
			waits[name] = append(waits[name], time.Since(began).Seconds()*1000)
			if code != http.StatusOK {
				return nil, fmt.Errorf("GET %s answers %d", path, code)
			}
		}
	}
	list := make([]timing, 0, len(names))
	for _, name := range names {
		if len(waits[name]) == 0 {
			o.tell("GET %s: held back each time, not measured", name)
			continue
		}
		list = append(list, timing{name, quantile(waits[name], 0.95), quantile(costs[name], 0.95)})
		o.tell("GET %s: p50 %.1f ms, p95 %.1f ms, cpu p50 %.1f ms, p95 %.1f ms, %d addresses", name, median(waits[name]), quantile(waits[name], 0.95),
			median(costs[name]), quantile(costs[name], 0.95), len(routes[name]))
	}
	slices.SortStableFunc(list, func(a, b timing) int { return int(1000 * (b.p95 - a.p95)) })
	return list, nil
}
