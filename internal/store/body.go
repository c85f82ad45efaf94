package store

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"slices"
	"unsafe"

	"qunluo/internal/community"
)

// The body codec, version 1: a version byte, then fields as (tag, uvarint length, bytes). Empty fields are absent, text
// comes first, numbers are uvarints (zigzag where they may be negative). Unknown tags are an error: a newer program
// wrote them. Kept apart from JSON because a replay decodes millions of bodies.
const bodyVersion = 1

// Tags of body fields. Never reused.
const (
	tagText byte = iota + 1
	tagClass
	tagMessage
	tagReplyTo
	tagName
	tagCard
	tagRole
	tagSegments
	tagScene
	tagState
	tagReason
	tagSeconds
	tagCaused
	tagLow
	tagSource
	tagData
	tagRemoved
	tagElsewhere
)

func putText(b []byte, tag byte, s string) []byte {
	if s == "" {
		return b
	}
	b = append(b, tag)
	b = binary.AppendUvarint(b, uint64(len(s)))
	return append(b, s...)
}

func putInt(b []byte, tag byte, n int64) []byte {
	if n == 0 {
		return b
	}
	var tmp [binary.MaxVarintLen64]byte
	k := binary.PutVarint(tmp[:], n)
	b = append(b, tag, byte(k))
	return append(b, tmp[:k]...)
}

// putSegments writes each segment as its kind, text, reference and raw JSON, each with its length in front.
func putSegments(b []byte, list []community.Segment) []byte {
	if len(list) == 0 {
		return b
	}
	size := 0
	for i := range list {
		g := &list[i]
		size += lengthOf(g.Kind) + lengthOf(g.Text) + lengthOf(g.Ref) + lengthOf(g.Raw)
	}
	b = append(b, tagSegments)
	b = binary.AppendUvarint(b, uint64(size))
	for i := range list {
		g := &list[i]
		b = putPart(putPart(putPart(putPart(b, g.Kind), g.Text), g.Ref), g.Raw)
	}
	return b
}

func putPart[T string | json.RawMessage](b []byte, part T) []byte {
	b = binary.AppendUvarint(b, uint64(len(part)))
	return append(b, part...)
}

// lengthOf is how many bytes putPart writes.
func lengthOf[T string | json.RawMessage](part T) int {
	n := len(part) + 1
	for rest := len(part) >> 7; rest > 0; rest >>= 7 {
		n++
	}
	return n
}

// segmentsOf reads what putSegments wrote; the result shares raw's memory.
func segmentsOf(raw []byte) ([]community.Segment, error) {
	var list []community.Segment
	for len(raw) > 0 {
		var parts [4][]byte
		for i := range parts {
			n, k := binary.Uvarint(raw)
			if k <= 0 || n > uint64(len(raw)-k) {
				return nil, fmt.Errorf("segment %d cut short", len(list)+1)
			}
			parts[i], raw = raw[k:k+int(n)], raw[k+int(n):]
		}
		g := community.Segment{Kind: shared(parts[0]), Text: shared(parts[1]), Ref: shared(parts[2])}
		if len(parts[3]) > 0 {
			g.Raw = parts[3]
		}
		list = append(list, g)
	}
	return list, nil
}

// sizeOf is about how long a body's stored form will be, so that most are made without growing.
func sizeOf(v *community.Body) int {
	n := 64 + len(v.Text) + len(v.Message) + len(v.ReplyTo) + len(v.Name) + len(v.Card) + len(v.Reason) + len(v.Source) + len(v.Data)
	for i := range v.Segments {
		g := &v.Segments[i]
		n += 8 + len(g.Kind) + len(g.Text) + len(g.Ref) + len(g.Raw)
	}
	return n
}

// encodeBody appends the stored form of a body. Equal bodies give equal bytes.
func encodeBody(b []byte, v *community.Body) []byte {
	b = append(slices.Grow(b, sizeOf(v)), bodyVersion)
	b = putText(b, tagText, v.Text)
	b = putInt(b, tagClass, int64(v.Class))
	b = putText(b, tagMessage, v.Message)
	b = putText(b, tagReplyTo, v.ReplyTo)
	b = putText(b, tagName, v.Name)
	b = putText(b, tagCard, v.Card)
	b = putText(b, tagRole, string(v.Role))
	b = putSegments(b, v.Segments)
	b = putText(b, tagScene, v.Scene)
	b = putText(b, tagState, v.State)
	b = putText(b, tagReason, v.Reason)
	b = putInt(b, tagSeconds, v.Seconds)
	if !v.Caused.IsZero() {
		b = putText(b, tagCaused, string(v.Caused[:]))
	}
	b = putInt(b, tagLow, v.Low)
	b = putText(b, tagSource, v.Source)
	b = putText(b, tagData, shared(v.Data))
	b = putKeys(b, v.Removed)
	return putElsewhere(b, v.Elsewhere)
}

// putElsewhere writes copies as four uvarints each: group, event, time, whose.
func putElsewhere(b []byte, list []community.Elsewhere) []byte {
	if len(list) == 0 {
		return b
	}
	var all []byte
	for _, e := range list {
		for _, n := range [...]uint64{uint64(e.Group), uint64(e.Event), uint64(e.At), uint64(e.Who)} {
			all = binary.AppendUvarint(all, n)
		}
	}
	return putText(b, tagElsewhere, shared(all))
}

func elsewhereOf(raw []byte) ([]community.Elsewhere, error) {
	var list []community.Elsewhere
	for len(raw) > 0 {
		var v [4]uint64
		for i := range v {
			n, k := binary.Uvarint(raw)
			if k <= 0 {
				return nil, fmt.Errorf("copy %d cut short", len(list)+1)
			}
			v[i], raw = n, raw[k:]
		}
		list = append(list, community.Elsewhere{Group: community.GroupKey(v[0]), Event: int64(v[1]), At: int64(v[2]), Who: int(v[3])})
	}
	return list, nil
}

// putKeys writes keys of members, one uvarint each.
func putKeys(b []byte, list []community.MemberKey) []byte {
	if len(list) == 0 {
		return b
	}
	var all []byte
	for _, key := range list {
		all = binary.AppendUvarint(all, uint64(key))
	}
	return putText(b, tagRemoved, shared(all))
}

func keysOf(raw []byte) ([]community.MemberKey, error) {
	var list []community.MemberKey
	for len(raw) > 0 {
		n, k := binary.Uvarint(raw)
		if k <= 0 {
			return nil, fmt.Errorf("key %d cut short", len(list)+1)
		}
		list, raw = append(list, community.MemberKey(n)), raw[k:]
	}
	return list, nil
}

// decodeBody reads the stored form. The strings of the result share raw's memory: raw must not be written to again.
func decodeBody(raw []byte, v *community.Body) error {
	*v = community.Body{}
	if len(raw) == 0 {
		return nil // erased
	}
	if raw[0] != bodyVersion {
		return fmt.Errorf("body version %d, want %d", raw[0], bodyVersion)
	}
	for p := 1; p < len(raw); {
		tag := raw[p]
		n, k := binary.Uvarint(raw[p+1:])
		if k <= 0 || n > uint64(len(raw)-p-1-k) {
			return fmt.Errorf("body cut short at byte %d", p)
		}
		p += 1 + k
		field := raw[p : p+int(n)]
		p += int(n)
		if err := setField(v, tag, field); err != nil {
			return err
		}
	}
	return nil
}

func setField(v *community.Body, tag byte, field []byte) error {
	switch tag {
	case tagText:
		v.Text = shared(field)
	case tagClass:
		n, _ := binary.Varint(field)
		v.Class = community.Class(n)
	case tagMessage:
		v.Message = shared(field)
	case tagReplyTo:
		v.ReplyTo = shared(field)
	case tagName:
		v.Name = shared(field)
	case tagCard:
		v.Card = shared(field)
	case tagRole:
		v.Role = community.Role(shared(field))
	case tagSegments:
		var err error
		if v.Segments, err = segmentsOf(field); err != nil {
			return err
		}
	case tagScene:
		v.Scene = shared(field)
	case tagState:
		v.State = shared(field)
	case tagReason:
		v.Reason = shared(field)
	case tagSeconds:
		v.Seconds, _ = binary.Varint(field)
	case tagCaused:
		copy(v.Caused[:], field)
	case tagLow:
		v.Low, _ = binary.Varint(field)
	case tagSource:
		v.Source = shared(field)
	case tagData:
		v.Data = json.RawMessage(field)
	case tagRemoved:
		var err error
		if v.Removed, err = keysOf(field); err != nil {
			return err
		}
	case tagElsewhere:
		var err error
		if v.Elsewhere, err = elsewhereOf(field); err != nil {
			return err
		}
	default:
		return fmt.Errorf("body field %d is not known to this version", tag)
	}
	return nil
}

func shared(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }
