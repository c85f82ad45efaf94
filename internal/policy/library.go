package policy

import (
	"crypto/sha256"
	"encoding/json"
	"strings"
	"sync"

	"qunluo/internal/community"
	"qunluo/internal/lexicon"
)

// Library makes each book ready once, however many groups use it: books with the same bytes share a Rulebook, books
// with the same phrases share their matcher, and so do books that name the same word lists. It may be used by many
// goroutines.
type Library struct {
	assets   Assets
	mu       sync.Mutex
	books    map[[sha256.Size]byte]*Rulebook
	matchers map[[sha256.Size]byte]*lexicon.Matcher
	contents map[string]any     // content made ready, by kind and hash
	lists    map[string]*listed // by the hashes of its lists
	standard *Rulebook
}

// Bounds of a Library. When one is reached, that part is emptied: what is in use lives on, and is made ready once more
// when it is asked for.
const (
	maxBooks    = 2048
	maxMatchers = 256
	maxContents = 64
	maxLists    = 16
)

// NewLibrary makes an empty Library that finds the content which books name by hash in assets; nil = there is none.
func NewLibrary(assets Assets) *Library {
	l := &Library{assets: assets, books: map[[sha256.Size]byte]*Rulebook{}, matchers: map[[sha256.Size]byte]*lexicon.Matcher{},
		contents: map[string]any{}, lists: map[string]*listed{}}
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
	rb, err := parse(raw, tools{compile: l.compile, listed: l.compileLists, content: l.content})
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

func (l *Library) compile(phrases []lexicon.Phrase) (*lexicon.Matcher, error) {
	h := sha256.New()
	for _, p := range phrases {
		h.Write([]byte(p.Text))
		h.Write([]byte{'\n', byte(p.Views >> 8), byte(p.Views)}) // no phrase holds a line end
	}
	key := [sha256.Size]byte(h.Sum(nil))
	l.mu.Lock()
	m := l.matchers[key]
	l.mu.Unlock()
	if m != nil {
		return m, nil
	}
	m, err := lexicon.CompileViews(phrases)
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

// content is content made ready.
func (l *Library) content(hash, kind string, read reader) (any, error) {
	key := kind + " " + hash
	l.mu.Lock()
	made, ok := l.contents[key]
	l.mu.Unlock()
	if ok {
		return made, nil
	}
	if l.assets == nil {
		return nil, community.Errorf(community.CodeNotFound, "asset %s: not found", hash)
	}
	raw, err := l.assets(hash)
	if err != nil {
		return nil, err
	}
	if HashOf(raw) != hash {
		return nil, community.Errorf(community.CodeBadInput, "asset %s: its content is another", hash)
	}
	if made, err = read(raw); err != nil {
		return nil, err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.contents) >= maxContents {
		clear(l.contents)
	}
	l.contents[key] = made
	return made, nil
}

// compileLists makes the matcher of some lists beside those in use: nobody waits for it but who asked.
func (l *Library) compileLists(hashes []string, lists [][]lexicon.Word) (*listed, error) {
	key := strings.Join(hashes, " ")
	l.mu.Lock()
	made := l.lists[key]
	l.mu.Unlock()
	if made != nil {
		return made, nil
	}
	made, err := compileLists(hashes, lists)
	if err != nil {
		return nil, err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.lists) >= maxLists {
		clear(l.lists)
	}
	l.lists[key] = made
	return made, nil
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
