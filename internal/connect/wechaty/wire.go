package wechaty

import (
	"google.golang.org/protobuf/encoding/protowire"

	"qunluo/internal/community"
)

// message is a protobuf message by its field numbers, written in the order of the calls.
type message struct {
	raw    []byte
	fields map[protowire.Number][]field
}

type field struct {
	text string
	n    uint64
}

// text adds a string; an empty one is left out, as proto3 does.
func (m *message) text(n protowire.Number, values ...string) *message {
	for _, v := range values {
		if v != "" {
			m.raw = protowire.AppendString(protowire.AppendTag(m.raw, n, protowire.BytesType), v)
		}
	}
	return m
}

// inner adds a message within.
func (m *message) inner(n protowire.Number, sub *message) *message {
	m.raw = protowire.AppendBytes(protowire.AppendTag(m.raw, n, protowire.BytesType), sub.raw)
	return m
}

// number adds a varint; 0 is left out.
func (m *message) number(n protowire.Number, v uint64) *message {
	if v != 0 {
		m.raw = protowire.AppendVarint(protowire.AppendTag(m.raw, n, protowire.VarintType), v)
	}
	return m
}

// read takes a message apart. CodeBadInput: it is none.
func (m *message) read(raw []byte) error {
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

// say is the last string under a number.
func (m *message) say(n protowire.Number) string {
	if all := m.fields[n]; len(all) > 0 {
		return all[len(all)-1].text
	}
	return ""
}

// all are the strings under a number.
func (m *message) all(n protowire.Number) []string {
	out := make([]string, 0, len(m.fields[n]))
	for _, f := range m.fields[n] {
		out = append(out, f.text)
	}
	return out
}

// count is the last number under a number.
func (m *message) count(n protowire.Number) uint64 {
	if all := m.fields[n]; len(all) > 0 {
		return all[len(all)-1].n
	}
	return 0
}

// within is the message under a number; an empty one where there is none.
func (m *message) within(n protowire.Number) *message {
	sub := &message{}
	if sub.read([]byte(m.say(n))) != nil {
		return &message{}
	}
	return sub
}

// codec lets gRPC carry messages as they are written here; on the wire they are protobuf.
type codec struct{}

// Marshal implements encoding.Codec.
func (codec) Marshal(v any) ([]byte, error) { return v.(*message).raw, nil }

// Unmarshal implements encoding.Codec.
func (codec) Unmarshal(data []byte, v any) error {
	return v.(*message).read(append([]byte(nil), data...))
}

// Name implements encoding.Codec.
func (codec) Name() string { return "proto" }
