// Package irctest starts ngircd, an IRC server that nobody here wrote, for tests, and lets people of flesh and blood, as
// far as a server can tell, be in its channels.
package irctest

import (
	"bufio"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// patience is how long anything may take.
const patience = 30 * time.Second

// Start starts an ngircd that ends with the test and gives its address. It skips with the reason where there is none;
// QL_REQUIRE=ngircd makes that a failure.
func Start(t *testing.T) string {
	t.Helper()
	path, err := exec.LookPath("ngircd")
	if err != nil {
		path, err = exec.LookPath("/usr/sbin/ngircd")
	}
	if err != nil {
		if slices.Contains(strings.Split(os.Getenv("QL_REQUIRE"), ","), "ngircd") {
			t.Fatal("no ngircd, and QL_REQUIRE asks for it")
		}
		t.Skip("no ngircd")
	}
	for range 2 { // somebody else may take the port in between
		if address, ok := try(t, path); ok {
			return address
		}
	}
	t.Fatal("ngircd did not start")
	return ""
}

const configuration = `[Global]
Name = irc.qunluo.test
Info = test
Listen = 127.0.0.1
Ports = %d
[Options]
Ident = no
PAM = no
DNS = no
[Limits]
MaxNickLength = 30
MaxConnectionsIP = 0
MaxJoins = 0
MaxPenaltyTime = 0
`

func try(t *testing.T, path string) (string, bool) {
	free, err := net.Listen("tcp", "127.0.0.1:0") // ngircd takes no port 0
	if err != nil {
		t.Fatal(err)
	}
	port := free.Addr().(*net.TCPAddr).Port
	_ = free.Close()
	dir, err := os.MkdirTemp("", "ngircd") // as root it becomes nobody: t.TempDir is closed to it
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	file := filepath.Join(dir, "ngircd.conf")
	if err := os.WriteFile(file, fmt.Appendf(nil, configuration, port), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(path, "-n", "-f", file)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var reading sync.WaitGroup
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		reading.Wait()
		_ = cmd.Wait()
	})
	stop := time.AfterFunc(patience, func() { _ = cmd.Process.Kill() })
	defer stop.Stop()
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if strings.Contains(lines.Text(), "ready.") {
			reading.Go(func() {
				for lines.Scan() { // a full pipe would stop it
				}
			})
			return fmt.Sprintf("127.0.0.1:%d", port), true
		}
	}
	return "", false
}

// User is somebody on a server.
type User struct {
	t    *testing.T
	Nick string
	conn net.Conn

	mu    sync.Mutex
	lines []string
	count int
}

// Join connects somebody and lets them join a channel. They leave with the test.
func Join(t *testing.T, address, nick, channel string) *User {
	t.Helper()
	conn, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	u := &User{t: t, Nick: nick, conn: conn}
	var reading sync.WaitGroup
	reading.Go(u.read)
	t.Cleanup(func() {
		_ = conn.Close()
		reading.Wait()
	})
	u.Send("NICK " + nick)
	u.Send("USER " + strings.ToLower(nick) + " 0 * :" + nick)
	u.Wait(" 376 ", " 422 ")
	u.Send("JOIN " + channel)
	u.Wait(" 366 ", " 47")
	return u
}

func (u *User) read() {
	for lines := bufio.NewScanner(u.conn); lines.Scan(); {
		if rest, ok := strings.CutPrefix(lines.Text(), "PING "); ok {
			_, _ = fmt.Fprintf(u.conn, "PONG %s\r\n", rest)
			continue
		}
		u.mu.Lock()
		u.lines = append(u.lines, lines.Text())
		u.mu.Unlock()
	}
}

// Send sends a raw line.
func (u *User) Send(line string) {
	u.t.Helper()
	if _, err := fmt.Fprintf(u.conn, "%s\r\n", line); err != nil {
		u.t.Fatal(err)
	}
}

// Settle waits until the server has worked through all that was sent, and everything it told before is here.
func (u *User) Settle() {
	u.t.Helper()
	u.mu.Lock()
	u.count++
	token := fmt.Sprintf("settle-%s-%d", u.Nick, u.count)
	u.mu.Unlock()
	u.Send("PING :" + token)
	u.Wait(token)
}

// Saw gives the lines seen so far that hold a text.
func (u *User) Saw(part string) []string {
	u.mu.Lock()
	defer u.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(u.lines), func(line string) bool { return !strings.Contains(line, part) })
}

// Wait waits until a line with one of the texts has come.
func (u *User) Wait(parts ...string) {
	u.t.Helper()
	for end := time.Now().Add(patience); time.Now().Before(end); <-time.After(5 * time.Millisecond) {
		for _, part := range parts {
			if len(u.Saw(part)) > 0 {
				return
			}
		}
	}
	u.t.Fatalf("%s waited in vain for %q", u.Nick, parts)
}
