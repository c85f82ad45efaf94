package cli

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/term"

	"qunluo/internal/community"
	"qunluo/internal/config"
)

const countCap = community.CountCap

// call is one run of one verb.
type call struct {
	ctx  context.Context
	lang language
	json bool
	yes  bool
	org  string // id or name of the organisation; "" = the one

	dir     string // relative paths start here
	in      io.Reader
	out     io.Writer // data
	talk    io.Writer // everything else
	secrets []string  // what was typed at the prompt of a command that asks for a secret
	// progress shows how far long work is; of 0 = not known.
	progress func(label string, done, of int64)

	tz      *time.Location // of the group spoken of; nil = the person's
	served  bool           // inside a running server
	program *Program
	cfg     config.Config
	values  []config.Value
	cfgErr  error
	log     *slog.Logger
}

// say talks to the person, on stderr; never with --json, where stderr is for the log and for errors.
func (c *call) say(chinese, english string, args ...any) {
	if !c.json {
		fmt.Fprintln(c.talk, tidy(fmt.Sprintf(c.lang.pick([2]string{chinese, english}), args...)))
	}
}

// path makes a path absolute where the person stands, which is not where a server stands.
func (c *call) path(p string) string {
	if filepath.IsAbs(p) {
		return p
	}
	return filepath.Join(c.dir, p)
}

// dataDir is the data directory as an absolute path.
func (c *call) dataDir() string { return c.path(c.cfg.DataDir) }

// zone is the zone in which times are read and shown: the person's, or that of the group they speak of.
func (c *call) zone() *time.Location {
	if c.tz != nil {
		return c.tz
	}
	return time.Local
}

// zoneNamed is a group's zone; where it has none that this machine knows, that of an organisation's figures.
func zoneNamed(name string) *time.Location {
	for _, n := range []string{name, "Asia/Shanghai"} {
		if zone, err := time.LoadLocation(n); err == nil && n != "" {
			return zone
		}
	}
	return time.UTC
}

// speakIn makes a group's zone the call's; a zone that this machine does not know changes nothing.
func (c *call) speakIn(zone string) {
	if tz, err := time.LoadLocation(zone); err == nil && zone != "" {
		c.tz = tz
	}
}

// user is the name under which this call's changes stand in the audit trail.
const user = "cli"

// when reads a point in time: a date, a date with time, RFC 3339, or a span back from now ("7d", "12h"). Dates begin at
// midnight in the person's zone. "" gives 0.
func (c *call) when(s string) (int64, error) {
	if s == "" {
		return 0, nil
	}
	for _, layout := range []string{"2006-01-02", "2006-01-02 15:04", "2006-01-02 15:04:05", time.RFC3339} {
		if t, err := time.ParseInLocation(layout, s, c.zone()); err == nil {
			return t.UnixMilli(), nil
		}
	}
	if span, ok := readSpan(s); ok {
		return c.program.now().Add(-span).UnixMilli(), nil
	}
	return 0, badUsage("时间 %q 看不懂，例如 2024-05-01、2024-05-01 08:00、7d、12h", "time %q: want e.g. 2024-05-01, 2024-05-01 08:00, 7d, 12h", s)
}

// readSpan reads a duration that may also be in days ("30d").
func readSpan(s string) (time.Duration, bool) {
	if days, ok := strings.CutSuffix(s, "d"); ok {
		var n int
		if _, err := fmt.Sscanf(days, "%d", &n); err == nil && n >= 0 && n <= 36500 && fmt.Sprint(n) == days {
			return time.Duration(n) * 24 * time.Hour, true
		}
		return 0, false
	}
	d, err := time.ParseDuration(s)
	return d, err == nil && d >= 0
}

// isTerminal reports whether a stream is a terminal.
func isTerminal(stream any) bool {
	f, ok := stream.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// confirm asks before something dangerous. Without a terminal and without --yes it refuses.
func (c *call) confirm(effect string) error {
	if c.yes {
		return nil
	}
	if !isTerminal(c.in) {
		return badUsage("%s。没有终端可以确认，请加 --yes", "%s. There is no terminal to confirm on: add --yes", effect)
	}
	fmt.Fprint(c.talk, tidy(effect)+c.lang.pick([2]string{"。继续？[y/N] ", ". Go on? [y/N] "}))
	line, err := bufio.NewReader(c.in).ReadString('\n')
	if err != nil && line == "" {
		return err
	}
	if answer := strings.ToLower(strings.TrimSpace(line)); answer != "y" && answer != "yes" && answer != "是" {
		return failed(nil, "已取消，什么也没有改变", "cancelled, nothing was changed")
	}
	c.yes = true
	return nil
}

// maxSecret bounds a secret read from stdin, in bytes.
const maxSecret = 1024

// askSecrets reads secrets in the order of their prompts: each twice without echo from a terminal, else a line of stdin each.
func (c *call) askSecrets(prompts [][2]string) error {
	lines := bufio.NewReader(io.LimitReader(c.in, int64(maxSecret*len(prompts))))
	for _, p := range prompts {
		prompt := c.lang.pick(p)
		read := func() (string, error) { return secretLine(lines, prompt) }
		if f, ok := c.in.(*os.File); ok && term.IsTerminal(int(f.Fd())) {
			read = func() (string, error) { return c.typedTwice(int(f.Fd()), prompt) }
		}
		secret, err := read()
		if err != nil {
			return err
		}
		c.secrets = append(c.secrets, secret)
	}
	return nil
}

func secretLine(in *bufio.Reader, prompt string) (string, error) {
	line, err := in.ReadString('\n')
	if err != nil && line == "" {
		return "", badUsage("%s：请从标准输入给出一行", "%s: give one line on stdin", prompt)
	}
	return strings.TrimRight(line, "\r\n"), nil
}

func (c *call) typedTwice(terminal int, prompt string) (string, error) {
	read := func(p string) (string, error) {
		fmt.Fprint(c.talk, p)
		defer fmt.Fprintln(c.talk)
		b, err := term.ReadPassword(terminal)
		return string(b), err
	}
	first, err := read(prompt + c.lang.pick([2]string{"：", ": "}))
	if err != nil {
		return "", err
	}
	second, err := read(c.lang.pick([2]string{"再输入一次：", "once more: "}))
	if err != nil {
		return "", err
	}
	if first != second {
		return "", failed(nil, "两次输入不一样", "the two were not the same")
	}
	return first, nil
}

// secret is the one that was asked for; "" when none was.
func (c *call) secret() string {
	if len(c.secrets) == 0 {
		return ""
	}
	return c.secrets[0]
}
