package policy

import (
	"crypto/sha256"
	"encoding/json"
	"sync"

	"qunluo/internal/community"
	"qunluo/internal/lexicon"
)

// Library makes each book ready once, however many groups use it: books with the same bytes share a Rulebook, books
// with the same phrases share their matcher. It may be used by many goroutines.
type Library struct {
	mu       sync.Mutex
	books    map[[sha256.Size]byte]*Rulebook
	matchers map[[sha256.Size]byte]*lexicon.Matcher
	standard *Rulebook
}

// Bounds of a Library. When one is reached, that part is emptied: what is in use lives on, and is made ready once more
// when it is asked for.
const (
	maxBooks    = 2048
	maxMatchers = 256
)

// NewLibrary makes an empty Library.
func NewLibrary() *Library {
	l := &Library{books: map[[sha256.Size]byte]*Rulebook{}, matchers: map[[sha256.Size]byte]*lexicon.Matcher{}}
	raw, err := json.Marshal(mustDefault(PresetGeneral))
	if err == nil {
		l.standard, err = l.Parse(raw)
	}
	if err != nil {
		panic(err) // our own book: a test parses it
	}
	return l
}

// Default is the book of a group that never published one: the general preset, observing.
func (l *Library) Default() *Rulebook { return l.standard }

// Parse is [Parse], remembered.
func (l *Library) Parse(raw []byte) (*Rulebook, error) {
	key := sha256.Sum256(raw)
	l.mu.Lock()
	rb := l.books[key]
	l.mu.Unlock()
	if rb != nil {
		return rb, nil
	}
	rb, err := parse(raw, l.compile)
	if err != nil {
		return nil, err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.books) >= maxBooks {
		clear(l.books)
	}
	l.books[key] = rb
	return rb, nil
}

func (l *Library) compile(phrases []string) (*lexicon.Matcher, error) {
	h := sha256.New()
	for _, p := range phrases {
		h.Write([]byte(p))
		h.Write([]byte{'\n'}) // no phrase holds a line end
	}
	key := [sha256.Size]byte(h.Sum(nil))
	l.mu.Lock()
	m := l.matchers[key]
	l.mu.Unlock()
	if m != nil {
		return m, nil
	}
	m, err := lexicon.Compile(phrases)
	if err != nil {
		return nil, err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.matchers) >= maxMatchers {
		clear(l.matchers)
	}
	l.matchers[key] = m
	return m, nil
}

// Decider is policy's row in the belt's table of deciders.
type Decider struct{ lib *Library }

// NewDecider makes the row; all its Keepers share lib.
func NewDecider(lib *Library) *Decider { return &Decider{lib} }

// Name is what stands in Decision.Decider.
func (*Decider) Name() string { return Name }

// Version is the snapshots' version.
func (*Decider) Version() int { return Version }

// New makes the Keeper of a group about which nothing is known: the default book, observing.
func (d *Decider) New(group community.GroupKey) *Keeper { return newKeeper(d.lib, group) }

// Restore makes a Keeper from a snapshot. community.CodeUnsupported: the snapshot is of another version or group, fold
// the events again.
func (d *Decider) Restore(group community.GroupKey, snapshot []byte) (*Keeper, error) {
	return restore(d.lib, group, snapshot)
}

func newKeeper(lib *Library, group community.GroupKey) *Keeper {
	return &Keeper{lib: lib, rb: lib.Default(), state: NewState(group)}
}
