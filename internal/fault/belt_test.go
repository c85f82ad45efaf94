package fault

import (
	"bufio"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"qunluo/internal/community"
	"qunluo/internal/connect"
	"qunluo/internal/engine"
	"qunluo/internal/intake"
	"qunluo/internal/jobs"
	"qunluo/internal/policy"
	"qunluo/internal/store"
)

// decider is policy's row in the belt's table.
type decider struct{ *policy.Decider }

func (d decider) New(g community.GroupKey) engine.Fold { return d.Decider.New(g) }

func (d decider) Restore(g community.GroupKey, snapshot []byte) (engine.Fold, error) {
	k, err := d.Decider.Restore(g, snapshot)
	if err != nil {
		return nil, err
	}
	return k, nil
}

// platform is a chat platform of which nothing but its memory of what was done to it survives a kill: a line for each
// effect, in a file. Some calls work and still give no answer in time, the first time.
type platform struct {
	file  *os.File
	path  string
	tried sync.Map
}

func openPlatform(dir string) (*platform, error) {
	path := filepath.Join(dir, "platform")
	f, err := os.OpenFile(path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	return &platform{file: f, path: path}, err
}

func (p *platform) Run(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }

func (p *platform) Abilities(string) connect.Abilities {
	a := connect.Abilities{Verbs: map[community.Verb]community.Ability{}}
	for _, v := range community.Verbs {
		a.Verbs[v] = community.Ability{Level: community.Native}
	}
	return a
}

func (p *platform) Do(_ context.Context, a community.Action) (connect.Receipt, error) {
	if _, err := fmt.Fprintf(p.file, "%s %s %s %s\n", a.ID, a.Verb, a.To.Group, a.To.Member); err != nil {
		return connect.Receipt{}, err
	}
	if _, again := p.tried.LoadOrStore(a.ID, true); !again && a.ID[15]%7 == 0 {
		return connect.Receipt{}, community.Errorf(community.CodeTimeout, "no answer")
	}
	return connect.Receipt{State: community.Acked, Message: "sent-" + a.ID.String()}, nil
}

// Members lists everybody who ever could be there, without those who were removed.
func (p *platform) Members(_ context.Context, group string) ([]community.Who, error) {
	effects, err := readEffects(p.path)
	if err != nil {
		return nil, err
	}
	gone := map[string]bool{}
	for _, e := range effects {
		if e.verb == community.Remove && e.group == group {
			gone[e.member] = true
		}
	}
	var list []community.Who
	for m := range membersEach {
		if who := fmt.Sprint("m", m); !gone[who] {
			list = append(list, community.Who{ID: who})
		}
	}
	return list, nil
}

type effect struct {
	id     string
	verb   community.Verb
	group  string
	member string
}

func readEffects(path string) ([]effect, error) {
	f, err := os.Open(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	var list []effect
	for s := bufio.NewScanner(f); s.Scan(); {
		parts := strings.Split(s.Text(), " ")
		if len(parts) != 4 {
			return nil, fmt.Errorf("torn line %q", s.Text())
		}
		list = append(list, effect{parts[0], community.Verb(parts[1]), parts[2], parts[3]})
	}
	return list, nil
}

// house is the real belt over a database: intake, engine, jobs, and a platform.
type house struct {
	store    *store.Store
	engine   *engine.Engine
	intake   *intake.Intake
	jobs     *jobs.Runner
	account  community.AccountKey
	platform *platform
}

func open(ctx context.Context, url, dir, owner string, clock func() time.Time) (*house, error) {
	return openWith(ctx, store.Options{URL: url, DataDir: dir, Clock: clock}, owner)
}

func openWith(ctx context.Context, o store.Options, owner string) (*house, error) {
	return openApart(ctx, o, owner, o.DataDir)
}

// openApart is openWith with the platform's memory in a folder of its own.
func openApart(ctx context.Context, o store.Options, owner, platform string) (*house, error) {
	st, err := store.Open(ctx, o)
	if err != nil {
		return nil, err
	}
	h, clock := &house{store: st}, o.Clock
	if h.platform, err = openPlatform(platform); err != nil {
		return nil, errors.Join(err, st.Close())
	}
	if err := h.findAccount(ctx); err != nil {
		return nil, errors.Join(err, st.Close())
	}
	h.engine = engine.New(engine.Options{
		Store: st, Clock: clock, Deciders: []engine.Decider{decider{policy.NewDecider(policy.NewLibrary(nil))}},
		Sessions:  func(community.AccountKey) connect.Session { return h.platform },
		Committed: func(engine.Commit) { h.jobs.Wake() },
	})
	h.intake = intake.New(h.engine, clock)
	h.jobs = jobs.New(jobs.Options{Store: st, Clock: clock, Owner: owner, Workers: 4, Handlers: map[string]jobs.Handler{
		store.JobAction: func(ctx context.Context, j store.Job) error {
			id, err := community.ParseID(j.Key)
			if err != nil {
				return err
			}
			return h.engine.CarryOut(ctx, id, j.Attempts)
		},
		store.JobAlarm: func(context.Context, store.Job) error { return nil }, // there is nobody to be woken
		store.JobWake: func(ctx context.Context, j store.Job) error {
			var w store.WakePayload
			if err := json.Unmarshal(j.Payload, &w); err != nil {
				return err
			}
			return h.engine.Wake(ctx, w)
		},
	}})
	return h, nil
}

// findAccount takes the one account there is, or makes it.
func (h *house) findAccount(ctx context.Context) error {
	list, err := h.store.AllAccounts(ctx)
	if err != nil {
		return err
	}
	if len(list) > 0 {
		h.account = list[0].Key
		return nil
	}
	org, err := h.store.Org(ctx, "测试", false)
	if err != nil {
		return err
	}
	a, err := h.store.SaveAccount(ctx, community.Account{Org: org, Platform: "qq", Connector: "fault", Name: "小助手", Settings: []byte("{}"), Enabled: true}, community.Audit{})
	h.account = a.Key
	return err
}

func (h *house) close() error {
	return errors.Join(h.engine.Close(), h.store.Close(), h.platform.file.Close())
}

// The little world of these tests.
const (
	groupsAll   = 5
	membersEach = 12
	firstTime   = 1_763_827_200_000
)

// message is the nth message of the platform: the same n gives the same message, whoever delivers it. It happens when it
// arrives, so that what is decided about it is still in time to be done.
func message(n int) community.Inbound {
	var mix [8]byte
	binary.BigEndian.PutUint64(mix[:], uint64(n)*0x9e3779b97f4a7c15)
	who := fmt.Sprint("m", int(mix[1])%membersEach)
	text := fmt.Sprintf("第 %d 句话", n)
	switch {
	case mix[2] < 12:
		text = "加我微信领红包，代开发票"
	case mix[2] < 24:
		text = "群规"
	}
	return community.Inbound{
		Type: community.MessageCreated, Key: fmt.Sprint(n),
		Group: community.Ref{ID: fmt.Sprint("g", int(mix[0])%groupsAll)},
		Actor: community.Who{ID: who, Name: who, Role: community.RoleMember},
		Body:  community.Body{Text: text, Message: fmt.Sprint(n)},
	}
}

// publish puts a live book in force in every group, once.
func (h *house) publish(ctx context.Context) error {
	book, err := policy.Default(policy.PresetCommercial)
	if err != nil {
		return err
	}
	book.Version, book.Mode, book.RemovalsMax = 1, community.Live, 1000
	raw, err := json.Marshal(book)
	if err != nil {
		return err
	}
	for g := range groupsAll {
		_, err := h.engine.Apply(ctx, community.Inbound{
			Account: h.account, Type: community.RulebookPublished, Key: "book-1", OccurredAt: firstTime,
			Group: community.Ref{ID: fmt.Sprint("g", g)}, Body: community.Body{Data: raw},
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func check(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
