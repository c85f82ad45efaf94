package httpd

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"strconv"
	"strings"
)

// Files serves files under names that contain their hash, so that browsers may keep them for ever.
type Files struct {
	prefix string
	names  map[string]string // "app.css" → "/static/app.1a2b3c4d.css"
	served map[string]file   // by the name with the hash, without prefix
}

type file struct {
	kind          string
	plain, gz, br []byte
}

// NewFiles reads the top level of the given file systems once. NAME.gz and NAME.br beside NAME are its compressed
// forms; where there is no .gz one is made.
func NewFiles(prefix string, from ...fs.FS) (*Files, error) {
	f := &Files{prefix: prefix, names: map[string]string{}, served: map[string]file{}}
	for _, src := range from {
		rows, err := fs.ReadDir(src, ".")
		if err != nil {
			return nil, err
		}
		for _, e := range rows {
			if e.IsDir() || path.Ext(e.Name()) == ".gz" || path.Ext(e.Name()) == ".br" {
				continue
			}
			if err := f.add(src, e.Name()); err != nil {
				return nil, fmt.Errorf("static file %s: %w", e.Name(), err)
			}
		}
	}
	return f, nil
}

func (f *Files) add(src fs.FS, name string) error {
	body, err := fs.ReadFile(src, name)
	if err != nil {
		return err
	}
	ext := path.Ext(name)
	one := file{kind: mime.TypeByExtension(ext), plain: body}
	if ext == ".js" {
		one.kind = "text/javascript; charset=utf-8"
	}
	if one.br, err = fs.ReadFile(src, name+".br"); err != nil {
		one.br = nil
	}
	if one.gz, err = fs.ReadFile(src, name+".gz"); err != nil {
		if one.gz, err = squeeze(body); err != nil {
			return err
		}
	}
	sum := sha256.Sum256(body)
	hashed := strings.TrimSuffix(name, ext) + "." + hex.EncodeToString(sum[:5]) + ext
	f.names[name] = f.prefix + hashed
	f.served[hashed] = one
	return nil
}

func squeeze(body []byte) ([]byte, error) {
	var b bytes.Buffer
	w, err := gzip.NewWriterLevel(&b, gzip.BestCompression)
	if err != nil {
		return nil, err
	}
	if _, err := w.Write(body); err != nil {
		return nil, err
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

// URL gives the address of a file by its plain name. It panics on a name that does not exist: pages are tested.
func (f *Files) URL(name string) string {
	u, ok := f.names[name]
	if !ok {
		panic("no static file " + name)
	}
	return u
}

// ServeHTTP answers GET for hashed names; anything else is not found.
func (f *Files) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	one, ok := f.served[strings.TrimPrefix(r.URL.Path, f.prefix)]
	if !ok {
		http.NotFound(w, r)
		return
	}
	h := w.Header()
	h.Set("Content-Type", one.kind)
	h.Set("Cache-Control", "public, max-age=31536000, immutable")
	h.Set("Vary", "Accept-Encoding")
	body := one.plain
	switch accept := r.Header.Get("Accept-Encoding"); {
	case one.br != nil && accepts(accept, "br"):
		h.Set("Content-Encoding", "br")
		body = one.br
	case one.gz != nil && accepts(accept, "gzip"):
		h.Set("Content-Encoding", "gzip")
		body = one.gz
	}
	h.Set("Content-Length", strconv.Itoa(len(body)))
	if r.Method == http.MethodHead {
		return
	}
	w.Write(body) //nolint:errcheck // the browser left
}

// accepts reports whether an Accept-Encoding header names a coding without refusing it (q=0).
func accepts(header, coding string) bool {
	for part := range strings.SplitSeq(header, ",") {
		name, param, _ := strings.Cut(strings.TrimSpace(part), ";")
		if strings.TrimSpace(name) == coding {
			q := strings.TrimPrefix(strings.ReplaceAll(param, " ", ""), "q=")
			return strings.Trim(q, "0.") != "" || q == ""
		}
	}
	return false
}
