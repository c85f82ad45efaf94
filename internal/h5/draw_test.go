package h5

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"qunluo/internal/community"
	"qunluo/internal/draw"
	"qunluo/internal/httpd"
	"qunluo/internal/i18n"
)

// drums are draws in every state, by their codes; the pass says who looks.
type drums struct{ entered, left int }

func (d *drums) Lot(_ context.Context, code, pass, search string) (Lot, error) {
	evil := "\u202eevil<script>alert(1)</script>"
	t := draw.Default()
	t.Code, t.Group, t.Title, t.Sponsor, t.Contact, t.Redeem, t.Note = code, "读书 1 群"+evil, "十二月抽奖"+evil, evil, evil, evil, evil
	t.Who, t.Closes, t.Draws = draw.Who{Days: 7, Active: 3, Window: 30, Tiers: []string{"core"}, Clean: true}, 1_800_000_000_000, 1_800_003_600_000
	l := Lot{Draw: draw.Draw{State: draw.Published, Terms: t, Commitment: strings.Repeat("3f9a", 16), Entries: 12, Why: evil}}
	switch code {
	case "open":
	case "standing":
		l.Terms.Who.Standing = true
	case "late":
		l.Late = true
	case "closed":
		l.State, l.List, l.Terms.Beacon = draw.Closed, strings.Repeat("77ab", 16), "当晚的开奖号"
	case "drawn":
		l.State, l.List, l.Seed, l.Entries = draw.Drawn, strings.Repeat("77ab", 16), strings.Repeat("01", 32), 5000
		l.Terms.Prizes = []draw.Prize{{Name: "红包" + evil, Kind: draw.RedPacket, Count: 5000, Fen: 100}}
		for i := range 5000 {
			l.Winners = append(l.Winners, draw.Entry{Name: "阿**", Code: "OJCILRF2SRMJ", Place: i + 1})
		}
	case "nobody":
		l.State = draw.Drawn
	case "cancelled":
		l.State = draw.Called
	default:
		return l, community.Errorf(community.CodeNotFound, "none")
	}
	if search == "OJCILRF2SRMJ" {
		l.Found = draw.Entry{Code: search, Place: 3}
	}
	switch pass {
	case "":
		return l, nil
	case "over":
		return l, community.Errorf(community.CodeLate, "over")
	case "new", "staff":
	case "in":
		l.Mine = draw.Entry{Code: "OJCILRF2SRMJ", MemberID: community.ID{7}}
	case "won":
		l.Mine = draw.Entry{Code: "OJCILRF2SRMJ", Place: 1}
	case "out":
		l.Mine = draw.Entry{Code: "OJCILRF2SRMJ", Out: draw.OutStrike}
	default:
		return l, community.Errorf(community.CodeNotFound, "none")
	}
	l.Name = "阿青" + evil
	return l, nil
}

func (d *drums) Enter(_ context.Context, code, pass string) error {
	switch {
	case pass == "staff":
		return community.Errorf(community.CodeForbidden, "staff")
	case code == "standing":
		return community.Errorf(community.CodeConflict, "nobody enters")
	case code != "open":
		return community.Errorf(community.CodeLate, "over")
	}
	d.entered++
	return nil
}

func (d *drums) Leave(_ context.Context, _, pass string) error {
	if pass != "in" {
		return community.Errorf(community.CodeNotFound, "not in")
	}
	d.left++
	return nil
}

func (d *drums) Proof(_ context.Context, code string) (draw.Proof, error) {
	if code != "drawn" {
		return draw.Proof{}, community.Errorf(community.CodeNotFound, "not yet")
	}
	return draw.Proof{Formula: draw.Formula, Terms: `{"title":"<&>"}`, Entries: []string{}, Winners: []draw.Winner{}}, nil
}

// TestDrawPageInEveryState: in both languages, without script, hostile words harmless, 5,000 winners within 60 KB; who may not enter is told why.
func TestDrawPageInEveryState(t *testing.T) {
	words, err := i18n.New()
	if err != nil {
		t.Fatal(err)
	}
	quiet, d := slog.New(slog.DiscardHandler), &drums{}
	h, err := New(Deps{Codes: newBoard(), Draws: d, Words: words, Log: quiet})
	if err != nil {
		t.Fatal(err)
	}
	srv := httptest.NewServer(httpd.Edge(quiet, nil, http.NotFoundHandler(), h))
	t.Cleanup(srv.Close)
	for _, c := range []struct {
		path   string
		status int
		zh, en string
		form   bool
	}{
		{"open", 200, "向群管理员要你自己的链接", "ask a moderator", false}, {"open/new", 200, "参加抽奖", "Enter the draw", true}, {"open/in", 200, "退出抽奖", "Leave the draw", true}, {"open/over", 410, "已过期", "has expired", false}, {"open/none", 404, "", "", false},
		{"standing/new", 200, "不用报名", "without entering", false}, {"late/new", 200, "正在锁定名单", "being frozen", false}, {"closed", 200, "等公开数字", "waits for the public number", true}, {"closed/in", 200, "你已参加", "You take part", true},
		{"drawn", 200, "共 5000 人得奖", "Winners in all: 5000", true}, {"drawn?find=ojcilrf2srmj", 200, "在名单里，第 3 名", "place 3", true}, {"drawn?find=nobody", 200, "NOBODY 不在名单里", "NOBODY is not in the list", true}, {"drawn/won", 200, "恭喜", "Congratulations", true},
		{"drawn/in", 200, "没有得奖", "did not win", true}, {"drawn/out", 200, "有生效中的违规记分", "a strike still counts", true}, {"nobody", 200, "奖品没有开出", "no prize was won", true}, {"cancelled", 200, "已取消", "called off", false}, {"none", 404, "", "", false}, {"open/proof.json", 404, "", "", false},
	} {
		for lang, want := range map[string]string{"zh-CN": c.zh, "en": c.en} {
			res, body := ask(t, srv.URL+"/draw/"+c.path, "phone", lang)
			if res.StatusCode != c.status || !strings.Contains(body, want) || strings.Contains(body, "<form") != c.form || strings.Contains(body, "<script") || strings.Contains(body, "\u202e") || strings.Contains(body, "[draw.") || len(body) > 60<<10 {
				t.Errorf("%s in %s = %d (%d bytes), want %d, %q and a form %v: %.3000s", c.path, lang, res.StatusCode, len(body), c.status, want, c.form, body)
			}
		}
	}
	res, body := ask(t, srv.URL+"/draw/drawn/proof.json", "phone", "en")
	var p draw.Proof
	if err := json.Unmarshal([]byte(body), &p); err != nil || p.Terms != `{"title":"<&>"}` || !strings.Contains(res.Header.Get("Content-Disposition"), "attachment") {
		t.Errorf("the proof: %v %s", err, body)
	}
	if _, body := ask(t, srv.URL+"/draw/verify.py", "phone", "en"); !strings.HasPrefix(body, "#!/usr/bin/env python3") {
		t.Errorf("the script: %.100s", body)
	}
	for _, c := range []struct {
		path   string
		form   url.Values
		status int
	}{{"open/new", url.Values{"age": {"1"}}, 200}, {"open/new", url.Values{}, 422}, {"open/in", url.Values{"leave": {"1"}}, 200}, {"open/new", url.Values{"leave": {"1"}}, 409}, {"open/staff", url.Values{"age": {"1"}}, 403}, {"standing/new", url.Values{"age": {"1"}}, 409}, {"drawn/in", url.Values{"age": {"1"}}, 410},
		{"none/new", url.Values{"age": {"1"}}, 404}, {"open/over", url.Values{"age": {"1"}}, 410}, {"open/new", url.Values{"age": {strings.Repeat("1", 40_000)}}, 413}} {
		res, err := http.PostForm(srv.URL+"/draw/"+c.path, c.form)
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		if res.StatusCode != c.status {
			t.Errorf("%.20v to %s = %d, want %d", c.form, c.path, res.StatusCode, c.status)
		}
	}
	if d.entered != 1 || d.left != 1 {
		t.Errorf("entered %d, left %d, want one each", d.entered, d.left)
	}
}
