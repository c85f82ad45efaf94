package app

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"time"

	"qunluo/internal/community"
	"qunluo/internal/config"
	"qunluo/internal/connect"
	"qunluo/internal/connect/sim"
	"qunluo/internal/console"
	"qunluo/internal/demo"
	"qunluo/internal/measure"
	"qunluo/internal/policy"
)

// DemoOptions say how the invented community runs.
type DemoOptions struct {
	Dir      string // data of the demo; "" = a temporary folder that goes with it
	Days     int
	Seed     uint64
	Speed    float64 // pace of the living part
	Once     bool    // end after the history
	Out      string  // folder of the report
	Listen   string  // the next free port is taken when it is in use
	Log      *slog.Logger
	Progress func(label string, done, of int64)
	Ready    func(url, login, password string)
}

// heldClock is a clock that stands until it is set; set free, it is the real one.
type heldClock struct {
	mu   sync.Mutex
	at   time.Time
	free func() time.Time // nil = it stands
}

func (c *heldClock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.free != nil {
		return c.free()
	}
	return c.at
}

func (c *heldClock) set(ms int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if t := time.UnixMilli(ms); t.After(c.at) {
		c.at = t
	}
}

// release lets the clock run as another.
func (c *heldClock) release(as func() time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.free = as
}

// stage is the demo while its history is told.
type stage struct {
	app      *App
	clock    *heldClock
	o        DemoOptions
	org      community.OrgKey
	owner    community.User
	account  community.Account
	world    *sim.World
	session  *sim.Session
	number   map[string]int64 // event numbers of evidence, by key of the story
	wanted   map[string]bool  // the keys that moments will ask for
	password string
	space    *community.DemoSpace // told beside a real organisation; nil = in a house of its own
	until    func() int64         // when the history ends, UTC ms
	catchUp  func(context.Context) error
	end      error // why the story is broken off
}

// Demo tells the invented community's history through the real belt, with the clock held: Apply, then the jobs due by
// that clock, then the next event. Then it lives on before the visitor's eyes until ctx ends, or ends with a report.
func Demo(ctx context.Context, o DemoOptions) (err error) {
	if o.Dir == "" {
		if o.Dir, err = os.MkdirTemp("", "qunluo-demo-"); err != nil {
			return err
		}
		defer func() { err = errors.Join(err, os.RemoveAll(o.Dir)) }()
	}
	if o.Progress == nil {
		o.Progress = func(string, int64, int64) {}
	}
	s, err := newStage(ctx, o)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.app.Close()) }()
	if err := s.tell(ctx); err != nil {
		return err
	}
	if o.Out != "" {
		if err := s.report(ctx); err != nil {
			return err
		}
	}
	if o.Once {
		return nil
	}
	return s.live(ctx)
}

// emptyStage is a stage without an app: the clock stands, and nobody is there yet.
func emptyStage(o DemoOptions, password string) *stage {
	s := &stage{clock: &heldClock{}, o: o, number: map[string]int64{}, wanted: map[string]bool{}, password: password}
	s.world = sim.NewWorld(func() int64 { return s.clock.now().UnixMilli() })
	return s
}

// demoName is what the organisation of the invented community is called.
const demoName = "青梧读写社（演示）"

// demoScene is where the invented community lives on after its history, in the world that is there when its connection is opened.
func demoScene(seed uint64, world func(clock func() int64) *sim.World) sim.Scene {
	return sim.Scene{Name: "demo", Title: [2]string{"青梧读写社", "The Qingwu readers"}, Open: func(clock func() int64) (*sim.World, sim.Script) {
		return world(clock), demo.Live(seed)
	}}
}

// visitor is the person as whom people look at the invented community.
func (s *stage) visitor() community.User {
	return community.User{Org: s.org, Login: "demo", Name: "演示访客", Role: console.RoleOwner, Lang: "zh-CN", Enabled: true, Hash: console.HashPassword(s.password)}
}

func newStage(ctx context.Context, o DemoOptions) (*stage, error) {
	listen, err := freePort(ctx, o.Listen)
	if err != nil {
		return nil, err
	}
	s := emptyStage(o, rand.Text()[:10])
	s.until = func() int64 { return time.Now().UnixMilli() }
	cfg := config.Config{DataDir: o.Dir, Server: config.Server{Listen: listen}}
	scene := demoScene(o.Seed, func(func() int64) *sim.World { return s.world })
	if s.app, err = Open(ctx, Options{Config: cfg, Log: o.Log, Clock: s.clock.now, Scenes: []sim.Scene{scene}}); err != nil {
		return nil, err
	}
	s.catchUp = s.app.store.CatchUp
	return s, nil
}

// freePort is the wanted address, or the next port that is free.
func freePort(ctx context.Context, want string) (string, error) {
	host, port, err := net.SplitHostPort(want)
	if err != nil {
		return "", community.Errorf(community.CodeBadInput, "listen %q: %w", want, err)
	}
	n, err := strconv.Atoi(port)
	if err != nil {
		return "", community.Errorf(community.CodeBadInput, "listen %q: %w", want, err)
	}
	var lc net.ListenConfig
	for try := n; try < n+50; try++ {
		at := net.JoinHostPort(host, strconv.Itoa(try))
		var ln net.Listener
		if ln, err = lc.Listen(ctx, "tcp", at); err == nil {
			return at, ln.Close()
		}
	}
	return "", fmt.Errorf("no free port from %s on: %w", want, err)
}

// tell plays the history.
func (s *stage) tell(ctx context.Context) error {
	end := s.until()
	story := demo.History(s.o.Seed, end, s.o.Days)
	moments := demo.Moments(s.o.Seed, end, s.o.Days)
	for _, m := range moments {
		s.wanted[m.Key] = true
	}
	s.clock.set(story[0].OccurredAt - 1)
	if err := s.found(ctx); err != nil {
		return err
	}
	for i := range story {
		// the story opens with one roster per group: before them there is nobody to do anything
		for i >= len(demo.Groups()) && len(moments) > 0 && moments[0].At <= story[i].OccurredAt {
			if err := s.moment(ctx, moments[0]); err != nil {
				return fmt.Errorf("%s at %d: %w", moments[0].Kind, moments[0].At, err)
			}
			moments = moments[1:]
		}
		if err := s.happen(ctx, story[i]); err != nil {
			return fmt.Errorf("event %s %s: %w", story[i].Type, story[i].Key, err)
		}
		if i%50 == 0 || i == len(story)-1 {
			s.o.Progress("history", int64(i+1), int64(len(story)))
		}
		if s.end != nil {
			return s.end
		}
	}
	s.o.Progress("figures", 0, 1)
	err := s.catchUp(ctx)
	s.o.Progress("figures", 1, 1)
	return err
}

// found makes the organisation, the people who sign in, and the connection.
func (s *stage) found(ctx context.Context) error {
	if s.space != nil {
		if err := s.foundSpace(ctx); err != nil {
			return err
		}
		return s.link(ctx, map[string]any{"self": demo.Bot().ID, "speed": s.o.Speed}) // the story's world is the connector's first
	}
	var err error
	if s.org, err = s.app.store.Org(ctx, demoName, true); err != nil {
		return err
	}
	if s.owner, err = s.app.store.SaveUser(ctx, "demo", s.visitor(), ""); err != nil {
		return err
	}
	return s.link(ctx, map[string]any{"scene": "demo", "self": demo.Bot().ID, "speed": s.o.Speed})
}

// link makes the connection, which is driven by hand while the story is told.
func (s *stage) link(ctx context.Context, values map[string]any) error {
	settings, err := json.Marshal(values)
	if err != nil {
		return err
	}
	s.account, err = s.app.store.SaveAccount(ctx, community.Account{
		Org: s.org, Platform: "sim", Connector: "sim", Name: demo.Bot().Name, External: demo.Bot().ID, Settings: settings, Enabled: true,
	}, community.Audit{User: "demo"})
	if err != nil {
		return err
	}
	host := &directHost{s}
	kind := s.app.wires.kind("sim").(*sim.Connector)
	if s.session, err = kind.OpenSession(settings, host); err != nil {
		return err
	}
	s.session.Attach()
	s.app.wires.adopt(s.account, s.session)
	return nil
}

// directHost takes events straight into the belt: while the clock is held nobody else does.
type directHost struct{ s *stage }

func (h *directHost) Receive(ctx context.Context, in ...connect.Inbound) error {
	for i := range in {
		in[i].Account = h.s.account.Key
	}
	out, err := h.s.app.engine.Apply(ctx, in...)
	for i := range out {
		if h.s.wanted[in[i].Key] {
			h.s.number[in[i].Key] = out[i].Number
		}
	}
	return err
}

func (h *directHost) Report(connect.Health) {}

// happen lets one event of the story happen in the world, and everything that follows from it. What has become
// impossible (a muted speaker, a member already gone) is left out.
func (s *stage) happen(ctx context.Context, in community.Inbound) error {
	if err := s.due(ctx, in.OccurredAt); err != nil {
		return err
	}
	s.clock.set(in.OccurredAt)
	if in.Type == community.RosterRead {
		if err := s.gather(ctx, in); err != nil {
			return err
		}
	}
	if _, err := s.world.Happen(in); err != nil {
		return err
	}
	return s.settle(ctx)
}

// due lets timers that fall before the next event fire at their own time.
func (s *stage) due(ctx context.Context, until int64) error {
	for {
		at, err := s.app.store.NextJob(ctx)
		if err != nil || at == 0 || at > until {
			return err
		}
		s.clock.set(at)
		if err := s.settle(ctx); err != nil {
			return err
		}
		if again, err := s.app.store.NextJob(ctx); err != nil || again == at && again != 0 {
			return err
		}
	}
}

// settle hands over what was heard and runs the jobs due, until nothing moves.
func (s *stage) settle(ctx context.Context) error {
	for {
		if err := s.session.Flush(ctx); err != nil {
			return err
		}
		ran, err := s.app.jobs.RunDue(ctx)
		if err != nil || ran == 0 {
			return err
		}
	}
}

// gather puts a group and its founding members into the world, and gives it its rulebook.
func (s *stage) gather(ctx context.Context, in community.Inbound) error {
	var roster []community.Who
	if err := json.Unmarshal(in.Body.Data, &roster); err != nil {
		return err
	}
	members := make([]sim.Member, len(roster))
	for i, who := range roster {
		members[i] = sim.Member{Who: who, Bot: who.Role == community.RoleBot}
		if who.ID == demo.Bot().ID {
			members[i].Role = community.RoleAdmin
		}
	}
	s.world.AddGroup(in.Group.ID, in.Group.Name, members...)
	if _, err := s.world.Happen(community.Inbound{Type: community.GroupUpdated, Group: in.Group, OccurredAt: in.OccurredAt,
		Actor: demo.Bot(), Body: community.Body{Text: in.Group.Name}}); err != nil {
		return err
	}
	if err := s.session.Flush(ctx); err != nil {
		return err
	}
	g, err := s.group(ctx, in.Group.ID)
	if err != nil {
		return err
	}
	if err := s.relate(ctx, g); err != nil {
		return err
	}
	raw, err := json.Marshal(demoBook(g.Name))
	if err != nil {
		return err
	}
	_, err = s.app.Hands(s.org, nil).Publish(ctx, s.owner.ID.String(), g.Key, raw, "第一版群规，先观察两周")
	return err
}

// relate tags a group and puts sub groups under the main group.
func (s *stage) relate(ctx context.Context, g community.GroupRow) error {
	set := g.Group
	set.Tags = []string{"读书"}
	for _, d := range demo.Groups() {
		if d.Ref.ID != g.External || d.Parent == "" {
			continue
		}
		parent, err := s.group(ctx, d.Parent)
		if err != nil {
			return err
		}
		set.Parent = parent.Key
		set.Tags = []string{"子群"}
	}
	return s.app.Hands(s.org, nil).SetGroup(ctx, s.owner.ID.String(), set, "")
}

func (s *stage) group(ctx context.Context, external string) (community.GroupRow, error) {
	rows, _, err := s.app.store.For(community.Scope{Org: s.org}).FindGroups(ctx, community.GroupFilter{Page: community.Page{Limit: 200}})
	if err != nil {
		return community.GroupRow{}, err
	}
	for _, g := range rows {
		if g.External == external {
			return g, nil
		}
	}
	return community.GroupRow{}, community.Errorf(community.CodeNotFound, "demo group %s: not found", external)
}

// demoBook is the community's rulebook: the commercial start with the demo's own words, answers and welcomes.
func demoBook(name string) policy.Book {
	book, err := policy.Default("general")
	if err != nil {
		panic(err) // the preset ships with the program
	}
	book.Name, book.Group = "青梧群规", name
	book.Allow.Hosts = demo.AllowedDomains()
	kept := book.Rules[:0]
	for _, r := range book.Rules {
		if r.Kind != "keyword" && r.Kind != "welcome" && r.Kind != "reply" {
			kept = append(kept, r)
		}
	}
	book.Rules = append(kept, demoRules()...)
	book.Charter = demoCharter(book.Rules)
	return book
}

// demoCharter is the general charter; what its articles say of advertising the demo's own words enforce.
func demoCharter(rules []policy.Rule) policy.Charter {
	ready, err := policy.Starter("general")
	if err != nil {
		panic(err) // the preset ships with the program
	}
	charter := ready.Charter
	charter.Articles = slices.Clone(charter.Articles)
	for i := range charter.Articles {
		a, named := &charter.Articles[i], []string(nil)
		for _, r := range rules {
			if slices.Contains(a.Rules, r.ID) || a.ID == "no-ads" && r.Kind == "keyword" {
				named = append(named, r.ID)
			}
		}
		a.Rules = named
	}
	return charter
}

func demoRules() []policy.Rule {
	type list struct {
		Name  string   `json:"name"`
		Words []string `json:"words"`
	}
	type greeting struct {
		Scene string `json:"scene"`
		State string `json:"state"`
		Text  string `json:"text"`
	}
	var rules []policy.Rule
	for _, words := range demo.Keywords() {
		rules = append(rules, rule("words-"+words.Category, words.Title[0], "keyword", map[string]any{
			"lists": []list{{words.Title[0], words.Words}},
		}))
	}
	for i, r := range demo.Replies() {
		rules = append(rules, rule("reply-"+strconv.Itoa(i+1), "回复「"+r.Keys[0]+"」", "reply", map[string]any{
			"match": "contains", "patterns": r.Keys, "text": r.Text, "group_cooldown": 60, "member_cooldown": 300, "priority": 10 + i,
		}))
	}
	var entries []greeting
	for _, w := range demo.Welcomes() {
		entries = append(entries, greeting{w.Scene, w.State, w.Text}) // the send itself mentions the newcomer
	}
	return append(rules, rule("welcome", "按来源欢迎", "welcome", map[string]any{"entries": entries}))
}

func rule(id, name, kind string, params map[string]any) policy.Rule {
	raw, _ := json.Marshal(params) // plain values
	return policy.Rule{ID: id, Name: name, Kind: kind, Mode: policy.RuleLive, Params: raw}
}

// moment does what a person of the team did in the console.
func (s *stage) moment(ctx context.Context, m demo.Moment) error {
	if err := s.due(ctx, m.At); err != nil {
		return err
	}
	s.clock.set(m.At)
	hands := s.app.Hands(s.org, nil)
	switch m.Kind {
	case demo.GoLive:
		g, err := s.group(ctx, m.Group)
		if err != nil {
			return err
		}
		return hands.SetMode(ctx, s.owner.ID.String(), g.Key, community.Live, m.Why)
	case demo.FalseHit:
		id, err := s.app.store.DecisionOn(ctx, s.number[m.Key])
		if community.CodeOf(err) == community.CodeNotFound {
			return nil // the rulebook did not fall for it
		}
		if err != nil {
			return err
		}
		if err := hands.Judge(ctx, s.owner.ID.String(), id, "false_hit", m.Why); err != nil {
			return err
		}
	}
	return s.settle(ctx)
}

// live sets the clock free and opens the doors.
func (s *stage) live(ctx context.Context) error {
	s.session.Detach()
	s.app.wires.release(s.account.Key)
	s.clock.release(time.Now)
	hint := fmt.Sprintf("demo / %s", s.password)
	return s.app.Serve(ctx, Doors{Demo: true, Hint: hint}, func(at Served) {
		if s.o.Ready != nil {
			s.o.Ready(at.URL, "demo", s.password)
		}
	})
}

// demoReport is what --out leaves behind.
type demoReport struct {
	Groups []demoGroupReport `json:"groups"`
	Lag    map[string]int64  `json:"lag"`
}

type demoGroupReport struct {
	Name      string           `json:"name"`
	Members   int              `json:"members"`
	Messages  int64            `json:"messages"`
	Speakers  int64            `json:"speakers"`
	Decisions map[string]int64 `json:"decisions"` // by verdict
	Equal     bool             `json:"equal"`     // the log replayed as decided equals what is stored, to the byte
	Compared  int64            `json:"compared"`
}

// report writes what the history came to, with the proof that the log replays to the same decisions.
func (s *stage) report(ctx context.Context) error {
	desk := s.app.store.For(community.Scope{Org: s.org})
	rows, _, err := desk.FindGroups(ctx, community.GroupFilter{Page: community.Page{Limit: 200}})
	if err != nil {
		return err
	}
	var rep demoReport
	for _, g := range rows {
		one, err := s.reportOn(ctx, g)
		if err != nil {
			return err
		}
		rep.Groups = append(rep.Groups, one)
	}
	if rep.Lag, err = s.app.store.Lag(ctx); err != nil {
		return err
	}
	raw, err := json.MarshalIndent(rep, "", "  ")
	if err != nil {
		return err
	}
	if err := os.MkdirAll(s.o.Out, 0o755); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(s.o.Out, "report.json"), append(raw, '\n'), 0o644)
}

func (s *stage) reportOn(ctx context.Context, g community.GroupRow) (demoGroupReport, error) {
	one := demoGroupReport{Name: g.Name, Members: g.Members, Decisions: map[string]int64{}}
	today, err := s.app.store.For(community.Scope{Org: s.org}).Today(ctx, g.Key)
	if err != nil {
		return one, err
	}
	act, err := s.app.Figures(s.org, nil).Activity(ctx, g.Key, "", today-measure.Day(s.o.Days), today)
	if err != nil {
		return one, err
	}
	one.Messages, one.Speakers = act.Messages, act.Speakers
	for d, err := range s.app.store.StoredDecisions(ctx, g.Key, policy.Name) {
		if err != nil {
			return one, err
		}
		one.Decisions[string(d.Verdict)]++
	}
	same, err := s.app.AsDecided(ctx, g.Key)
	one.Equal, one.Compared = same.Different == 0, same.Decisions
	return one, err
}
