package cli

import (
	"fmt"
	"strings"
)

type demoCmd struct {
	Days   int     `default:"90" help:"历史有多少天，7 到 365|how many days of history, 7 to 365"`
	Seed   uint64  `default:"1" help:"种子：相同的种子讲同一个故事|seed: the same seed tells the same story"`
	Speed  float64 `default:"1" help:"活动部分的快慢|pace of the living part"`
	Once   bool    `help:"历史走完就结束并留下报告|end after the history and leave a report"`
	Out    string  `placeholder:"DIR" help:"报告放哪里|folder for the report"`
	Listen string  `default:"127.0.0.1:8080" placeholder:"HOST:PORT" help:"地址，被占用时用下一个端口|address; the next free port when it is taken"`
}

// demoReady is what the demo prints once one can sign in.
type demoReady struct {
	URL      string `json:"url" col:"网址|address"`
	Login    string `json:"login" col:"登录名|login"`
	Password string `json:"password" col:"密码|password"`
}

func (demoCmd) Shape() any { return demoReady{} }
func (demoCmd) Examples() []example {
	return []example{
		{"demo", [2]string{"打印网址和登录名，随后社群在你眼前运转", "prints address and login, then the community lives before your eyes"}},
		{"demo --once --out report", [2]string{"不等人，走完 90 天，留下报告", "wait for nobody: run through 90 days and leave a report"}},
	}
}

// Validate bounds the days; called by the parser.
func (d *demoCmd) Validate() error {
	if d.Days < 7 || d.Days > 365 {
		return badUsage("--days 应在 7 到 365 之间", "--days must be 7 to 365")
	}
	if d.Speed < 0.01 || d.Speed > 1000 {
		return badUsage("--speed 应在 0.01 到 1000 之间", "--speed must be 0.01 to 1000")
	}
	return nil
}

// Run runs the demo until it is told to stop, or once.
func (d *demoCmd) Run(c *call) error {
	o := DemoOrder{Days: d.Days, Seed: d.Seed, Speed: d.Speed, Once: d.Once, Listen: d.Listen,
		Log: c.log, Progress: c.progress, Ready: c.demoReady}
	if d.Out != "" {
		o.Out = c.path(d.Out)
	}
	if c.program.Houses.Demo == nil {
		return errNotHere()
	}
	err := c.program.Houses.Demo(c.ctx, o)
	if c.ctx.Err() != nil {
		return nil // told to stop: that is how a demo ends
	}
	return err
}

func (c *call) demoReady(url, login, password string) {
	ready := demoReady{url, login, password}
	if c.json {
		_ = c.printJSON(ready)
		return
	}
	_ = printOne(c, ready)
	at := strings.TrimPrefix(url, "http://")
	_, port, _ := strings.Cut(at, ":")
	fmt.Fprintf(c.out, c.lang.pick([2]string{
		"程序在别的机器上？先运行 ssh -L %s:%s 那台机器，再打开网址。Ctrl-C 结束。\n",
		"Running on another machine? First: ssh -L %s:%s THAT-MACHINE, then open the address. Ctrl-C ends it.\n"}), port, at)
}
