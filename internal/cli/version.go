package cli

import (
	"runtime"
	"runtime/debug"
)

type versionCmd struct{}

// built is what is known about this program file.
type built struct {
	Version  string `json:"version" col:"版本|version"`
	Revision string `json:"revision" col:"提交|revision"`
	Built    string `json:"built" col:"提交时间|committed"`
	Changed  bool   `json:"changed" col:"有未提交改动|changed since"`
	Go       string `json:"go" col:"Go|Go"`
	Platform string `json:"platform" col:"平台|platform"`
}

func (versionCmd) Tolerates()          {}
func (versionCmd) Shape() any          { return built{} }
func (versionCmd) Examples() []example { return nil }

// Run prints what is known about this program file.
func (versionCmd) Run(c *call) error { return printOne(c, thisBuild()) }

// thisBuild reads what the compiler wrote into the program.
func thisBuild() built {
	b := built{Version: "devel", Go: runtime.Version(), Platform: runtime.GOOS + "/" + runtime.GOARCH}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return b
	}
	if v := info.Main.Version; v != "" && v != "(devel)" {
		b.Version = v
	}
	for _, s := range info.Settings {
		switch s.Key {
		case "vcs.revision":
			b.Revision = s.Value
		case "vcs.time":
			b.Built = s.Value
		case "vcs.modified":
			b.Changed = s.Value == "true"
		}
	}
	return b
}
