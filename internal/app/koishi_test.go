package app_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// koishi is a real bot framework in a process of its own.
type koishi struct {
	t    *testing.T
	mu   sync.Mutex
	said []map[string]any // what the probe printed
	log  []string
	port int
}

// probe is a plugin that obeys the first word of a message and prints what it hears, one JSON line each.
const probe = `
exports.name = 'qlprobe'
const { h } = require('koishi')
const out = (o) => console.log('QL ' + JSON.stringify(o))
const orders = {
  async ping(s) { return h.text('pong <b>&') },
  async quote(s) { await s.send([h.quote(s.messageId), h.at(s.userId), ' 收到']) },
  async list(s) { const l = await s.bot.getGuildMemberList(s.guildId); out({ members: l.data.map(m => ({ id: m.user.id, name: m.user.name })) }) },
  async mute(s, id) { await s.bot.muteGuildMember(s.guildId, id, 60000); out({ done: 'mute' }) },
  async kick(s, id) { await s.bot.kickGuildMember(s.guildId, id); out({ done: 'kick' }) },
  async delete(s) { await s.bot.deleteMessage(s.channelId, s.messageId); out({ done: 'delete' }) },
}
exports.apply = (ctx) => {
  const timer = setInterval(() => ctx.bots.forEach(b => b.status === 1 && out({ online: b.selfId, name: b.user && b.user.name })), 200)
  ctx.on('dispose', () => clearInterval(timer))
  ctx.middleware(async (s, next) => {
    out({ got: s.content, user: s.userId, guild: s.guildId, id: s.messageId, quote: s.quote && s.quote.id, elements: (s.elements || []).map(e => ({ type: e.type, ...e.attrs })) })
    const [word, ...rest] = s.elements.filter(e => e.type === 'text').map(e => e.attrs.content).join('').trim().split(/\s+/)
    if (!orders[word]) return next()
    try { return await orders[word](s, ...rest) } catch (e) { out({ failed: word, why: String(e), status: e.response && e.response.status, body: e.response && e.response.data }) }
  })
  ctx.on('guild-member-request', async (s) => {
    out({ request: s.userId, text: s.content })
    try { await s.bot.handleGuildMemberRequest(s.messageId, true, 'ok'); out({ done: 'approve' }) } catch (e) { out({ failed: 'approve', why: String(e) }) }
  })
  for (const name of ['guild-member-added', 'guild-member-removed', 'message-deleted']) ctx.on(name, (s) => out({ event: name, user: s.userId, message: s.messageId }))
}`

// satoriAdapter registers the adapter, which has no wrapper for koishi.
const satoriAdapter = `
exports.name = 'qlsat'
exports.inject = ['http']
exports.apply = (ctx) => { ctx.plugin(require('@satorijs/adapter-satori').default, { endpoint: process.env.QL_ENDPOINT, token: process.env.QL_TOKEN, retryTimes: 6, retryInterval: 300, retryLazy: 1000 }) }`

// bodyShim puts a request's parsed body where the adapter's HTTP mode looks for it: its release reads ctx.body, the server
// plugin of the same day writes ctx.request.body. What is verified over it stays the adapter's own work.
const bodyShim = `
exports.name = 'qlbody'
exports.inject = ['server']
exports.apply = (ctx) => { ctx.server.use(async (c, next) => { c.body = c.request.body; await next() }) }`

// peersFolder is where the packages of real counterparts are installed. It skips, or where QL_REQUIRE names node fails.
func peersFolder(t *testing.T) string {
	t.Helper()
	dir := os.Getenv("QL_PEERS_NORTH")
	if dir == "" {
		dir, _ = filepath.Abs("../north/peers") // the working folder of a test is there
	}
	_, missing := os.Stat(filepath.Join(dir, "node_modules", "koishi", "package.json"))
	_, none := exec.LookPath("node")
	if missing == nil && none == nil {
		return filepath.Join(dir, "node_modules")
	}
	why := "node is not installed"
	if none == nil {
		why = "the packages are not there: npm ci in internal/north/peers"
	}
	if slices.Contains(strings.Split(os.Getenv("QL_REQUIRE"), ","), "node") {
		t.Fatal(why)
	}
	t.Skip(why)
	return ""
}

// startKoishi runs koishi with plugins (as its configuration writes them) until the test ends.
func startKoishi(t *testing.T, plugins string, env ...string) *koishi {
	t.Helper()
	from, dir := peersFolder(t), t.TempDir()
	modules := filepath.Join(dir, "node_modules")
	check(t, os.Mkdir(modules, 0o755))
	names, err := os.ReadDir(from)
	check(t, err)
	for _, n := range names {
		check(t, os.Symlink(filepath.Join(from, n.Name()), filepath.Join(modules, n.Name())))
	}
	write := func(path, text string) {
		check(t, os.MkdirAll(filepath.Dir(filepath.Join(dir, path)), 0o755))
		check(t, os.WriteFile(filepath.Join(dir, path), []byte(text), 0o600))
	}
	for name, code := range map[string]string{"qlprobe": probe, "qlsat": satoriAdapter, "qlbody": bodyShim} {
		write("node_modules/koishi-plugin-"+name+"/package.json", `{"name":"koishi-plugin-`+name+`","version":"1.0.0","main":"index.js"}`)
		write("node_modules/koishi-plugin-"+name+"/index.js", code)
	}
	write("package.json", `{"name":"peer","private":true,"dependencies":{"@koishijs/plugin-http":"*","@koishijs/plugin-proxy-agent":"*","@koishijs/plugin-server":"*"}}`)
	write("pre.js", `process.send = process.send || (() => {})`)
	write("koishi.yml", "plugins:\n  http: {}\n  server: {host: 127.0.0.1, port: 25140, maxPort: 25999}\n"+plugins+"  qlprobe: {}\n")
	k := &koishi{t: t}
	ctx, stop := context.WithCancel(context.Background())
	cmd := exec.CommandContext(ctx, "node", "-r", "./pre.js", "node_modules/koishi/lib/worker/index.js")
	cmd.Dir, cmd.Env = dir, append(append(os.Environ(), "KOISHI_CONFIG_FILE=koishi.yml", "NO_COLOR=1", "NODE_PATH="+modules), env...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	lines, err := cmd.StdoutPipe()
	check(t, err)
	cmd.Stderr = cmd.Stdout
	check(t, cmd.Start())
	read := make(chan struct{})
	go func() { defer close(read); k.listen(bufio.NewScanner(lines)) }()
	t.Cleanup(func() {
		stop() // ends its own process id
		<-read
		_ = cmd.Wait() // it was killed: that is no failure
		if t.Failed() {
			k.mu.Lock()
			t.Log("koishi said:\n" + strings.Join(k.log, "\n"))
			k.mu.Unlock()
		}
	})
	k.until("the server's port", func() bool { return k.port != 0 })
	return k
}

func (k *koishi) listen(lines *bufio.Scanner) {
	for lines.Scan() {
		line := lines.Text()
		k.mu.Lock()
		if _, after, ok := strings.Cut(line, "server listening at http://127.0.0.1:"); ok {
			_, _ = fmt.Sscanf(after, "%d", &k.port) // stays 0 when it is no number: the wait for it then fails
		}
		if rest, ok := strings.CutPrefix(line, "QL "); ok {
			var said map[string]any
			if json.Unmarshal([]byte(rest), &said) == nil {
				k.said = append(k.said, said)
			}
			if said["online"] == nil {
				k.log = append(k.log, line)
			}
		} else {
			k.log = append(k.log, line)
		}
		k.mu.Unlock()
	}
}

// until waits for what reading may bring; done is asked under the lock.
func (k *koishi) until(what string, done func() bool) {
	k.t.Helper()
	deadline := time.Now().Add(30 * time.Second)
	for {
		k.mu.Lock()
		ok := done()
		k.mu.Unlock()
		if ok {
			return
		}
		if time.Now().After(deadline) {
			k.t.Fatalf("koishi: no %s within 30 s", what)
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// says waits for a line of the probe with a key, and gives the last that fits.
func (k *koishi) says(key string, fits func(line map[string]any) bool) (found map[string]any) {
	k.t.Helper()
	k.until(key, func() bool {
		for _, line := range k.said {
			if line[key] != nil && (fits == nil || fits(line)) {
				found = line
			}
		}
		return found != nil
	})
	return found
}

func is(key string, want any) func(map[string]any) bool {
	return func(line map[string]any) bool { return line[key] == want }
}
