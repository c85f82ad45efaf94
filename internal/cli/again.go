package cli

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"os/signal"
	"syscall"
	"time"
)

// errAgain is why a server ends that is to begin anew.
var errAgain = errors.New("begin anew")

// untilAgain gives a context that ends, besides with ctx, when the process is told to begin anew (SIGHUP): with errAgain, once the program
// on disk has shown that it runs. What listens stays open meanwhile: see httpd.Sockets. end gives the signal back.
func (p *Program) untilAgain(ctx context.Context, log *slog.Logger) (told context.Context, end func()) {
	told, cancel := context.WithCancelCause(ctx)
	if p.Again == nil {
		return told, func() { cancel(nil) }
	}
	hup := make(chan os.Signal, 1)
	signal.Notify(hup, syscall.SIGHUP)
	go func() {
		for {
			select {
			case <-told.Done():
				return
			case <-hup:
			}
			if err := tryProgram(told); err != nil {
				log.Error("not begun anew: the program on disk does not run", "err", err)
				continue
			}
			cancel(errAgain)
			return
		}
	}()
	return told, func() {
		signal.Stop(hup)
		cancel(nil)
	}
}

// tryWithin is how long the program on disk may take to say its version.
const tryWithin = 10 * time.Second

// tryProgram lets the program on disk say its version, so that a broken one does not end a server that works.
func tryProgram(ctx context.Context) error {
	program, err := os.Executable()
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, tryWithin)
	defer cancel()
	out, err := exec.CommandContext(ctx, program, "version").CombinedOutput() //nolint:gosec // it is ourselves
	if err != nil {
		return fmt.Errorf("%s version: %w: %.500s", program, err, out)
	}
	return nil
}

// again executes the program on disk in this process: same id, same arguments, another environment.
func again(env []string) error {
	program, err := os.Executable()
	if err != nil {
		return err
	}
	return fmt.Errorf("execute %s: %w", program, syscall.Exec(program, os.Args, env))
}
