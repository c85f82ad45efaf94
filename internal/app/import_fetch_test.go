package app_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"qunluo/internal/cli"
	"qunluo/internal/community"
	"qunluo/internal/console"
)

// TestAnswersOfChatlogOnThisMachineAreRead: an address is read like a file, again adds what is new, nothing stays behind.
func TestAnswersOfChatlogOnThisMachineAreRead(t *testing.T) {
	n := 2
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/api/v1/chatlog" || r.URL.Query().Get("talker") != "1@chatroom" {
			http.NotFound(w, r)
			return
		}
		var rows []string
		for i := range n {
			rows = append(rows, fmt.Sprintf(`{"seq":%d,"time":"2026-01-01T09:0%d:00+08:00","talker":"1@chatroom","talkerName":"晨读","isChatRoom":true,"sender":"wxid_a","senderName":"阿敏","type":1,"content":"第%d"}`, 1767229200000+i*60000, i, i))
		}
		fmt.Fprint(w, "["+strings.Join(rows, ",")+"]")
	}))
	defer server.Close()
	oneByOne(t, func(t *testing.T, w terminal) { // they count on the folder for temporary files
		t.Setenv("TMPDIR", t.TempDir())
		n = 2
		address := server.URL + "/api/v1/chatlog?time=2026-01-01&talker=1@chatroom&format=json"
		var done cli.ImportDone
		w.must(t, &done, "import", address)
		if done.Added != 2 {
			t.Errorf("first: %+v", done)
		}
		n = 5
		w.must(t, &done, "import", address)
		if done.Added != 3 || done.Same != 2 {
			t.Errorf("again: %+v", done)
		}
		if code, _, talk := w.types(t, "import", server.URL+"/nothing"); code != cli.ExitFailed || !strings.Contains(talk, "404") {
			t.Errorf("an answer that is none: exit %d: %s", code, talk)
		}
		if left, err := filepath.Glob(filepath.Join(os.TempDir(), "qunluo-*")); err != nil || len(left) > 0 {
			t.Errorf("left behind: %v %v", left, err)
		}
	})
}

// TestNoAddressElsewhereIsAsked: neither by number nor by a redirect does an import leave this machine.
func TestNoAddressElsewhereIsAsked(t *testing.T) {
	away := httptest.NewServer(http.RedirectHandler("http://192.0.2.1/x", http.StatusFound))
	defer away.Close()
	c := newClerk(t, "")
	for _, address := range []string{"http://192.0.2.1/api/v1/chatlog", "http://user:pw@127.0.0.1/", "http://[2001:db8::1]:5030/", "http:///x", away.URL} {
		_, _, err := c.try(console.ImportOrder{}, address)
		wantFault(t, err, "not_this_machine", "")
	}
	dead := httptest.NewServer(http.NotFoundHandler())
	dead.Close()
	_, _, err := c.try(console.ImportOrder{}, dead.URL)
	wantFault(t, err, "no_answer", "127.0.0.1")
	if community.CodeOf(err) != community.CodeUnreachable || len(c.runs()) != 0 {
		t.Errorf("code %s, %d runs", community.CodeOf(err), len(c.runs()))
	}
}
