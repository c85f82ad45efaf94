package importer

import (
	"archive/tar"
	"archive/zip"
	"bufio"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"sort"
	"strconv"
	"strings"
	"sync/atomic"
	"time"
)

// Limits bound what archives may do (trust.md §8). Zero fields take DefaultLimits.
type Limits struct {
	Entries  int   // files in all archives of a set
	Packed   int64 // bytes of one archive
	Unpacked int64 // bytes that all archives of a set may unpack to
	Ratio    int64 // unpacked to packed, per archive
	Depth    int   // folders below what was named, and in archives
}

// DefaultLimits are the bounds for files that came by upload.
var DefaultLimits = Limits{Entries: 1000, Packed: 20 << 20, Unpacked: 200 << 20, Ratio: 100, Depth: 16}

// LocalLimits are the bounds for files that the operator names on the machine itself.
var LocalLimits = Limits{Entries: 100_000, Packed: 8 << 30, Unpacked: 64 << 30, Ratio: 400, Depth: 32}

// maxFiles bounds the files of folders.
const maxFiles = 200_000

func (l Limits) orDefault() Limits {
	d := DefaultLimits
	if l.Entries == 0 {
		l.Entries = d.Entries
	}
	if l.Packed == 0 {
		l.Packed = d.Packed
	}
	if l.Unpacked == 0 {
		l.Unpacked = d.Unpacked
	}
	if l.Ratio == 0 {
		l.Ratio = d.Ratio
	}
	if l.Depth == 0 {
		l.Depth = d.Depth
	}
	return l
}

// Ignored is a file that nobody recognised or nobody could open, or a chat that was not chosen. Why is a code of faults.
type Ignored struct {
	Path string `json:"path"`
	Why  string `json:"why"`
}

// Set is what was found under the paths of an import. Close removes what was unpacked.
type Set struct {
	Units   []*Unit
	Ignored []Ignored
	limits  Limits
	left    int64 // bytes that may still be unpacked
	entries int   // unpacked
	plain   int   // files as they are
	temp    string
	cut     int
}

// Open finds the chats under paths: files, folders (recursively) and .tar.gz, .tgz, .tar, .zip, .gz archives. Files that
// are one chat (day files of a channel) become one unit. Its errors are Faults: a path that is not there or no file, an
// archive named by itself that is broken, one that breaks the limits (community.CodeTooLarge), a full disk
// (community.CodeBusy), a format or zone that there is not (community.CodeBadInput).
func Open(paths []string, opt Options) (*Set, error) {
	s := &Set{limits: opt.Limits.orDefault()}
	s.left = s.limits.Unpacked
	err := s.open(paths, opt)
	if err != nil {
		s.Close()
		return nil, faultOf(err, "")
	}
	return s, nil
}

func (s *Set) open(paths []string, opt Options) error {
	if opt.Zone != "" {
		if _, err := LoadZone(opt.Zone); err != nil {
			return &Fault{Code: faultZone, What: opt.Zone, Err: err}
		}
	}
	var files []File
	for _, p := range paths {
		got, err := s.find(p)
		if err != nil {
			return err
		}
		files = append(files, got...)
	}
	return s.group(files, opt)
}

// OpenFS is Open over a file system, without archives.
func OpenFS(fsys fs.FS, opt Options) (*Set, error) {
	s := &Set{limits: opt.Limits.orDefault()}
	var files []File
	err := fs.WalkDir(fsys, ".", func(p string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		files = append(files, File{Path: p, Size: info.Size(), Changed: info.ModTime().UnixMilli(), Open: func() (io.ReadCloser, error) { return fsys.Open(p) }})
		return nil
	})
	if err != nil {
		return nil, err
	}
	return s, s.group(files, opt)
}

// Close removes unpacked files.
func (s *Set) Close() error {
	if s.temp == "" {
		return nil
	}
	return os.RemoveAll(s.temp)
}

// find lists the regular files under a path, looking into archives.
func (s *Set) find(root string) ([]File, error) {
	root, err := filepath.Abs(root) // the date of a log may stand in the folders above
	if err != nil {
		return nil, err
	}
	info, err := os.Stat(root)
	if err != nil {
		return nil, faultOf(err, root)
	}
	s.cut = len(strings.TrimSuffix(filepath.ToSlash(filepath.Dir(root)), "/")) + 1
	if info.IsDir() {
		return s.folder(root)
	}
	if !info.Mode().IsRegular() {
		return nil, &Fault{Code: faultKind, What: root}
	}
	return s.enter(root, filepath.ToSlash(root), info)
}

// folder lists the files below a folder. What cannot be read there is listed as ignored; only limits end it.
func (s *Set) folder(base string) (out []File, err error) {
	err = filepath.WalkDir(base, func(p string, d fs.DirEntry, err error) error {
		shown := filepath.ToSlash(p)[min(s.cut, len(p)):]
		if err != nil {
			if p == base {
				return faultOf(err, p)
			}
			s.ignore(shown, err)
			if d != nil && d.IsDir() {
				return fs.SkipDir
			}
			return nil
		}
		rel, _ := filepath.Rel(base, p)
		if d.IsDir() && strings.Count(filepath.ToSlash(rel), "/") >= s.limits.Depth {
			s.Ignored = append(s.Ignored, Ignored{shown, faultTooDeep})
			return fs.SkipDir
		}
		info, err := d.Info()
		if err != nil || !info.Mode().IsRegular() {
			return nil // links are not followed
		}
		got, err := s.enter(p, filepath.ToSlash(p), info)
		out = append(out, got...)
		if faultIn(err, faultArchive, faultUnreadable) {
			s.ignore(shown, err)
			return nil
		}
		return err
	})
	return out, err
}

func faultIn(err error, codes ...string) bool {
	var f *Fault
	return errors.As(err, &f) && slices.Contains(codes, f.Code)
}

func (s *Set) ignore(shown string, err error) {
	f := faultOf(err, "")
	why := f.Code
	if why == faultBroken {
		why = f.What
	}
	s.Ignored = append(s.Ignored, Ignored{shown, why})
}

// enter gives a file, or the files inside it when it is an archive.
func (s *Set) enter(p, name string, info fs.FileInfo) ([]File, error) {
	lower, shown, size := strings.ToLower(name), name[min(s.cut, len(name)):], info.Size()
	packed := path.Ext(lower)
	if size > s.limits.Packed && (packed == ".gz" || packed == ".tgz" || packed == ".tar" || packed == ".zip") {
		return nil, &Fault{Code: faultBig, What: shown, Err: fmt.Errorf("an archive of more than %d MB", s.limits.Packed>>20)}
	}
	unpack := func(open func(string, string, int64) ([]File, error)) ([]File, error) {
		got, err := open(p, name, size)
		if err != nil {
			err = archiveFault(err, shown)
		}
		return got, err
	}
	switch {
	case strings.HasSuffix(lower, ".tar.gz"), strings.HasSuffix(lower, ".tgz"), strings.HasSuffix(lower, ".tar"):
		return unpack(s.untar)
	case strings.HasSuffix(lower, ".zip"):
		return unpack(s.unzip)
	case strings.HasSuffix(lower, ".gz"):
		return unpack(s.gunzip)
	}
	if s.plain++; s.plain > maxFiles {
		return nil, &Fault{Code: faultMany, What: fmt.Sprintf("> %d", maxFiles)}
	}
	return []File{{Path: name, Cut: s.cut, Size: size, Changed: info.ModTime().UnixMilli(), Open: func() (io.ReadCloser, error) { return os.Open(p) }}}, nil
}

func (s *Set) count(name string) error {
	if s.entries++; s.entries > s.limits.Entries {
		return s.tooMany(name)
	}
	return nil
}

func (s *Set) untar(p, name string, size int64) ([]File, error) {
	f, err := os.Open(p)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	var in io.Reader = bufio.NewReaderSize(f, 64<<10)
	if !strings.HasSuffix(strings.ToLower(name), ".tar") {
		if in, err = gzip.NewReader(in); err != nil {
			return nil, err
		}
	}
	in = &bounded{r: in, set: s, name: name, packed: size}
	tr := tar.NewReader(in)
	var out []File
	for {
		h, err := tr.Next()
		if errors.Is(err, io.EOF) {
			return out, nil
		}
		if err != nil {
			return nil, err
		}
		member, ok := cleanMember(h.Name)
		if h.Typeflag != tar.TypeReg || !ok || strings.Count(member, "/") > s.limits.Depth {
			continue
		}
		file, err := s.spool(tr, name+"/"+member, h.ModTime)
		if err != nil {
			return nil, err
		}
		out = append(out, file)
	}
}

func (s *Set) unzip(p, name string, _ int64) ([]File, error) {
	z, err := zip.OpenReader(p)
	if err != nil {
		return nil, err
	}
	defer z.Close()
	var out []File
	if len(z.File) > s.limits.Entries {
		return nil, s.tooMany(name)
	}
	for _, m := range z.File { // the sizes claimed are checked before anything is unpacked, the true ones while it is
		if m.UncompressedSize64 > uint64(s.left) || m.UncompressedSize64 > 1<<20 && m.UncompressedSize64 > m.CompressedSize64*uint64(s.limits.Ratio) {
			return nil, s.tooLarge(name)
		}
	}
	for _, m := range z.File {
		member, ok := cleanMember(m.Name)
		if !m.Mode().IsRegular() || !ok || strings.Count(member, "/") > s.limits.Depth {
			continue
		}
		in, err := m.Open()
		if err != nil {
			return nil, err
		}
		file, err := s.spool(&bounded{r: in, set: s, name: name, packed: int64(m.CompressedSize64)}, name+"/"+member, m.Modified)
		in.Close()
		if err != nil {
			return nil, err
		}
		out = append(out, file)
	}
	return out, nil
}

func (s *Set) gunzip(p, name string, size int64) ([]File, error) {
	f, err := os.Open(p)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	in, err := gzip.NewReader(bufio.NewReaderSize(f, 64<<10))
	if err != nil {
		return nil, err
	}
	file, err := s.spool(&bounded{r: in, set: s, name: name, packed: size}, name[:len(name)-len(".gz")], in.ModTime)
	return []File{file}, err
}

// cleanMember refuses archive members whose name leads out of the archive.
func cleanMember(name string) (string, bool) {
	name = path.Clean(strings.ReplaceAll(name, "\\", "/"))
	return name, name != "." && !strings.HasPrefix(name, "/") && !strings.HasPrefix(name, "../") && name != ".."
}

// spool unpacks one member to the temporary folder, under a number: its name is never a path on this machine.
func (s *Set) spool(in io.Reader, name string, changed time.Time) (File, error) {
	if err := s.count(name); err != nil {
		return File{}, err
	}
	if s.temp == "" {
		dir, err := os.MkdirTemp("", "qunluo-import-")
		if err != nil {
			return File{}, err
		}
		s.temp = dir
	}
	p := filepath.Join(s.temp, strconv.Itoa(s.entries))
	out, err := os.OpenFile(p, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return File{}, err
	}
	n, err := io.Copy(out, in)
	if err2 := out.Close(); err == nil {
		err = err2
	}
	if err != nil {
		return File{}, err
	}
	file := File{Path: name, Cut: s.cut, Size: n, Open: func() (io.ReadCloser, error) { return os.Open(p) }}
	if !changed.IsZero() {
		file.Changed = changed.UnixMilli()
	}
	return file, nil
}

func (s *Set) tooLarge(name string) error {
	return &Fault{Code: faultBig, What: name[min(s.cut, len(name)):],
		Err: fmt.Errorf("unpacks to more than %d MB or more than %d times its size", s.limits.Unpacked>>20, s.limits.Ratio)}
}

func (s *Set) tooMany(name string) error {
	return &Fault{Code: faultMany, What: fmt.Sprintf("%s > %d", name[min(s.cut, len(name)):], s.limits.Entries)}
}

// bounded stops an archive that unpacks to more than the set may hold, or grows by more than the ratio.
type bounded struct {
	r      io.Reader
	set    *Set
	name   string
	packed int64
	n      int64
}

func (b *bounded) Read(p []byte) (int, error) {
	n, err := b.r.Read(p)
	b.n += int64(n)
	b.set.left -= int64(n)
	if b.set.left < 0 || b.n > 1<<20 && b.n > b.packed*b.set.limits.Ratio {
		return 0, b.set.tooLarge(b.name)
	}
	return n, err
}

// readHead gives the first SniffLen bytes of a file.
func readHead(f File) ([]byte, error) {
	in, err := f.Open()
	if err != nil {
		return nil, err
	}
	defer in.Close()
	head, err := io.ReadAll(io.LimitReader(in, SniffLen))
	return head, err
}

// group sniffs every file and puts those of one chat together. Units come in the order of their first file's path.
func (s *Set) group(files []File, opt Options) error {
	forced, known := FormatNamed(opt.Format)
	if opt.Format != "" && !known {
		return &Fault{Code: faultFormat, What: opt.Format}
	}
	sort.SliceStable(files, func(i, j int) bool { return files[i].Path < files[j].Path })
	byChat := map[string]*Unit{}
	for _, f := range files {
		head, err := readHead(f)
		if err != nil {
			s.ignore(f.Shown(), err)
			continue
		}
		format, sure, ok := sniffAll(head, f.Path)
		if known {
			format, sure, ok = forced, forced.Sniff(head, f.Path), true
		}
		switch {
		case len(head) == 0 && (!ok || format.Chat == nil): // an empty day of a channel is a silent day
			s.Ignored = append(s.Ignored, Ignored{f.Shown(), faultEmpty})
			continue
		case !ok:
			s.Ignored = append(s.Ignored, Ignored{f.Shown(), faultUnknown})
			continue
		}
		if err := s.add(byChat, format, sure, f, head); err != nil {
			s.ignore(f.Shown(), err)
		}
	}
	s.gather(files)
	return nil
}

// gather gives units the further files they name. Those are no units of their own then.
func (s *Set) gather(files []File) {
	taken := map[string]bool{}
	for _, u := range s.Units {
		if u.Format.Gather == nil {
			continue
		}
		u.Missing = u.Format.Gather(u, func(p string) (File, bool) {
			i, ok := slices.BinarySearchFunc(files, p, func(f File, p string) int { return strings.Compare(f.Path, p) })
			if !ok || taken[p] || p == u.Files[0].Path {
				return File{}, false
			}
			taken[p] = true
			return files[i], true
		})
	}
	s.Units = slices.DeleteFunc(s.Units, func(u *Unit) bool { return len(u.Files) == 1 && taken[u.Files[0].Path] })
	shown := map[string]bool{}
	for _, f := range files {
		if taken[f.Path] {
			shown[f.Shown()] = true
		}
	}
	s.Ignored = slices.DeleteFunc(s.Ignored, func(i Ignored) bool { return shown[i.Path] })
}

func (s *Set) add(byChat map[string]*Unit, format Format, sure int, f File, head []byte) error {
	zoneless := format.Zoneless != nil && len(bytes.TrimSpace(head)) > 0 && format.Zoneless(head, f.Path)
	if format.Chat != nil {
		if chat := format.Chat(f.Path); chat != "" {
			key := format.Name + "\x00" + chat
			u := byChat[key]
			if u == nil {
				u = s.unit(format, channelName(f, chat))
				name := chat[strings.IndexByte(chat, 0)+1:]
				u.Chat = Chat{ID: name, Name: name}
				byChat[key] = u
				if format.Chats != nil { // the file knows better than its path
					got, err := format.Chats(f)
					if err != nil {
						return err
					}
					u.Chat = got[0]
				}
			}
			u.Files, u.Bytes = append(u.Files, f), u.Bytes+max(f.Size, 0)
			u.Sure, u.NeedZone = max(u.Sure, sure), u.NeedZone || zoneless
			return nil
		}
	}
	chats := []Chat{{}}
	if format.Chats != nil {
		got, err := format.Chats(f)
		if err != nil {
			return err
		}
		chats = got
	}
	for _, c := range chats {
		u := s.unit(format, f.Shown())
		if c.Name != "" && len(chats) > 1 {
			u.Name += " · " + c.Name
		}
		u.Files, u.Bytes, u.Chat, u.Sure, u.NeedZone = []File{f}, max(f.Size, 0), c, sure, zoneless
	}
	return nil
}

// channelName shows a channel below the folder it was found in.
func channelName(f File, chat string) string {
	dir, channel, _ := strings.Cut(chat, "\x00")
	if len(dir) <= f.Cut || f.Cut == 0 && dir == "." {
		return channel
	}
	return dir[f.Cut:] + "/" + channel
}

func (s *Set) unit(format Format, name string) *Unit {
	u := &Unit{Name: name, Format: format, scratch: s}
	s.Units = append(s.Units, u)
	return u
}

// scratch lends temporary files: for sorting what does not fit into memory.
type scratch interface {
	tempFile() (*os.File, error)
}

// tempFile makes a file that is gone once it is closed, or with the set.
func (s *Set) tempFile() (*os.File, error) {
	f, err := os.CreateTemp("", "qunluo-sort-")
	if err != nil {
		return nil, err
	}
	return f, os.Remove(f.Name())
}

// counted wraps a unit's files so that reading them adds to n.
func (u *Unit) counted(n *atomic.Int64) *Unit {
	c := *u
	c.Files = make([]File, len(u.Files))
	for i, f := range u.Files {
		c.Files[i] = f
		c.Files[i].Open = func() (io.ReadCloser, error) {
			in, err := f.Open()
			if err != nil {
				return nil, err
			}
			return &countedFile{in, n}, nil
		}
	}
	return &c
}

type countedFile struct {
	io.ReadCloser
	n *atomic.Int64
}

func (c *countedFile) Read(p []byte) (int, error) {
	n, err := c.ReadCloser.Read(p)
	c.n.Add(int64(n))
	return n, err
}

// hash is the SHA-256 of a unit's content: the file's own for one file (and its first chat), else over the
// files' names and hashes and the chat's place.
func (u *Unit) hash() (string, error) {
	all := sha256.New()
	for _, f := range u.Files {
		h := sha256.New()
		if err := copyFile(h, f); err != nil {
			return "", err
		}
		if len(u.Files) == 1 && u.Chat.Index <= 1 {
			return hex.EncodeToString(h.Sum(nil)), nil
		}
		fmt.Fprintf(all, "%s %x\n", path.Base(f.Path), h.Sum(nil))
	}
	fmt.Fprintf(all, "%d", u.Chat.Index)
	return hex.EncodeToString(all.Sum(nil)), nil
}

func copyFile(h hash.Hash, f File) error {
	in, err := f.Open()
	if err != nil {
		return err
	}
	defer in.Close()
	_, err = io.Copy(h, in)
	return err
}
