package h5

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"qunluo/internal/community"
	"qunluo/internal/httpd"
	"qunluo/internal/i18n"
	"qunluo/internal/points"
)

// ballots are votes in every state, by what their links say.
type ballots struct{ cast []int }

func (b *ballots) Ballot(_ context.Context, link string) (Ballot, error) {
	evil := "\u202eevil<script>alert(1)</script>"
	out := Ballot{Group: "读书 1 群" + evil, Zone: "Asia/Shanghai", Name: evil, Week: "2026-11-29", State: points.BallotOpen, Ends: 1_800_000_000_000, Word: "投票", Prizes: []points.Prize{{Points: 50, Name: "一本书"}, {Points: 20}}, Stand: 3, Mine: 2,
		Candidates: []Choice{{Candidate: points.Candidate{No: 1, Name: "大刘", Text: "这一周最好的一条，写得很长很长。" + strings.Repeat("长", 60)}}, {Candidate: points.Candidate{No: 2, Name: evil, Text: evil}}, {Candidate: points.Candidate{No: 3, Name: "米粒"}, Own: true},
			{Candidate: points.Candidate{No: 4, Name: "老周", Text: "撤回的话", Out: points.OutRecalled}}}}
	switch link {
	case "open":
	case "group":
		out.Name, out.Candidates = "", nil
	case "nothing":
		out.Candidates, out.Stand = nil, 0
	case "ended":
		out.State = points.BallotEnded
		out.Candidates[0].Votes, out.Candidates[0].Place, out.Candidates[0].Tied = 2, 1, true
		out.Candidates[2].Votes, out.Candidates[2].Place, out.Candidates[2].Tied = 2, 1, true
	case "never":
		out = Ballot{Group: "新群", Name: "大刘"}
	case "over":
		return out, community.Errorf(community.CodeLate, "over")
	default:
		return out, community.Errorf(community.CodeNotFound, "none")
	}
	return out, nil
}

func (b *ballots) Cast(_ context.Context, link string, no int) error {
	switch {
	case link == "group":
		return community.Errorf(community.CodeForbidden, "nobody")
	case no == 3:
		return community.Errorf(community.CodeConflict, "own")
	case no > 3:
		return community.Errorf(community.CodeNotFound, "none")
	case link != "open":
		return community.Errorf(community.CodeLate, "over")
	}
	b.cast = append(b.cast, no)
	return nil
}

// TestVotePageInEveryState: in both languages, hostile names harmless, refused votes said with their reason and counted not.
func TestVotePageInEveryState(t *testing.T) {
	words, err := i18n.New()
	if err != nil {
		t.Fatal(err)
	}
	quiet, b := slog.New(slog.DiscardHandler), &ballots{}
	h, err := New(Deps{Codes: newBoard(), Votes: b, Words: words, Log: quiet})
	if err != nil {
		t.Fatal(err)
	}
	srv := httptest.NewServer(httpd.Edge(quiet, nil, http.NotFoundHandler(), h))
	t.Cleanup(srv.Close)
	for _, c := range []struct {
		link   string
		status int
		zh, en string
		form   bool
	}{
		{"open", 200, "你投的是这个", "Your choice", true}, {"group", 200, "候选内容见群里的公告", "candidates stand in the group", false}, {"nothing", 200, "没有可投的内容", "nothing to vote on", false},
		{"ended", 200, "第 1 名 · 2 票（并列）", "Place 1 · Votes: 2 (shared)", false}, {"never", 200, "还没有评选", "no vote yet", false}, {"over", 410, "已过期", "has expired", false}, {"none", 404, "", "", false},
	} {
		for lang, want := range map[string]string{"zh-CN": c.zh, "en": c.en} {
			res, body := ask(t, srv.URL+"/v/"+c.link, "phone", lang)
			if res.StatusCode != c.status || !strings.Contains(body, want) || strings.Contains(body, `type="radio"`) != c.form || strings.Contains(body, "<script") || strings.Contains(body, "\u202e") || strings.Contains(body, "[vote.") || strings.Contains(body, "[h5.") {
				t.Errorf("%s in %s = %d, want %d, %q and a form %v: %s", c.link, lang, res.StatusCode, c.status, want, c.form, body)
			}
			if strings.Contains(body, "撤回的话") {
				t.Errorf("%s shows what was recalled: %s", c.link, body)
			}
			if c.link == "open" && res.Header.Get("Referrer-Policy") != "no-referrer" {
				t.Errorf("the address is passed on: %s", res.Header)
			}
		}
	}
	for _, c := range []struct {
		link, no string
		status   int
	}{{"open", "1", 200}, {"open", "3", 409}, {"open", "99", 422}, {"open", "", 422}, {"open", strings.Repeat("9", 40), 422}, {"open", strings.Repeat("9", 40_000), 413}, {"ended", "1", 410}, {"group", "1", 403}, {"none", "1", 404}, {"over", "1", 410}} {
		res, err := http.PostForm(srv.URL+"/v/"+c.link, url.Values{"no": {c.no}})
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		if res.StatusCode != c.status {
			t.Errorf("%.10q in %s = %d, want %d", c.no, c.link, res.StatusCode, c.status)
		}
	}
	if len(b.cast) != 1 || b.cast[0] != 1 {
		t.Errorf("cast %v, want the one that counts", b.cast)
	}
}
