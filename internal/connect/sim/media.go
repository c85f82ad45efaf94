package sim

import (
	"context"
	"maps"

	"qunluo/internal/community"
	"qunluo/internal/connect"
)

var _ connect.MediaReader = (*Session)(nil)

// takesAll is what a simulated group takes besides words.
func takesAll() connect.Media {
	most := int64(community.MaxMedium)
	return connect.Media{Upload: map[string]int64{"image": most, "audio": most, "video": most, "file": most}}
}

// Takes says what a group takes besides words; without it, everything.
func (w *World) Takes(groupID string, m connect.Media) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.media[groupID] = m
}

func (w *World) takes(groupID string) connect.Media {
	w.mu.Lock()
	defer w.mu.Unlock()
	if m, ok := w.media[groupID]; ok {
		m.Upload = maps.Clone(m.Upload)
		return m
	}
	return takesAll()
}

// Put lays content behind an address that segments may name; nil takes it away, as when a link expires.
func (w *World) Put(ref string, data []byte) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if data == nil {
		delete(w.files, ref)
		return
	}
	w.files[ref] = data
}

// Show lets a member say something in parts.
func (w *World) Show(groupID, member string, class community.Class, text string, parts ...community.Segment) ([]connect.Inbound, error) {
	in := said(groupID, member, text)
	in.Body.Class, in.Body.Segments = class, parts
	return w.Happen(in)
}

// ReadMedia reads what Put laid there.
func (s *Session) ReadMedia(_ context.Context, seg community.Segment, most int64) (community.Medium, error) {
	if seg.IsWeb() {
		return community.Medium{}, community.Errorf(community.CodeUnsupported, "an address of the web")
	}
	s.world.mu.Lock()
	data, ok := s.world.files[seg.Ref]
	s.world.mu.Unlock()
	switch {
	case !ok:
		return community.Medium{}, community.Errorf(community.CodeLate, "the simulator no longer has it")
	case int64(len(data)) > most:
		return community.Medium{}, community.Errorf(community.CodeTooLarge, "%d bytes, at most %d", len(data), most)
	}
	return community.Medium{Data: data}, nil
}
