package wecomhook

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"qunluo/internal/community"
	"qunluo/internal/connect/conntest"
)

const key = "693a91f6-7xxx-4bc4"

// platform is the other end of a webhook: it notes what was said, and answers as told.
type platform struct {
	srv *httptest.Server
	mu  sync.Mutex

	said    []string
	to      []string
	answers []string // the next answers; "" = none at all
}

func newPlatform(t *testing.T) *platform {
	p := &platform{}
	p.srv = httptest.NewServer(http.HandlerFunc(p.hear))
	t.Cleanup(p.srv.Close)
	return p
}

func (p *platform) hear(w http.ResponseWriter, r *http.Request) {
	var body struct {
		Msgtype string `json:"msgtype"`
		Text    struct {
			Content   string   `json:"content"`
			Mentioned []string `json:"mentioned_list"`
		} `json:"text"`
	}
	err := json.NewDecoder(r.Body).Decode(&body)
	p.mu.Lock()
	answer := `{"errcode":0,"errmsg":"ok"}`
	switch {
	case err != nil || r.URL.Path != "/cgi-bin/webhook/send" || body.Msgtype != "text":
		answer = `{"errcode":40058,"errmsg":"bad"}`
	case r.URL.Query().Get("key") != key:
		answer = `{"errcode":93000,"errmsg":"invalid webhook url"}`
	case len(p.answers) > 0:
		answer, p.answers = p.answers[0], p.answers[1:]
		p.said = append(p.said, body.Text.Content)
	default:
		p.said = append(p.said, body.Text.Content)
		p.to = append(p.to, body.Text.Mentioned...)
	}
	p.mu.Unlock()
	if answer == "" {
		<-r.Context().Done()
		return
	}
	_, _ = io.WriteString(w, answer)
}

func (p *platform) settings() json.RawMessage {
	return json.RawMessage(`{"key":"` + key + `","group":"值班群","base_url":"` + p.srv.URL + `"}`)
}

func TestLeafPassesTheExamination(t *testing.T) {
	conntest.Exercise(t, conntest.Rig{
		Connector: New(nil), Secrets: []string{key}, OnNetwork: true,
		Bad: []conntest.Bad{{Settings: `{"group":"g"}`, Field: "key"}, {Settings: `{"key":"` + key + `"}`, Field: "group"},
			{Settings: `{"group":"g","key":"https://h/?key=` + key + `"}`, Field: "key"}, {Settings: `{"group":"g","key":"` + key + `","base_url":"ws://h"}`, Field: "base_url"}},
		Start: func(t *testing.T) *conntest.Counterpart {
			p := newPlatform(t)
			return &conntest.Counterpart{
				Settings: p.settings(), Self: "值班群", Group: "值班群", Member: "zhangsan", Deaf: true, NoIDs: true, Outside: true,
				Message: func() string { return "m" }, Ask: func() string { return "f" },
				Did: func() []conntest.Done {
					p.mu.Lock()
					defer p.mu.Unlock()
					var all []conntest.Done
					for _, text := range p.said {
						all = append(all, conntest.Done{Verb: community.Send, Group: "值班群", Member: "zhangsan", Text: text})
					}
					return all
				},
			}
		},
	})
}

func TestAnswersDecideWhatFollowsAndTheOperatorIsTold(t *testing.T) {
	p := newPlatform(t)
	host := conntest.NewHost()
	s, err := New(nil).Open(t.Context(), p.settings(), host)
	if err != nil {
		t.Fatal(err)
	}
	say := func(text string) error {
		ctx, stop := context.WithTimeout(t.Context(), 500*time.Millisecond)
		defer stop()
		_, err := s.Do(ctx, community.Action{Verb: community.Send, Text: text, Mention: true, To: community.Address{Group: "值班群", Member: "zhangsan"}})
		return err
	}
	for _, c := range []struct {
		answer string
		want   community.Code
		state  string
	}{
		{`{"errcode":93000,"errmsg":"invalid webhook url ` + key + `"}`, community.CodeForbidden, "failed"},
		{`{"errcode":0}`, community.CodeNone, "online"},
		{`{"errcode":45009,"errmsg":"api freq out of limit"}`, community.CodeLimited, "online"},
		{`<html>bad gateway</html>`, community.CodeTimeout, "failed"},
		{`{"errcode":12345,"errmsg":"no"}`, community.CodeRefused, "failed"},
		{`{"errcode":0}`, community.CodeNone, "online"},
		{"", community.CodeTimeout, "online"}, // our caller gave up: no word about the line
	} {
		p.mu.Lock()
		p.answers = []string{c.answer}
		p.mu.Unlock()
		err := say("值班提醒")
		if community.CodeOf(err) != c.want || err != nil && strings.Contains(err.Error(), key) {
			t.Errorf("%q: %v, want %s without the key", c.answer, err, c.want)
		}
		if got := host.State(); got != c.state {
			t.Errorf("%q: state %s, want %s", c.answer, got, c.state)
		}
	}
	for _, h := range host.Healths() {
		if h.State == "failed" && (h.Say[0] == "" || h.Say[1] == "" || strings.Contains(h.Detail, key)) {
			t.Errorf("%+v: want words in both languages and no key", h)
		}
	}
	if err := say(strings.Repeat("长", 1000)); community.CodeOf(err) != community.CodeTooLarge {
		t.Errorf("3000 bytes: %v, want too large", err)
	}
	if err := say("最后一句"); err != nil || len(p.to) == 0 || p.to[len(p.to)-1] != "zhangsan" {
		t.Errorf("mentioned %v, %v; want zhangsan", p.to, err)
	}
	p.srv.Close()
	if err := say("没人听"); community.CodeOf(err) != community.CodeUnreachable {
		t.Errorf("nobody listens: %v, want unreachable", err)
	}
}
