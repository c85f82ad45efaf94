package lexicon

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestLinksWithAndWithoutScheme(t *testing.T) {
	for _, c := range []struct {
		text string
		want []string // span → host
	}{
		{"看 https://Example.com/a?b=1，好", []string{"https://Example.com/a?b=1", "example.com"}},
		{"加我baidu.com看看", []string{"baidu.com", "baidu.com"}},
		{"http://t.cn/abc).", []string{"http://t.cn/abc", "t.cn"}},
		{"t.me/joinchat 来", []string{"t.me/joinchat", "t.me"}},
		{"a.b.example.com.cn:8080/x", []string{"a.b.example.com.cn:8080/x", "a.b.example.com.cn"}},
		{"baidu。com 快来", []string{"baidu。com", "baidu.com"}},
		{"ｂaidu．com", []string{"aidu．com", "aidu.com"}},
		{"例子.中国 x.中国", []string{"x.中国", "x.中国"}},
		{"写信 me@example.com", nil},
		{"v1.2.3 和 3.14 和 main.go README.md", nil},
		{"www.foo.rs 和 foo.rs/bar", []string{"www.foo.rs", "www.foo.rs", "foo.rs/bar", "foo.rs"}},
		{"ssh://10.0.0.1/x", []string{"ssh://10.0.0.1/x", "10.0.0.1"}},
		{"好。com是什么", nil},
		{"...", nil},
		{"等等. com", nil},
		{"a.com b.net", []string{"a.com", "a.com", "b.net", "b.net"}},
		{".com", nil},
		{"end of sentence.Next", nil},
		{"it works.is it done.it is", nil},
		{"", nil},
	} {
		var got []string
		for _, l := range Links(c.text, nil) {
			got = append(got, c.text[l.Span.Start:l.Span.End], l.Host)
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%q (-want +got):\n%s", c.text, diff)
		}
	}
}

func TestHostInKnowsSubdomains(t *testing.T) {
	for host, want := range map[string]bool{"qq.com": true, "v.qq.com": true, "aqq.com": false, "qq.com.cn": false, "com": false} {
		if got := HostIn(host, []string{"qq.com", "weixin.qq.com"}); got != want {
			t.Errorf("HostIn(%q) = %v", host, got)
		}
	}
}

func FuzzLinks(f *testing.F) {
	f.Add("https://a.b/c 例.中国 x。com")
	f.Fuzz(func(t *testing.T, text string) {
		end := 0
		for _, l := range Links(text, nil) {
			if l.Span.Start < end || l.Span.End <= l.Span.Start || l.Span.End > len(text) || l.Host == "" {
				t.Fatalf("%q: link %+v after %d", text, l, end)
			}
			end = l.Span.End
		}
	})
}

// TestWhatLooksLikeLinksCostsLinearTime feeds what begins like a link at every fourth byte and is none.
func TestWhatLooksLikeLinksCostsLinearTime(t *testing.T) {
	cost := func(n int) float64 {
		text, best := strings.Repeat("a.b/", n), 1e9
		for range 5 {
			before := cpuSeconds(t)
			if got := Links(text, nil); len(got) != 0 {
				t.Fatalf("%d links", len(got))
			}
			best = min(best, cpuSeconds(t)-before)
		}
		return best
	}
	once, twice := cost(20_000), cost(40_000)
	if twice > 3*once+0.002 {
		t.Errorf("twice the text costs %.1f times as much (%.1f ms)", twice/once, twice*1000)
	}
}
