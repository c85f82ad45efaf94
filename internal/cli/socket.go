package cli

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"slices"
	"sync"
	"time"

	"qunluo/internal/config"
	"qunluo/internal/hold"
	"qunluo/internal/httpd"
)

// order is what the command line asks of a running server: POST /run.
type order struct {
	Args    []string `json:"args"`
	Dir     string   `json:"dir"`
	Lang    language `json:"lang"`
	Secrets []string `json:"secrets,omitempty"`
	Stdin   []byte   `json:"stdin,omitempty"`
}

// frame is a piece of the answer, one JSON object a line; the last one has Exit.
type frame struct {
	Out   []byte `json:"out,omitempty"`
	Talk  []byte `json:"talk,omitempty"`
	Label string `json:"label,omitempty"` // progress
	Done  int64  `json:"done,omitempty"`
	Of    int64  `json:"of,omitempty"`
	Exit  *int   `json:"exit,omitempty"`
}

// maxOrder bounds an order, in bytes: rulebooks may come through stdin.
const maxOrder = 16 << 20

// exitError is the exit code of a command that ran elsewhere and has said why.
type exitError int

func (e exitError) Error() string { return fmt.Sprintf("exit %d", int(e)) }

// feeding is a command that reads stdin.
type feeding interface{ Feeds() bool }

// ask runs a command line inside the server that holds the data directory.
func (p *Program) ask(c *call, cmd indoor, args []string) error {
	o := order{Args: slices.Clone(args), Dir: p.Dir, Lang: c.lang, Secrets: c.secrets}
	if c.yes {
		o.Args = append([]string{"--yes"}, o.Args...)
	}
	if f, ok := cmd.(feeding); ok && f.Feeds() {
		var err error
		if o.Stdin, err = io.ReadAll(io.LimitReader(c.in, maxOrder/2)); err != nil {
			return err
		}
	}
	body, err := json.Marshal(o)
	if err != nil {
		return err
	}
	client := &http.Client{Transport: &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "unix", socketPath(c.dataDir()))
	}}}
	req, err := http.NewRequestWithContext(c.ctx, http.MethodPost, "http://qunluo/run", bytes.NewReader(body))
	if err != nil {
		return err
	}
	res, err := client.Do(req)
	if err != nil {
		return failed(err, "数据目录正被进程 %[1]s 使用，但它没有在 %[2]s 应答", "the data directory is in use by process %[1]s, which does not answer at %[2]s",
			hold.Holder(c.dataDir()), socketPath(c.dataDir()))
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		text, _ := io.ReadAll(io.LimitReader(res.Body, 4096))
		return fmt.Errorf("the server answers %s: %s", res.Status, bytes.TrimSpace(text))
	}
	return c.follow(res.Body)
}

// follow prints the answer's frames as they come.
func (c *call) follow(body io.Reader) error {
	dec := json.NewDecoder(bufio.NewReader(body))
	for {
		var f frame
		if err := dec.Decode(&f); err != nil {
			if c.ctx.Err() != nil {
				return c.ctx.Err()
			}
			return failed(err, "服务器中途断开，结果未知", "the server broke off; the outcome is unknown")
		}
		switch {
		case f.Exit != nil && *f.Exit == ExitDone:
			return nil
		case f.Exit != nil:
			return exitError(*f.Exit)
		case f.Label != "":
			c.progress(f.Label, f.Done, f.Of)
		}
		if _, err := c.out.Write(f.Out); err != nil {
			return err
		}
		if _, err := c.talk.Write(f.Talk); err != nil {
			return err
		}
	}
}

// reception answers command lines on the socket of a served house.
type reception struct {
	program *Program
	house   *House
	cfg     config.Config
	values  []config.Value
	log     *slog.Logger
}

// listenHere opens the socket of a data directory whose lock we hold. Only the directory's owner may connect.
func listenHere(ctx context.Context, dataDir string) (net.Listener, error) {
	path := socketPath(dataDir)
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, err // we hold the lock: nobody else can be listening there
	}
	ln, err := (&net.ListenConfig{}).Listen(ctx, "unix", path)
	if err != nil {
		return nil, failed(err, "不能在 %[1]s 监听（路径最长约 100 个字符）：%[2]v", "cannot listen on %[1]s (such a path may have about 100 characters): %[2]v", path, err)
	}
	if err := os.Chmod(path, 0o600); err != nil {
		return nil, errors.Join(err, ln.Close())
	}
	return ln, nil
}

// serve answers on the socket until ctx ends.
func (r *reception) serve(ctx context.Context, ln net.Listener) error {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /run", r.run)
	err := httpd.Serve(ctx, ln, httpd.NewServer(mux, r.log))
	if errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return err
}

func (r *reception) run(w http.ResponseWriter, req *http.Request) {
	var o order
	if err := json.NewDecoder(http.MaxBytesReader(w, req.Body, maxOrder)).Decode(&o); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	if err := httpd.Unhurried(w); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/x-ndjson")
	out := &framed{w: w, flush: http.NewResponseController(w).Flush}
	began := time.Now()
	code := r.answer(req.Context(), o, out)
	r.log.Info("command line", "args", len(o.Args), "exit", code, "ms", time.Since(began).Milliseconds())
	out.send(frame{Exit: &code})
}

// answer runs an order in the open house.
func (r *reception) answer(ctx context.Context, o order, out *framed) int {
	stdout, talk := out.stream(func(f *frame, p []byte) { f.Out = p }), out.stream(func(f *frame, p []byte) { f.Talk = p })
	got, err := parse(o.Args, o.Lang, stdout)
	if err != nil || got.helped {
		if err != nil {
			sayFailure(talk, o.Lang, err, false)
		}
		return exitCode(err)
	}
	c := &call{
		ctx: ctx, lang: o.Lang, json: got.root.JSON, yes: got.root.Yes, org: got.root.Org, dir: o.Dir, in: bytes.NewReader(o.Stdin),
		out: stdout, talk: talk, secrets: o.Secrets, program: r.program, cfg: r.cfg, values: r.values, log: r.log, served: true,
		progress: (&throttle{send: out.send}).show,
	}
	cmd, ok := got.command.(indoor)
	if !ok {
		err = fmt.Errorf("%T does not run inside a server", got.command)
	} else {
		r.settle(c, cmd)
		err = guarded(r.log, func() error { return c.perform(cmd, r.house) })
	}
	if err != nil {
		sayFailure(talk, c.lang, err, c.json)
	}
	return exitCode(err)
}

// settleFor bounds how long an answer waits for the projections.
const settleFor = 3 * time.Second

// settle waits until the projections hold what a command that reads them is about; where that takes too long the answer
// says that it lags.
func (r *reception) settle(c *call, cmd indoor) {
	if _, ok := cmd.(reading); !ok {
		return
	}
	ctx, stop := context.WithTimeout(c.ctx, settleFor)
	defer stop()
	if err := r.house.Settle(ctx); err != nil && c.ctx.Err() == nil {
		c.say("数字和搜索还在追上最新的记录，下面的结果可能不全；稍后再查一次。", "figures and search are still catching up with the record: what follows may be incomplete, ask again soon.")
	}
}

// sayFailure says an error on stderr: a line for people, an object with --json.
func sayFailure(w io.Writer, lang language, err error, asJSON bool) {
	if asJSON {
		_ = json.NewEncoder(w).Encode(failureShape{errorShape{string(codeFor(err)), shortened(err.Error())}})
		return
	}
	fmt.Fprintln(w, "qunluo: "+tidy(lang.sayError(err)))
}

// framed writes frames. Writers of both streams may be used by several goroutines.
type framed struct {
	mu    sync.Mutex
	w     io.Writer
	flush func() error
}

func (f *framed) send(fr frame) {
	f.mu.Lock()
	defer f.mu.Unlock()
	_ = json.NewEncoder(f.w).Encode(fr) // the caller has gone: its context ends the work
	_ = f.flush()
}

// stream is one of the two streams as a writer.
func (f *framed) stream(put func(*frame, []byte)) io.Writer {
	return writerFunc(func(p []byte) (int, error) {
		var fr frame
		put(&fr, p)
		f.send(fr)
		return len(p), nil
	})
}

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(p []byte) (int, error) { return f(p) }

// throttle sends progress at most ten times a second.
type throttle struct {
	send func(frame)
	last time.Time
}

func (t *throttle) show(label string, done, of int64) {
	if now := time.Now(); now.Sub(t.last) >= 100*time.Millisecond || of > 0 && done >= of {
		t.last = now
		t.send(frame{Label: label, Done: done, Of: of})
	}
}

// failureShape is what every verb prints on stderr with --json when it fails.
type failureShape struct {
	Error errorShape `json:"error"`
}

type errorShape struct {
	Code    string `json:"code"` // of community.Code; "usage" for wrong usage
	Message string `json:"message"`
}
