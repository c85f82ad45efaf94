package connect

import (
	"context"
	"encoding/json"
	"maps"
	"strings"
	"sync"
)

// memory is a keeper that forgets when the program ends.
type memory struct {
	mu    sync.Mutex
	notes map[string]json.RawMessage
}

func (m *memory) Keep(_ context.Context, name string, value json.RawMessage) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(value) == 0 {
		delete(m.notes, name)
		return nil
	}
	m.notes[name] = value
	return nil
}

func (m *memory) Kept(_ context.Context, prefix string) (map[string]json.RawMessage, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	out := maps.Clone(m.notes)
	maps.DeleteFunc(out, func(name string, _ json.RawMessage) bool { return !strings.HasPrefix(name, prefix) })
	return out, nil
}
