// Package wire is protobuf messages by their field numbers, and how gRPC carries them: a dozen small messages of Wechaty's
// puppet service need no generated stubs.
package wire

import (
	"google.golang.org/protobuf/encoding/protowire"

	"qunluo/internal/community"
)

// Message is a protobuf message by its field numbers, written in the order of the calls.
type Message struct {
	raw    []byte
	fields map[protowire.Number][]field
}

// Raw is the message as it goes over the wire.
func (m *Message) Raw() []byte { return m.raw }

type field struct {
	text string
	n    uint64
}

// Text adds a string; an empty one is left out, as proto3 does.
func (m *Message) Text(n protowire.Number, values ...string) *Message {
	for _, v := range values {
		if v != "" {
			m.raw = protowire.AppendString(protowire.AppendTag(m.raw, n, protowire.BytesType), v)
		}
	}
	return m
}

// Inner adds a message within.
func (m *Message) Inner(n protowire.Number, sub *Message) *Message {
	m.raw = protowire.AppendBytes(protowire.AppendTag(m.raw, n, protowire.BytesType), sub.raw)
	return m
}

// Number adds a varint; 0 is left out.
func (m *Message) Number(n protowire.Number, v uint64) *Message {
	if v != 0 {
		m.raw = protowire.AppendVarint(protowire.AppendTag(m.raw, n, protowire.VarintType), v)
	}
	return m
}

// Read takes a message apart. CodeBadInput: it is none.
func (m *Message) Read(raw []byte) error {
	m.raw, m.fields = raw, map[protowire.Number][]field{}
	for len(raw) > 0 {
		n, kind, size := protowire.ConsumeTag(raw)
		if size < 0 {
			return community.Errorf(community.CodeBadInput, "an answer that is no protobuf message")
		}
		raw = raw[size:]
		var f field
		switch kind {
		case protowire.VarintType:
			f.n, size = protowire.ConsumeVarint(raw)
		case protowire.BytesType:
			var b []byte
			b, size = protowire.ConsumeBytes(raw)
			f.text = string(b)
		default:
			size = protowire.ConsumeFieldValue(n, kind, raw)
		}
		if size < 0 {
			return community.Errorf(community.CodeBadInput, "an answer that is no protobuf message")
		}
		m.fields[n] = append(m.fields[n], f)
		raw = raw[size:]
	}
	return nil
}

// Say is the last string under a number.
func (m *Message) Say(n protowire.Number) string {
	if all := m.fields[n]; len(all) > 0 {
		return all[len(all)-1].text
	}
	return ""
}

// All are the strings under a number.
func (m *Message) All(n protowire.Number) []string {
	out := make([]string, 0, len(m.fields[n]))
	for _, f := range m.fields[n] {
		out = append(out, f.text)
	}
	return out
}

// Count is the last number under a number.
func (m *Message) Count(n protowire.Number) uint64 {
	if all := m.fields[n]; len(all) > 0 {
		return all[len(all)-1].n
	}
	return 0
}

// Within is the message under a number; an empty one where there is none.
func (m *Message) Within(n protowire.Number) *Message {
	sub := &Message{}
	if sub.Read([]byte(m.Say(n))) != nil {
		return &Message{}
	}
	return sub
}

// Codec lets gRPC carry messages as they are written here; on the wire they are protobuf.
type Codec struct{}

// Marshal implements encoding.Codec.
func (Codec) Marshal(v any) ([]byte, error) { return v.(*Message).raw, nil }

// Unmarshal implements encoding.Codec.
func (Codec) Unmarshal(data []byte, v any) error {
	return v.(*Message).Read(append([]byte(nil), data...))
}

// Name implements encoding.Codec.
func (Codec) Name() string { return "proto" }
