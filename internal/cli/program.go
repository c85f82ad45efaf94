package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"path/filepath"
	"runtime/debug"
	"slices"
	"syscall"
	"time"

	"qunluo/internal/config"
	"qunluo/internal/hold"
	"qunluo/internal/httpd"
)

// Exit codes.
const (
	ExitDone   = 0
	ExitFailed = 1
	ExitUsage  = 2
)

// Program is one start of qunluo: where it stands and what it may open.
type Program struct {
	Args   []string // without the program's name
	Env    []string
	Dir    string // relative paths start here
	In     io.Reader
	Out    io.Writer
	Err    io.Writer
	Clock  func() time.Time // nil = time.Now
	Houses Houses
	// Sockets came with the process and stay for the next; nil = its own.
	Sockets *httpd.Sockets
	// Again executes the program anew in this process with an environment, and returns only an error; nil = it cannot.
	Again func(env []string) error
}

// Main runs the process's own command line and gives the exit code. Ctrl-C ends the work cleanly; a second one at once.
func Main(houses Houses) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop) // from now on a signal has its usual effect
	keepPrivate()
	dir, err := os.Getwd()
	if err != nil {
		fmt.Fprintln(os.Stderr, "qunluo:", err)
		return ExitFailed
	}
	sockets, err := httpd.Inherit(os.Environ(), os.Getpid())
	if err != nil {
		fmt.Fprintln(os.Stderr, "qunluo:", err)
		return ExitFailed
	}
	p := Program{Args: os.Args[1:], Env: os.Environ(), Dir: dir, In: os.Stdin, Out: os.Stdout, Err: os.Stderr, Houses: houses, Sockets: sockets, Again: again}
	return p.Run(ctx)
}

func (p *Program) now() time.Time {
	if p.Clock != nil {
		return p.Clock()
	}
	return time.Now()
}

// Run runs one command line and gives the exit code.
func (p *Program) Run(ctx context.Context) int {
	lang := chooseLanguage(p.Args, p.Env)
	got, err := parse(p.Args, lang, p.Out)
	if err != nil {
		return p.end(lang, err, false)
	}
	if got.helped {
		return ExitDone
	}
	c := p.newCall(ctx, lang, got.root)
	err = p.dispatch(c, got.command)
	if errors.Is(err, context.Canceled) && ctx.Err() != nil {
		err = failed(err, "已中断", "interrupted")
	}
	return p.end(lang, err, c.json)
}

// end says an error, if any, and gives the exit code. With --json the error is an object on stderr.
func (p *Program) end(lang language, err error, asJSON bool) int {
	var remote exitError
	switch {
	case err == nil:
		return ExitDone
	case errors.As(err, &remote):
		return int(remote) // the server has said why
	}
	sayFailure(p.Err, lang, err, asJSON)
	return exitCode(err)
}

func exitCode(err error) int {
	if err == nil {
		return ExitDone
	}
	if _, ok := errors.AsType[usageError](err); ok {
		return ExitUsage
	}
	if _, ok := errors.AsType[config.Problems](err); ok {
		return ExitUsage
	}
	return ExitFailed
}

func (p *Program) newCall(ctx context.Context, lang language, g *grammar) *call {
	c := &call{
		ctx: ctx, lang: lang, json: g.JSON, yes: g.Yes, org: g.Org, dir: p.Dir, in: p.In, out: p.Out, talk: p.Err, program: p,
		progress: func(string, int64, int64) {},
	}
	if isTerminal(p.Err) && !g.JSON {
		b := &bar{w: p.Err, now: p.now}
		c.progress, c.talk = b.show, erasing{p.Err, b}
		if isTerminal(p.Out) {
			c.out = erasing{p.Out, b}
		}
	}
	files := make([]string, len(g.Config))
	for i, f := range g.Config {
		files[i] = c.path(f)
	}
	in := config.Standard(files, p.Env, g.settings())
	for i, f := range in.Optional {
		in.Optional[i] = c.path(f)
	}
	c.cfg, c.values, c.cfgErr = config.Load(in)
	c.log = newLog(c.talk, c.cfg.Log)
	return c
}

func newLog(w io.Writer, o config.Log) *slog.Logger {
	options := &slog.HandlerOptions{Level: o.Level}
	if o.JSON {
		return slog.New(slog.NewJSONHandler(w, options))
	}
	return slog.New(slog.NewTextHandler(w, options))
}

// tolerant is a command that works although the settings are wrong.
type tolerant interface{ Tolerates() }

// dispatch asks what must be asked first, then runs a command where it belongs.
func (p *Program) dispatch(c *call, command any) error {
	if _, ok := command.(tolerant); !ok && c.cfgErr != nil {
		return c.cfgErr
	}
	if d, ok := command.(dangerous); ok {
		if effect := d.Effect(); effect != [2]string{} {
			if err := c.confirm(c.lang.pick(effect)); err != nil {
				return err
			}
		}
	}
	if s, ok := command.(secretive); ok {
		if err := c.askSecrets(s.Prompts()); err != nil {
			return err
		}
	}
	if a, ok := command.(asking); ok {
		more, err := a.Asks(c)
		if err != nil {
			return err
		}
		p.Args = append(slices.Clone(p.Args), more...)
	}
	switch cmd := command.(type) {
	case outdoor:
		return guarded(c.log, func() error { return cmd.Run(c) })
	case indoor:
		return p.indoors(c, cmd, p.Args)
	}
	return fmt.Errorf("%T neither runs outdoors nor indoors", command)
}

// indoors runs a command in the house: here if the house is free, else inside the server that holds it.
func (p *Program) indoors(c *call, cmd indoor, args []string) error {
	cfg := c.cfg
	cfg.DataDir = c.dataDir()
	h, err := p.Houses.Open(c.ctx, cfg, nil, c.log)
	if errors.Is(err, hold.ErrTaken) {
		return p.ask(c, cmd, args)
	}
	if err != nil {
		return err
	}
	if err = h.Settle(c.ctx); err == nil {
		err = guarded(c.log, func() error { return c.perform(cmd, h) })
	}
	return errors.Join(err, h.Close())
}

// guarded turns a panic into an error, so that one verb's fault does not end the server it may run in. Where it happened
// stands in the log.
func guarded(log *slog.Logger, f func() error) (err error) {
	defer func() {
		if r := recover(); r != nil {
			log.Error("panic", "what", r, "stack", string(debug.Stack()))
			err = failed(fmt.Errorf("panic: %v", r), "程序内部出错，详情见日志：%v", "something broke inside, the log says where: %v", r)
		}
	}()
	return f()
}

// socketName stands in the data directory: it leads to the process that holds it.
const socketName = "qunluo.sock"

// socketPath is where the server of a data directory listens.
func socketPath(dataDir string) string { return filepath.Join(dataDir, socketName) }
