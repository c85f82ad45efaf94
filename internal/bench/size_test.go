package bench

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// TestSizeIsThatOfWhatRuns looks at a program that does nothing, and at one that ends.
func TestSizeIsThatOfWhatRuns(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("what a process takes is read from /proc")
	}
	program := filepath.Join(t.TempDir(), "idle")
	script := func(body string) {
		if err := os.WriteFile(program, []byte("#!/bin/sh\n"+body), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	script("exec sleep 600\n")
	rows, err := Run(t.Context(), "size", Options{Scale: 0.001, Program: program})
	if err != nil {
		t.Fatal(err)
	}
	by := map[string]Row{}
	for _, r := range rows {
		by[r.Name] = r
	}
	if r := by["size.program"]; r.Value != 25e-6 || !r.Met || r.Target != 45 {
		t.Errorf("the file: %+v", r)
	}
	all, own := by["size.rest"], by["size.rest.own"]
	if all.Value <= 0 || all.Value > 20 || own.Value <= 0 || own.Value >= all.Value || all.Target != 80 {
		t.Errorf("at rest: %+v, own %+v", all, own)
	}
	script("exit 3\n")
	if _, err := Run(t.Context(), "size", Options{Scale: 0.001, Program: program}); err == nil || !strings.Contains(err.Error(), "exit status 3") {
		t.Errorf("a program that ends: %v", err)
	}
}
