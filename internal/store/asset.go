package store

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"io"

	"qunluo/internal/community"
)

// MaxAsset is how many bytes the content of an asset may have.
const MaxAsset = 32 << 20

// AddAsset keeps content that rulebooks may name and gives its hash (SHA-256, 64 hex digits). Content that is there already
// is left as it is: an asset never changes. CodeTooLarge above MaxAsset.
func (s *Store) AddAsset(ctx context.Context, org community.OrgKey, kind string, content []byte) (hash string, err error) {
	if len(content) > MaxAsset {
		return "", community.Errorf(community.CodeTooLarge, "asset: %d bytes, at most %d", len(content), MaxAsset)
	}
	sum := sha256.Sum256(content)
	hash = hex.EncodeToString(sum[:])
	packed, err := pack(content)
	if err != nil {
		return "", err
	}
	err = s.writeTx(ctx, func(t *Tx) error {
		_, err := t.exec(ctx, `INSERT INTO asset (hash, org_key, kind, body, size, created) VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING`,
			hash, int64(org), kind, packed, len(content), s.now())
		return err
	})
	return hash, err
}

// Asset reads the content with a hash, whichever organisation keeps it: equal hashes are equal content. CodeNotFound; where
// what is kept is not what the hash says, CodeBadInput: no later try would find it whole.
func (s *Store) Asset(ctx context.Context, hash string) ([]byte, error) {
	var packed []byte
	var size int64
	err := s.read.QueryRowContext(ctx, `SELECT body, size FROM asset WHERE hash = $1 ORDER BY org_key LIMIT 1`, hash).Scan(&packed, &size)
	if err != nil {
		return nil, missing(coded(s.dialect, err), "asset %.64q", hash)
	}
	content, err := unpack(packed, size)
	if err != nil {
		return nil, community.Errorf(community.CodeBadInput, "asset %.64q: %w", hash, err)
	}
	if sum := sha256.Sum256(content); hex.EncodeToString(sum[:]) != hash {
		return nil, community.Errorf(community.CodeBadInput, "asset %.64q: its content was changed", hash)
	}
	return content, nil
}

// AssetRow is what is known of an asset beside its content.
type AssetRow struct {
	Hash    string
	Kind    string
	Size    int64 // bytes
	Created int64 // UTC ms
}

// AssetsOf tells which of these hashes an organisation keeps.
func (s *Store) AssetsOf(ctx context.Context, org community.OrgKey, hashes []string) (map[string]AssetRow, error) {
	var c clause
	c.and("org_key = ?", int64(org))
	in, values := oneOfThem(hashes)
	c.and("hash "+in, values...)
	list, err := rows(ctx, s, `SELECT hash, kind, size, created FROM asset`+c.String(), c.args, func(r *sql.Rows, v *AssetRow) error {
		return r.Scan(&v.Hash, &v.Kind, &v.Size, &v.Created)
	})
	out := map[string]AssetRow{}
	for _, v := range list {
		out[v.Hash] = v
	}
	return out, err
}

func pack(content []byte) ([]byte, error) {
	var out bytes.Buffer
	zip := gzip.NewWriter(&out)
	_, err := zip.Write(content)
	err = errors.Join(err, zip.Close())
	return out.Bytes(), err
}

func unpack(packed []byte, size int64) ([]byte, error) {
	content, err := unpackUpTo(packed, size)
	if err == nil && int64(len(content)) != size {
		err = fmt.Errorf("%d bytes, want %d", len(content), size)
	}
	return content, err
}

// unpackUpTo reads what pack wrote, refusing more than so many bytes.
func unpackUpTo(packed []byte, most int64) ([]byte, error) {
	zip, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		return nil, err
	}
	content, err := io.ReadAll(io.LimitReader(zip, most+1))
	if err == nil && int64(len(content)) > most {
		err = fmt.Errorf("more than %d bytes", most)
	}
	return content, errors.Join(err, zip.Close())
}
