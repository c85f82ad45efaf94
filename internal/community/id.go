package community

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"strconv"
)

// ID is a UUIDv7: 16 bytes inside, 22 characters outside. IDs made later sort after IDs made earlier, in both forms.
type ID [16]byte

// Inner keys. 0 means "none".
type (
	// GroupKey numbers a group inside one installation.
	GroupKey int64
	// MemberKey numbers a member (one identity on one platform) inside one installation.
	MemberKey int64
	// AccountKey numbers one of our own accounts (a connection's login) inside one installation.
	AccountKey int64
	// OrgKey numbers an organisation inside one installation.
	OrgKey int64
)

// sortable is base64 with an alphabet in ASCII order, so that the text form sorts like the bytes.
var sortable = base64.NewEncoding("-0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz").WithPadding(base64.NoPadding)

// ErrBadID says that a text is not an ID.
var ErrBadID = errors.New("not an id: want 22 characters")

// MakeID puts an ID together from a time (UTC milliseconds) and ten bytes of chance (RFC 9562, version 7).
func MakeID(at int64, chance [10]byte) ID {
	var id ID
	binary.BigEndian.PutUint64(id[:8], uint64(at)<<16)
	copy(id[6:], chance[:])
	id[6] = id[6]&0x0f | 0x70
	id[8] = id[8]&0x3f | 0x80
	return id
}

// DeriveID names what follows from an event: the same event, rule and ordinal always give the same ID, so doing it
// again creates nothing new.
func DeriveID(event ID, rule string, ordinal int) ID {
	h := sha256.New()
	h.Write(event[:])
	h.Write([]byte(rule))
	h.Write([]byte{0})
	h.Write(strconv.AppendInt(nil, int64(ordinal), 10))
	var id ID
	copy(id[:], h.Sum(nil))
	copy(id[:6], event[:6]) // keep the event's time in front: derived ids sort with their cause
	id[6] = id[6]&0x0f | 0x80
	id[8] = id[8]&0x3f | 0x80
	return id
}

// IsZero reports whether the ID is unset.
func (id ID) IsZero() bool { return id == ID{} }

// String is the 22-character form.
func (id ID) String() string { return sortable.EncodeToString(id[:]) }

// ParseID reads the 22-character form; ErrBadID otherwise.
func ParseID(s string) (ID, error) {
	var id ID
	if len(s) != 22 {
		return id, ErrBadID
	}
	if n, err := sortable.Decode(id[:], []byte(s)); err != nil || n != 16 {
		return ID{}, ErrBadID
	}
	return id, nil
}

// MarshalText and UnmarshalText let an ID stand in JSON as its text form; the zero ID is the empty text.
func (id ID) MarshalText() ([]byte, error) {
	if id.IsZero() {
		return []byte{}, nil
	}
	return []byte(id.String()), nil
}

// UnmarshalText is the inverse of MarshalText.
func (id *ID) UnmarshalText(b []byte) error {
	if len(b) == 0 {
		*id = ID{}
		return nil
	}
	got, err := ParseID(string(b))
	if err != nil {
		return err
	}
	*id = got
	return nil
}
