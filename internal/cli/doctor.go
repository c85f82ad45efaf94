package cli

import (
	"errors"
	"os"
	"strings"
)

type doctorCmd struct {
	Fix    bool `help:"能安全修的就修|mend what can be mended safely"`
	Strict bool `help:"有警告也算失败|warnings fail, too"`
}

// finding is one line of the doctor: state, meaning, remedy.
type finding struct {
	Check   string `json:"check" col:"项目|check"`
	State   string `json:"state" col:"状态|state"` // ok, warn, fail, fixed
	Meaning string `json:"meaning" col:"情况|meaning"`
	Remedy  string `json:"remedy" col:"怎么办|remedy"`
}

// States of a finding.
const (
	stateOK    = "ok"
	stateWarn  = "warn"
	stateFail  = "fail"
	stateFixed = "fixed"
)

// diagnosis is a finding in both languages, with a cure where a safe one exists.
type diagnosis struct {
	check   [2]string
	state   string
	meaning [2]string
	remedy  [2]string
	cure    func() error
}

func (doctorCmd) Tolerates() {}
func (doctorCmd) Shape() any { return rowsOf[finding]() }
func (doctorCmd) Examples() []example {
	return []example{{"doctor --fix", [2]string{"检查，并修好能安全修的", "examine, and mend what is safe to mend"}}}
}

// Run examines machine, files and store. A failed check makes it fail; a warning only with --strict.
func (q *doctorCmd) Run(c *call) error {
	var rows []finding
	worst := stateOK
	for _, examine := range examinations() {
		for _, d := range examine(c) {
			f := c.treat(d, q.Fix)
			worst = worse(worst, f.State)
			rows = append(rows, f)
		}
	}
	if err := printList(c, rows, len(rows)); err != nil {
		return err
	}
	if worst == stateFail || worst == stateWarn && q.Strict {
		return failed(nil, "有问题需要处理", "there is something to be done")
	}
	return nil
}

// examinations are the doctor's checks in the order of the report.
func examinations() []func(*call) []diagnosis {
	return []func(*call) []diagnosis{
		examineSettings, examineClock, examineFolder, examineDisk, examineSync, examineSecrets, examineBackups, examineStore,
	}
}

// treat says a diagnosis in the person's language, after curing it where that is wanted and safe.
func (c *call) treat(d diagnosis, fix bool) finding {
	f := finding{c.lang.pick(d.check), d.state, c.lang.pick(d.meaning), c.lang.pick(d.remedy)}
	if !fix || d.cure == nil || d.state == stateOK {
		return f
	}
	if err := d.cure(); err != nil {
		f.Meaning += ": " + err.Error()
		return f
	}
	f.State, f.Remedy = stateFixed, ""
	return f
}

// worse is the more serious of two states.
func worse(a, b string) string {
	rank := map[string]int{stateOK: 0, stateFixed: 0, stateWarn: 1, stateFail: 2}
	if rank[b] > rank[a] {
		return b
	}
	return a
}

func examineSettings(c *call) []diagnosis {
	check := [2]string{"配置", "settings"}
	if c.cfgErr == nil {
		return []diagnosis{{check: check, state: stateOK, meaning: [2]string{"没有问题", "good"}}}
	}
	return []diagnosis{{check: check, state: stateFail, meaning: [2]string{oneLine(zh.sayError(c.cfgErr)), oneLine(en.sayError(c.cfgErr))},
		remedy: [2]string{"qunluo config show 列出每一项", "qunluo config show lists every setting"}}}
}

func oneLine(s string) string { return strings.ReplaceAll(s, "\n", "; ") }

// examineFolder looks at the data directory and at a socket that nobody answers.
func examineFolder(c *call) []diagnosis {
	check := [2]string{"数据目录", "data directory"}
	dir := c.dataDir()
	info, err := os.Stat(dir)
	if errors.Is(err, os.ErrNotExist) {
		return []diagnosis{{check: check, state: stateWarn, meaning: [2]string{dir + " 还不存在", dir + " is not there yet"},
			remedy: [2]string{"qunluo serve 会建立它", "qunluo serve makes it"}, cure: func() error { return os.MkdirAll(dir, 0o700) }}}
	}
	if err != nil || !info.IsDir() {
		return []diagnosis{{check: check, state: stateFail, meaning: [2]string{dir + " 不是可用的目录", dir + " is not a usable directory"},
			remedy: [2]string{"修改 data_dir", "change data_dir"}}}
	}
	if readableByOthers(info.Mode()) {
		return []diagnosis{{check: check, state: stateWarn, meaning: [2]string{dir + " 其他用户也能进入", "other users may enter " + dir},
			remedy: [2]string{"chmod 700 " + dir, "chmod 700 " + dir}, cure: func() error { return os.Chmod(dir, 0o700) }}}
	}
	return []diagnosis{{check: check, state: stateOK, meaning: [2]string{dir, dir}}}
}
