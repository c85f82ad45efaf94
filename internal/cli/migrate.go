package cli

import (
	"errors"
	"fmt"

	"qunluo/internal/hold"
)

type migrateCmd struct {
	Up     migrateUpCmd     `cmd:"" help:"升级到这个程序的结构|bring the schema to this program's level"`
	Status migrateStatusCmd `cmd:"" help:"每一步执行过没有|which steps were applied"`
}

type migrateUpCmd struct{}

func (migrateUpCmd) Shape() any { return rowsOf[Migration]() }
func (migrateUpCmd) Examples() []example {
	return []example{{"migrate up", [2]string{"serve 启动时也会做；先备份", "serve does it too when it starts; make a backup first"}}}
}

// Run applies what is missing. It refuses while a server holds the data directory.
func (migrateUpCmd) Run(c *call) error {
	held, err := hold.Take(c.dataDir())
	if errors.Is(err, hold.ErrTaken) {
		return failed(err, "进程 %s 正在使用数据目录，升级结构前请先停止它", "process %s uses the data directory; stop it before the schema is changed", hold.Holder(c.dataDir()))
	}
	if err != nil {
		return err
	}
	return errors.Join(c.migrations(true), held.Close())
}

type migrateStatusCmd struct{}

func (migrateStatusCmd) Shape() any          { return rowsOf[Migration]() }
func (migrateStatusCmd) Examples() []example { return nil }

// Run lists the steps.
func (migrateStatusCmd) Run(c *call) error { return c.migrations(false) }

func (c *call) migrations(up bool) error {
	if c.program.Houses.Migrations == nil {
		return errNotHere()
	}
	cfg := c.cfg
	cfg.DataDir = c.dataDir()
	steps, err := c.program.Houses.Migrations(c.ctx, cfg, up)
	if err != nil {
		return fmt.Errorf("migrations: %w", err)
	}
	return printList(c, steps, len(steps))
}
