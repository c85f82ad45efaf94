package cli

import (
	"archive/tar"
	"bufio"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"qunluo/internal/community"
)

// A backup is one file: a gzipped tar with manifest.json and the database, then a line of 64 hexadecimal digits, the
// SHA-256 of everything before it. tar xzf reads it (and ignores the line); any flipped bit is found.

// Names inside and outside a backup.
const (
	backupFolder = "backups"
	backupSuffix = ".qlbackup"
	manifestName = "manifest.json"
	sqliteName   = "qunluo.db"
	pgDumpName   = "qunluo.pgdump"
	trailerSize  = sha256.Size*2 + 1
)

// Manifest says what a backup holds.
type Manifest struct {
	Format   int              `json:"format"` // 1
	Created  Moment           `json:"created_at"`
	Version  string           `json:"version"` // of the program that made it
	Revision string           `json:"revision"`
	Database string           `json:"database"` // sqlite or postgres
	File     string           `json:"file"`     // the database's name in the archive
	Size     int64            `json:"size"`     // its bytes
	SHA256   string           `json:"sha256"`   // its hash
	Counts   map[string]int64 `json:"counts"`   // rows per table
	Files    []ManifestFile   `json:"files,omitempty"`
	// Tables is what every table came to; what was made before 2026-12 has none, and is compared by Counts alone.
	Tables map[string]community.TableSum `json:"tables,omitempty"`
}

// ManifestFile is a file that stands behind the database in the archive: what people gave to be sent.
type ManifestFile struct {
	Name   string `json:"name"` // its path below the data folder, with slashes
	Size   int64  `json:"size"`
	SHA256 string `json:"sha256"`
}

type backupCmd struct {
	Create backupCreateCmd `cmd:"" help:"做一个备份，服务可以继续运行|make one; the server may go on running"`
	List   backupListCmd   `cmd:"" help:"列出备份|list backups"`
	Verify backupVerifyCmd `cmd:"" help:"检查备份，任何一位翻转都能发现|check a backup; any flipped bit is found"`
}

// backupLine is a backup as verbs print it.
type backupLine struct {
	Path     string           `json:"path" col:"文件|file"`
	Created  Moment           `json:"created_at" col:"时间|made"`
	Size     int64            `json:"size" col:"字节（解开后）|bytes, unpacked"`
	Database string           `json:"database" col:"数据库|database"`
	Events   int64            `json:"events" col:"记录|events"`
	Version  string           `json:"version"`
	SHA256   string           `json:"sha256"` // of the whole file, without its last line
	Counts   map[string]int64 `json:"counts"`
	Files    int              `json:"files" col:"附件|files"`
}

type backupCreateCmd struct {
	To string `placeholder:"DIR" help:"放在哪个文件夹，默认 数据目录/backups|folder, by default DATA_DIR/backups"`
}

func (backupCreateCmd) Shape() any { return backupLine{} }
func (backupCreateCmd) Examples() []example {
	return []example{{"backup create --to /mnt/backup", [2]string{"放到另一块盘上", "onto another disk"}}}
}

// Do writes a backup: whole or not at all.
func (q *backupCreateCmd) Do(c *call, h *House) error {
	keeping, err := need(h.Keeping)
	if err != nil {
		return err
	}
	dir := filepath.Join(c.dataDir(), backupFolder)
	if q.To != "" {
		dir = c.path(q.To)
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	now := c.program.now()
	copyPath := filepath.Join(dir, ".copy-"+now.UTC().Format("20060102T150405.000"))
	defer os.Remove(copyPath)
	m, err := c.copyDatabase(keeping, copyPath)
	if err != nil {
		return err
	}
	m.Created = Moment(now.UnixMilli())
	if m.Files, err = keeping.Files(c.ctx); err != nil { // after the database was copied: what it names is there
		return err
	}
	path := filepath.Join(dir, "qunluo-"+now.UTC().Format("20060102-150405")+backupSuffix)
	if _, err := toFile(path, func(w io.Writer) (int64, error) { return m.Size, writeBackup(c, w, m, copyPath) }); err != nil {
		return err
	}
	line, err := readBackup(path)
	if err != nil {
		return err
	}
	return printOne(c, line)
}

// copyDatabase writes the database as of one instant into a new file and describes it.
func (c *call) copyDatabase(keeping Keeping, path string) (Manifest, error) {
	b := thisBuild()
	m := Manifest{Format: 1, Version: b.Version, Revision: b.Revision, Database: "sqlite", File: sqliteName}
	c.progress("backup", 0, 0)
	err := keeping.Snapshot(c.ctx, path)
	if community.CodeOf(err) == community.CodeUnsupported {
		m.Database, m.File = "postgres", pgDumpName
		m.Tables, err = keeping.AtOneInstant(c.ctx, c.perTable, func(snapshot string) error { return pgDump(c.ctx, c.cfg.Database.URL, path, snapshot) })
	} else if err == nil && c.program.Houses.Inspect != nil {
		m.Tables, err = c.program.Houses.Inspect(c.ctx, path, c.perTable)
	}
	if err != nil {
		return m, err
	}
	m.Counts = make(map[string]int64, len(m.Tables))
	for name, sum := range m.Tables {
		m.Counts[name] = sum.Rows
	}
	m.Size, m.SHA256, err = hashFile(path)
	return m, err
}

func hashFile(path string) (int64, string, error) {
	f, err := os.Open(path)
	if err != nil {
		return 0, "", err
	}
	defer f.Close()
	h := sha256.New()
	n, err := io.Copy(h, f)
	return n, hex.EncodeToString(h.Sum(nil)), err
}

// writeBackup writes the archive and its last line.
func writeBackup(c *call, w io.Writer, m Manifest, database string) error {
	whole := sha256.New()
	buffered := bufio.NewWriterSize(io.MultiWriter(w, whole), 1<<20)
	zip, err := gzip.NewWriterLevel(buffered, gzip.BestSpeed)
	if err != nil {
		return err
	}
	archive := tar.NewWriter(zip)
	text, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return err
	}
	if err := addFile(archive, manifestName, int64(len(text)), bytes.NewReader(text)); err != nil {
		return err
	}
	if err := addPath(archive, m.File, m.Size, database, func(n int64) { c.progress("backup", n, m.Size) }); err != nil {
		return err
	}
	for _, f := range m.Files {
		if err := addPath(archive, f.Name, f.Size, filepath.Join(c.dataDir(), filepath.FromSlash(f.Name)), func(int64) {}); err != nil {
			return err
		}
	}
	if err := errors.Join(archive.Close(), zip.Close(), buffered.Flush()); err != nil {
		return err
	}
	_, err = fmt.Fprintf(w, "%x\n", whole.Sum(nil))
	return err
}

func addFile(archive *tar.Writer, name string, size int64, r io.Reader) error {
	if err := archive.WriteHeader(&tar.Header{Name: name, Mode: 0o600, Size: size, Format: tar.FormatPAX}); err != nil {
		return err
	}
	_, err := io.Copy(archive, r)
	return err
}

func addPath(archive *tar.Writer, name string, size int64, path string, show func(int64)) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	return addFile(archive, name, size, &countingReader{r: f, show: show})
}

// countingReader tells how much was read.
type countingReader struct {
	r    io.Reader
	n    int64
	show func(int64)
}

func (c *countingReader) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n += int64(n)
	c.show(c.n)
	return n, err
}

// errDamaged says that a backup is not what was written.
func errDamaged(path, what string) error {
	return failed(nil, "备份 %[1]s 已损坏：%[2]s", "backup %[1]s is damaged: %[2]s", path, what)
}

// proved checks a backup's last line against everything before it and gives a reader of that, and its hash.
func proved(f io.ReadSeeker, path string) (io.Reader, string, error) {
	end, err := f.Seek(0, io.SeekEnd)
	if err != nil {
		return nil, "", err
	}
	size := end - trailerSize
	if size <= 0 {
		return nil, "", errDamaged(path, "too short")
	}
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return nil, "", err
	}
	h := sha256.New()
	if _, err := io.CopyN(h, f, size); err != nil {
		return nil, "", err
	}
	last, err := io.ReadAll(f)
	if err != nil {
		return nil, "", err
	}
	sum := hex.EncodeToString(h.Sum(nil))
	if string(last) != sum+"\n" {
		return nil, "", errDamaged(path, "SHA-256")
	}
	_, err = f.Seek(0, io.SeekStart)
	return io.LimitReader(f, size), sum, err
}

// readBackup checks a backup and describes it.
func readBackup(path string) (backupLine, error) {
	f, err := os.Open(path)
	if err != nil {
		return backupLine{}, err
	}
	defer f.Close()
	return describe(f, path)
}

func describe(f io.ReadSeeker, path string) (backupLine, error) {
	m, sum, err := take(f, path, nil, nil)
	return backupLine{path, m.Created, m.Size, m.Database, m.Counts["event"], m.Version, sum, m.Counts, len(m.Files)}, err
}

// keeper takes a file out of a backup.
type keeper func(name string, r io.Reader) error

// take proves a backup, gives its manifest and hash, copies the database to out (nil = only reads and checks it) and the
// files to keep (nil = likewise).
func take(f io.ReadSeeker, path string, out io.Writer, keep keeper) (Manifest, string, error) {
	r, sum, err := proved(f, path)
	if err != nil {
		return Manifest{}, "", err
	}
	if out == nil {
		out = io.Discard
	}
	if keep == nil {
		keep = func(_ string, r io.Reader) error { _, err := io.Copy(io.Discard, r); return err }
	}
	m, err := readArchive(r, path, out, keep)
	return m, sum, err
}

// readArchive reads the archive, gives its manifest, copies the database to out and hands the files over.
func readArchive(r io.Reader, path string, out io.Writer, keep keeper) (Manifest, error) {
	var m Manifest
	zip, err := gzip.NewReader(r)
	if err != nil {
		return m, errDamaged(path, err.Error())
	}
	archive := tar.NewReader(zip)
	if _, err := archive.Next(); err != nil {
		return m, errDamaged(path, err.Error())
	}
	if err := json.NewDecoder(io.LimitReader(archive, maxManifest)).Decode(&m); err != nil {
		return m, errDamaged(path, err.Error())
	}
	if m.Format != 1 {
		return m, failed(nil, "备份格式 %d 来自更新的版本", "backup format %d comes from a newer version", m.Format)
	}
	err = entry(archive, path, ManifestFile{m.File, m.Size, m.SHA256}, func(_ string, r io.Reader) error { _, err := io.Copy(out, r); return err })
	for _, f := range m.Files {
		if err == nil && !filepath.IsLocal(filepath.FromSlash(f.Name)) {
			err = errDamaged(path, f.Name)
		}
		if err == nil {
			err = entry(archive, path, f, keep)
		}
	}
	return m, err
}

// maxManifest bounds a manifest, in bytes.
const maxManifest = 64 << 20

// entry hands the archive's next file over and checks that it is the one that is wanted, to the last bit.
func entry(archive *tar.Reader, path string, want ManifestFile, keep keeper) error {
	got, err := archive.Next()
	if err != nil || got.Name != want.Name {
		return errDamaged(path, "no "+want.Name)
	}
	h, n := sha256.New(), int64(0)
	counted := &countingReader{r: io.TeeReader(archive, h), show: func(all int64) { n = all }}
	if err := keep(want.Name, counted); err != nil {
		return fmt.Errorf("read %s: %w", path, err)
	}
	if n != want.Size || hex.EncodeToString(h.Sum(nil)) != want.SHA256 {
		return errDamaged(path, want.Name)
	}
	return nil
}

type backupListCmd struct {
	Dir string `arg:"" optional:"" help:"文件夹，默认 数据目录/backups|folder, by default DATA_DIR/backups"`
}

func (backupListCmd) Shape() any          { return rowsOf[listedBackup]() }
func (backupListCmd) Examples() []example { return nil }

// listedBackup is a backup by its name alone; verify reads it.
type listedBackup struct {
	Path string `json:"path" col:"文件|file"`
	Made Moment `json:"modified_at" col:"时间|made"`
	Size int64  `json:"size" col:"字节|bytes"`
}

// Run lists the backups of a folder, newest first.
func (q *backupListCmd) Run(c *call) error {
	dir := filepath.Join(c.dataDir(), backupFolder)
	if q.Dir != "" {
		dir = c.path(q.Dir)
	}
	rows, err := backupsIn(dir)
	if err != nil {
		return err
	}
	return printList(c, rows, len(rows))
}

func backupsIn(dir string) ([]listedBackup, error) {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var out []listedBackup
	for _, e := range entries {
		if e.IsDir() || !strings.HasSuffix(e.Name(), backupSuffix) {
			continue
		}
		info, err := e.Info()
		if err != nil {
			return nil, err
		}
		out = append(out, listedBackup{filepath.Join(dir, e.Name()), Moment(info.ModTime().UnixMilli()), info.Size()})
	}
	slices.SortFunc(out, func(a, b listedBackup) int { return strings.Compare(b.Path, a.Path) })
	return out, nil
}

type backupVerifyCmd struct {
	File string `arg:"" help:"备份文件|the backup"`
	Deep bool   `help:"还打开其中的数据库，核对完整性和行数|also open the database in it and compare its rows"`
}

func (backupVerifyCmd) Shape() any          { return backupLine{} }
func (backupVerifyCmd) Examples() []example { return nil }

// Run checks a backup.
func (q *backupVerifyCmd) Run(c *call) error {
	line, err := readBackup(c.path(q.File))
	if err != nil {
		return err
	}
	if q.Deep {
		if err := c.deepVerify(c.path(q.File)); err != nil {
			return err
		}
	}
	return printOne(c, line)
}

// deepVerify unpacks the database into a temporary folder and compares its tables.
func (c *call) deepVerify(path string) error {
	dir, err := os.MkdirTemp("", "qunluo-verify-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	return c.unpack(path, filepath.Join(dir, sqliteName), nil)
}

// unpack writes the database of a backup to a new file, synced to disk, and proves it against the manifest.
func (c *call) unpack(path, to string, keep keeper) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	var m Manifest
	_, err = toFile(to, func(w io.Writer) (int64, error) {
		m, _, err = take(f, path, w, keep)
		return m.Size, err
	})
	if err != nil || m.Database != "sqlite" || c.program.Houses.Inspect == nil {
		return err
	}
	got, err := c.program.Houses.Inspect(c.ctx, to, c.perTable)
	if err != nil {
		err = errDamaged(path, err.Error())
	} else {
		err = m.compare(got)
	}
	if err != nil {
		return errors.Join(err, os.Remove(to)) // nobody is to serve it
	}
	return nil
}

// compare says which tables are not what the backup recorded.
func (m Manifest) compare(got map[string]community.TableSum) error {
	want := m.Tables
	if want == nil {
		want = make(map[string]community.TableSum, len(m.Counts))
		for name, n := range m.Counts {
			want[name] = community.TableSum{Rows: n, Hash: got[name].Hash}
		}
	}
	return errUnequal(want, got)
}

// namedUnequal is how many tables a message names.
const namedUnequal = 5

// errUnequal is nil when all tables are the same.
func errUnequal(want, got map[string]community.TableSum) error {
	names := community.Unequal(want, got)
	if len(names) == 0 {
		return nil
	}
	var chinese, english []string
	for _, name := range names[:min(len(names), namedUnequal)] {
		if a, b := want[name].Rows, got[name].Rows; a != b {
			chinese = append(chinese, fmt.Sprintf("%s：%d 行，应为 %d 行", name, b, a))
			english = append(english, fmt.Sprintf("%s: %d rows, want %d", name, b, a))
			continue
		}
		chinese, english = append(chinese, name+"：行数相同，内容不同"), append(english, name+": as many rows, another content")
	}
	return failed(community.Errorf(community.CodeConflict, "tables differ: %v", names), "核对没有通过，%[1]d 张表不一致：%[2]s", "the check found %[1]d tables that differ: %[3]s",
		len(names), strings.Join(chinese, "；"), strings.Join(english, "; "))
}

// perTable shows how far a table is.
func (c *call) perTable(table string, rows int64) { c.progress(table, rows, 0) }

// manifestOf checks a backup and gives its manifest.
func manifestOf(path string) (Manifest, error) {
	f, err := os.Open(path)
	if err != nil {
		return Manifest{}, err
	}
	defer f.Close()
	m, _, err := take(f, path, nil, nil)
	return m, err
}
