package cli

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"

	"qunluo/internal/connect"
	"qunluo/internal/duty"
)

// factsCmd tells the doctor what only the open house knows; it runs where the house is open.
type factsCmd struct{ undocumented }

// houseFacts is what it prints.
type houseFacts struct {
	Facts    Facts         `json:"facts"`
	Accounts []accountLine `json:"accounts"`
	Running  bool          `json:"running"` // inside a server: health of connections is known
	Duty     bool          `json:"duty"`    // who is on duty is known
	Shifts   int           `json:"shifts"`
	Gaps     int64         `json:"gap_minutes"` // of the next 7 days without anybody on duty
}

// Do prints the facts as JSON.
func (factsCmd) Do(c *call, h *House) error {
	keeping, err := need(h.Keeping)
	if err != nil {
		return err
	}
	facts, err := keeping.Facts(c.ctx)
	if err != nil {
		return err
	}
	out := houseFacts{Facts: facts, Running: c.served}
	orgs, err := h.Orgs(c.ctx)
	if err != nil {
		return err
	}
	for _, o := range orgs {
		if o.Demo && len(orgs) > 1 {
			continue // beside a real one nothing of it matters
		}
		if err := out.watch(c, h, o); err != nil {
			return err
		}
		accounts, err := h.Desk(o.Key).Accounts(c.ctx)
		if err != nil {
			return err
		}
		for _, a := range accounts {
			var health connect.Health
			if h.Wires != nil {
				health = h.Wires.Health(a.Key)
			}
			out.Accounts = append(out.Accounts, lineOfAccount(a, health))
		}
	}
	return c.printJSON(out)
}

// watch counts an organisation's shifts, and the minutes of the next week without anybody. Demonstrations do not count.
func (f *houseFacts) watch(c *call, h *House, o Org) error {
	if h.Duty == nil || o.Demo {
		return nil
	}
	roster, err := h.Duty(o.Key).Roster(c.ctx)
	if err != nil {
		return err
	}
	f.Duty, f.Shifts = true, f.Shifts+len(roster.Shifts)
	if len(roster.Shifts) == 0 {
		return nil
	}
	for _, g := range duty.Gaps(roster, c.program.now().UnixMilli(), 7) {
		f.Gaps += (g.To - g.From) / 60_000
	}
	return nil
}

// examineStore asks the house, here or inside the server, and judges what it says.
func examineStore(c *call) []diagnosis {
	check := [2]string{"数据库", "database"}
	if c.cfgErr != nil {
		return nil
	}
	if _, err := os.Stat(c.dataDir()); errors.Is(err, os.ErrNotExist) {
		return nil // nothing there yet: said already
	}
	var out bytes.Buffer
	inner := *c
	inner.out, inner.json = &out, true
	inner.progress = func(string, int64, int64) {}
	err := c.program.indoors(&inner, &factsCmd{}, []string{"--json", "house-facts"})
	var f houseFacts
	if err == nil {
		err = json.Unmarshal(out.Bytes(), &f)
	}
	if err != nil {
		return []diagnosis{{check: check, state: stateFail, meaning: [2]string{zh.sayError(err), en.sayError(err)},
			remedy: [2]string{"检查 database.url 和磁盘；必要时从备份恢复", "look at database.url and the disk; restore a backup if need be"}}}
	}
	return f.judge(check)
}

func (h houseFacts) judge(check [2]string) []diagnosis {
	f := h.Facts
	where := [2]string{"未运行", "no server"}
	if h.Running {
		where = [2]string{"服务运行中", "a server runs"}
	}
	out := []diagnosis{{check: check, state: stateOK, meaning: [2]string{
		fmt.Sprintf("%s %s，%s，最后的序号 %d", f.Dialect, f.Version, where[zh], f.Head), fmt.Sprintf("%s %s, %s, last number %d", f.Dialect, f.Version, where[en], f.Head)}}}
	out = append(out, f.version()...)
	out = append(out, f.whole()...)
	out = append(out, f.durable(), f.level())
	out = append(out, f.behind(), f.work(), f.media())
	if h.Duty {
		out = append(out, dutyDiagnosis(h.Gaps, h.Shifts))
	}
	return append(out, h.connections()...)
}

// judged makes a diagnosis that is either good or has a state and a remedy.
func judged(check [2]string, good bool, bad string, meaning, remedy [2]string) diagnosis {
	if good {
		return diagnosis{check: check, state: stateOK, meaning: meaning}
	}
	return diagnosis{check: check, state: bad, meaning: meaning, remedy: remedy}
}

func (f Facts) version() []diagnosis {
	if f.Dialect != "postgres" {
		return nil
	}
	first, _, _ := strings.Cut(f.Version, ".")
	major, err := strconv.Atoi(strings.TrimSpace(first))
	return []diagnosis{judged([2]string{"PostgreSQL 版本", "PostgreSQL version"}, err == nil && major >= 15, stateFail,
		[2]string{f.Version, f.Version}, [2]string{"需要 15 或更新", "15 or newer is needed"})}
}

func (f Facts) durable() diagnosis {
	good := f.Dialect == "sqlite" && f.Journal == "wal" && f.Synchronous == "2" || f.Dialect == "postgres" && f.Synchronous == "on"
	said := strings.TrimSpace(f.Journal + " synchronous=" + f.Synchronous)
	return judged([2]string{"确认即落盘", "acknowledged means durable"}, good, stateFail, [2]string{said, said},
		[2]string{"断电会丢已确认的消息：SQLite 应为 wal 和 2，PostgreSQL 应为 on", "a power cut would lose acknowledged messages: want wal and 2 (SQLite), on (PostgreSQL)"})
}

func (f Facts) whole() []diagnosis {
	if f.Dialect != "sqlite" {
		return nil // PostgreSQL checks its pages itself, where data checksums are on
	}
	return []diagnosis{judged([2]string{"完整性", "integrity"}, f.Integrity == "ok", stateFail, [2]string{f.Integrity, f.Integrity},
		[2]string{"停止服务，从备份恢复", "stop the server and restore a backup"})}
}

func (f Facts) level() diagnosis {
	said := fmt.Sprintf("%d / %d", f.Level, f.Wants)
	return judged([2]string{"结构版本", "schema level"}, f.Level == f.Wants, stateFail, [2]string{said, said},
		[2]string{"qunluo migrate up；若数据库更新，请用更新的程序", "qunluo migrate up; if the database is newer, use a newer program"})
}

// lagWarn is how many events a projection may be behind before the doctor speaks.
const lagWarn = 10_000

func (f Facts) behind() diagnosis {
	names := make([]string, 0, len(f.Lags))
	worst := int64(0)
	for name := range f.Lags {
		names = append(names, name)
	}
	slices.Sort(names)
	for i, name := range names {
		worst = max(worst, f.Lags[name])
		names[i] = fmt.Sprintf("%s %d", name, f.Lags[name])
	}
	said := strings.Join(names, ", ")
	return judged([2]string{"投影落后", "projections' lag"}, worst <= lagWarn, stateWarn, [2]string{said, said},
		[2]string{"serve 运行时会追上；一直不动则 qunluo rebuild", "serve catches up; if it stands still, qunluo rebuild"})
}

// media says what is kept of pictures and files. It is a cache, but for files that wait to be sent: those alone are in a
// backup, of the rest it names the number.
func (f Facts) media() diagnosis {
	mb := float64(f.MediaBytes) / (1 << 20)
	return judged([2]string{"图片与文件缓存", "pictures and files kept"}, f.MediaBytes <= f.MediaMost+f.MediaMost/10, stateWarn,
		[2]string{fmt.Sprintf("%d 个，%.1f MiB；7 天没人用就删除；备份里有等着发送的附件，其余只有清单", f.MediaFiles, mb),
			fmt.Sprintf("%d, %.1f MiB; gone when nobody wanted them for 7 days; backups hold those that wait to be sent and only list the rest", f.MediaFiles, mb)},
		[2]string{"serve 运行时每 6 小时清理一次", "serve clears them every 6 hours"})
}

func (f Facts) work() diagnosis {
	zhSaid := fmt.Sprintf("已放弃 %d，结果不明的动作 %d", f.Dead, f.Unknown)
	enSaid := fmt.Sprintf("%d given up, %d actions with unknown outcome", f.Dead, f.Unknown)
	return judged([2]string{"后台任务", "background jobs"}, f.Dead == 0 && f.Unknown == 0, stateWarn, [2]string{zhSaid, enSaid},
		[2]string{"qunluo job list；qunluo action list --state unknown", "qunluo job list; qunluo action list --state unknown"})
}

func (h houseFacts) connections() []diagnosis {
	var out []diagnosis
	for _, a := range h.Accounts {
		if !a.Enabled {
			continue
		}
		check := [2]string{"连接 " + a.Name, "connection " + a.Name}
		if !h.Running {
			out = append(out, diagnosis{check: check, state: stateOK, meaning: [2]string{"服务未运行，状态未知", "no server runs: state not known"}})
			continue
		}
		said := strings.TrimSpace(a.State + " " + a.Detail)
		out = append(out, judged(check, a.State == "online", stateWarn, [2]string{said, said},
			[2]string{"qunluo account test " + a.ID, "qunluo account test " + a.ID}))
	}
	return out
}
