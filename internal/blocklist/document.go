// Package blocklist keeps lists of accounts that installations share: what a list says, how it is signed and read, and what it
// does to somebody who comes. A list names no people: it holds account ids, by default hashed with a salt of its own, each with
// a class of reason, how often it was seen and when it expires. It decides purely; fetching and keeping lists is not known here.
package blocklist

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"slices"

	"qunluo/internal/community"
)

// Format is what a document says it is.
const Format = "qunluo-blocklist/1"

// Bounds of a list.
const (
	MaxEntries = 50_000
	MaxBytes   = 16 << 20
	maxDays    = 730            // how long an entry may stand
	maxSkew    = 10 * 60 * 1000 // ms by which a publisher's clock may be ahead
	dayMillis  = 24 * 3600 * 1000
)

// Classes of reasons.
var Classes = []string{"ads", "fraud", "porn", "gambling", "harassment", "impersonation", "raid", "other"}

// Entry is one account. ID is "platform:id", or its hash.
type Entry struct {
	ID       string `json:"id"`
	Class    string `json:"class"`
	Evidence int    `json:"evidence"` // how many decisions it rests on
	Added    int64  `json:"added"`    // UTC ms
	Expires  int64  `json:"expires"`
}

// Document is a version of a list.
type Document struct {
	Format  string  `json:"format"`
	List    string  `json:"list"`
	Name    string  `json:"name"`
	Version int64   `json:"version"`
	Made    int64   `json:"made"` // UTC ms
	Salt    string  `json:"salt"`
	Hashed  bool    `json:"hashed"`
	Entries []Entry `json:"entries"`
}

// signed is a document as it is handed out: its bytes, who signed them and how.
type signed struct {
	Document  []byte `json:"document"`
	Key       string `json:"key"`
	Signature []byte `json:"signature"`
}

// Name is an account in a list: its platform and its id there, plain or hashed with the list's salt.
func Name(platform community.Platform, external, salt string, hashed bool) string {
	plain := string(platform) + ":" + external
	if !hashed {
		return plain
	}
	sum := sha256.Sum256([]byte(salt + "\x00" + plain))
	return hex.EncodeToString(sum[:])
}

// KeyText is a public key as people pass it on.
func KeyText(key ed25519.PublicKey) string { return base64.RawURLEncoding.EncodeToString(key) }

// ParseKey reads one; community.CodeBadInput.
func ParseKey(text string) (ed25519.PublicKey, error) {
	raw, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil || len(raw) != ed25519.PublicKeySize {
		return nil, community.Errorf(community.CodeBadInput, "key: want 43 characters")
	}
	return raw, nil
}

// Sign gives a document as it is handed out. Entries that have expired are left out; they stand in order, so that equal lists
// are equal bytes.
func Sign(d Document, key ed25519.PrivateKey) ([]byte, error) {
	d.Format = Format
	d.Entries = slices.DeleteFunc(slices.Clone(d.Entries), func(e Entry) bool { return e.Expires <= d.Made })
	slices.SortFunc(d.Entries, func(a, b Entry) int {
		if a.ID < b.ID {
			return -1
		}
		return 1
	})
	raw, err := json.Marshal(d)
	if err != nil {
		return nil, err
	}
	return json.Marshal(signed{raw, KeyText(key.Public().(ed25519.PublicKey)), ed25519.Sign(key, raw)})
}

// Known is what a subscriber knows of a list.
type Known struct {
	Key     string // pinned
	List    string // "" = not yet
	Version int64
	Digest  string // of the version it has
}

// NewKey is the error of a list that is signed with another key than the pinned one: a person must say whether that is right.
type NewKey struct{ Key string }

// Error says it.
func (e *NewKey) Error() string { return "the list is signed with another key" }

// As gives the code to community.CodeOf.
func (e *NewKey) As(target any) bool {
	c, ok := target.(**community.Error)
	if ok {
		*c = &community.Error{Code: community.CodeConflict, Msg: e.Error()}
	}
	return ok
}

// Open reads what was handed out. community.CodeTooLarge: more than may be; CodeBadInput: not such a document, or half of one;
// CodeForbidden: not signed as it says; *NewKey: signed with another key than the pinned one; CodeLate: an older version than is
// known, or another with the same number; CodeClock: made in the future.
func Open(raw []byte, k Known, now int64) (Document, string, error) {
	var d Document
	if len(raw) > MaxBytes {
		return d, "", community.Errorf(community.CodeTooLarge, "%d bytes, at most %d", len(raw), MaxBytes)
	}
	var s signed
	if err := json.Unmarshal(raw, &s); err != nil || len(s.Document) == 0 {
		return d, "", community.Errorf(community.CodeBadInput, "not a list, or only half of one")
	}
	key, err := ParseKey(s.Key)
	if err != nil || !ed25519.Verify(key, s.Document, s.Signature) {
		return d, "", community.Errorf(community.CodeForbidden, "the signature is wrong")
	}
	if s.Key != k.Key {
		return d, "", &NewKey{s.Key}
	}
	if err := json.Unmarshal(s.Document, &d); err != nil || d.Format != Format || d.List == "" || d.Version < 1 {
		return d, "", community.Errorf(community.CodeBadInput, "not a list of this kind")
	}
	sum := sha256.Sum256(s.Document)
	digest := hex.EncodeToString(sum[:])
	return d, digest, d.check(k, digest, now)
}

func (d Document) check(k Known, digest string, now int64) error {
	switch {
	case len(d.Entries) > MaxEntries:
		return community.Errorf(community.CodeTooLarge, "%d entries, at most %d", len(d.Entries), MaxEntries)
	case d.Made > now+maxSkew:
		return community.Errorf(community.CodeClock, "it was made in the future: one of the two clocks is wrong")
	case k.List != "" && d.List != k.List:
		return community.Errorf(community.CodeBadInput, "it is another list")
	case d.Version < k.Version:
		return community.Errorf(community.CodeLate, "version %d is older than %d, which is known", d.Version, k.Version)
	case d.Version == k.Version && k.Digest != "" && digest != k.Digest:
		return community.Errorf(community.CodeLate, "version %d says something else than before", d.Version)
	}
	for i, e := range d.Entries {
		if e.ID == "" || len(e.ID) > 300 || !slices.Contains(Classes, e.Class) || e.Evidence < 0 || e.Expires <= e.Added || e.Expires-e.Added > maxDays*dayMillis || d.Hashed && len(e.ID) != 64 {
			return community.Errorf(community.CodeBadInput, "entry %d", i+1)
		}
	}
	return nil
}
