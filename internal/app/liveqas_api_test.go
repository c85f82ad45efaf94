package app_test

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"qunluo/internal/plan"
)

// TestProgramsRunALiveQA: laid down, asked, answered over nobody else's answer, finished once it is over, archived, and called off, over the API.
func TestProgramsRunALiveQA(t *testing.T) {
	onBoth(t, func(t *testing.T, dbURL string) {
		s := startSite(t, dbURL, "")
		s.say("20001", "大家好")
		c, n, group := s.program("owner", "all:admin"), 0, s.group.ID.String()
		does := func(want int, method, path, body string) map[string]any {
			t.Helper()
			n++
			resp, answer := s.asked(c, method, path, body, "Idempotency-Key", "live"+strconv.Itoa(n))
			out := map[string]any{}
			if err := json.Unmarshal([]byte(answer), &out); err != nil || resp.StatusCode != want {
				t.Fatalf("%s %s %s = %d %s, want %d", method, path, body, resp.StatusCode, answer, want)
			}
			return out
		}
		is := func(what string, got, want any) {
			t.Helper()
			if fmt.Sprint(got) != fmt.Sprint(want) {
				t.Errorf("%s = %v, want %v", what, got, want)
			}
		}
		terms := `"terms":{"title":"答疑","word":"提问","remind_minutes":[0],"language":"zh-CN","address":"%s"}`
		starts := time.Now().Add(26 * time.Hour).UTC().Format("2006-01-02T15:04:05.000Z")
		order := func(address, at string) string {
			return `{` + fmt.Sprintf(terms, address) + `,"starts_at":"` + at + `"}`
		}
		does(422, "POST", "/groups/"+group+"/liveqa", order("javascript:alert(1)", starts))
		does(422, "POST", "/groups/"+group+"/liveqa", order("https://live.example/1", "2020-01-01T00:00:00.000Z"))
		made := does(200, "POST", "/groups/"+group+"/liveqa", order("https://live.example/1", starts))
		at := "/liveqa/" + made["id"].(string)
		is("state", made["state"], "collecting")
		a := does(200, "POST", at+"/questions", `{"text":"怎么请假"}`)
		is("asked", []any{a["no"], a["state"], a["version"]}, []any{1, "open", 1})
		does(422, "POST", at+"/questions", `{"text":"？？"}`)
		b := does(200, "POST", at+"/questions", `{"text":"能带朋友来吗"}`)
		does(200, "POST", at+"/questions/2/merge", `{"into":1}`)
		is("reopened", does(200, "POST", at+"/questions/2/reopen", "")["state"], "open")
		is("left out", does(200, "POST", at+"/questions/2/pass", `{"reason":"与主题无关"}`)["reason"], "与主题无关")
		is("answered", does(200, "PUT", at+"/questions/1/answer", `{"answer":"提前一天说","version":1}`)["answer"], "提前一天说")
		does(409, "PUT", at+"/questions/1/answer", `{"answer":"别的","version":1}`)
		does(404, "PUT", at+"/questions/9/answer", `{"answer":"别的","version":1}`)
		does(422, "PUT", at+"/address", `{"address":"ftp://x.example"}`)
		row := does(200, "PUT", at+"/address", `{"address":"https://live.example/2"}`)
		row = does(200, "PUT", at+"/notes", fmt.Sprintf(`{"notes":"讲了三件事","version":%v}`, row["version"]))
		does(409, "PUT", at+"/notes", `{"notes":"别的","version":1}`)
		does(409, "POST", at+"/lay", `{}`) // the group has no goal
		does(409, "POST", at+"/finish", `{}`)
		does(409, "POST", at+"/archive", `{}`)
		edit := does(200, "PUT", at, `{"version":`+fmt.Sprint(row["version"])+`,`+order("https://live.example/3", starts)[1:])
		is("changed", edit["terms"].(map[string]any)["address"], "https://live.example/3")
		whole := does(200, "GET", at, "")
		figures := whole["figures"].(map[string]any)
		is("one", []any{whole["notes"], len(listedIn(whole, "list")), figures["answered"], figures["share"], b["no"]}, []any{"讲了三件事", 2, 1, nil, 2})
		is("people", len(listedIn(does(200, "GET", at+"/people", ""))), 0)
		series := does(200, "PUT", "/groups/"+group+"/liveqa/series", `{"on":false,"slot":"live","days":2,`+fmt.Sprintf(terms, "")+`}`)
		is("series", []any{series["days"], does(200, "GET", "/groups/"+group+"/liveqa/series", "")["days"]}, []any{2, 2})
		does(422, "PUT", "/groups/"+group+"/liveqa/series", `{"on":false,"slot":"nowhere","days":2,`+fmt.Sprintf(terms, "")+`}`)
		is("called off", does(200, "POST", at+"/cancel", `{"reason":"讲师生病"}`)["why"], "讲师生病")
		does(409, "POST", at+"/questions/2/reopen", "")
		list := does(200, "GET", "/groups/"+group+"/liveqa", "")
		if raw, err := json.Marshal(list); err != nil || strings.Count(string(raw), `"cancelled"`) != 1 {
			t.Errorf("list = %s, %v", raw, err)
		}

		live := s.app.LiveQAs(s.org, nil) // one whose time is over: what people do then
		q, err := live.New(t.Context(), "owner", plan.LiveQA{Group: s.group.Key, LiveTerms: plan.DefaultLive(), Starts: s.app.Now() + 1500, Opens: s.app.Now() - 1000}, "")
		check(t, err)
		at = "/liveqa/" + q.ID.String()
		does(200, "POST", at+"/questions", `{"text":"怎么请假"}`)
		does(200, "PUT", at+"/questions/1/answer", `{"answer":"提前一天说","version":1}`)
		await(t, func() bool { return s.app.Now() >= q.Starts })
		is("finished", does(200, "POST", at+"/finish", `{}`)["state"], "answered")
		is("archived", does(200, "POST", at+"/archive", `{}`)["state"], "archived")
		does(409, "POST", at+"/archive", `{}`)
		cards := does(200, "GET", "/cards", "")
		if raw, err := json.Marshal(cards); err != nil || !strings.Contains(string(raw), "提前一天说") {
			t.Errorf("cards = %s, %v", raw, err)
		}
	})
}
