package draw

import (
	"bytes"
	"cmp"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base32"
	"encoding/hex"
	"slices"
	"strconv"
	"strings"

	"qunluo/internal/community"
)

// SeedBytes is how long a seed is.
const SeedBytes = 32

// codeChars is how long an entry code is (RFC 4648 base32): 60 bits; two of 100,000 entrants share one in 1 of 200 million draws.
const codeChars = 12

// part is what is hashed: formula, name and lines, each on a line of its own, so that no two texts with different names are the same.
func part(name string, lines ...string) []byte {
	return []byte(strings.Join(append([]string{Formula, name}, lines...), "\n"))
}

// Commit binds seed and terms: SHA-256, in hex.
func Commit(seed []byte, terms string) string {
	sum := sha256.Sum256(part("commit", hex.EncodeToString(seed), terms))
	return hex.EncodeToString(sum[:])
}

// EntryCode is the code of a member in one draw. It follows from the seed, so that nobody chooses it, and says nothing of the member to who
// does not know both.
func EntryCode(seed []byte, m community.ID) string {
	return base32.StdEncoding.EncodeToString(mac(seed, part("code", m.String())))[:codeChars]
}

func mac(key, text []byte) []byte {
	h := hmac.New(sha256.New, key)
	h.Write(text)
	return h.Sum(nil)
}

// Sorted gives a list of codes as it is hashed and drawn from: by bytes, without repeats.
func Sorted(codes []string) []string {
	out := append([]string{}, codes...)
	slices.Sort(out)
	return slices.Compact(out)
}

// ListHash is the hash of a list of codes, whatever their order: SHA-256, in hex.
func ListHash(codes []string) string {
	sum := sha256.Sum256(part("list", Sorted(codes)...))
	return hex.EncodeToString(sum[:])
}

// Order gives codes as the draw orders them, the winner of the first prize first. Every order is as likely as every other while the seed is
// chance: ranks are independent and uniform over 256 bits, so that nothing has to be cut to a range.
func Order(seed []byte, commitment, beacon string, codes []string) []string {
	list := Sorted(codes)
	hash := ListHash(list)
	type ranked struct {
		code string
		at   []byte
	}
	all := make([]ranked, len(list))
	h, before := hmac.New(sha256.New, seed), part("rank", commitment, hash, beacon, "")
	for i, c := range list {
		h.Reset()
		h.Write(append(before, c...))
		all[i] = ranked{c, h.Sum(nil)}
	}
	slices.SortFunc(all, func(a, b ranked) int { return cmp.Or(bytes.Compare(a.at, b.at), cmp.Compare(a.code, b.code)) })
	out := make([]string, len(all))
	for i, r := range all {
		out[i] = r.code
	}
	return out
}

// Winner is who gets the prize of a place.
type Winner struct {
	Place int    `json:"place"` // from 1
	Prize string `json:"prize"`
	Code  string `json:"code"`
}

// Choose gives the winners: the first of the order get the prizes in the order of the terms. With fewer entrants than prizes everybody wins, and
// the prizes that are left go to nobody.
func Choose(t Terms, seed []byte, commitment, beacon string, codes []string) []Winner {
	order := Order(seed, commitment, beacon, codes)
	out := []Winner{}
	for i, code := range order[:min(len(order), t.Winners())] {
		p, _ := t.PrizeAt(i + 1)
		out = append(out, Winner{i + 1, p.Name, code})
	}
	return out
}

// Proof is what everybody may download after a draw: with it the winners can be found again.
type Proof struct {
	Formula    string   `json:"formula"`
	Terms      string   `json:"terms"` // byte for byte as published
	Commitment string   `json:"commitment"`
	Seed       string   `json:"seed"`   // hex
	Beacon     string   `json:"beacon"` // the public number, as it was mixed in
	Source     string   `json:"beacon_source"`
	List       string   `json:"list_hash"`
	Entries    []string `json:"entries"` // sorted
	Winners    []Winner `json:"winners"`
}

// Verify says what of a proof does not follow: CodeBadInput naming the first. commitment is what was told before entries were taken, list what
// was told when they closed; "" = not known, then only the proof itself is looked at.
func (p Proof) Verify(commitment, list string) error {
	bad := func(what string) error {
		return community.Errorf(community.CodeBadInput, "the proof does not hold: %s", what)
	}
	seed, err := hex.DecodeString(p.Seed)
	if err != nil || len(seed) != SeedBytes {
		return bad("seed: want 32 bytes in hex")
	}
	t, err := ParseTerms(p.Terms)
	if err != nil || p.Formula != Formula || t.Formula != Formula {
		return bad("terms or formula cannot be read")
	}
	switch {
	case commitment != "" && !strings.EqualFold(commitment, p.Commitment):
		return bad("commitment: another one was told")
	case list != "" && !strings.EqualFold(list, p.List):
		return bad("list: another hash was told")
	case Commit(seed, p.Terms) != p.Commitment:
		return bad("commitment: seed or terms are not those it was made of")
	case !slices.Equal(Sorted(p.Entries), p.Entries):
		return bad("entries: not sorted, or one stands twice")
	case ListHash(p.Entries) != p.List:
		return bad("list: the entries are not those that were frozen")
	case (t.Beacon == "") != (p.Beacon == ""):
		return bad("beacon: the terms say otherwise")
	}
	want := Choose(t, seed, p.Commitment, p.Beacon, p.Entries)
	for i, w := range want {
		if i >= len(p.Winners) || p.Winners[i] != w {
			return bad("winners: place " + strconv.Itoa(w.Place))
		}
	}
	if len(p.Winners) != len(want) {
		return bad("winners: more than there are prizes or entrants")
	}
	return nil
}
