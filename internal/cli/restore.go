package cli

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"qunluo/internal/config"
	"qunluo/internal/hold"
)

type restoreCmd struct {
	File     string `arg:"" help:"备份文件|the backup"`
	Into     string `placeholder:"DIR" help:"恢复到哪个数据目录，默认当前的；必须是空的|data directory, by default the one in use; must be empty"`
	NoFreeze bool   `help:"恢复后不冻结自动动作|do not hold automatic actions afterwards"`
}

// restoredLine is what was restored.
type restoredLine struct {
	Into     string           `json:"into" col:"恢复到|into"`
	Created  Moment           `json:"backup_of" col:"备份时间|backup of"`
	Database string           `json:"database" col:"数据库|database"`
	Counts   map[string]int64 `json:"counts"`
	Frozen   bool             `json:"frozen" col:"已冻结|frozen"`
	Files    int              `json:"files" col:"附件|files"`
	Equal    int              `json:"equal_tables" col:"核对一致的表|tables found equal"` // by rows and content; 0 = the backup recorded no content
}

func (restoreCmd) Shape() any { return restoredLine{} }
func (restoreCmd) Examples() []example {
	return []example{{"restore backups/qunluo-20260102-030405.qlbackup --into ./data-new", [2]string{"恢复到新的目录，先看看", "into a new directory, to have a look first"}}}
}

// Effect is what restoring means.
func (q *restoreCmd) Effect() [2]string {
	return [2]string{"将从 " + q.File + " 恢复；恢复后自动动作处于冻结，直到 freeze off", "this restores " + q.File + "; automatic actions are held afterwards, until freeze off"}
}

// Run restores into an empty place. It refuses while somebody holds the data directory.
func (q *restoreCmd) Run(c *call) error {
	path := c.path(q.File)
	m, err := manifestOf(path)
	if err != nil {
		return err
	}
	cfg := c.cfg
	cfg.DataDir = c.dataDir()
	if q.Into != "" {
		cfg.DataDir = c.path(q.Into)
	}
	held, err := hold.Take(cfg.DataDir)
	if errors.Is(err, hold.ErrTaken) {
		return failed(err, "进程 %s 正在使用这个数据目录，恢复前请先停止它", "process %s uses this data directory; stop it before restoring", hold.Holder(cfg.DataDir))
	}
	if err != nil {
		return err
	}
	restore := c.restoreSQLite
	if m.Database == "postgres" {
		restore = c.restorePostgres
	}
	if err := restore(cfg, path, m); err != nil || q.NoFreeze {
		if err = errors.Join(err, held.Close()); err != nil {
			return err
		}
	} else if err := c.freezeAll(cfg, held, "restored from a backup"); err != nil {
		return fmt.Errorf("restored, but not frozen: %w", err)
	}
	return printOne(c, restoredLine{cfg.DataDir, m.Created, m.Database, m.Counts, !q.NoFreeze, len(m.Files), len(m.Tables)})
}

func (c *call) restoreSQLite(cfg config.Config, path string, _ Manifest) error {
	to := filepath.Join(cfg.DataDir, sqliteName)
	if given, ok := strings.CutPrefix(cfg.Database.URL, "sqlite:"); ok {
		to = c.path(strings.TrimPrefix(given, "//"))
	} else if cfg.Database.URL != "" {
		return failed(nil, "备份是 SQLite 的，而 database.url 是 PostgreSQL", "the backup is of SQLite, but database.url is PostgreSQL")
	}
	for _, name := range []string{to, to + "-wal", strings.TrimSuffix(to, ".db") + ".views.db"} {
		if _, err := os.Lstat(name); err == nil {
			return failed(nil, "%s 已存在：只能恢复到空的地方", "%s is already there: a restore needs an empty place", name)
		}
	}
	return c.unpack(path, to, below(cfg.DataDir))
}

// below puts files into a data folder. They are named by what is in them: one that is there already is the same.
func below(dataDir string) keeper {
	return func(name string, r io.Reader) error {
		to := filepath.Join(dataDir, filepath.FromSlash(name))
		if _, err := os.Lstat(to); err == nil {
			_, err = io.Copy(io.Discard, r)
			return err
		}
		if err := os.MkdirAll(filepath.Dir(to), 0o700); err != nil {
			return err
		}
		_, err := toFile(to, func(w io.Writer) (int64, error) { return io.Copy(w, r) })
		return err
	}
}

func (c *call) restorePostgres(cfg config.Config, path string, m Manifest) error {
	if !strings.HasPrefix(cfg.Database.URL, "postgres") {
		return failed(nil, "备份是 PostgreSQL 的，请设置 database.url", "the backup is of PostgreSQL: set database.url")
	}
	dir, err := os.MkdirTemp("", "qunluo-restore-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	dump := filepath.Join(dir, pgDumpName)
	if err := c.unpack(path, dump, below(cfg.DataDir)); err != nil {
		return err
	}
	storage, err := need(c.program.Houses.Storage)
	if err != nil {
		return err
	}
	if err := storage.Begin(c.ctx, cfg, "restore"); err != nil {
		return err
	}
	if err := pgRestore(c.ctx, cfg.Database.URL, dump); err != nil {
		return err
	}
	got, err := storage.Sums(c.ctx, cfg, c.perTable)
	if err == nil {
		err = m.compare(got)
	}
	if err != nil {
		return err // until a restore goes well, nobody can serve it
	}
	return storage.Finish(c.ctx, cfg)
}

// freezeAll holds automatic actions of every organisation: what the backup had still to do may have been done since. The
// lock goes with the house, so that nobody can serve what is not frozen yet.
func (c *call) freezeAll(cfg config.Config, held *hold.Hold, reason string) (err error) {
	h, err := c.program.Houses.Open(c.ctx, cfg, held, c.log)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, h.Close()) }()
	orgs, err := h.Orgs(c.ctx)
	if err != nil {
		return err
	}
	for _, o := range orgs {
		if err := h.Hands(o.Key).Freeze(c.ctx, user, 0, true, reason); err != nil {
			return err
		}
	}
	return nil
}
