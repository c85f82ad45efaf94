//go:build linux

package main

import (
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

// deployed reads a file of the deploy folder.
func deployed(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", "deploy", name))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// lack skips what cannot be done here; where QL_REQUIRE names it, that is a failure.
func lack(t *testing.T, name, why string) {
	t.Helper()
	if required(name) {
		t.Fatal(why + ", and QL_REQUIRE asks for " + name)
	}
	t.Skip(why)
}

func required(name string) bool {
	return slices.Contains(strings.Split(os.Getenv("QL_REQUIRE"), ","), name)
}

// TestUnitsAreWhatSystemdTakes lets systemd itself read both units, and holds the hardening that must not be lost.
func TestUnitsAreWhatSystemdTakes(t *testing.T) {
	unit := deployed(t, "qunluo.service")
	for _, line := range []string{"User=qunluo", "StateDirectory=qunluo", "ProtectSystem=strict", "NoNewPrivileges=yes", "ProtectHome=yes", "PrivateTmp=yes",
		"CapabilityBoundingSet=", "RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX", "MemoryDenyWriteExecute=yes", "UMask=0077", "ExecReload=/bin/kill -HUP $MAINPID"} {
		if !strings.Contains(unit, "\n"+line+"\n") {
			t.Errorf("the unit does not say %s", line)
		}
	}
	tool, err := exec.LookPath("systemd-analyze")
	if err != nil {
		lack(t, "systemd", err.Error())
	}
	dir := t.TempDir()
	for name, text := range map[string]string{"qunluo.service": strings.Replace(unit, "/usr/local/bin/qunluo serve", "/bin/true", 1), "qunluo.socket": deployed(t, "qunluo.socket")} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	out, err := exec.Command(tool, "verify", filepath.Join(dir, "qunluo.service"), filepath.Join(dir, "qunluo.socket")).CombinedOutput()
	if err != nil || strings.Contains(string(out), dir) { // what it ignores it says, with the file's name, and ends well
		t.Errorf("systemd-analyze verify: %v: %s", err, out)
	}
}

// TestImageHoldsTheProgramAlone reads the Dockerfile: nobody here can build it.
func TestImageHoldsTheProgramAlone(t *testing.T) {
	text := deployed(t, "Dockerfile")
	_, last, found := strings.Cut(text, "\nFROM scratch\n")
	if !found || strings.Contains(last, "\nRUN ") {
		t.Error("the image is not made from scratch, or something runs in it")
	}
	for _, want := range []string{`(?m)^COPY --from=build \S*ca-certificates\.crt /etc/ssl/certs/`, `(?m)^USER [1-9][0-9]*:[1-9][0-9]*$`, `(?m)^VOLUME /data$`, `(?m)^ENTRYPOINT \["/qunluo"\]$`} {
		if !regexp.MustCompile(want).MatchString(last) {
			t.Errorf("the image lacks %s", want)
		}
	}
	if !strings.Contains(text, "CGO_ENABLED=0") {
		t.Error("the program would need a libc")
	}
}

// TestProgramRunsAloneInAnEmptyRoot is what the image promises: nothing but the program, a data folder and a folder for temporary files,
// as a user that is not root, without even /proc. It needs root to change the root.
func TestProgramRunsAloneInAnEmptyRoot(t *testing.T) {
	if os.Geteuid() != 0 {
		lack(t, "build", "only root changes the root")
	}
	if !required("build") {
		t.Skip("it builds the whole program as a release is built, which takes minutes: asked for with build in QL_REQUIRE")
	}
	root := t.TempDir()
	build := exec.Command("go", "build", "-trimpath", "-o", filepath.Join(root, "qunluo"), ".")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	const nobody = 65532
	for _, name := range []string{"data", "tmp"} {
		if err := os.Mkdir(filepath.Join(root, name), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.Chown(filepath.Join(root, name), nobody, nobody); err != nil {
			t.Fatal(err)
		}
	}
	for _, above := range []string{root, filepath.Dir(root)} {
		if err := os.Chmod(above, 0o755); err != nil { //nolint:gosec // the program is no secret
			t.Fatal(err)
		}
	}
	inside := func(env []string, args ...string) *exec.Cmd {
		c := exec.Command("/qunluo", args...)
		c.Dir = "/"
		c.Env = append([]string{"QL_DATA_DIR=/data"}, env...)
		c.SysProcAttr = &syscall.SysProcAttr{Chroot: root, Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
		return c
	}
	if out, err := inside(nil, "version").CombinedOutput(); err != nil {
		t.Fatalf("version: %v: %s", err, out)
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	local := ln.Addr().String()
	if err := ln.Close(); err != nil {
		t.Fatal(err)
	}
	var log strings.Builder
	server := inside([]string{"QL_SERVER__LISTEN=127.0.0.1:0", "QL_SERVER__LOCAL_LISTEN=" + local}, "serve")
	server.Stdout, server.Stderr = &log, &log
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	answers := map[string]string{"/healthz": "ok", "/readyz": "ready", "/metrics": "qunluo_intake_received_total"}
	deadline := time.Now().Add(60 * time.Second)
	for path, want := range answers {
		for {
			res, err := http.Get("http://" + local + path)
			if err == nil {
				text, _ := io.ReadAll(res.Body)
				res.Body.Close()
				if res.StatusCode == http.StatusOK && strings.Contains(string(text), want) {
					break
				}
			}
			if time.Now().After(deadline) {
				t.Errorf("%s does not answer: %v", path, err)
				break
			}
			time.Sleep(50 * time.Millisecond) // another process: nothing to wait on
		}
	}
	if err := server.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := server.Wait(); err != nil {
		t.Errorf("the server ended with %v: %s", err, log.String())
	}
	if out, err := inside(nil, "doctor").CombinedOutput(); err != nil && len(out) == 0 {
		t.Errorf("doctor: %v", err)
	}
	if out, err := inside(nil, "storage", "copy", "--to", "sqlite:/data/new/qunluo.db").CombinedOutput(); err != nil {
		t.Errorf("storage copy: %v: %s", err, out)
	}
}
