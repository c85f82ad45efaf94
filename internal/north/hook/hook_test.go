package hook

import (
	"strings"
	"testing"

	"qunluo/internal/community"
)

func FuzzPostsAreReadOrRefused(f *testing.F) {
	for _, seed := range []string{`{"text":"x"}`, `{"kind":"task","group":"g","text":"x","due":1}`, ``, `[`, `{"due":1e99}`, `{"text":"\ud800"}`, "\xff", `{"text":{"a":[]}}`, `null`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		p, err := parse(body)
		if code := community.CodeOf(err); err != nil && code != community.CodeBadInput {
			t.Errorf("%q: %v has code %q, want bad_input", body, err, code)
		}
		if err == nil && strings.ToValidUTF8(p.Text, "") != p.Text {
			t.Errorf("%q gave text that is not UTF-8", body)
		}
	})
}
