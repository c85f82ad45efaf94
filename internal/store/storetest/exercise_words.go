package storetest

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"testing"

	"qunluo/internal/community"
	"qunluo/internal/store"
)

// assetsAreKept: content is found by its hash, twice the same is one row, an unknown hash is not found, and what is too
// large is refused.
func assetsAreKept(t *testing.T, s *store.Store) {
	ctx := t.Context()
	content := []byte(strings.Repeat("刷单返利\n", 20_000))
	sum := sha256.Sum256(content)
	hash := must(s.AddAsset(ctx, 1, "words", content))(t)
	same(t, "the hash", hash, hex.EncodeToString(sum[:]))
	same(t, "once more", must(s.AddAsset(ctx, 1, "words", content))(t), hash)
	same(t, "of another organisation", must(s.AddAsset(ctx, 2, "words", content))(t), hash)
	if got := must(s.Asset(ctx, hash))(t); !bytes.Equal(got, content) {
		t.Errorf("content of %d bytes came back as %d others", len(content), len(got))
	}
	same(t, "nothing in it", len(must(s.Asset(ctx, must(s.AddAsset(ctx, 1, "words", nil))(t)))(t)), 0)
	for _, unknown := range []string{"", strings.Repeat("0", 64), "'; DROP TABLE asset", "\xff"} {
		if _, err := s.Asset(ctx, unknown); err == nil {
			t.Errorf("asset %q: found", unknown)
		}
	}
	if _, err := s.Asset(ctx, strings.Repeat("0", 64)); community.CodeOf(err) != community.CodeNotFound {
		t.Errorf("unknown asset: %v, want not found", err)
	}
	mine := must(s.AssetsOf(ctx, 2, []string{hash, strings.Repeat("0", 64)}))(t)
	same(t, "what organisation 2 keeps", []any{len(mine), mine[hash].Kind, mine[hash].Size}, []any{1, "words", int64(len(content))})
	if _, err := s.AddAsset(ctx, 1, "words", make([]byte, store.MaxAsset+1)); community.CodeOf(err) != community.CodeTooLarge {
		t.Errorf("an asset too large: %v, want too large", err)
	}
}
