package console

import (
	"errors"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"qunluo/internal/community"
	"qunluo/internal/console/view"
	"qunluo/internal/httpd"
	"qunluo/internal/plan"
	"qunluo/internal/rights"
)

// fileRoute shows a file that people gave to be sent, to those who may see what is sent, on their phones too.
var fileRoute = route{pattern: "GET /files/{id}", may: rights.SeeTexts, serve: (*Console).fileShow, phone: true}

// fileShow gives a kept file: pictures to look at, everything else to save.
func (c *Console) fileShow(k *call) error {
	id, err := k.id()
	if err != nil {
		return err
	}
	f, err := k.plans().FileContent(k.ctx(), id)
	if err != nil {
		return err
	}
	k.answered = true
	httpd.SendFile(k.W, f.Name, f.Type, f.Data)
	return nil
}

// Bounds of a form that holds files.
const (
	maxGivenParts = 100
	maxGivenField = 64 << 10
)

// given reads a form that may hold files: its fields as any form's, its files kept as they come, by the name of their field.
// It has at most so many parts. A file that cannot be kept is left out and said in faults; what was typed is never lost by it.
func (k *call) given(most int) (files map[string][]plan.Piece, faults []string, err error) {
	kind, _, _ := mime.ParseMediaType(k.R.Header.Get("Content-Type"))
	if kind != "multipart/form-data" {
		k.R.Body = http.MaxBytesReader(k.W, k.R.Body, maxForm)
		if err := k.R.ParseForm(); err != nil {
			return nil, nil, community.Errorf(community.CodeTooLarge, "form: %w", err)
		}
		storable(k.R.PostForm)
		return nil, nil, k.checkToken(k.R.PostFormValue("_token"))
	}
	k.R.Body = http.MaxBytesReader(k.W, k.R.Body, (plan.MaxPieces+2)*community.MaxMedium)
	parts, err := k.R.MultipartReader()
	if err != nil {
		return nil, nil, community.Errorf(community.CodeBadInput, "form: %w", err)
	}
	k.R.PostForm, files = url.Values{}, map[string][]plan.Piece{}
	for range most {
		part, err := parts.NextPart()
		if errors.Is(err, io.EOF) {
			return files, faults, k.checkToken(k.R.PostForm.Get("_token"))
		}
		if err != nil {
			return nil, nil, uploadError(err)
		}
		if part.FileName() == "" {
			value, err := io.ReadAll(io.LimitReader(part, maxGivenField+1))
			if err != nil {
				return nil, nil, uploadError(err)
			}
			if len(value) > maxGivenField {
				return nil, nil, community.Errorf(community.CodeTooLarge, "field %s", part.FormName())
			}
			one := url.Values{part.FormName(): {string(value)}}
			storable(one)
			k.R.PostForm.Add(part.FormName(), one.Get(part.FormName()))
			continue
		}
		if err := k.checkToken(k.R.PostForm.Get("_token")); err != nil {
			return nil, nil, err
		}
		piece, fault, err := k.keep(part.FileName(), part)
		if err != nil {
			return nil, nil, err
		}
		if fault != "" {
			faults = append(faults, fault)
			continue
		}
		files[part.FormName()] = append(files[part.FormName()], piece)
	}
	return nil, nil, community.Errorf(community.CodeBadInput, "form: more than %d parts", most)
}

// keep keeps one file of a form; fault says in words why it cannot be.
func (k *call) keep(name string, from io.Reader) (piece plan.Piece, fault string, err error) {
	data, err := io.ReadAll(io.LimitReader(from, community.MaxMedium+1))
	if err != nil {
		return piece, "", uploadError(err)
	}
	if len(data) > community.MaxMedium {
		if _, err := io.Copy(io.Discard, from); err != nil {
			return piece, "", uploadError(err)
		}
	}
	piece, err = k.plans().KeepFile(k.ctx(), k.who(), name, data)
	switch community.CodeOf(err) {
	case community.CodeBadInput:
		return piece, k.T("plan.file_empty", "name", name), nil
	case community.CodeTooLarge:
		return piece, k.T("plan.file_large", "name", name, "most", strconv.Itoa(community.MaxMedium>>20)), nil
	}
	return piece, "", err
}

// keptPieces are the files that a form kept before in a field and does not drop from it now, by the ids in its hidden fields.
func (k *call) keptPieces(field string) ([]plan.Piece, error) {
	dropped := map[string]bool{}
	for _, id := range k.R.PostForm["drop"] {
		dropped[id] = true
	}
	var out []plan.Piece
	for _, text := range k.R.PostForm[field] {
		id, err := community.ParseID(text)
		if err != nil || dropped[field+":"+text] {
			continue
		}
		piece, err := k.plans().KeptFile(k.ctx(), id)
		if err != nil {
			return out, err
		}
		out = append(out, piece)
	}
	return out, nil
}

// size is a number of bytes as people read it.
func size(n int64) string {
	switch {
	case n >= 1<<20:
		return strconv.FormatFloat(float64(n)/(1<<20), 'f', 1, 64) + " MB"
	case n >= 1<<10:
		return strconv.FormatInt(n>>10, 10) + " KB"
	}
	return strconv.FormatInt(n, 10) + " B"
}

// pieceViews shows pieces in a form; field is the name under which each is sent on.
func pieceViews(k *call, field string, list []plan.Piece) []view.PlanFile {
	var out []view.PlanFile
	for _, p := range list {
		id := p.File.String()
		out = append(out, view.PlanFile{Field: field, ID: id, Name: p.Name, Link: "/files/" + id, Image: strings.HasPrefix(p.Type, "image/"), Note: k.T("media.kind."+p.Kind) + " · " + size(p.Bytes)})
	}
	return out
}
