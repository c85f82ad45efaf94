//go:build unix

package main

import (
	"bufio"
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha1" //nolint:gosec // OneBot signs so
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// asProgram makes the test's own executable be the program.
const asProgram = "QUNLUO_TEST_PROGRAM"

func TestMain(m *testing.M) {
	if os.Getenv(asProgram) != "" {
		main()
		return
	}
	os.Exit(m.Run())
}

// installed is a program with a data directory, whose server platforms call.
type installed struct {
	t   *testing.T
	dir string
}

func (p installed) command(ctx context.Context, args ...string) *exec.Cmd {
	c := exec.CommandContext(ctx, os.Args[0], args...)
	c.Dir, c.Env = p.dir, p.environment()
	return c
}

func (p installed) environment() []string {
	return append(os.Environ(), asProgram+"=1", "LANG=C", "QL_SERVER__LISTEN=127.0.0.1:0", "QL_SERVER__LOCAL_LISTEN=", "QL_LOG__LEVEL=error")
}

func (p installed) run(stdin string, args ...string) []byte {
	p.t.Helper()
	c := p.command(p.t.Context(), args...)
	var talk bytes.Buffer
	c.Stdin, c.Stderr = strings.NewReader(stdin), &talk
	out, err := c.Output()
	if err != nil {
		p.t.Fatalf("%v: %v: %s", args, err, talk.String())
	}
	return out
}

// callsAt posts one message after another to a server, each over a connection of its own and never again, until ctx ends.
type calls struct {
	url    string
	made   atomic.Int64
	mu     sync.Mutex
	failed []string
	slow   time.Duration
}

const secret = "a secret of the test"

func (c *calls) run(ctx context.Context, sender int) {
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: 10 * time.Second}
	for n := 0; ctx.Err() == nil; n++ {
		id := sender*1_000_000 + n
		body := fmt.Sprintf(`{"time":%d,"self_id":10000,"post_type":"message","message_type":"group","sub_type":"normal","message_id":%d,"group_id":77,"user_id":%d,"message":[{"type":"text","data":{"text":"第 %d 句"}}],"raw_message":"x","font":0,"sender":{"user_id":%d,"nickname":"甲"}}`,
			time.Now().Unix(), id, 500+sender, n, 500+sender)
		sum := hmac.New(sha1.New, []byte(secret))
		io.WriteString(sum, body)
		req, err := http.NewRequest(http.MethodPost, c.url, strings.NewReader(body))
		if err != nil {
			panic(err)
		}
		req.Header.Set("X-Signature", "sha1="+hex.EncodeToString(sum.Sum(nil)))
		req.Header.Set("X-Self-ID", "10000")
		began := time.Now()
		what := ""
		if res, err := client.Do(req); err != nil {
			what = err.Error()
		} else {
			if res.StatusCode != http.StatusNoContent {
				what = res.Status
			}
			res.Body.Close()
		}
		c.made.Add(1)
		c.mu.Lock()
		c.slow = max(c.slow, time.Since(began))
		if what != "" {
			c.failed = append(c.failed, fmt.Sprintf("%d: %s after %v", id, what, time.Since(began)))
		}
		c.mu.Unlock()
	}
}

// longestRestart is what a caller may have to wait while the program begins anew.
const longestRestart = 3 * time.Second

// TestRestartLosesNoCallback begins the program anew again and again while platforms call that never come a second time: nobody is
// refused, in the middle restart nobody waits longer than 3 s, and everything that was answered is there.
func TestRestartLosesNoCallback(t *testing.T) {
	restarts := 10
	if testing.Short() {
		restarts = 3
	}
	p := installed{t: t, dir: t.TempDir()}
	var account struct{ ID string }
	raw := p.run(secret+"\n", "account", "add", "onebot", "甲", "--with", "mode=http", "--with", "url=http://127.0.0.1:1/", "--with", "self=10000", "--secret", "secret", "--json")
	if err := json.Unmarshal(raw, &account); err != nil || account.ID == "" {
		t.Fatalf("%s: %v", raw, err)
	}
	// The socket is opened here and handed over as systemd does it.
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	socket, err := ln.(*net.TCPListener).File()
	if err != nil {
		t.Fatal(err)
	}
	address := ln.Addr().String()
	server := exec.Command("/bin/sh", "-c", `LISTEN_PID=$$ LISTEN_FDS=1 exec "$0" serve --json`, os.Args[0])
	server.Dir, server.Env = p.dir, p.environment()
	server.ExtraFiles = []*os.File{socket}
	log, err := os.Create(filepath.Join(p.dir, "log"))
	if err != nil {
		t.Fatal(err)
	}
	server.Stderr = log
	said, err := server.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	for _, c := range []io.Closer{ln, socket} { // only the program has it now
		if err := c.Close(); err != nil {
			t.Fatal(err)
		}
	}
	ended := make(chan error, 1)
	greeted := make(chan struct{}, 100)
	go func() {
		lines := bufio.NewScanner(said)
		for lines.Scan() {
			if strings.Contains(lines.Text(), `"url"`) {
				greeted <- struct{}{}
			}
		}
		ended <- server.Wait()
	}()
	stop := sync.OnceFunc(func() {
		_ = server.Process.Signal(syscall.SIGTERM)
		select {
		case err := <-ended:
			if err != nil {
				t.Errorf("the server ended with %v", err)
			}
		case <-time.After(20 * time.Second):
			_ = server.Process.Kill()
			t.Error("the server did not end")
		}
	})
	defer stop()
	up := func() {
		t.Helper()
		select {
		case <-greeted:
		case err := <-ended:
			text, _ := os.ReadFile(log.Name())
			t.Fatalf("the server ended: %v: %s", err, text)
		case <-time.After(30 * time.Second):
			text, _ := os.ReadFile(log.Name())
			t.Fatalf("the server does not begin: %s", text)
		}
	}
	up()
	ctx, enough := context.WithCancel(t.Context())
	defer enough()
	c := &calls{url: "http://" + address + "/connect/" + account.ID}
	var senders sync.WaitGroup
	for i := range 4 {
		senders.Go(func() { c.run(ctx, i+1) })
	}
	var slowest []time.Duration // of each restart
	for range restarts {
		before := c.made.Load()
		for c.made.Load() < before+8 && ctx.Err() == nil {
			time.Sleep(5 * time.Millisecond) // another process: nothing to wait on
		}
		if err := server.Process.Signal(syscall.SIGHUP); err != nil {
			t.Fatal(err)
		}
		up()
		after := c.made.Load()
		for c.made.Load() < after+4 && ctx.Err() == nil {
			time.Sleep(5 * time.Millisecond) // until those that waited are answered
		}
		c.mu.Lock()
		slowest, c.slow = append(slowest, c.slow), 0
		c.mu.Unlock()
	}
	enough()
	senders.Wait()
	slices.Sort(slowest)
	t.Logf("%d restarts, %d callbacks; who waited longest in each: %v", restarts, c.made.Load(), slowest)
	if len(c.failed) > 0 {
		text, _ := os.ReadFile(log.Name())
		t.Fatalf("%d of %d callbacks failed, the first %s: %s", len(c.failed), c.made.Load(), c.failed[0], text)
	}
	if middle := slowest[len(slowest)/2]; middle > longestRestart { // the middle one: other work of the machine must not decide
		t.Errorf("in half of the restarts somebody waited %v or more, want at most %v", middle, longestRestart)
	}
	stop()
	var found struct {
		Rows []struct {
			Messages int64 `json:"messages_7d"`
		}
	}
	raw = p.run("", "group", "list", "--json")
	if err := json.Unmarshal(raw, &found); err != nil || len(found.Rows) != 1 || found.Rows[0].Messages != c.made.Load() {
		t.Errorf("%d callbacks were answered; the house holds %.600s, %v", c.made.Load(), raw, err)
	}
}
