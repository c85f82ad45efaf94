package app_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"qunluo/internal/community"
)

// TestFeishuEventsReachTheirGroup: an app is connected, its address confirmed, and what is said becomes durable before 飞书
// is told so; what is forged does not.
func TestFeishuEventsReachTheirGroup(t *testing.T) {
	onBoth(t, func(t *testing.T, dbURL string) {
		s := startSite(t, dbURL, "")
		tenant := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			switch {
			case strings.HasSuffix(r.URL.Path, "/tenant_access_token/internal"):
				fmt.Fprint(w, `{"code":0,"tenant_access_token":"t-1","expire":7200}`)
			case strings.HasSuffix(r.URL.Path, "/bot/v3/info"):
				fmt.Fprint(w, `{"code":0,"bot":{"open_id":"ou_bot","app_name":"小群"}}`)
			default:
				fmt.Fprint(w, `{"code":0,"data":{"items":[],"has_more":false}}`)
			}
		}))
		t.Cleanup(tenant.Close)
		hands := s.app.Hands(s.org, nil)
		a, err := hands.SaveAccount(t.Context(), "test", community.Account{Connector: "feishu", Name: "飞书助手", Enabled: true,
			Settings: []byte(`{"app_id":"cli_1","app_secret":"secret","verification_token":"v-1","base_url":"` + tenant.URL + `"}`)}, "")
		check(t, err)
		at := s.base + "/connect/" + a.ID.String() + "/"
		say := func(body string) (int, string) {
			resp, err := http.Post(at, "application/json", strings.NewReader(body))
			check(t, err)
			defer resp.Body.Close()
			raw, err := io.ReadAll(resp.Body)
			check(t, err)
			return resp.StatusCode, strings.TrimSpace(string(raw))
		}
		await(t, func() bool {
			status, body := say(`{"type":"url_verification","token":"v-1","challenge":"c-1"}`)
			return status == 200 && body == `{"challenge":"c-1"}`
		})
		event := `{"schema":"2.0","header":{"event_id":"e1","event_type":"im.message.receive_v1","create_time":"1764288000000","token":"%s","app_id":"cli_1"},"event":{"sender":{"sender_id":{"open_id":"ou_1"},"sender_type":"user"},"message":{"message_id":"om_1","create_time":"1764288000000","chat_id":"oc_1","chat_type":"group","message_type":"text","content":"{\"text\":\"周六去哪\"}"}}}`
		if status, _ := say(fmt.Sprintf(event, "guess")); status != 403 {
			t.Errorf("forged = %d, want 403", status)
		}
		for range 2 {
			await(t, func() bool { status, _ := say(fmt.Sprintf(event, "v-1")); return status == 200 })
		}
		rows, _, err := s.desk.FindGroups(t.Context(), community.GroupFilter{Platform: "lark"})
		check(t, err)
		if len(rows) != 1 {
			t.Fatalf("%d groups of 飞书, want one", len(rows))
		}
		said, total, err := s.desk.FindMessages(t.Context(), community.MessageFilter{Group: rows[0].Key})
		check(t, err)
		await(t, func() bool {
			said, total, err = s.desk.FindMessages(t.Context(), community.MessageFilter{Group: rows[0].Key})
			return err == nil && total > 0
		})
		if total != 1 || said[0].Text != "周六去哪" {
			t.Errorf("messages = %d %+v, want the one", total, said)
		}
	})
}
