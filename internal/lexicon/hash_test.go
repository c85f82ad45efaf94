package lexicon

import (
	"math/rand/v2"
	"testing"
)

func TestDisguisesShareAHash(t *testing.T) {
	base := Hash("加V信领资料123")
	for _, same := range []string{"加v信领资料123", "加-Ｖ 信\n领资料１２３！", "加ⓥ信💰领资料123"} {
		if Hash(same) != base {
			t.Errorf("%q has another hash", same)
		}
	}
	for _, other := range []string{"加V信领资料12", "加V信领资", "", "信V加领资料123"} {
		if Hash(other) == base {
			t.Errorf("%q has the same hash", other)
		}
	}
	if Hash("👍 …\n") != 0 || Hash("") != 0 || Hash("𠮷") == 0 {
		t.Error("the hash of nothing is 0, of something it is not")
	}
	start, prime := uint64(hashStart), uint64(hashPrime)
	if got, want := Hash("A"), (start^'a')*prime; got != want {
		t.Errorf("Hash(a) = %d, want %d: stored hashes would no longer match", got, want)
	}
}

// slowHash is Hash as its comment says it.
func slowHash(text string) uint64 {
	h, any := uint64(hashStart), false
	for _, r := range text {
		if fold := folding(); !fold.isSkip(r) && !isLineEnd(r) {
			h, any = (h^uint64(fold.fold(r)))*hashPrime, true
		}
	}
	if !any {
		return 0
	}
	return h
}

func TestHashIsTheSameForEveryWayOfReading(t *testing.T) {
	chance := rand.New(rand.NewPCG(7, 8))
	pieces := []string{"加V信", "，。！", "ok 12", "\n", "👍", "𠮷", "é", "\xe4\xb8", "\xed\xa0\x80", "\xe0\x80\x80", "\xff", "\xf0\x9f", "ﾊﾟ", "Ω"}
	for range 2000 {
		text := ""
		for range chance.IntN(8) {
			text += pieces[chance.IntN(len(pieces))]
		}
		if got, want := Hash(text), slowHash(text); got != want {
			t.Fatalf("Hash(%q) = %d, want %d", text, got, want)
		}
	}
}
