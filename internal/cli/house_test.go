package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"qunluo/internal/community"
	"qunluo/internal/config"
	"qunluo/internal/hold"
)

// building is a house in memory, with just enough in it for what the tests ask.
type building struct {
	mu     sync.Mutex
	users  map[string]community.User
	frozen []string
	opened int
	counts map[string]int64
	hash   string // of every table
	files  []ManifestFile
}

func newBuilding() *building {
	return &building{users: map[string]community.User{}, counts: map[string]int64{"event": 3}}
}

func (b *building) houses() Houses {
	return Houses{
		Open: func(_ context.Context, cfg config.Config, held *hold.Hold, _ *slog.Logger) (*House, error) {
			if held == nil {
				var err error
				if held, err = hold.Take(cfg.DataDir); err != nil {
					return nil, err
				}
			}
			b.opened++
			h := b.house()
			h.Close = held.Close
			return h, nil
		},
		Inspect: func(_ context.Context, path string, _ func(string, int64)) (map[string]community.TableSum, error) {
			if text, err := os.ReadFile(path); err != nil || !strings.HasPrefix(string(text), "database ") {
				return nil, errors.New("not a database")
			}
			sums := map[string]community.TableSum{}
			for name, n := range b.counts {
				sums[name] = community.TableSum{Rows: n, Hash: b.hash}
			}
			return sums, nil
		},
	}
}

func (b *building) house() *House {
	return &House{
		Orgs:    func(context.Context) ([]Org, error) { return []Org{{Key: 1, Name: "群落"}}, nil },
		Desk:    func(community.OrgKey) Desk { return emptyDesk{} },
		Hands:   func(community.OrgKey) Hands { return ledgerHands{b: b} },
		People:  b,
		Keeping: b,
		Settle:  func(context.Context) error { return nil },
		Serve: func(ctx context.Context, _ Listen, ready func(Served)) error {
			ready(Served{URL: "http://127.0.0.1:1"})
			<-ctx.Done()
			return nil
		},
	}
}

type emptyDesk struct{ Desk }

func (emptyDesk) Frozen(context.Context) (bool, error)                  { return true, nil }
func (emptyDesk) Accounts(context.Context) ([]community.Account, error) { return nil, nil }

func (emptyDesk) FindGroups(context.Context, community.GroupFilter) ([]community.GroupRow, int, error) {
	panic("a fault in one verb")
}

type ledgerHands struct {
	Hands
	b *building
}

func (h ledgerHands) Freeze(_ context.Context, user string, _ community.GroupKey, on bool, reason string) error {
	h.b.mu.Lock()
	defer h.b.mu.Unlock()
	h.b.frozen = append(h.b.frozen, fmt.Sprint(user, " ", on, " ", reason))
	return nil
}

func (b *building) UserByLogin(_ context.Context, login string) (community.User, error) {
	u, ok := b.users[login]
	if !ok {
		return u, community.Errorf(community.CodeNotFound, "user %q: not found", login)
	}
	return u, nil
}

func (b *building) Users(context.Context, community.OrgKey) ([]community.User, error) {
	return slices.Collect(maps.Values(b.users)), nil
}

func (b *building) SaveUser(_ context.Context, _ string, u community.User, _ string) (community.User, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.users[u.Login] = u
	return u, nil
}

func (b *building) HashPassword(_, password string) (string, error) {
	return "hash of " + password, nil
}
func (b *building) NewSetup(context.Context) (string, int64, error) {
	return "http://x/setup/y", 1, nil
}
func (b *building) Projections() []string { return []string{"search"} }
func (b *building) Facts(context.Context) (Facts, error) {
	return Facts{Dialect: "sqlite", Version: "3", Level: 4, Wants: 4, Journal: "wal", Synchronous: "2", Integrity: "ok"}, nil
}

func (b *building) Rebuild(_ context.Context, _ []string, progress func(string, int64, int64)) ([]Rebuilt, error) {
	progress("search", 1, 2)
	progress("search", 2, 2)
	return []Rebuilt{{Name: "search", Events: 2}}, nil
}

func (b *building) Snapshot(_ context.Context, path string) error {
	return os.WriteFile(path, []byte("database "+strings.Repeat("0123456789", 2000)), 0o600)
}

func (b *building) Files(context.Context) ([]ManifestFile, error) { return b.files, nil }

func (b *building) AtOneInstant(context.Context, func(string, int64), func(string) error) (map[string]community.TableSum, error) {
	return nil, community.Errorf(community.CodeUnsupported, "a file in memory")
}

// line runs a command line against a building's data directory.
type line struct {
	building *building
	dir      string
	stdin    string
	now      time.Time
}

func (l line) run(t *testing.T, args ...string) (int, string, string) {
	t.Helper()
	var out, talk bytes.Buffer
	p := Program{Args: args, Dir: l.dir, Env: []string{"LANG=en_US.UTF-8"}, In: strings.NewReader(l.stdin), Out: &out, Err: &talk, Houses: l.building.houses(),
		Clock: func() time.Time { return l.now }}
	return p.Run(t.Context()), out.String(), talk.String()
}

// serve runs a server until the test ends and waits until it answers.
func (l line) serve(t *testing.T) {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	ready := make(chan struct{})
	ended := make(chan int, 1)
	var talk bytes.Buffer
	out := writerFunc(func(p []byte) (int, error) {
		select {
		case <-ready:
		default:
			close(ready)
		}
		return len(p), nil
	})
	p := Program{Args: []string{"serve"}, Dir: l.dir, In: strings.NewReader(""), Out: out, Err: &talk, Houses: l.building.houses()}
	go func() { ended <- p.Run(ctx) }()
	t.Cleanup(func() {
		stop()
		if code := <-ended; code != ExitDone {
			t.Errorf("the server ends with %d: %s", code, talk.String())
		}
	})
	select {
	case <-ready:
	case code := <-ended:
		ended <- code // for the one who waits at the end
		t.Fatalf("the server ended with %d: %s", code, talk.String())
	}
}

func TestVerbsDoTheSameHereAndInsideTheServer(t *testing.T) {
	cases := []struct {
		args []string
		code int
	}{
		{[]string{"freeze", "on", "--reason", "test"}, ExitDone},
		{[]string{"freeze", "--json"}, ExitDone},
		{[]string{"user", "add", "linxiao"}, ExitDone},
		{[]string{"user", "list", "--json"}, ExitDone},
		{[]string{"user", "role", "nobody", "owner"}, ExitFailed},
		{[]string{"user", "role", "nobody", "owner", "--json"}, ExitFailed},
		{[]string{"rebuild", "nothing"}, ExitUsage},
		{[]string{"rebuild"}, ExitDone},
		{[]string{"setup-url"}, ExitDone},
		{[]string{"job", "list"}, ExitFailed},
	}
	free := line{building: newBuilding(), dir: t.TempDir(), stdin: "correct horse\n"}
	held := line{building: newBuilding(), dir: t.TempDir(), stdin: "correct horse\n"}
	held.serve(t)
	for _, c := range cases {
		code, out, talk := free.run(t, c.args...)
		code2, out2, talk2 := held.run(t, c.args...)
		if code != c.code || code2 != c.code {
			t.Errorf("%v: exit %d here, %d inside the server, want %d: %s %s", c.args, code, code2, c.code, talk, talk2)
		}
		if out != out2 || talk != talk2 {
			t.Errorf("%v: here\n%s%s\ninside the server\n%s%s", c.args, out, talk, out2, talk2)
		}
	}
	if held.building.opened != 1 {
		t.Errorf("the house was opened %d times, want once, by the server", held.building.opened)
	}
	if got := held.building.users["linxiao"].Hash; got != "hash of correct horse" {
		t.Errorf("password = %q, want that of stdin", got)
	}
}

func TestServerSurvivesAFaultInOneVerb(t *testing.T) {
	l := line{building: newBuilding(), dir: t.TempDir()}
	l.serve(t)
	if code, _, talk := l.run(t, "group", "list"); code != ExitFailed || !strings.Contains(talk, "a fault in one verb") {
		t.Errorf("exit %d, %q", code, talk)
	}
	if code, _, talk := l.run(t, "freeze"); code != ExitDone {
		t.Errorf("the next verb: exit %d, %q", code, talk)
	}
}

func TestOnlyTheOwnerMayUseTheSocket(t *testing.T) {
	l := line{building: newBuilding(), dir: t.TempDir()}
	l.serve(t)
	info, err := os.Stat(socketPath(filepath.Join(l.dir, "data")))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("socket %v, %v; want 0600", info, err)
	}
}

func TestWhatCannotRunBesideAServerRefusesAndSaysWhy(t *testing.T) {
	l := line{building: newBuilding(), dir: t.TempDir()}
	if code, _, talk := l.run(t, "backup", "create", "--to", "b"); code != ExitDone {
		t.Fatal(talk)
	}
	backups, err := backupsIn(filepath.Join(l.dir, "b"))
	if err != nil || len(backups) != 1 {
		t.Fatalf("backups = %v, %v", backups, err)
	}
	l.serve(t)
	for _, args := range [][]string{{"migrate", "up"}, {"restore", backups[0].Path, "--yes"}, {"serve"}} {
		code, _, talk := l.run(t, args...)
		if code != ExitFailed || !strings.Contains(talk, "process "+fmt.Sprint(os.Getpid())) {
			t.Errorf("%v: exit %d, %q; want a refusal that names the process", args, code, talk)
		}
	}
}

func TestDataDirectoryIsFreeAgainAfterEachVerb(t *testing.T) {
	l := line{building: newBuilding(), dir: t.TempDir()}
	for range 3 {
		if code, _, talk := l.run(t, "freeze"); code != ExitDone {
			t.Fatal(talk)
		}
	}
	held, err := hold.Take(filepath.Join(l.dir, "data"))
	if err != nil {
		t.Fatal(err)
	}
	if err := held.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestHolderThatDoesNotAnswerIsNamed(t *testing.T) {
	l := line{building: newBuilding(), dir: t.TempDir()}
	held, err := hold.Take(filepath.Join(l.dir, "data"))
	if err != nil {
		t.Fatal(err)
	}
	defer held.Close()
	code, _, talk := l.run(t, "freeze")
	if code != ExitFailed || !strings.Contains(talk, "does not answer") {
		t.Errorf("exit %d, %q", code, talk)
	}
}

func TestDangerousVerbsAskBeforeTheyTouchAnything(t *testing.T) {
	l := line{building: newBuilding(), dir: t.TempDir(), stdin: "y\n"}
	code, _, talk := l.run(t, "import", "undo", "00000000000000000000zz")
	if code != ExitUsage || !strings.Contains(talk, "--yes") || l.building.opened != 0 {
		t.Errorf("exit %d, %q, house opened %d times", code, talk, l.building.opened)
	}
}

func TestFailureInJSONIsAnObject(t *testing.T) {
	l := line{building: newBuilding(), dir: t.TempDir()}
	_, out, talk := l.run(t, "--json", "user", "role", "nobody", "owner")
	want := `{"error":{"code":"not_found","message":"user \"nobody\": not found"}}` + "\n"
	if out != "" || talk != want {
		t.Errorf("stdout %q, stderr %q, want %q", out, talk, want)
	}
}
