package peertest

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// install makes a folder of counterparts that holds no package at all, as if it had been installed from the lock file.
func install(t *testing.T) {
	t.Helper()
	if _, err := exec.LookPath("node"); err != nil {
		lack(t, "no node in PATH")
	}
	lock, err := os.ReadFile(filepath.Join(pins(t), "wecom", "package-lock.json"))
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := lay(filepath.Join(dir), t.TempDir(), map[string]string{
		"wecom/package-lock.json": string(lock), "wecom/node_modules/qlsays/index.js": "module.exports = 'found'",
	}); err != nil {
		t.Fatal(err)
	}
	t.Setenv("QL_PEERS", dir)
}

const echo = `
const rl = require("node:readline").createInterface({ input: process.stdin });
rl.on("line", (l) => console.log("heard " + l));
console.log("before"); console.error("READY " + require("qlsays") + " " + process.env.WHO);
setInterval(() => {}, 1000);
`

func TestPeerIsStartedHeardAndEnded(t *testing.T) {
	install(t)
	var pid int
	t.Run("life", func(t *testing.T) {
		p := Start(t, Script{Peers: "wecom", Name: "main.js", Files: map[string]string{"main.js": echo}, Env: []string{"WHO=us"}, Ready: "READY found us"})
		pid = p.cmd.Process.Pid
		p.Tell(t, "大家好")
		if got := p.Until(t, "heard"); got != "heard 大家好" {
			t.Errorf("heard %q", got)
		}
		if !strings.Contains(p.Said(), "before") {
			t.Errorf("said %q, want what came before READY too", p.Said())
		}
	})
	if err := syscall.Kill(pid, 0); err == nil {
		t.Errorf("process %d outlives its test", pid)
	}
}

// verdict remembers what a helper made of a test instead of ending it.
type verdict struct {
	testing.TB
	skipped, failed string
}

func (v *verdict) Helper() {}

func (v *verdict) Skip(args ...any) { v.skipped = args[0].(string); panic(v) }

func (v *verdict) Fatalf(format string, args ...any) { v.failed = format; panic(v) }

// asked says what Need makes of the wecom counterparts.
func asked(t *testing.T) (v *verdict) {
	v = &verdict{TB: t}
	defer func() {
		if r := recover(); r != nil && r != any(v) {
			panic(r)
		}
	}()
	Need(v, "wecom")
	return v
}

func TestMissingCounterpartsSkipUnlessRequired(t *testing.T) {
	install(t)
	if v := asked(t); v.skipped != "" || v.failed != "" {
		t.Fatalf("installed: %q %q, want neither", v.skipped, v.failed)
	}
	stale := filepath.Join(os.Getenv("QL_PEERS"), "wecom", "package-lock.json")
	if err := os.WriteFile(stale, []byte("{}"), 0o644); err != nil {
		t.Fatal(err)
	}
	t.Setenv("QL_REQUIRE", "pg")
	if v := asked(t); !strings.Contains(v.skipped, "another lock file") {
		t.Errorf("another lock file: skipped %q", v.skipped)
	}
	t.Setenv("QL_PEERS", t.TempDir())
	if v := asked(t); !strings.Contains(v.skipped, "not installed") {
		t.Errorf("nothing installed: skipped %q", v.skipped)
	}
	t.Setenv("QL_REQUIRE", "pg,node")
	if v := asked(t); v.failed == "" {
		t.Error("QL_REQUIRE=node must turn the skip into a failure")
	}
}

func TestLockFilesNameNoRegistry(t *testing.T) {
	locks, err := filepath.Glob(filepath.Join(pins(t), "*", "package-lock.json"))
	if err != nil || len(locks) == 0 {
		t.Fatalf("lock files: %v, %v", locks, err)
	}
	for _, name := range locks {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(text), `"resolved": "http`) || !strings.Contains(string(text), `"integrity"`) {
			t.Errorf("%s names where packages came from, or not what they are", filepath.Base(filepath.Dir(name)))
		}
	}
}
