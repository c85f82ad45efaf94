// Package media keeps what messages show besides words: pictures, recordings, films and files lie somewhere else, often
// only for a while, and are fetched when somebody sends them on. A thing is fetched once, whoever wants it, within bounds
// of size and time, kept in the data folder under its SHA-256 and forgotten when nobody has wanted it for a week. It is a
// cache: nothing is lost with it but what can no longer be had elsewhere, so backups count it and leave it out. What people
// give to be sent is kept on the same shelf until its send is long over, and backups hold it.
package media

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io/fs"
	"mime"
	"net/http"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/sync/singleflight"

	"qunluo/internal/community"
	"qunluo/internal/connect"
	"qunluo/internal/safehttp"
	"qunluo/internal/store"
)

// Bounds of what is kept.
const (
	KeepFor  = 7 * 24 * time.Hour
	KeepMost = 2 << 30 // bytes

	missFor = 10 * time.Minute // how long an address that led to nothing is not asked again
)

// Shelf keeps content. It may be used by several goroutines.
type Shelf struct {
	dir     string
	store   *store.Store
	web     *safehttp.Client
	clock   func() time.Time
	words   func(kind string, code community.Code) string
	fetches singleflight.Group
}

// New makes a shelf in a folder. web fetches addresses; words say, for people of the group, what stands in the place of a
// kind of part that could not be sent, and why.
func New(dir string, st *store.Store, web *safehttp.Client, clock func() time.Time, words func(kind string, code community.Code) string) *Shelf {
	return &Shelf{dir: dir, store: st, web: web, clock: clock, words: words}
}

// want is a part that is wanted: which, through whom it came.
type want struct {
	seg     community.Segment
	account community.AccountKey
	source  connect.Session
}

// File gives a part's content, from the shelf or from where it lies. CodeLate: it is no longer there; CodeTooLarge;
// CodeForbidden: its address may not be called; CodeBadInput: it is not what it says; CodeUnsupported: nobody can read it;
// CodeUnreachable: not now.
func (s *Shelf) File(ctx context.Context, w want) (community.Medium, error) {
	ref := hashOf([]byte(w.seg.Ref))
	got, err, _ := s.fetches.Do(ref, func() (any, error) { return s.file(ctx, w, ref) })
	if err != nil {
		return community.Medium{}, err
	}
	return got.(community.Medium), nil
}

// Picture is File for a part of a message that came through an account; source is the account's session, nil = it has none.
func (s *Shelf) Picture(ctx context.Context, account community.AccountKey, source connect.Session, seg community.Segment) (community.Medium, error) {
	return s.File(ctx, want{seg, account, source})
}

func (s *Shelf) file(ctx context.Context, w want, ref string) (community.Medium, error) {
	if text, ok := strings.CutPrefix(w.seg.Ref, community.UploadScheme); ok {
		return s.given(ctx, text)
	}
	now := s.clock().UnixMilli()
	known, err := s.store.MediumOf(ctx, w.account, ref)
	switch {
	case err == nil && known.Hash != "":
		if data, err := os.ReadFile(s.path(known.Hash)); err == nil && hashOf(data) == known.Hash {
			known.Tried = now
			return community.Medium{Hash: known.Hash, Name: known.Name, Type: known.Type, Data: data}, s.store.PutMedium(ctx, w.account, ref, known)
		}
	case err == nil && now-known.Tried < missFor.Milliseconds():
		return community.Medium{}, community.Errorf(known.Code, "it could not be had a while ago")
	case err != nil && community.CodeOf(err) != community.CodeNotFound:
		return community.Medium{}, err
	}
	f, err := s.fetch(ctx, w, now)
	if err == nil {
		err = s.keep(f)
	}
	code := community.CodeOf(err)
	if err != nil && (!final(code) || ctx.Err() != nil) {
		return f, err
	}
	note := store.MediumRef{Medium: store.Medium{Hash: f.Hash, Bytes: int64(len(f.Data)), Type: f.Type, Name: f.Name}, Code: code, Tried: now}
	if err != nil {
		note.Medium = store.Medium{}
	}
	return f, errors.Join(err, s.store.PutMedium(ctx, w.account, ref, note))
}

// final reports whether trying again soon is of no use.
func final(code community.Code) bool {
	switch code {
	case community.CodeLate, community.CodeTooLarge, community.CodeForbidden, community.CodeBadInput, community.CodeUnsupported, community.CodeRefused, community.CodeNotFound:
		return true
	}
	return false
}

// fetch reads content from where it lies: through the account it came by where that can, else from the web.
func (s *Shelf) fetch(ctx context.Context, w want, now int64) (community.Medium, error) {
	if w.seg.Expires != 0 && w.seg.Expires <= now {
		return community.Medium{}, community.Errorf(community.CodeLate, "its address was good until %s", time.UnixMilli(w.seg.Expires).UTC().Format(time.RFC3339))
	}
	f, err := community.Medium{}, community.Errorf(community.CodeUnsupported, "nobody can read it")
	if reader, ok := w.source.(connect.MediaReader); ok {
		f, err = reader.ReadMedia(ctx, w.seg, community.MaxMedium)
	}
	if community.CodeOf(err) == community.CodeUnsupported && w.seg.IsWeb() {
		f, err = s.fromWeb(ctx, w.seg)
	}
	if err != nil {
		return f, err
	}
	return complete(w.seg, f)
}

func (s *Shelf) fromWeb(ctx context.Context, seg community.Segment) (community.Medium, error) {
	data, header, err := s.web.Fetch(ctx, seg.Ref, community.MaxMedium)
	if err != nil {
		return community.Medium{}, err
	}
	f := community.Medium{Data: data}
	if _, params, err := mime.ParseMediaType(header.Get("Content-Disposition")); err == nil {
		f.Name = params["filename"]
	}
	if at, err := url.Parse(seg.Ref); err == nil && f.Name == "" {
		f.Name = path.Base(at.Path)
	}
	return f, nil
}

// families are what the content of a kind must be, so that a page that says "expired" is not sent as a picture.
var families = map[string][]string{"image": {"image/"}, "app": {"image/"}, "video": {"video/"}, "audio": {"audio/", "video/ogg", "application/ogg", "application/octet-stream"}}

// complete says what content is and gives it a name.
func complete(seg community.Segment, f community.Medium) (community.Medium, error) {
	if len(f.Data) == 0 {
		return f, community.Errorf(community.CodeLate, "it is empty")
	}
	if len(f.Data) > community.MaxMedium {
		return f, community.Errorf(community.CodeTooLarge, "%d bytes, at most %d", len(f.Data), community.MaxMedium)
	}
	f.Hash, f.Type = hashOf(f.Data), http.DetectContentType(f.Data)
	if want, ok := families[seg.Kind]; ok && !begins(f.Type, want) {
		return f, community.Errorf(community.CodeBadInput, "it is %s, not what was announced (%s)", f.Type, seg.Kind)
	}
	f.Name = named(seg, f)
	return f, nil
}

func begins(text string, with []string) bool {
	for _, head := range with {
		if strings.HasPrefix(text, head) {
			return true
		}
	}
	return false
}

// named is a name without folders and signs that could mislead.
func named(seg community.Segment, f community.Medium) string {
	name := f.Name
	if seg.Kind == "file" && seg.Text != "" {
		name = seg.Text
	}
	name = strings.Map(func(r rune) rune {
		if r < ' ' || strings.ContainsRune(`/\:*?"<>|`, r) || r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069 {
			return -1
		}
		return r
	}, name)
	if len(name) > 120 {
		name = strings.ToValidUTF8(name[len(name)-120:], "")
	}
	if strings.Trim(name, ". ") == "" {
		name = seg.Kind
	}
	if path.Ext(name) == "" {
		name += endings[f.Type]
	}
	return name
}

// endings of names, by type: the same on every machine.
var endings = map[string]string{
	"image/png": ".png", "image/jpeg": ".jpg", "image/gif": ".gif", "image/webp": ".webp", "video/mp4": ".mp4", "video/webm": ".webm",
	"audio/mpeg": ".mp3", "application/ogg": ".ogg", "audio/wave": ".wav", "application/pdf": ".pdf", "application/zip": ".zip",
}

func hashOf(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}

func (s *Shelf) path(hash string) string { return filepath.Join(s.dir, hash[:2], hash) }

// keep writes content to disk, whole or not at all.
func (s *Shelf) keep(f community.Medium) error {
	at := s.path(f.Hash)
	if info, err := os.Stat(at); err == nil && info.Size() == int64(len(f.Data)) {
		return nil
	}
	if err := os.MkdirAll(filepath.Dir(at), 0o700); err != nil {
		return community.Errorf(community.CodeBusy, "keep a medium: %w", err)
	}
	half, err := os.CreateTemp(filepath.Dir(at), "half-")
	if err != nil {
		return community.Errorf(community.CodeBusy, "keep a medium: %w", err)
	}
	_, err = half.Write(f.Data)
	if err = errors.Join(err, half.Sync(), half.Close()); err == nil {
		err = os.Rename(half.Name(), at)
	}
	if err != nil {
		_ = os.Remove(half.Name())
		return community.Errorf(community.CodeBusy, "keep a medium: %w", err)
	}
	return nil
}

// Forget drops what nobody wanted for KeepFor, and of the rest what is beyond KeepMost, with files that nothing knows of.
func (s *Shelf) Forget(ctx context.Context) error {
	since := s.clock().Add(-KeepFor)
	gone, err := s.store.ForgetMedia(ctx, since.UnixMilli(), KeepMost)
	if err != nil {
		return err
	}
	for _, hash := range gone {
		if err := os.Remove(s.path(hash)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return s.sweep(ctx)
}

// sweep removes files without a row: halves of a run that was killed, and what a restored database does not know.
func (s *Shelf) sweep(ctx context.Context) error {
	err := filepath.WalkDir(s.dir, func(at string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		info, err := d.Info()
		if err != nil || s.clock().Sub(info.ModTime()) < time.Hour {
			return nil // gone meanwhile, or just being written
		}
		if known, err := s.store.MediumKnown(ctx, d.Name()); known || err != nil {
			return err
		}
		return os.Remove(at)
	})
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}
