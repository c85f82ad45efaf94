package app_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"
	"time"

	"qunluo/internal/app"
	"qunluo/internal/community"
	"qunluo/internal/measure"
	"qunluo/internal/store"
)

var articleZone = time.FixedZone("Asia/Shanghai", 8*3600)

// newsroom is the platform's side of an Official Account: what it says of each day, and what it refuses.
type newsroom struct {
	*httptest.Server
	mu     sync.Mutex
	days   map[string]string // what is told of a day; "" = nothing was read
	refuse map[string]string
	asked  []string
}

func openNewsroom(t *testing.T) *newsroom {
	n := &newsroom{days: map[string]string{}, refuse: map[string]string{}}
	n.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		n.mu.Lock()
		defer n.mu.Unlock()
		switch r.URL.Path {
		case "/cgi-bin/token":
			_, _ = io.WriteString(w, `{"access_token":"T","expires_in":7200}`)
		case "/datacube/getarticlesummary":
			var ask struct {
				Day string `json:"begin_date"`
			}
			_ = json.NewDecoder(r.Body).Decode(&ask)
			n.asked = append(n.asked, ask.Day)
			if said := n.refuse[ask.Day]; said != "" {
				_, _ = io.WriteString(w, said)
				return
			}
			fmt.Fprintf(w, `{"list":[%s]}`, n.days[ask.Day])
		default:
			_, _ = io.WriteString(w, `{"errcode":0,"errmsg":"ok"}`)
		}
	}))
	t.Cleanup(n.Close)
	return n
}

func (n *newsroom) tell(day, list string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.days[day] = list
	delete(n.refuse, day)
}

func article(id, title string, people, times int) string {
	return fmt.Sprintf(`{"ref_date":"x","msgid":%q,"title":%q,"int_page_read_user":%d,"int_page_read_count":%d,"share_count":2,"add_to_fav_user":1}`, id, title, people, times)
}

func publish(t *testing.T, a *app.App, org community.OrgKey, base, kind string, certified bool) community.Account {
	t.Helper()
	account, err := a.Hands(org, nil).SaveAccount(t.Context(), "test", community.Account{Connector: "mp", Name: "读书" + kind, Enabled: true,
		Settings: fmt.Appendf(nil, `{"app_id":"wx%s","secret":"s","token":"tok","kind":%q,"certified":%v,"base_url":%q}`, kind, kind, certified, base)}, "")
	check(t, err)
	await(t, func() bool { return a.Intake().Health(account.Key).State == "online" })
	return account
}

// TestTotalsOfArticlesAreKeptDayByDay: the last days are read once, what the platform corrects is read again and replaces what
// was there, a day it does not tell is a gap that says why, and a kind of account that may not ask is never asked.
func TestTotalsOfArticlesAreKeptDayByDay(t *testing.T) {
	onBoth(t, func(t *testing.T, dbURL string) {
		n := openNewsroom(t)
		a, _ := serve(t, dbURL)
		ctx := t.Context()
		org, err := a.Store().Org(ctx, "测试", false)
		check(t, err)
		last := measure.DaysToAsk(nil, a.Now(), articleZone)
		told, silent := last[0], last[2]
		n.tell(told.String(), article("1_1", "第三章导读", 120, 180)+","+article("1_2", "征稿", 40, 44))
		n.refuse[silent.String()] = `{"errcode":61500,"errmsg":"date format error"}`
		account := publish(t, a, org, n.URL, "service", true)
		plain := publish(t, a, org, n.URL, "subscription", false)
		articles := a.Articles(org)
		read := func(key string) {
			t.Helper()
			check(t, a.Store().AddJob(ctx, store.Job{Kind: "read-articles", Key: key, RunAt: a.Now()}))
			a.Jobs().Wake()
			await(t, func() bool {
				rows, _, err := a.Store().For(community.Scope{Org: org}).FindJobs(ctx, "", community.Page{Limit: 200})
				return err == nil && !slices.ContainsFunc(rows, func(j community.JobRow) bool { return j.Kind == "read-articles" && j.Key == key && j.State != "done" })
			})
		}
		read("a")
		if len(n.asked) != len(last) {
			t.Fatalf("asked for %v, want each of the last days once, and nothing for the account that may not ask", n.asked)
		}
		read("b")
		if len(n.asked) != len(last) {
			t.Errorf("asked again at once: %v", n.asked)
		}
		spans, err := articles.Days(ctx, account.Key, 12) // before eight in the morning the last day that is told is the one before yesterday
		check(t, err)
		state := map[measure.Day]measure.ArticleSpan{}
		for _, s := range spans {
			state[s.Day] = s
		}
		if s := state[told]; s.State != measure.DayTold || s.Sum != (measure.ArticleSum{Articles: 2, Times: 224, Shares: 4}) || s.Read.Told == 0 {
			t.Errorf("the day that was told = %+v", s)
		}
		if s := state[last[1]]; s.State != measure.DayTold || s.Sum.Articles != 0 {
			t.Errorf("a day on which nothing was read = %+v, want told, without articles", s)
		}
		if s := state[silent]; s.State != measure.DayFailed || s.Read.Code == "" {
			t.Errorf("the day that was not told = %+v, want a gap with the reason", s)
		}
		if s := state[last[0]-9]; s.State != measure.DayUnasked {
			t.Errorf("a day before the account was connected = %+v, want unasked", s)
		}
		n.tell(told.String(), article("1_1", "第三章导读", 150, 260)) // corrected: one article fell out
		check(t, articles.Read(ctx, account.Key))
		check(t, articles.Read(ctx, account.Key))
		list, total, err := articles.List(ctx, account.Key, 10, community.Page{})
		if err != nil || total != 1 || list[0].Times != 260 || list[0].People != 150 || list[0].Title != "第三章导读" {
			t.Errorf("after the correction: %+v of %d, %v; want the one article with its new figures", list, total, err)
		}
		if err := articles.Read(ctx, plain.Key); community.CodeOf(err) != community.CodeUnsupported {
			t.Errorf("an account that may not ask: %v, want unsupported", err)
		}
		if spans, err := articles.Days(ctx, plain.Key, 3); err != nil || spans[len(spans)-1].State != measure.DayUnasked {
			t.Errorf("its days = %+v, %v", spans, err)
		}
		if _, err := a.Articles(org+1).Days(ctx, account.Key, 3); community.CodeOf(err) != community.CodeNotFound {
			t.Errorf("another organisation: %v, want not_found", err)
		}
	})
}
