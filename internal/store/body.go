package store

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
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

// encodeBody appends the stored form of a body. Equal bodies give equal bytes.
func encodeBody(b []byte, v *community.Body) ([]byte, error) {
	b = append(b, bodyVersion)
	b = putText(b, tagText, v.Text)
	b = putInt(b, tagClass, int64(v.Class))
	b = putText(b, tagMessage, v.Message)
	b = putText(b, tagReplyTo, v.ReplyTo)
	b = putText(b, tagName, v.Name)
	b = putText(b, tagCard, v.Card)
	b = putText(b, tagRole, string(v.Role))
	if len(v.Segments) > 0 {
		raw, err := json.Marshal(v.Segments)
		if err != nil {
			return nil, fmt.Errorf("segments: %w", err)
		}
		b = putText(b, tagSegments, string(raw))
	}
	b = putText(b, tagScene, v.Scene)
	b = putText(b, tagState, v.State)
	b = putText(b, tagReason, v.Reason)
	b = putInt(b, tagSeconds, v.Seconds)
	if !v.Caused.IsZero() {
		b = putText(b, tagCaused, string(v.Caused[:]))
	}
	b = putInt(b, tagLow, v.Low)
	b = putText(b, tagSource, v.Source)
	return putText(b, tagData, string(v.Data)), nil
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
		if err := json.Unmarshal(field, &v.Segments); err != nil {
			return fmt.Errorf("segments: %w", err)
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
	default:
		return fmt.Errorf("body field %d is not known to this version", tag)
	}
	return nil
}

func shared(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }
