package storetest

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver "pgx"

	"qunluo/internal/store"
)

// SQLite opens a new store in a folder of the test; it is closed when the test ends. A column that then holds a value of
// another storage class than it was declared for fails the test.
func SQLite(t testing.TB) *store.Store {
	t.Helper()
	dir := DataDir(t)
	s := open(t, store.Options{DataDir: dir})
	t.Cleanup(func() { noForeignClass(t, dir) })
	return s
}

// DataDir is a folder of the test that holds a new SQLite database, migrated once for the whole test binary and copied: a hundred
// migrations take longer than most tests.
func DataDir(t testing.TB) string {
	t.Helper()
	dir := t.TempDir()
	content, err := migrated()
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, "qunluo.db"), content, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

var migrated = sync.OnceValues(func() (content []byte, err error) {
	dir, err := os.MkdirTemp("", "ql-sqlite-")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	s, err := store.Open(context.Background(), store.Options{DataDir: dir})
	if err != nil {
		return nil, err
	}
	if err := s.Close(); err != nil {
		return nil, err
	}
	return os.ReadFile(filepath.Join(dir, "qunluo.db"))
})

// Postgres opens a store in a new database of a PostgreSQL started for this test binary; store and database go when the
// test ends. It skips with the reason where no PostgreSQL is installed, and fails instead when QL_REQUIRE lists "pg".
func Postgres(t testing.TB) *store.Store {
	t.Helper()
	return open(t, store.Options{URL: PostgresURL(t), DataDir: t.TempDir()})
}

// Both runs a test on each database; open gives a new, migrated store each time it is called.
func Both(t *testing.T, run func(t *testing.T, open func(testing.TB) *store.Store)) {
	t.Run("sqlite", func(t *testing.T) { run(t, SQLite) })
	t.Run("postgres", func(t *testing.T) { run(t, Postgres) })
}

// PostgresURL gives the URL of a new, migrated database; it is dropped when the test ends. It skips like [Postgres].
func PostgresURL(t testing.TB) string { return database(t, template) }

// EmptyPostgresURL is PostgresURL without any table.
func EmptyPostgresURL(t testing.TB) string { return database(t, "template0") }

func database(t testing.TB, like string) string {
	t.Helper()
	c, err := started()
	if errors.Is(err, errNoPostgres) && !Required("pg") {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	name, err := c.create(like)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.admin("DROP DATABASE " + name + " WITH (FORCE)"); err != nil {
			t.Error(err)
		}
	})
	return c.url(name)
}

func open(t testing.TB, o store.Options) *store.Store {
	t.Helper()
	s, err := store.Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// Required reports whether QL_REQUIRE lists a means that tests may otherwise do without.
func Required(means string) bool {
	return slices.Contains(strings.Split(os.Getenv("QL_REQUIRE"), ","), means)
}

var errNoPostgres = errors.New("no PostgreSQL here: initdb is neither in PATH nor in /usr/lib/postgresql/*/bin")

// started starts the cluster at the first call. Every test of the binary shares it.
var started = sync.OnceValues(startCluster)

// cluster is a PostgreSQL of our own on a Unix socket, without durability. It ends with the process that started it.
type cluster struct {
	dir   string
	stop  io.Closer // the pipe that keeps it alive
	mu    sync.Mutex
	count int
}

const template = "ql_template"

func startCluster() (*cluster, error) {
	bin, err := postgresBin()
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp(InMemory(), "ql-pg-")
	if err != nil {
		return nil, err
	}
	attr, err := unprivileged(dir)
	if err != nil {
		return nil, err
	}
	c := &cluster{dir: dir}
	if err := c.start(bin, attr); err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	return c, c.makeTemplate()
}

// room is how much must be free in memory for what tests write there, in bytes.
const room = 4 << 30

// InMemory gives a folder in memory where there is one with room, else the system's folder for temporary files. To make and
// remove the few hundred files of a database there costs a tenth of what it costs on a disk.
func InMemory() string {
	const shared = "/dev/shm"
	var s syscall.Statfs_t
	if err := syscall.Statfs(shared, &s); err != nil || s.Bavail*uint64(s.Bsize) < room || syscall.Access(shared, 2) != nil {
		return os.TempDir()
	}
	return shared
}

// postgresBin finds the folder of the newest server programs.
func postgresBin() (string, error) {
	if p, err := exec.LookPath("initdb"); err == nil {
		return filepath.Dir(p), nil
	}
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	if len(found) == 0 {
		return "", errNoPostgres
	}
	slices.SortFunc(found, func(a, b string) int { return major(b) - major(a) })
	return filepath.Dir(found[0]), nil
}

func major(initdb string) int {
	n, _ := strconv.Atoi(filepath.Base(filepath.Dir(filepath.Dir(initdb))))
	return n
}

// unprivileged gives the folder to a user that is not root: PostgreSQL refuses to run as root.
func unprivileged(dir string) (*syscall.SysProcAttr, error) {
	attr := &syscall.SysProcAttr{Setpgid: true}
	if os.Geteuid() != 0 {
		return attr, nil
	}
	u, err := user.Lookup("postgres")
	if err != nil {
		if u, err = user.Lookup("nobody"); err != nil {
			return nil, err
		}
	}
	uid, err := strconv.Atoi(u.Uid)
	if err != nil {
		return nil, err
	}
	gid, err := strconv.Atoi(u.Gid)
	if err != nil {
		return nil, err
	}
	attr.Credential = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
	return attr, os.Chown(dir, uid, gid)
}

// keeper runs the server until its standard input ends, however this process ends, then takes everything away.
const keeper = `"$1/postgres" -D "$2/data" -k "$2" -c listen_addresses= -c fsync=off -c full_page_writes=off ` +
	`-c synchronous_commit=off -c max_connections=200 -c shared_buffers=64MB -c max_wal_size=1GB </dev/null & ` +
	`pid=$!; cat >/dev/null; kill -QUIT $pid; wait $pid; rm -rf "$2"`

func (c *cluster) start(bin string, attr *syscall.SysProcAttr) error {
	initdb := exec.Command(filepath.Join(bin, "initdb"), "-D", filepath.Join(c.dir, "data"),
		"-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync")
	initdb.SysProcAttr, initdb.Dir = attr, c.dir
	if out, err := initdb.CombinedOutput(); err != nil {
		return fmt.Errorf("initdb: %w: %s", err, bytes.TrimSpace(out))
	}
	log, err := os.Create(filepath.Join(c.dir, "log"))
	if err != nil {
		return err
	}
	defer log.Close()
	server := exec.Command("/bin/sh", "-c", keeper, "sh", bin, c.dir)
	server.SysProcAttr, server.Dir, server.Stdout, server.Stderr = attr, c.dir, log, log
	if c.stop, err = server.StdinPipe(); err != nil {
		return err
	}
	if err := server.Start(); err != nil {
		return err
	}
	return c.await()
}

// await tries until the server answers, at most 30 s.
func (c *cluster) await() error {
	deadline := time.Now().Add(30 * time.Second)
	for {
		err := c.admin("SELECT 1")
		if err == nil {
			return nil
		}
		if time.Now().After(deadline) {
			log, _ := os.ReadFile(filepath.Join(c.dir, "log"))
			return fmt.Errorf("postgres: %w: %s", err, bytes.TrimSpace(log))
		}
		time.Sleep(20 * time.Millisecond) // another process: nothing to wait on
	}
}

// makeTemplate migrates one database, from which the tests' databases are copied.
func (c *cluster) makeTemplate() error {
	if err := c.admin("CREATE DATABASE " + template); err != nil {
		return err
	}
	s, err := store.Open(context.Background(), store.Options{URL: c.url(template)})
	if err != nil {
		return fmt.Errorf("template: %w", err)
	}
	return s.Close()
}

func (c *cluster) create(like string) (string, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.count++
	name := fmt.Sprintf("ql_test_%d", c.count)
	return name, c.admin("CREATE DATABASE " + name + " TEMPLATE " + like)
}

func (c *cluster) admin(statement string) error {
	db, err := sql.Open("pgx", c.url("postgres"))
	if err != nil {
		return err
	}
	_, err = db.Exec(statement)
	return errors.Join(err, db.Close())
}

func (c *cluster) url(name string) string {
	return "postgres://postgres@/" + name + "?host=" + c.dir + "&port=5432"
}
