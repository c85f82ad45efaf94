package media

import (
	"context"
	"os"
	"path/filepath"

	"qunluo/internal/community"
	"qunluo/internal/store"
)

// Take keeps a file that a person of an organisation gives to be sent. CodeBadInput: it is empty; CodeTooLarge: more than
// community.MaxMedium bytes.
func (s *Shelf) Take(ctx context.Context, org community.OrgKey, user, name string, data []byte) (store.Upload, error) {
	f, err := complete(community.Segment{Kind: "file", Text: name}, community.Medium{Data: data})
	if community.CodeOf(err) == community.CodeLate {
		err = community.Errorf(community.CodeBadInput, "file: it is empty")
	}
	if err == nil {
		err = s.keep(f)
	}
	if err != nil {
		return store.Upload{}, err
	}
	return s.store.AddUpload(ctx, store.Upload{Medium: store.Medium{Hash: f.Hash, Bytes: int64(len(f.Data)), Type: f.Type, Name: f.Name}, Org: org, User: user,
		Keep: s.clock().Add(KeepFor).UnixMilli()})
}

// Given reads a file that a person gave. CodeNotFound: there is none of this id; CodeLate: it is no longer kept.
func (s *Shelf) Given(ctx context.Context, id community.ID) (store.Upload, community.Medium, error) {
	u, err := s.store.UploadByID(ctx, id)
	if err != nil {
		return u, community.Medium{}, err
	}
	data, err := os.ReadFile(s.path(u.Hash))
	if err != nil || hashOf(data) != u.Hash {
		return u, community.Medium{}, community.Errorf(community.CodeLate, "file %s: its content is gone", id)
	}
	return u, community.Medium{Hash: u.Hash, Name: u.Name, Type: u.Type, Data: data}, nil
}

// Pinned is a file that must still be here.
type Pinned struct {
	Path  string // below the shelf's folder
	Hash  string // its SHA-256, in hexadecimal digits
	Bytes int64
}

// Pinned lists the files that must still be here: what a backup holds of the shelf. One whose content is gone or broken is
// left out; it is said where its send is looked at.
func (s *Shelf) Pinned(ctx context.Context) ([]Pinned, error) {
	hashes, err := s.store.PinnedMedia(ctx)
	if err != nil {
		return nil, err
	}
	return Kept(s.dir, hashes)
}

// Kept lists those of some files that a shelf's folder holds unbroken.
func Kept(dir string, hashes []string) ([]Pinned, error) {
	s := &Shelf{dir: dir}
	var out []Pinned
	for _, hash := range hashes {
		at := s.path(hash)
		if data, err := os.ReadFile(at); err == nil && hashOf(data) == hash {
			below, err := filepath.Rel(s.dir, at)
			if err != nil {
				return nil, err
			}
			out = append(out, Pinned{below, hash, int64(len(data))})
		}
	}
	return out, nil
}

// given is the content of an address that Take gave; what is not there is gone.
func (s *Shelf) given(ctx context.Context, text string) (community.Medium, error) {
	id, err := community.ParseID(text)
	if err != nil {
		return community.Medium{}, community.Errorf(community.CodeBadInput, "no file is called so")
	}
	_, f, err := s.Given(ctx, id)
	if community.CodeOf(err) == community.CodeNotFound {
		err = community.Errorf(community.CodeLate, "file %s: it is no longer kept", id)
	}
	return f, err
}
