package telegram

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"qunluo/internal/community"
	"qunluo/internal/connect/conntest"
	"qunluo/internal/connect/peertest"
)

const peerScript = `
const TelegramServer = require('telegram-test-api');
new TelegramServer({port: Number(process.env.PORT), host: '127.0.0.1', storage: 'RAM', storeTimeout: 60}).start()
  .then(() => console.log('READY'), (e) => { console.error(e); process.exit(1); });
`

// peer is telegram-test-api, a server of the Bot API that nobody here wrote.
type peer struct {
	t    *testing.T
	base string
}

func startPeer(t *testing.T) *peer {
	t.Helper()
	free, err := net.Listen("tcp", "127.0.0.1:0") // it takes port 0 for 9000
	if err != nil {
		t.Fatal(err)
	}
	port := free.Addr().(*net.TCPAddr).Port
	_ = free.Close()
	peertest.Start(t, peertest.Script{
		Peers: "telegram", Name: "peer.js", Files: map[string]string{"peer.js": peerScript}, Env: []string{fmt.Sprint("PORT=", port)}, Ready: "READY",
	})
	return &peer{t, fmt.Sprintf("http://127.0.0.1:%d", port)}
}

func (p *peer) post(path string, body any) []byte {
	p.t.Helper()
	raw, err := json.Marshal(body)
	if err != nil {
		p.t.Fatal(err)
	}
	answer, err := http.Post(p.base+path, "application/json", bytes.NewReader(raw))
	if err != nil {
		p.t.Fatal(err)
	}
	defer answer.Body.Close()
	data, err := io.ReadAll(answer.Body)
	if err != nil || answer.StatusCode != http.StatusOK {
		p.t.Fatalf("%s: %d %s %v", path, answer.StatusCode, data, err)
	}
	return data
}

// TestWithACounterpartThatNobodyHereWrote lets text pass in both directions.
func TestWithACounterpartThatNobodyHereWrote(t *testing.T) {
	p := startPeer(t)
	host := conntest.NewHost()
	settings, _ := json.Marshal(map[string]string{"token": testToken, "server": p.base})
	s, err := New(nil).Open(t.Context(), settings, host)
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- s.Run(ctx) }()
	t.Cleanup(func() { stop(); <-ended })
	host.Until(t, "online", func() bool { return host.State() == "online" })
	chat := map[string]any{"id": -1001987654321, "type": "supergroup", "title": "周末徒步群"}
	p.post("/sendMessage", map[string]any{
		"botToken": testToken, "text": "今天走哪条线 😀", "date": time.Now().Unix(), "chat": chat,
		"from": map[string]any{"id": 512345678, "first_name": "阿青", "is_bot": false},
	})
	host.Until(t, "the message", func() bool { return len(host.Of(community.MessageCreated)) > 0 })
	in := host.Of(community.MessageCreated)[0]
	if in.Body.Text != "今天走哪条线 😀" || in.Actor.ID != memberID || in.Actor.Name != "阿青" || in.Group != (community.Ref{ID: groupID, Name: "周末徒步群"}) || in.Body.Message == "" {
		t.Errorf("read as %+v", in)
	}
	a := community.Action{Verb: community.Send, Text: "走南线", Mention: true, To: community.Address{Group: groupID, Member: memberID}}
	got, err := s.Do(t.Context(), a)
	if err != nil || got.Message == "" || got.State != community.Acked {
		t.Fatalf("send: %+v, %v", got, err)
	}
	read := map[string]any{"token": testToken, "chatId": groupID}
	if seen := p.post("/getUpdates", read); !strings.Contains(string(seen), "@阿青 走南线") {
		t.Errorf("the counterpart shows %s", seen)
	}
	a = community.Action{Verb: community.RecallMsg, To: community.Address{Group: groupID, Message: got.Message}}
	if _, err := s.Do(t.Context(), a); err != nil {
		t.Errorf("recall: %v", err)
	}
	if seen := p.post("/getUpdatesHistory", map[string]any{"token": testToken}); strings.Contains(string(seen), "走南线") {
		t.Errorf("after the recall the counterpart still has it: %s", seen)
	}
}
