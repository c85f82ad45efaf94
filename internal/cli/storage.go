package cli

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"qunluo/internal/community"
	"qunluo/internal/config"
	"qunluo/internal/hold"
)

type storageCmd struct {
	Copy    storageCopyCmd    `cmd:"" help:"把整个安装复制到另一个数据库（SQLite ↔ PostgreSQL），并逐表核对|copy the whole installation into another database (SQLite ↔ PostgreSQL), and compare every table"`
	Compare storageCompareCmd `cmd:"" help:"逐表比较两个数据库：行数和内容哈希|compare two databases table by table: rows and content hashes"`
}

// keyName is the file of the master key below the data directory. Backups leave it out; a copy into another data directory is to go on
// where the first stopped, and takes it along.
const keyName = "master.key"

// otherPlace is the database at the other end, and where its data directory is.
type otherPlace struct {
	To     string `placeholder:"URL" help:"目标数据库：sqlite:路径 或 postgres://…（有密码时用 --to-file）|the other database: sqlite:PATH or postgres://… (with a password: --to-file)"`
	ToFile string `placeholder:"FILE" help:"存放目标数据库地址的文件|file that holds the address of the other database"`
}

// Validate wants one address without a password in sight of other users; called by the parser.
func (p *otherPlace) Validate() error {
	switch {
	case (p.To == "") == (p.ToFile == ""):
		return badUsage("--to 和 --to-file 给一个", "give one of --to and --to-file")
	case config.HoldsPassword(p.To):
		return badUsage("命令行里的密码别的用户看得到：把地址写进文件，用 --to-file", "other users see a password on the command line: write the address into a file and give --to-file")
	}
	return nil
}

// url is the address, with an absolute path for SQLite.
func (p *otherPlace) url(c *call) (string, error) {
	address := p.To
	if p.ToFile != "" {
		text, err := os.ReadFile(c.path(p.ToFile))
		if err != nil {
			return "", err
		}
		address = strings.TrimSpace(string(text))
	}
	path, ok := strings.CutPrefix(address, "sqlite:")
	switch path = strings.TrimPrefix(path, "//"); {
	case ok && path != "":
		return "sqlite:" + c.path(path), nil
	case strings.HasPrefix(address, "postgres://"), strings.HasPrefix(address, "postgresql://"):
		return address, nil
	}
	return "", badUsage("数据库地址应为 sqlite:路径 或 postgres://…", "the address of a database is sqlite:PATH or postgres://…")
}

// comparedTable is a table on both sides.
type comparedTable struct {
	Table  string `json:"table" col:"表|table"`
	Rows   int64  `json:"rows" col:"行|rows"`
	Hash   string `json:"sha256" col:"内容 SHA-256|content SHA-256"`
	Other  int64  `json:"rows_there" col:"目标行|rows there"`
	Hashed string `json:"sha256_there"`
	Equal  bool   `json:"equal" col:"一致|equal"`
}

// copiedReport is what was compared.
type copiedReport struct {
	From   string          `json:"from"` // sqlite or postgres
	To     string          `json:"to"`
	Into   string          `json:"data_dir"` // of the copy
	Tables []comparedTable `json:"tables"`
	Rows   int64           `json:"rows"` // in all tables
	Files  int             `json:"files"`
	Frozen bool            `json:"frozen"`
}

// comparedTables puts both sides together, in the order of names.
func comparedTables(here, there map[string]community.TableSum) (list []comparedTable, rows int64) {
	list = []comparedTable{}
	names := slices.Collect(maps.Keys(here))
	for name := range there {
		if _, both := here[name]; !both {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	for _, name := range names {
		a, b := here[name], there[name]
		list = append(list, comparedTable{name, a.Rows, a.Hash, b.Rows, b.Hash, a == b})
		rows += a.Rows
	}
	return list, rows
}

// tell prints what was compared.
func (r copiedReport) tell(c *call) error {
	if c.json {
		return c.printJSON(r)
	}
	return printList(c, r.Tables, len(r.Tables))
}

type storageCopyCmd struct {
	otherPlace
	Into string `placeholder:"DIR" help:"副本的数据目录，默认：SQLite 文件所在目录，或当前的数据目录|data directory of the copy, by default that of the SQLite file, or the one in use"`
	Live bool   `help:"服务还在运行时复制某一刻的样子（需要 --into；副本会被冻结）|copy one instant of what is being served (needs --into; the copy is held)"`
}

func (storageCopyCmd) Shape() any { return copiedReport{} }
func (storageCopyCmd) Examples() []example {
	return []example{
		{"storage copy --to postgres://qunluo@/qunluo", [2]string{"停掉服务，搬到 PostgreSQL；之后把 database.url 设成它", "with the server stopped: move to PostgreSQL, then set database.url to it"}},
		{"storage copy --to sqlite:/srv/qunluo/qunluo.db", [2]string{"从 PostgreSQL 搬回 SQLite", "from PostgreSQL back to SQLite"}},
		{"storage copy --live --to sqlite:trial/qunluo.db --into trial", [2]string{"服务照常运行，复制一份来试", "while the server runs: a copy to try things with"}},
	}
}

// Run copies, proves the copy, and takes along what belongs to it. The source is only read.
func (q *storageCopyCmd) Run(c *call) error {
	storage, err := need(c.program.Houses.Storage)
	if err != nil {
		return err
	}
	from, to, err := q.ends(c)
	if err != nil {
		return err
	}
	here, there, err := q.hold(from, to)
	if err != nil {
		return err
	}
	done, err := storage.Copy(c.ctx, from, to, c.perTable)
	if err == nil {
		report := copiedReport{From: databaseOf(from), To: databaseOf(to), Into: to.DataDir, Files: len(done.Files), Frozen: q.Live}
		report.Tables, report.Rows = comparedTables(done.Source, done.Target)
		if err = errUnequal(done.Source, done.Target); err == nil && to.DataDir != from.DataDir {
			err = c.filesAlong(done.Files, from.DataDir, to.DataDir)
		}
		if err == nil && q.Live {
			err = c.freezeAll(to, there, "a copy of an installation that goes on")
			there = nil // it went with the house
		}
		err = errors.Join(report.tell(c), err)
	}
	return errors.Join(err, closeHeld(here), closeHeld(there))
}

// ends is where it goes from and to.
func (q *storageCopyCmd) ends(c *call) (from, to config.Config, err error) {
	from = c.cfg
	from.DataDir = c.dataDir()
	to = from
	if to.Database.URL, err = q.url(c); err != nil {
		return from, to, err
	}
	if path, ok := strings.CutPrefix(to.Database.URL, "sqlite:"); ok {
		to.DataDir = filepath.Dir(path)
	}
	if q.Into != "" {
		to.DataDir = c.path(q.Into)
	}
	if q.Live && to.DataDir == from.DataDir {
		return from, to, badUsage("--live 需要 --into：副本要有自己的数据目录", "--live needs --into: the copy has a data directory of its own")
	}
	return from, to, nil
}

// hold keeps servers off both ends. What is served is copied only when that was asked for.
func (q *storageCopyCmd) hold(from, to config.Config) (here, there *hold.Hold, err error) {
	if !q.Live {
		if here, err = hold.Take(from.DataDir); errors.Is(err, hold.ErrTaken) {
			return nil, nil, failed(err, "进程 %[1]s 正在使用数据目录 %[2]s：先停止它，复制之后写入的内容才不会丢；或用 --live 复制这一刻的样子",
				"process %[1]s uses the data directory %[2]s: stop it, so that nothing comes after the copy; or copy this instant with --live", hold.Holder(from.DataDir), from.DataDir)
		} else if err != nil {
			return nil, nil, err
		}
	}
	if to.DataDir == from.DataDir {
		return here, nil, nil
	}
	if there, err = hold.Take(to.DataDir); errors.Is(err, hold.ErrTaken) {
		err = failed(err, "进程 %[1]s 正在使用目标的数据目录 %[2]s", "process %[1]s uses the data directory of the copy, %[2]s", hold.Holder(to.DataDir), to.DataDir)
	}
	if err != nil {
		return nil, nil, errors.Join(err, closeHeld(here))
	}
	return here, there, nil
}

func closeHeld(h *hold.Hold) error {
	if h == nil {
		return nil
	}
	return h.Close()
}

func databaseOf(cfg config.Config) string {
	if strings.HasPrefix(cfg.Database.URL, "postgres") {
		return "postgres"
	}
	return "sqlite"
}

// filesAlong copies the files that a backup would hold, and the master key, into another data directory.
func (c *call) filesAlong(files []ManifestFile, from, to string) error {
	keep := below(to)
	for i, f := range files {
		c.progress("files", int64(i), int64(len(files)))
		if err := fileAlong(f.Name, from, keep); err != nil {
			return err
		}
		if _, sum, err := hashFile(filepath.Join(to, filepath.FromSlash(f.Name))); err != nil || sum != f.SHA256 {
			return errors.Join(failed(nil, "%s 复制后内容不同", "%s is not the same after copying", f.Name), err)
		}
	}
	if err := fileAlong(keyName, from, keep); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

func fileAlong(name, from string, keep keeper) error {
	f, err := os.Open(filepath.Join(from, filepath.FromSlash(name)))
	if err != nil {
		return err
	}
	return errors.Join(keep(name, io.Reader(f)), f.Close())
}

type storageCompareCmd struct{ otherPlace }

func (storageCompareCmd) Shape() any { return copiedReport{} }
func (storageCompareCmd) Examples() []example {
	return []example{{"storage compare --to postgres://qunluo@/qunluo", [2]string{"复制之后、改 database.url 之前再核对一次", "once more after copying, before database.url is changed"}}}
}

// Run compares two databases, each as of one instant, and fails when they differ.
func (q *storageCompareCmd) Run(c *call) error {
	storage, err := need(c.program.Houses.Storage)
	if err != nil {
		return err
	}
	from := c.cfg
	from.DataDir = c.dataDir()
	to := from
	if to.Database.URL, err = q.url(c); err != nil {
		return err
	}
	here, err := storage.Sums(c.ctx, from, c.perTable)
	if err != nil {
		return fmt.Errorf("%s: %w", databaseOf(from), err)
	}
	there, err := storage.Sums(c.ctx, to, c.perTable)
	if err != nil {
		return fmt.Errorf("%s: %w", databaseOf(to), err)
	}
	report := copiedReport{From: databaseOf(from), To: databaseOf(to), Into: to.DataDir}
	report.Tables, report.Rows = comparedTables(here, there)
	return errors.Join(report.tell(c), errUnequal(here, there))
}
