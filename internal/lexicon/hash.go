package lexicon

import "unicode/utf8"

const (
	hashStart = 14695981039346656037 // FNV-1a
	hashPrime = 1099511628211
)

// Hash names what a text says: equal for texts that differ only in folding and skip symbols; line ends count as skip.
// 0 when nothing is left. It never changes, so it may be stored.
func Hash(text string) uint64 {
	fold, h, any := folding(), uint64(hashStart), false
	for i := 0; i < len(text); {
		f, n := rune(0), 1
		if b := text[i]; b < utf8.RuneSelf {
			f = rune(fold.counts[b])
		} else if r := threeByte(text, i); r != 0 {
			f, n = rune(fold.counts[r]), 3
		} else {
			f, n = fold.countedAt(text, i)
		}
		i += n
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

// countedAt is what the rune at i counts as, 0 where it does not, and its length.
func (t *foldTable) countedAt(text string, i int) (rune, int) {
	r, n := utf8.DecodeRuneInString(text[i:])
	switch {
	case uint32(r) < 1<<16:
		return rune(t.counts[r]), n
	case t.isSkip(r):
		return 0, n
	}
	return t.fold(r), n
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
