package app_test

import (
	"crypto/sha1"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"qunluo/internal/community"
	"qunluo/internal/policy"
)

// TestFollowerIsGreetedByTheCodeTheyCameBy is the way of an Official Account: connect, somebody follows by a code, the desk
// keeps their stay with its mark, the rulebook of the desk greets them with the answer of the same call.
func TestFollowerIsGreetedByTheCodeTheyCameBy(t *testing.T) {
	onBoth(t, func(t *testing.T, dbURL string) {
		a, doors := serve(t, dbURL)
		ctx := t.Context()
		platform := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			said := map[string]string{"/cgi-bin/token": `{"access_token":"T","expires_in":7200}`, "/cgi-bin/user/get": `{"total":0,"count":0}`}[r.URL.Path]
			if said == "" {
				said = `{"errcode":0,"errmsg":"ok"}`
			}
			_, _ = io.WriteString(w, said)
		}))
		t.Cleanup(platform.Close)
		org, err := a.Store().Org(ctx, "测试", false)
		check(t, err)
		hands := a.Hands(org, nil)
		account, err := hands.SaveAccount(ctx, "test", community.Account{Connector: "mp", Name: "读书公众号", Enabled: true,
			Settings: fmt.Appendf(nil, `{"app_id":"wx1","secret":"s","token":"tok","certified":true,"base_url":%q}`, platform.URL)}, "")
		check(t, err)
		await(t, func() bool { return a.Intake().Health(account.Key).State == "online" })
		nth := 0
		follows := func(openid, state string) string {
			t.Helper()
			nth++
			stamp, nonce := strconv.FormatInt(time.Now().Unix(), 10), fmt.Sprint("n", nth)
			parts := []string{"tok", stamp, nonce}
			slices.Sort(parts)
			sum := sha1.Sum([]byte(strings.Join(parts, "")))
			body := fmt.Sprintf("<xml><ToUserName>gh_1</ToUserName><FromUserName>%s</FromUserName><CreateTime>%s</CreateTime><MsgType>event</MsgType><Event>subscribe</Event><EventKey>qrscene_%s</EventKey></xml>", openid, stamp, state)
			q := url.Values{"timestamp": {stamp}, "nonce": {nonce}, "signature": {hex.EncodeToString(sum[:])}}
			res, err := http.Post(doors.URL+"/connect/"+account.ID.String()+"/?"+q.Encode(), "text/xml", strings.NewReader(body))
			check(t, err)
			defer res.Body.Close()
			raw, err := io.ReadAll(res.Body)
			check(t, err)
			if res.StatusCode != http.StatusOK {
				t.Fatalf("the call is answered %d %s", res.StatusCode, raw)
			}
			return string(raw)
		}
		if said := follows("oA", "spring-01"); said != "success" {
			t.Errorf("without a rulebook the call is answered %q, want success", said)
		}
		desk := a.Store().For(community.Scope{Org: org})
		rows, _, err := desk.FindGroups(ctx, community.GroupFilter{Desks: true})
		check(t, err)
		if groups, _, err := desk.FindGroups(ctx, community.GroupFilter{}); err != nil || len(groups) != 0 || len(rows) != 1 {
			t.Fatalf("groups %d, desks %d, %v; want none and one", len(groups), len(rows), err)
		}
		book := bookOf(t, community.Live, nil, policy.Rule{ID: "welcome", Name: "欢迎", Kind: "welcome", Mode: policy.RuleLive,
			Params: json.RawMessage(`{"entries":[{"state":"spring-*","text":"从海报来的朋友你好"},{"text":"你好"}]}`)})
		_, err = hands.Publish(plain(ctx), "test", rows[0].Key, book, "欢迎")
		check(t, err)
		if said := follows("oB", "spring-02"); !strings.Contains(said, "从海报来的朋友你好") || !strings.Contains(said, "<ToUserName><![CDATA[oB]]>") {
			t.Errorf("answered %q, want the greeting for the poster", said)
		}
		await(t, func() bool {
			people, _, err := desk.FindMembers(ctx, community.MemberFilter{Group: rows[0].Key, Source: "spring-02"})
			return err == nil && len(people) == 1 && people[0].External == "oB" && people[0].JoinedAt > 0
		})
	})
}
