package seal

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"qunluo/internal/community"
)

func TestSealedTextOpensInItsPlaceOnly(t *testing.T) {
	dir := t.TempDir()
	b, err := Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	sealed := b.Seal([]byte("a secret"), "user:1")
	if bytes.Contains(sealed, []byte("secret")) || bytes.Equal(sealed, b.Seal([]byte("a secret"), "user:1")) {
		t.Error("the text can be read, or two of a kind look the same")
	}
	again, err := Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	if plain, err := again.Open(sealed, "user:1"); err != nil || string(plain) != "a secret" {
		t.Errorf("opened after a restart: %q, %v", plain, err)
	}
	other, err := Load(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	for i := range sealed {
		bad := bytes.Clone(sealed)
		bad[i] ^= 1
		if _, err := b.Open(bad, "user:1"); community.CodeOf(err) != community.CodeForbidden {
			t.Fatalf("byte %d flipped: %v", i, err)
		}
	}
	for name, open := range map[string]func() ([]byte, error){
		"another place": func() ([]byte, error) { return b.Open(sealed, "user:2") }, "another key": func() ([]byte, error) { return other.Open(sealed, "user:1") }, "half": func() ([]byte, error) { return b.Open(sealed[:5], "user:1") },
	} {
		if _, err := open(); community.CodeOf(err) != community.CodeForbidden {
			t.Errorf("%s: %v, want forbidden", name, err)
		}
	}
}

func TestKeyIsItsOwnersAndWhole(t *testing.T) {
	dir := t.TempDir()
	if _, err := Load(dir); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, File)
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 || info.Size() != keyBytes {
		t.Errorf("key: %v, %v", info, err)
	}
	if err := os.WriteFile(path, []byte("short"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Load(dir); community.CodeOf(err) != community.CodeBadInput {
		t.Errorf("a broken key: %v, want bad input, not a new key", err)
	}
	if left, _ := filepath.Glob(filepath.Join(dir, ".*")); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}
