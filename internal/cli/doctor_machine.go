package cli

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"
)

// Bounds of the doctor's judgement about the machine.
const (
	diskFail  = 200 << 20 // bytes free below which nothing is safe
	diskWarn  = 2 << 30
	syncWarn  = 50 * time.Millisecond // p99 of fsync above which bursts will be felt
	syncTries = 64
	backupOld = 7 * 24 * time.Hour
)

func examineClock(c *call) []diagnosis {
	check := [2]string{"时钟与时区", "clock and zone"}
	now := c.program.now()
	name, offset := now.In(c.zone()).Zone()
	said := fmt.Sprintf("%s (%s, UTC%+.1f)", now.In(c.zone()).Format(time.DateTime), name, float64(offset)/3600)
	if made, err := time.Parse(time.RFC3339, thisBuild().Built); err == nil && now.Before(made) {
		return []diagnosis{{check: check, state: stateFail, meaning: [2]string{said + "，早于程序本身", said + ", before this program was made"},
			remedy: [2]string{"校准时钟（chrony 或 systemd-timesyncd）", "set the clock (chrony or systemd-timesyncd)"}}}
	}
	return []diagnosis{{check: check, state: stateOK, meaning: [2]string{said, said}}}
}

// nearestFolder is the folder itself or, before it exists, the first one above that does.
func nearestFolder(dir string) string {
	for {
		if _, err := os.Stat(dir); err == nil || dir == filepath.Dir(dir) {
			return dir
		}
		dir = filepath.Dir(dir)
	}
}

func examineDisk(c *call) []diagnosis {
	check := [2]string{"磁盘空间", "disk space"}
	free, total, err := diskSpace(nearestFolder(c.dataDir()))
	if err != nil {
		return []diagnosis{{check: check, state: stateWarn, meaning: [2]string{"量不出来：" + err.Error(), "cannot be measured: " + err.Error()}}}
	}
	said := fmt.Sprintf("%.1f / %.1f GB", float64(free)/1e9, float64(total)/1e9)
	d := diagnosis{check: check, state: stateOK, meaning: [2]string{"剩余 " + said, said + " free"}}
	if free < diskWarn {
		d.state, d.remedy = stateWarn, [2]string{"腾出空间，或把 data_dir 移到更大的盘", "make room, or move data_dir to a larger disk"}
	}
	if free < diskFail {
		d.state = stateFail
	}
	return []diagnosis{d}
}

// examineSync measures how long the disk takes to say that something is safely stored: every acknowledged event waits so
// long at least once.
func examineSync(c *call) []diagnosis {
	check := [2]string{"落盘时间", "fsync time"}
	times, err := syncTimes(nearestFolder(c.dataDir()))
	if err != nil {
		return []diagnosis{{check: check, state: stateFail, meaning: [2]string{"写不进去：" + err.Error(), "cannot write: " + err.Error()},
			remedy: [2]string{"检查数据目录的权限和磁盘", "look at the data directory's rights and disk"}}}
	}
	p50, p99 := times[len(times)/2], times[len(times)*99/100]
	said := fmt.Sprintf("p50 %.2f ms, p99 %.2f ms", ms(p50), ms(p99))
	d := diagnosis{check: check, state: stateOK, meaning: [2]string{said, said}}
	if p99 > syncWarn {
		d.state = stateWarn
		d.remedy = [2]string{"高峰时确认会变慢：换本地 SSD，避免网络盘", "acknowledging will be slow in bursts: use a local SSD, no network disk"}
	}
	return []diagnosis{d}
}

func ms(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

// syncTimes writes and syncs a page some dozen times and gives the durations, sorted.
func syncTimes(dir string) ([]time.Duration, error) {
	f, err := os.CreateTemp(dir, ".fsync-*")
	if err != nil {
		return nil, err
	}
	defer os.Remove(f.Name())
	defer f.Close()
	page := make([]byte, 4096)
	out := make([]time.Duration, syncTries)
	for i := range out {
		if _, err := f.Write(page); err != nil {
			return nil, err
		}
		began := time.Now()
		if err := f.Sync(); err != nil {
			return nil, err
		}
		out[i] = time.Since(began)
	}
	slices.Sort(out)
	return out, nil
}

// examineSecrets looks for files with secrets or messages that other users can read.
func examineSecrets(c *call) []diagnosis {
	check := [2]string{"文件权限", "rights of files"}
	var bad []string
	for _, name := range c.secretFiles() {
		if info, err := os.Stat(name); err == nil && readableByOthers(info.Mode()) {
			bad = append(bad, name)
		}
	}
	if len(bad) == 0 {
		return []diagnosis{{check: check, state: stateOK, meaning: [2]string{"数据库、备份和密钥文件只有本用户能读", "database, backups and secrets are readable by this user only"}}}
	}
	var out []diagnosis
	for _, name := range bad {
		out = append(out, diagnosis{check: check, state: stateWarn, meaning: [2]string{name + " 其他用户也能读", "other users can read " + name},
			remedy: [2]string{"chmod 600 " + name, "chmod 600 " + name}, cure: func() error { return os.Chmod(name, 0o600) }})
	}
	return out
}

// secretFiles are the files of this installation that nobody else should read.
func (c *call) secretFiles() []string {
	var out []string
	for _, v := range c.values {
		if v.Key == "database.url_file" && v.Value != "" {
			out = append(out, c.path(v.Value))
		}
	}
	for _, pattern := range []string{"*.db", "*.db-wal", "*.db-shm", socketName, "*.key", filepath.Join(backupFolder, "*"+backupSuffix)} {
		found, _ := filepath.Glob(filepath.Join(c.dataDir(), pattern)) // the pattern is good
		out = append(out, found...)
	}
	return out
}

func examineBackups(c *call) []diagnosis {
	check := [2]string{"备份", "backups"}
	rows, err := backupsIn(filepath.Join(c.dataDir(), backupFolder))
	if err != nil {
		return []diagnosis{{check: check, state: stateWarn, meaning: [2]string{err.Error(), err.Error()}}}
	}
	remedy := [2]string{"qunluo backup create；并复制到另一台机器", "qunluo backup create; and copy it to another machine"}
	if len(rows) == 0 {
		return []diagnosis{{check: check, state: stateWarn, meaning: [2]string{"还没有备份", "there is none yet"}, remedy: remedy}}
	}
	newest := rows[0].Made
	for _, r := range rows {
		newest = max(newest, r.Made)
	}
	age := c.program.now().Sub(time.UnixMilli(int64(newest)))
	hours := int(age.Hours())
	d := diagnosis{check: check, state: stateOK, meaning: [2]string{fmt.Sprintf("最新的在 %d 小时前", hours), fmt.Sprintf("the newest is %d hours old", hours)}}
	if age > backupOld {
		d.state, d.remedy = stateWarn, remedy
	}
	return []diagnosis{d}
}
