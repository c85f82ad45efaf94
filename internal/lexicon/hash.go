package lexicon

const (
	hashStart = 14695981039346656037 // FNV-1a
	hashPrime = 1099511628211
)

// Hash names what a text says: equal for texts that differ only in folding and skip symbols; line ends count as skip.
// 0 when nothing is left. It never changes, so it may be stored.
func Hash(text string) uint64 {
	fold, h, any := folding(), uint64(hashStart), false
	for _, r := range text {
		var f rune
		if uint32(r) < 1<<16 {
			f = rune(fold.counts[r])
		} else if !fold.isSkip(r) {
			f = fold.fold(r)
		}
		if f == 0 {
			continue
		}
		h = (h ^ uint64(f)) * hashPrime
		any = true
	}
	if !any {
		return 0
	}
	return h
}

// HashExact is the hash of the bytes as they are.
func HashExact(text string) uint64 {
	h := uint64(hashStart)
	for i := range len(text) {
		h = (h ^ uint64(text[i])) * hashPrime
	}
	return h
}

// IsBlank reports whether nothing in text counts: it is empty or holds only skip symbols and line ends.
func IsBlank(text string) bool {
	fold := folding()
	for _, r := range text {
		if !fold.isSkip(r) && !isLineEnd(r) {
			return false
		}
	}
	return true
}
