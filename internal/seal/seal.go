// Package seal keeps the house's master key, outside the database, and seals with it what the database must not know.
package seal

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"qunluo/internal/community"
)

// File is the name of the key's file below the data directory: 32 bytes, readable by its owner alone. Backups do not hold it.
const File = "master.key"

const keyBytes = 32

// Pseudonym turns what must not be known into what stands for it: the first bytes of HMAC-SHA-256 (RFC 2104) under a key that is derived
// for a purpose. The same text gives the same pseudonym; without the master key nobody finds out which.
func (b *Box) Pseudonym(purpose, text string, bytes int) []byte {
	derived := hmac.New(sha256.New, b.key)
	derived.Write([]byte("qunluo pseudonym " + purpose))
	h := hmac.New(sha256.New, derived.Sum(nil))
	h.Write([]byte(text))
	return h.Sum(nil)[:bytes]
}

// Box seals and opens by AES-256-GCM with a random 96-bit nonce (NIST SP 800-38D), which stands before the sealed text.
type Box struct {
	aead cipher.AEAD
	key  []byte
}

// Load reads the key in dir, or makes one the first time.
func Load(dir string) (*Box, error) {
	path := filepath.Join(dir, File)
	key, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		key, err = create(path)
	}
	if err != nil {
		return nil, fmt.Errorf("master key: %w", err)
	}
	return New(key)
}

// New makes a box from a key of 32 bytes. community.CodeBadInput: another length.
func New(key []byte) (*Box, error) {
	if len(key) != keyBytes {
		return nil, community.Errorf(community.CodeBadInput, "master key: %d bytes, want %d", len(key), keyBytes)
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	aead, err := cipher.NewGCM(block)
	return &Box{aead, key}, err
}

// create writes a new key, whole or not at all.
func create(path string) ([]byte, error) {
	key := make([]byte, keyBytes)
	if _, err := rand.Read(key); err != nil {
		return nil, err
	}
	f, err := os.CreateTemp(filepath.Dir(path), "."+File+"-*") // 0600
	if err != nil {
		return nil, err
	}
	defer os.Remove(f.Name())
	_, err = f.Write(key)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return nil, err
	}
	return key, os.Rename(f.Name(), path)
}

// Seal seals a text for a place: it opens for the same place only, so that a row cannot stand in for another's.
func (b *Box) Seal(plain []byte, place string) []byte {
	nonce := make([]byte, b.aead.NonceSize(), b.aead.NonceSize()+len(plain)+b.aead.Overhead())
	rand.Read(nonce) //nolint:errcheck // never fails
	return b.aead.Seal(nonce, nonce, plain, []byte(place))
}

// Open gives what was sealed for a place. community.CodeForbidden: another key or place, or changed since.
func (b *Box) Open(sealed []byte, place string) ([]byte, error) {
	n := b.aead.NonceSize()
	if len(sealed) < n {
		return nil, community.Errorf(community.CodeForbidden, "sealed text of %d bytes", len(sealed))
	}
	plain, err := b.aead.Open(nil, sealed[:n], sealed[n:], []byte(place))
	if err != nil {
		return nil, community.Errorf(community.CodeForbidden, "sealed with another key, for another place, or changed")
	}
	return plain, nil
}
