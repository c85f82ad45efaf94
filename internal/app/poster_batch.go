package app

import (
	"archive/zip"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"
	"unicode"

	"qunluo/internal/community"
	"qunluo/internal/i18n"
	"qunluo/internal/poster"
	"qunluo/internal/store"
)

// jobOldPosters takes away the files of batches that were there long enough.
const jobOldPosters = "old-posters"

// Bounds of batches.
const (
	batchPeople = 1000
	batchKept   = 7 * day // ms that a ZIP stays
	batchWarned = 50
	batchBytes  = 1 << 20 // of all values as they are kept
)

// Batch asks for posters. The layout is kept as it is now: what becomes of it later changes nothing. CodeTooLarge: more than 1,000;
// CodeBadInput: nobody to draw them for.
func (p posters) Batch(ctx context.Context, user string, o poster.Order, reason string) (poster.Batch, error) {
	k, err := p.Get(ctx, o.Ref)
	if err != nil {
		return poster.Batch{}, err
	}
	people := o.People
	if o.Group != 0 {
		if people, err = p.membersOf(ctx, o); err != nil {
			return poster.Batch{}, err
		}
	}
	switch {
	case len(people) == 0:
		return poster.Batch{}, community.Errorf(community.CodeBadInput, "batch: nobody to draw posters for")
	case len(people) > batchPeople:
		return poster.Batch{}, community.Errorf(community.CodeTooLarge, "batch: %d posters, at most %d", len(people), batchPeople)
	}
	size := 0
	for i, row := range people {
		all := map[string]string{}
		for _, f := range k.Layout.Fields() {
			v, has := row[f]
			if !has {
				v, has = o.Filled[f]
			}
			if has {
				if r := []rune(v); len(r) > poster.MaxFilled {
					v = string(r[:poster.MaxFilled])
				}
				all[f] = v
				size += len(v)
			}
		}
		if all[nameField] == "" {
			all[nameField] = row[nameField]
		}
		people[i] = all
	}
	if size > batchBytes {
		return poster.Batch{}, community.Errorf(community.CodeTooLarge, "batch: %d bytes of values, at most %d", size, batchBytes)
	}
	b, err := p.app.store.AddBatch(ctx, store.Batch{Org: p.org, Ref: k.Ref, Title: k.Layout.Title, Body: string(k.Layout.Encode()), People: people}, p.audit(user, "poster.batch", "", reason))
	return batchOf(b), err
}

// nameField is the field by which files of a batch are named.
const nameField = "name"

// membersOf are the values of each member of a group.
func (p posters) membersOf(ctx context.Context, o poster.Order) ([]map[string]string, error) {
	g, err := p.mine(ctx, o.Group)
	if err != nil {
		return nil, err
	}
	slug, key := "", int64(0)
	if !o.Code.IsZero() {
		c, err := p.desk().CodeByID(ctx, o.Code)
		if err != nil {
			return nil, err
		}
		slug, key = c.Slug, c.Key
	}
	var members []community.MemberRow
	here := true
	for rows, err := range p.desk().AllMembers(ctx, community.MemberFilter{Group: o.Group, Present: &here}) {
		if err != nil {
			return nil, err
		}
		if members = append(members, rows...); len(members) > batchPeople {
			return nil, community.Errorf(community.CodeTooLarge, "batch: more than %d members", batchPeople)
		}
	}
	out := make([]map[string]string, 0, len(members))
	for _, m := range members {
		v := map[string]string{nameField: cmp.Or(m.Card, m.Name), "group": g.Name}
		if slug != "" {
			s, err := p.app.store.NewShare(ctx, key, m.Key, v[nameField])
			if err != nil {
				return nil, err
			}
			v["link"] = p.app.base() + "/j/" + slug + "/" + s.Token
		}
		out = append(out, v)
	}
	return out, nil
}

func batchOf(b store.Batch) poster.Batch {
	return poster.Batch{ID: b.ID, Ref: b.Ref, Title: b.Title, Total: b.Total, Done: b.Done, State: b.State, Why: b.Why, Warned: b.Warned, Bytes: b.Bytes, User: b.User, Created: b.Created, Ended: b.Ended}
}

// Batches lists batches, the newest first.
func (p posters) Batches(ctx context.Context) ([]poster.Batch, error) {
	list, err := p.app.store.Batches(ctx, p.org, 50)
	var out []poster.Batch
	for _, b := range list {
		out = append(out, batchOf(b))
	}
	return out, err
}

// BatchByID gives one; CodeNotFound.
func (p posters) BatchByID(ctx context.Context, id community.ID) (poster.Batch, error) {
	b, err := p.app.store.BatchByID(ctx, id)
	if err == nil && b.Org != p.org {
		err = community.Errorf(community.CodeNotFound, "batch %s: not found", id)
	}
	return batchOf(b), err
}

// BatchFile opens the ZIP of a batch. CodeLate: it is not there yet, or not any more.
func (p posters) BatchFile(ctx context.Context, id community.ID) (io.ReadCloser, int64, error) {
	b, err := p.BatchByID(ctx, id)
	if err != nil {
		return nil, 0, err
	}
	if b.State == store.BatchDone {
		f, err := os.Open(p.app.batchFile(id))
		if err == nil {
			return f, b.Bytes, nil
		}
		if !errors.Is(err, os.ErrNotExist) {
			return nil, 0, err
		}
	}
	return nil, 0, community.Errorf(community.CodeLate, "batch %s: its file is not here", id)
}

func (a *App) batchDir(id community.ID) string {
	return filepath.Join(a.cfg.DataDir, "posters", id.String())
}
func (a *App) batchFile(id community.ID) string { return a.batchDir(id) + ".zip" }

// drawBatch draws the posters of a batch one by one and packs them. Where it was cut short it goes on with those that are not there yet.
func (a *App) drawBatch(ctx context.Context, j store.Job) error {
	id, err := community.ParseID(j.Key)
	if err != nil {
		return err
	}
	return a.finishBatch(ctx, id, j.Attempts >= batchTries, func(int64, int64) {})
}

// finishBatch draws a batch to its end, one batch at a time; last says that an error is what becomes of it.
func (a *App) finishBatch(ctx context.Context, id community.ID, last bool, progress func(done, of int64)) error {
	a.batching.Lock()
	defer a.batching.Unlock()
	b, err := a.store.BatchByID(ctx, id)
	if err != nil || b.State != store.BatchWaits {
		return err
	}
	bytes, err := a.packBatch(ctx, b, progress)
	switch code := community.CodeOf(err); {
	case err == nil:
		err = a.store.EndBatch(ctx, id, store.BatchWaits, store.BatchDone, "", bytes)
	case code == community.CodeBadInput || code == community.CodeTooLarge || last:
		err = a.store.EndBatch(ctx, id, store.BatchWaits, store.BatchFailed, err.Error(), 0)
	default:
		return err // what was drawn stays; the job comes again
	}
	if rest := os.RemoveAll(a.batchDir(id)); err == nil {
		err = rest
	}
	return err
}

// Finish draws a batch now, for somebody who waits for it.
func (p posters) Finish(ctx context.Context, id community.ID, progress func(done, of int64)) (poster.Batch, error) {
	if _, err := p.BatchByID(ctx, id); err != nil {
		return poster.Batch{}, err
	}
	if err := p.app.finishBatch(ctx, id, false, progress); err != nil {
		return poster.Batch{}, err
	}
	return p.BatchByID(ctx, id)
}

const batchTries = 5

// packBatch draws what is missing and gives the size of the ZIP.
func (a *App) packBatch(ctx context.Context, b store.Batch, progress func(done, of int64)) (int64, error) {
	l, err := poster.Decode([]byte(b.Body))
	if err != nil {
		return 0, err
	}
	images, err := a.imagesOf(ctx, l)
	if err != nil {
		return 0, err
	}
	press, err := poster.NewPress(l, 0, images, nil)
	if err != nil {
		return 0, err
	}
	dir := a.batchDir(b.ID)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return 0, err
	}
	words, err := a.wordsOf(ctx, b.Org)
	if err != nil {
		return 0, err
	}
	warned, told := b.Warned, time.Time{}
	for i, values := range b.People {
		at := filepath.Join(dir, fmt.Sprintf("%04d.png", i+1))
		if _, err := os.Stat(at); err == nil {
			continue
		}
		var raw []byte
		var found []poster.Warned
		if err := a.presses.in(ctx, func() error { raw, found, err = press.PNG(values); return err }); err != nil {
			return 0, err
		}
		for _, w := range found {
			if len(warned) < batchWarned {
				warned = append(warned, values[nameField]+": "+warning(words, w))
			}
		}
		if err := writeWhole(at, raw); err != nil {
			return 0, err
		}
		progress(int64(i+1), int64(len(b.People)))
		if now := time.Now(); now.Sub(told) > time.Second || i == len(b.People)-1 {
			if err := a.store.BatchStep(ctx, b.ID, i+1, warned); err != nil {
				return 0, err
			}
			told = now
		}
	}
	return a.zipBatch(b, dir)
}

// warning is what was done to a text, in words.
func warning(words *i18n.Words, w poster.Warned) string {
	return words.T("poster.warned_"+w.What, "text", w.Text)
}

// writeWhole writes a file that is either there whole or not at all.
func writeWhole(at string, raw []byte) error {
	if err := os.WriteFile(at+".part", raw, 0o600); err != nil {
		return err
	}
	return os.Rename(at+".part", at)
}

func (a *App) zipBatch(b store.Batch, dir string) (size int64, err error) {
	f, err := os.Create(dir + ".part")
	if err != nil {
		return 0, err
	}
	defer func() {
		err = errors.Join(err, f.Close())
		if err == nil {
			err = os.Rename(dir+".part", dir+".zip")
		}
	}()
	out := zip.NewWriter(f)
	for i, values := range b.People {
		raw, err := os.ReadFile(filepath.Join(dir, fmt.Sprintf("%04d.png", i+1)))
		if err != nil {
			return 0, err
		}
		w, err := out.CreateHeader(&zip.FileHeader{Name: fmt.Sprintf("%04d", i+1) + pictureName(values[nameField]) + ".png", Method: zip.Store, Modified: time.UnixMilli(b.Created)})
		if err == nil {
			_, err = w.Write(raw)
		}
		if err != nil {
			return 0, err
		}
	}
	if err := out.Close(); err != nil {
		return 0, err
	}
	at, err := f.Seek(0, io.SeekCurrent)
	return at, err
}

// pictureName is a name as a part of a file's: letters and digits alone, so that every system can unpack it.
func pictureName(name string) string {
	var out strings.Builder
	n := 0
	for _, r := range name {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			out.WriteRune(r)
			if n++; n == 20 {
				break
			}
		}
	}
	if n == 0 {
		return ""
	}
	return "-" + out.String()
}

// dropPosters takes away the files of batches that ended a week ago.
func (a *App) dropPosters(ctx context.Context, _ store.Job) error {
	old, err := a.store.OldBatches(ctx, a.millis()-batchKept)
	if err != nil {
		return err
	}
	for _, id := range old {
		if err := os.Remove(a.batchFile(id)); err != nil && !errors.Is(err, os.ErrNotExist) {
			return err
		}
		if err := a.store.EndBatch(ctx, id, store.BatchDone, store.BatchGone, "", 0); err != nil && community.CodeOf(err) != community.CodeConflict {
			return err
		}
	}
	return nil
}
