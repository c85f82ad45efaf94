package policy

// NeedsMore reports whether a rule of the book judges a message by others before it, as windows and copies do: one message
// alone then tells nothing of it.
func (rb *Rulebook) NeedsMore(id string) bool {
	r := rb.find(id)
	if r == nil {
		return false
	}
	_, counts := r.does.(noter)
	_, compares := r.does.(*across)
	return counts || compares
}
