package lexicon

import "testing"

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
