package store

import (
	"io/fs"
	"testing/fstest"
)

// memFS is a handful of files in memory.
type memFS map[string][]byte

func (m memFS) fs() fs.FS {
	files := fstest.MapFS{}
	for name, text := range m {
		files[name] = &fstest.MapFile{Data: text, Mode: 0o444}
	}
	return files
}
