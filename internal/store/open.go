package store

import (
	"context"
	"crypto/rand"
	"database/sql"
	"embed"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pressly/goose/v3"

	"qunluo/internal/community"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Options say how to open the store.
type Options struct {
	URL     string // database.url: "" = sqlite in DataDir
	DataDir string
	Readers int // size of the reading pool; 0 = 4
	Clock   func() time.Time
	// Before is asked before each statement on the log; its error is what the statement gives. For fault tests; nil = none.
	Before func(statement string) error
	// Unsynced does not force commits to disk: a power cut loses the last ones. For fault tests that must find a loss; no
	// setting leads here.
	Unsynced bool
}

// Store is the open database. It is safe for concurrent use; writes to the log go through one session on SQLite.
type Store struct {
	dialect dialect
	target  target
	write   *sql.DB // the log and everything decided
	views   *sql.DB // projections
	read    *sql.DB
	clock   func() time.Time
	before  func(statement string) error
	lane    community.OrgKey // whose jobs are asked for here; 0 = everybody's
	*common
}

// common is what a store has in common with those that see its database at another time.
type common struct {
	chance chance

	mu  sync.Mutex // guards log, the one writer of a SQLite database; on PostgreSQL whose turn writeTx is within this process
	log *session

	followed  atomic.Int64 // lists of others that are followed, of all organisations
	projector projector
	alikes    alikes
}

// Aside is the same database by another clock: what is written through it bears that time, and its jobs are in the lane of an
// organisation, where nobody runs them but who asks for them there. It must not be closed, and leaves projections to the store itself.
func (s *Store) Aside(clock func() time.Time, lane community.OrgKey) *Store {
	other := *s
	other.clock, other.lane = clock, lane
	return &other
}

// Open opens the store, migrates it to this program's level and checks its settings. A locked or full database gives
// community.CodeBusy, a bad URL community.CodeBadInput.
func Open(ctx context.Context, o Options) (*Store, error) {
	t, err := parseURL(o.URL, o.DataDir)
	if err != nil {
		return nil, err
	}
	if o.Clock == nil {
		o.Clock = time.Now
	}
	if o.Readers == 0 {
		o.Readers = 4
	}
	t.unsynced = o.Unsynced
	s := &Store{dialect: t.dialect, target: t, clock: o.Clock, before: o.Before, common: &common{}}
	if err := s.open(ctx, o); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	if err := s.CountFollowed(ctx); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

func (s *Store) open(ctx context.Context, o Options) error {
	writers := 1
	if s.dialect.name() == "postgres" {
		writers = 12
	} else if err := os.MkdirAll(filepath.Dir(s.target.dsn), 0o700); err != nil {
		return err
	}
	var err error
	if s.write, err = s.target.pool(writer, writers); err != nil {
		return err
	}
	if err := refuseHalf(ctx, s.dialect, s.write); err != nil {
		return err
	}
	if err := migrateUp(ctx, s.dialect, s.write); err != nil {
		return err
	}
	if s.views, err = s.target.pool(viewer, 1); err != nil {
		return err
	}
	if err := s.ensureViews(ctx); err != nil {
		return err
	}
	s.read, err = s.target.pool(reader, o.Readers)
	return err
}

// migrateUp brings the schema to this program's level.
func migrateUp(ctx context.Context, d dialect, db *sql.DB) error {
	p, err := migrating(d, db)
	if err != nil {
		return fmt.Errorf("migrations: %w", err)
	}
	if _, err := p.Up(ctx); err != nil {
		return fmt.Errorf("migrate: %w", coded(d, err))
	}
	return nil
}

// migrating is the migrations of a database.
func migrating(d dialect, db *sql.DB) (*goose.Provider, error) {
	files, err := migrationsFor(d.name())
	if err != nil {
		return nil, err
	}
	dialect := goose.DialectSQLite3
	if d.name() == "postgres" {
		dialect = goose.DialectPostgres
	}
	return goose.NewProvider(dialect, db, files, goose.WithDisableGlobalRegistry(true))
}

// migrationsFor picks a database's migrations: NNNN_name.sql for both, NNNN_name.<dialect>.sql for one.
func migrationsFor(dialect string) (fs.FS, error) {
	entries, err := migrations.ReadDir("migrations")
	if err != nil {
		return nil, err
	}
	picked := memFS{}
	for _, e := range entries {
		base := strings.TrimSuffix(e.Name(), ".sql")
		if ext := path.Ext(base); ext != "" && ext != "."+dialect {
			continue
		}
		text, err := migrations.ReadFile("migrations/" + e.Name())
		if err != nil {
			return nil, err
		}
		picked[strings.TrimSuffix(base, "."+dialect)+".sql"] = text
	}
	return picked.fs(), nil
}

// Close gives everything back. It is safe to call twice.
func (s *Store) Close() error {
	var errs []error
	s.projector.close()
	s.mu.Lock()
	if s.log != nil {
		errs = append(errs, s.log.close())
		s.log = nil
	}
	s.mu.Unlock()
	for _, db := range []*sql.DB{s.read, s.views, s.write} {
		if db != nil {
			errs = append(errs, db.Close())
		}
	}
	return errors.Join(errs...)
}

// Dialect names the database: "sqlite" or "postgres".
func (s *Store) Dialect() string { return s.dialect.name() }

// NewID makes an id from the store's clock and the system's randomness. Ids of one millisecond ascend, too: what is listed by time and
// id stands in the order in which it came.
func (s *Store) NewID() community.ID { return s.IDAt(s.now()) }

// IDAt is NewID for who has read the clock already.
func (s *Store) IDAt(at int64) community.ID { return community.MakeID(at, s.chance.at(at)) }

// chance hands out the system's randomness, read a page at a time.
type chance struct {
	mu   sync.Mutex
	page [4000]byte
	left int
	ms   int64    // of the last id
	last [10]byte // and its chance
}

// at is the chance of an id: within a millisecond the last one's and a random step more (RFC 9562 §6.2, method 2). It begins in the lower half
// of its 62 bits, so that two million steps of up to 2^40 fit.
func (c *chance) at(ms int64) (ten [10]byte) {
	c.mu.Lock()
	defer c.mu.Unlock()
	ten = c.take()
	if ms < c.ms { // the clock went back, or was read before another's
		return ten
	}
	next := binary.BigEndian.Uint64(c.last[2:]) + 1 + binary.BigEndian.Uint64(ten[2:])&(1<<40-1)
	ten[2] &= 0x1f // of 64 bits the two highest name the variant
	if ms == c.ms && next>>62 == 0 {
		ten = c.last
		binary.BigEndian.PutUint64(ten[2:], next)
	}
	c.ms, c.last = ms, ten
	return ten
}

func (c *chance) take() (ten [10]byte) {
	if c.left == 0 {
		_, _ = rand.Read(c.page[:]) // crypto/rand never fails (Go 1.24)
		c.left = len(c.page)
	}
	c.left -= len(ten)
	copy(ten[:], c.page[c.left:])
	return ten
}

func (s *Store) now() int64 { return s.clock().UnixMilli() }
