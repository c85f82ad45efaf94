package cli

import (
	"context"
	"errors"
	"fmt"

	"golang.org/x/sync/errgroup"

	"qunluo/internal/config"
	"qunluo/internal/hold"
	"qunluo/internal/httpd"
)

type serveCmd struct {
	Listen string `placeholder:"HOST:PORT" help:"控制台地址（配置项 server.listen）|address of the console (setting server.listen)"`
}

func (serveCmd) Shape() any { return Served{} }
func (serveCmd) Examples() []example {
	return []example{
		{"serve", [2]string{"首次运行会建立 ./data 并打印一次性设置链接", "the first run makes ./data and prints a one-time set-up link"}},
		{"serve --listen 0.0.0.0:8080", [2]string{"对外监听，请在前面放 TLS 反向代理", "listen to the world; put a TLS reverse proxy in front"}},
	}
}

// Run opens the house and its doors, and works until it is told to stop.
func (s *serveCmd) Run(c *call) error {
	cfg := c.cfg
	if s.Listen != "" {
		cfg.Server.Listen = s.Listen
	}
	cfg.DataDir = c.dataDir()
	return c.serve(cfg)
}

// serve opens the house and answers at its doors and on its socket.
func (c *call) serve(cfg config.Config) error {
	h, err := c.program.Houses.Open(c.ctx, cfg, nil, c.log)
	if errors.Is(err, hold.ErrTaken) {
		return failed(err, "数据目录 %[1]s 已被进程 %[2]s 使用", "the data directory %[1]s is already in use by process %[2]s", cfg.DataDir, hold.Holder(cfg.DataDir))
	}
	if err != nil {
		return err
	}
	ln, err := listenHere(c.ctx, cfg.DataDir)
	if err != nil {
		return errors.Join(err, h.Close())
	}
	sockets := c.program.Sockets
	if sockets == nil {
		sockets = &httpd.Sockets{}
	}
	told, end := c.program.untilAgain(c.ctx, c.log)
	defer end()
	r := &reception{program: c.program, house: h, cfg: cfg, values: c.values, log: c.log}
	work, ctx := errgroup.WithContext(told)
	work.Go(func() error { return r.serve(ctx, ln) })
	work.Go(func() error { return h.Serve(ctx, sockets.Listen, func(s Served) { c.greet(s) }) })
	err = work.Wait()
	if told.Err() != nil {
		err = nil // told to stop, or to begin anew
	}
	if err = errors.Join(err, h.Close()); err != nil || !errors.Is(context.Cause(told), errAgain) {
		return err
	}
	env, err := sockets.Leave(c.program.Env)
	if err != nil {
		return err
	}
	return c.program.Again(env)
}

// greet says where the doors stand.
func (c *call) greet(s Served) {
	if c.json {
		_ = c.printJSON(s)
		return
	}
	fmt.Fprintln(c.out, c.lang.pick([2]string{"群落已启动：", "Qunluo is running: "})+s.URL)
	if s.Setup != "" {
		fmt.Fprintln(c.out, c.lang.pick([2]string{"首次设置（一次有效）：", "First set-up (valid once): "})+s.Setup)
	}
}
