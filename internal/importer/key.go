package importer

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"strconv"
	"strings"

	"golang.org/x/text/unicode/norm"
)

// keyer makes the keys of one file's events (formats.md §5). A keyer belongs to one file: ordinals start again with
// the next, so that overlapping files agree.
type keyer struct {
	chat string
	// How often a row was seen, by the first 8 bytes of its hash. Identical rows lie close together (same second), so two
	// generations of bounded size are enough.
	young, old map[uint64]uint32
	buf        []byte
}

const keyGeneration = 100_000

func newKeyer(chat string) *keyer {
	return &keyer{chat: chat}
}

// native is the key of a row that the platform gave an id.
func (k *keyer) native(id string) string { return k.chat + ":" + id }

// hashed is the key of a row without an id: chat, time, sender as written, text, and the how-manieth identical row of
// that time it is. The text is normalised (NFC, LF, right-trimmed) and nothing else.
func (k *keyer) hashed(at int64, sender, text string) string {
	b := append(k.buf[:0], k.chat...)
	b = append(b, 0)
	b = strconv.AppendInt(b, at, 10)
	b = append(b, 0)
	b = append(b, sender...)
	b = append(b, 0)
	b = append(b, normalise(text)...)
	k.buf = b
	sum := sha256.Sum256(b)
	n := k.ordinal(binary.BigEndian.Uint64(sum[:8]))
	key := base64.RawURLEncoding.EncodeToString(sum[:16])
	if n == 0 {
		return "h:" + key
	}
	return "h:" + key + "-" + strconv.FormatUint(uint64(n), 10)
}

func (k *keyer) ordinal(h uint64) uint32 {
	n, ok := k.young[h]
	if !ok {
		n = k.old[h]
	}
	if k.young == nil || len(k.young) >= keyGeneration {
		k.old, k.young = k.young, map[uint64]uint32{}
	}
	k.young[h] = n + 1
	return n
}

func normalise(s string) string {
	if strings.IndexByte(s, '\r') >= 0 {
		s = strings.ReplaceAll(s, "\r\n", "\n")
	}
	s = strings.TrimRight(s, " \t\r\n")
	if norm.NFC.IsNormalString(s) {
		return s
	}
	return norm.NFC.String(s)
}
