package hold_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"qunluo/internal/hold"
)

func TestSecondHolderIsRefusedUntilTheFirstLetsGo(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	first, err := hold.Take(dir)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := hold.Take(dir); !errors.Is(err, hold.ErrTaken) {
		t.Errorf("second hold: %v, want ErrTaken", err)
	}
	if who := hold.Holder(dir); who != fmt.Sprint(os.Getpid()) {
		t.Errorf("holder = %s, want this process", who)
	}
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	again, err := hold.Take(dir)
	if err != nil {
		t.Fatalf("after it was let go: %v", err)
	}
	if err := again.Close(); err != nil {
		t.Fatal(err)
	}
}
