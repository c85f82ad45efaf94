package eval

import (
	"archive/tar"
	"compress/gzip"
	"errors"
	"hash/fnv"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"qunluo/internal/community"
)

// maxFile bounds a file inside an archive, in bytes.
const maxFile = 64 << 20

// archive reads the files of a packed archive (name.tar.gz) whose path wanted takes, in order of their path.
// community.CodeNotFound: there is no such archive.
func (o Options) archive(name string, wanted func(path string) bool) (files []file, err error) {
	if o.Data == "" {
		return nil, community.Errorf(community.CodeNotFound, "no folder of data was named")
	}
	packed, err := os.Open(filepath.Join(o.Data, name))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, community.Errorf(community.CodeNotFound, "the folder of data does not hold %s", name)
	}
	if err != nil {
		return nil, err
	}
	defer packed.Close()
	plain, err := gzip.NewReader(packed)
	if err != nil {
		return nil, err
	}
	for in := tar.NewReader(plain); ; {
		head, err := in.Next()
		if err == io.EOF {
			slices.SortFunc(files, func(a, b file) int { return strings.Compare(a.path, b.path) })
			return files, nil
		}
		if err != nil {
			return nil, err
		}
		if head.Typeflag != tar.TypeReg || !wanted(head.Name) {
			continue
		}
		body, err := io.ReadAll(io.LimitReader(in, maxFile))
		if err != nil {
			return nil, err
		}
		files = append(files, file{head.Name, body})
	}
}

type file struct {
	path string
	body []byte
}

// partOf tells by its text in which part a source stands; copies and disguises of one source go where it goes.
func partOf(source string) string {
	h := fnv.New64a()
	io.WriteString(h, "qunluo eval 1\n")
	io.WriteString(h, source)
	sum := h.Sum64()
	if (sum^sum>>32)&1 == 0 {
		return Train
	}
	return Test
}

// talk is one message of an ordinary group, with the day of the month on which it was said.
type talk struct {
	day  string
	nick string
	text string
}

const talkArchive = "irc-ubuntu-2013-01.tar.gz"

var talkLine = regexp.MustCompile(`^\[\d\d:\d\d\] <([^>]+)> (.*)$`)

// ordinary reads the messages of a lively Chinese group, by day, between two days of the month. Nobody there disguises
// words to get past a filter: each hit is a false one.
func (o Options) ordinary(from, to string) ([]talk, error) {
	files, err := o.archive(talkArchive, func(p string) bool { return strings.HasSuffix(p, "/#ubuntu-cn.txt") })
	if err != nil {
		return nil, err
	}
	var all []talk
	for _, f := range files {
		day := path.Base(path.Dir(f.path))
		if day < from || day > to {
			continue
		}
		for line := range strings.Lines(strings.ToValidUTF8(string(f.body), "")) {
			if m := talkLine.FindStringSubmatch(strings.TrimRight(line, "\r\n")); m != nil {
				all = append(all, talk{day, m[1], m[2]})
			}
		}
	}
	return all, nil
}
