package h5

import (
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"qunluo/internal/community"
	"qunluo/internal/httpd"
	"qunluo/internal/i18n"
	"qunluo/internal/plan"
)

// studios are live Q&As in every state, by their codes; the pass says who looks.
type studios struct {
	did   []string
	opens int
}

func (s *studios) Studio(_ context.Context, code, pass string) (Studio, error) {
	evil := "\u202eevil<script>alert(1)</script>"
	t := plan.DefaultLive()
	t.Title, t.Host, t.Word, t.Address = "直播答疑"+evil, "陈老师"+evil, "提问", "https://live.example/1"
	out := Studio{LiveQA: plan.LiveQA{GroupName: "读书 1 群" + evil, Zone: "Asia/Shanghai", Code: code, LiveTerms: t, Opens: 1_799_700_000_000, Starts: 1_800_000_000_000, Ends: 1_800_003_600_000, Why: "讲师生病" + evil, Notes: "讲了三件事\n" + evil}, Signed: 12, Takes: true, Gate: plan.GateEarly}
	out.State, out.Shown = plan.LiveCollecting, plan.LiveCollecting
	out.List = []plan.LiveQuestion{{No: 2, Who: 9, Name: "阿**", Text: "每天读多久？\n" + evil, State: plan.AskOpen, Votes: 12, Guests: 3}, {No: 1, Who: 8, Text: strings.Repeat("很长的问题", 60), State: plan.AskAnswered, Answer: "提前一天说" + evil, Votes: 4}, {No: 3, Who: 7, Name: "别人", Text: "不该看到的", State: plan.AskPassed, Reason: evil}}
	switch code {
	case "open":
	case "planned":
		out.State, out.Shown, out.Takes, out.List = plan.LivePlanned, plan.LivePlanned, false, nil
	case "live":
		out.State, out.Shown, out.Gate = plan.LiveOn, plan.LiveOn, plan.GateOpen
	case "over":
		out.State, out.Shown, out.Takes, out.Gate = plan.LiveOn, plan.LiveOver, false, plan.GateOver
	case "noway":
		out.State, out.Shown, out.Gate = plan.LiveOn, plan.LiveOn, plan.GateNoWay
	case "answered":
		out.State, out.Shown, out.Takes, out.Gate = plan.LiveAnswered, plan.LiveAnswered, false, plan.GateOver
	case "cancelled":
		out.State, out.Shown, out.Takes, out.Gate = plan.LiveCancelled, plan.LiveCancelled, false, plan.GateCalled
	case "many":
		out.List = nil
		for i := range 500 {
			out.List = append(out.List, plan.LiveQuestion{No: i + 1, Who: int64(i + 1), Name: "阿**", Text: fmt.Sprint(i, strings.Repeat("长", 298)), State: plan.AskOpen})
		}
	default:
		return out, community.Errorf(community.CodeNotFound, "none")
	}
	switch pass {
	case "":
		return out, nil
	case "over":
		return out, community.Errorf(community.CodeLate, "over")
	case "guest":
		out.Who = -1
	case "mine":
		out.Who, out.MySign = 9, true
		out.List[0].Mine, out.List[0].Anonymous = true, true
	case "new", "fast", "much", "same":
		out.Who = 5
	default:
		return out, community.Errorf(community.CodeNotFound, "none")
	}
	out.Name = "阿青" + evil
	return out, nil
}

func (s *studios) note(format string, args ...any) {
	s.did = append(s.did, fmt.Sprintf(format, args...))
}

func (s *studios) Join(_ context.Context, code, name string) (string, error) {
	if _, err := plan.LiveName(name); err != nil {
		return "", err
	}
	if code == "over" {
		return "", community.Errorf(community.CodeLate, "over")
	}
	if _, err := s.Studio(context.Background(), code, ""); err != nil {
		return "", err
	}
	s.note("join %s", name)
	return "guest", nil
}

func (s *studios) Sign(_ context.Context, code, _ string, off bool) error {
	if code == "over" {
		return community.Errorf(community.CodeLate, "over")
	}
	s.note("sign %v", off)
	return nil
}

func (s *studios) Ask(_ context.Context, code, pass, text string, anonymous bool) error {
	switch {
	case code == "over":
		return community.Errorf(community.CodeLate, "over")
	case text == "":
		return community.Errorf(community.CodeBadInput, "no words")
	case len(text) > 900:
		return community.Errorf(community.CodeTooLarge, "long")
	case pass == "fast":
		return community.Errorf(community.CodeLimited, "fast")
	case pass == "much":
		return community.Errorf(community.CodeRefused, "many")
	case pass == "same":
		return community.Errorf(community.CodeConflict, "before")
	}
	s.note("ask %s %v", text, anonymous)
	return nil
}

func (s *studios) Withdraw(_ context.Context, _, pass string, no int) error {
	if pass != "mine" {
		return community.Errorf(community.CodeNotFound, "not theirs")
	}
	s.note("withdraw %d", no)
	return nil
}

func (s *studios) Vote(_ context.Context, _, pass string, no int, off bool) error {
	switch {
	case pass == "mine":
		return community.Errorf(community.CodeConflict, "own")
	case no == 0:
		return community.Errorf(community.CodeNotFound, "none")
	}
	s.note("vote %d %v", no, off)
	return nil
}

func (s *studios) Go(ctx context.Context, code, pass string, count bool) (Studio, error) {
	out, err := s.Studio(ctx, code, pass)
	if count && err == nil && out.Gate == plan.GateOpen {
		s.opens++
	}
	return out, err
}

func liveStreet(t *testing.T, each time.Duration) (*httptest.Server, *studios) {
	t.Helper()
	words, err := i18n.New()
	if err != nil {
		t.Fatal(err)
	}
	now := time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC)
	clock := func() time.Time { now = now.Add(each); return now }
	quiet, s := slog.New(slog.DiscardHandler), &studios{}
	h, err := New(Deps{Codes: newBoard(), LiveQAs: s, Words: words, Log: quiet, Clock: clock})
	if err != nil {
		t.Fatal(err)
	}
	srv := httptest.NewServer(httpd.Edge(quiet, nil, http.NotFoundHandler(), h))
	t.Cleanup(srv.Close)
	return srv, s
}

// TestStudioPageInEveryState: in both languages, without script, hostile words harmless, 500 questions within 60 KB compressed; what cannot be done is
// said with its reason, and what was typed is not lost.
func TestStudioPageInEveryState(t *testing.T) {
	srv, s := liveStreet(t, 2*time.Second) // so that nobody is told to wait
	for _, c := range []struct {
		path   string
		status int
		zh, en string
		form   bool
	}{
		{"open", 200, "报名并提问", "Sign up and ask", true}, {"open/new", 200, "我也想问", "I ask that, too", true}, {"open/mine", 200, "你问的", "asked by you", true}, {"open/guest", 200, "请收藏这个页面", "Keep this address", true}, {"open/over", 410, "已过期", "has expired", false}, {"open/none", 404, "", "", false},
		{"planned/new", 200, "起可以提问", "Questions and votes are taken from", true}, {"live/new", 200, "进入直播", "Go to the live", true}, {"over/new", 200, "答复正在整理", "the answers are being written", false}, {"answered", 200, "提前一天说", "提前一天说", false}, {"cancelled/new", 200, "讲师生病", "讲师生病", false},
		{"none", 404, "", "", false}, {"many/new", 200, "我也想问", "I ask that, too", true},
	} {
		for lang, want := range map[string]string{"zh-CN": c.zh, "en": c.en} {
			res, body := ask(t, srv.URL+"/live/"+c.path, "phone", lang)
			if res.StatusCode != c.status || !strings.Contains(body, want) || strings.Contains(body, "<form") != c.form || strings.Contains(body, "<script") || strings.Contains(body, "\u202e") || strings.Contains(body, "[liveqa.") || strings.Contains(body, "不该看到的") || packed(t, body) > 60<<10 {
				t.Errorf("%s in %s = %d (%d bytes packed), want %d, %q and a form %v: %.3000s", c.path, lang, res.StatusCode, packed(t, body), c.status, want, c.form, body)
			}
			if c.path == "live/new" && strings.Contains(body, "提前一天说") {
				t.Errorf("an answer is told before all of it is finished: %s", body)
			}
		}
	}
	for _, c := range []struct {
		path   string
		form   url.Values
		status int
		words  string
	}{
		{"open", url.Values{"name": {"小林"}}, 200, "请收藏这个页面"}, {"open", url.Values{"name": {"\u202e \x00"}}, 422, "怎么称呼你"}, {"over", url.Values{"name": {"小林"}}, 422, "已经结束"}, {"none", url.Values{"name": {"小林"}}, 404, ""},
		{"open/new", url.Values{"do": {"sign"}}, 200, "已报名"}, {"open/mine", url.Values{"do": {"unsign"}}, 200, "已取消报名"}, {"over/new", url.Values{"do": {"sign"}}, 410, "已经结束"}, {"open/new", url.Values{"do": {"ask"}, "text": {"怎么请假"}, "hidden": {"1"}}, 200, "已收到你的问题"},
		{"open/new", url.Values{"do": {"ask"}, "text": {""}}, 422, "没看到问题"}, {"open/new", url.Values{"do": {"ask"}, "text": {strings.Repeat("长", 301)}}, 422, "最多 300"}, {"open/fast", url.Values{"do": {"ask"}, "text": {"还有<b>一个"}}, 429, "还有&lt;b&gt;一个"}, {"open/much", url.Values{"do": {"ask"}, "text": {"一"}}, 429, "3 个问题"},
		{"open/same", url.Values{"do": {"ask"}, "text": {"一"}}, 409, "已经问过"}, {"over/new", url.Values{"do": {"ask"}, "text": {"一"}}, 410, "不收问题"}, {"open/new", url.Values{"do": {"vote"}, "no": {"2"}}, 200, "已投票"}, {"open/new", url.Values{"do": {"unvote"}, "no": {"2"}}, 200, "已取消投票"},
		{"open/mine", url.Values{"do": {"vote"}, "no": {"2"}}, 409, "自己的问题"}, {"open/new", url.Values{"do": {"vote"}, "no": {strings.Repeat("9", 40)}}, 409, "已经不在"}, {"open/mine", url.Values{"do": {"withdraw"}, "no": {"2"}}, 200, "已撤回"}, {"open/new", url.Values{"do": {"withdraw"}, "no": {"2"}}, 409, "不是你的问题"},
		{"open/new", url.Values{"do": {"erase"}}, 422, "没有做成"}, {"open/new", url.Values{"do": {strings.Repeat("9", 40_000)}}, 413, "太长"}, {"open/none", url.Values{"do": {"sign"}}, 404, ""}, {"open/over", url.Values{"do": {"sign"}}, 410, "已过期"},
	} {
		req, err := http.NewRequest(http.MethodPost, srv.URL+"/live/"+c.path, strings.NewReader(c.form.Encode()))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		req.Header.Set("Accept-Language", "zh-CN")
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		body := readAll(t, res)
		if res.StatusCode != c.status || !strings.Contains(body, c.words) || strings.Contains(body, "<b>") {
			t.Errorf("%.60v to %s = %d, want %d and %q: %.2000s", c.form, c.path, res.StatusCode, c.status, c.words, body)
		}
	}
	want := []string{"join 小林", "sign false", "sign true", "ask 怎么请假 true", "vote 2 false", "vote 2 true", "withdraw 2"}
	if fmt.Sprint(s.did) != fmt.Sprint(want) {
		t.Errorf("done %q, want %q", s.did, want)
	}
}

// TestTheLinkToTheLive: it leads there while it is time and counts each opening, and says when it is where it is not; a preview is no opening.
func TestTheLinkToTheLive(t *testing.T) {
	srv, s := liveStreet(t, 2*time.Second) // so that nobody is told to wait
	client := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	for _, c := range []struct {
		method, path string
		preview      bool
		status       int
		words        string
	}{{"GET", "live/go", false, 302, ""}, {"GET", "live/mine/go", false, 302, ""}, {"HEAD", "live/go", false, 302, ""}, {"GET", "live/go", true, 302, ""}, {"GET", "open/go", false, 200, "还没开始"}, {"GET", "noway/new/go", false, 200, "还没有给出直播地址"},
		{"GET", "over/go", false, 410, "已经结束"}, {"GET", "cancelled/go", false, 410, "讲师生病"}, {"GET", "none/go", false, 404, ""}, {"GET", "live/none/go", false, 404, ""}, {"GET", "live/over/go", false, 410, "已过期"}} {
		req, err := http.NewRequest(c.method, srv.URL+"/live/"+c.path, nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Accept-Language", "zh-CN")
		if c.preview {
			req.Header.Set("Sec-Purpose", "prefetch")
		}
		res, err := client.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		body := readAll(t, res)
		if res.StatusCode != c.status || !strings.Contains(body, c.words) || strings.Contains(body, "\u202e") {
			t.Errorf("%s %s = %d, want %d and %q: %.1000s", c.method, c.path, res.StatusCode, c.status, c.words, body)
		}
		if c.status == 302 && (res.Header.Get("Location") != "https://live.example/1" || res.Header.Get("Cache-Control") != "no-store" || res.Header.Get("Referrer-Policy") != "no-referrer") {
			t.Errorf("%s leads on with %v", c.path, res.Header)
		}
	}
	if s.opens != 2 {
		t.Errorf("%d openings, want 2", s.opens)
	}
}

// TestGuestsOfOneNetworkAreBounded: nobody fills a live Q&A with invented people.
func TestGuestsOfOneNetworkAreBounded(t *testing.T) {
	srv, s := liveStreet(t, 0)
	last := 0
	for range joins + 3 {
		res, err := http.PostForm(srv.URL+"/live/open", url.Values{"name": {"小林"}})
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		last = res.StatusCode
	}
	if last != http.StatusTooManyRequests || len(s.did) != joins {
		t.Errorf("%d guests, the last answer %d, want %d and 429", len(s.did), last, joins)
	}
}

func readAll(t *testing.T, res *http.Response) string {
	t.Helper()
	defer res.Body.Close()
	raw, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

// packed is how many bytes a page takes compressed.
func packed(t *testing.T, body string) int {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err := w.Write([]byte(body)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Len()
}
