package cli

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"qunluo/internal/community"
)

type importCmd struct {
	Run  importRunCmd  `cmd:"" default:"withargs" help:"读取文件或文件夹|read files or folders"`
	List importListCmd `cmd:"" help:"以往的导入|earlier imports"`
	Undo importUndoCmd `cmd:"" help:"撤销一次导入|take an import back"`
}

type importRunCmd struct {
	Paths  []string `arg:"" help:"文件或文件夹，或本机上 chatlog 之类的网址|files or folders, or addresses of a program on this machine, such as chatlog"`
	Format string   `placeholder:"FORMAT" help:"格式，默认自动识别：chatlab-jsonl、chatlab-json；微信 chatlog-json、chatlog-csv、chatlog-chatroom（成员）、wechatmsg-csv、weflow-json、wechat-paste（粘贴的文字）；QQ qq-txt、qqchat-json；telegram-json、telegram-html、discord-json；irc（ubuntulog、ZNC、Raku）、irssi、weechat；gitter-tsv；名单 roster-csv、roster-names（后者须指定）|format, by default found by looking: chatlab-jsonl, chatlab-json; WeChat chatlog-json, chatlog-csv, chatlog-chatroom (members), wechatmsg-csv, weflow-json, wechat-paste (pasted text); QQ qq-txt, qqchat-json; telegram-json, telegram-html, discord-json; irc (ubuntulog, ZNC, Raku), irssi, weechat; gitter-tsv; lists of members roster-csv, roster-names (the latter only when named)"`
	Zone   string   `placeholder:"ZONE" help:"文件里没有时区时按哪个，默认 Asia/Shanghai|zone of times that have none, by default Asia/Shanghai"`
	Group  string   `placeholder:"GROUP" help:"导入到这个群：编号、名称或平台群号；没有同名的群就新建。文件里有多个会话时只取同名的那个，没有同名的须用 --chat 选。默认按文件所写，或上次为同一来源选的群|into this group: id, name or the platform's id; a name that no group has makes a new one. Of several chats in the files the one of that name is taken; without such a one choose with --chat. By default as the files say, or as chosen before for the same source"`
	Chat   []string `placeholder:"CHAT" sep:"none" help:"只要这个会话，按名称或编号，可重复；与 --group 合用时都并入那个群|only this chat, by name or id, repeatable; with --group all of them go into that group"`
	Near   string   `placeholder:"skip|keep" enum:",skip,keep" default:"" help:"别的工具已带来同一人、同一秒、同类内容的记录时：skip 列出不写（默认），keep 都写|where another program has brought the same sender's words of that second and kind: skip lists and leaves them out (default), keep takes them too"`
	At     string   `placeholder:"TIME" help:"名单是什么时候的、文字是什么时候复制的；默认按文件的修改时间（名单）或不知道（文字）|when a list of members was read or a text copied; by default when the file was written (lists) or not known (text)"`
	DryRun bool     `help:"只读不写，说出会怎样|read and report, write nothing"`
}

func (importRunCmd) Shape() any { return ImportDone{} }
func (importRunCmd) Examples() []example {
	return []example{
		{"import --dry-run chats/", [2]string{"先看会读到什么、拒绝什么", "first see what would be read and what refused"}},
		{"import logs.tar.gz --group '#ubuntu-cn' --zone UTC", [2]string{"IRC 日志；没有叫这个名字的群就新建", "IRC logs; a group of that name is made if there is none"}},
		{"import 'http://127.0.0.1:5030/api/v1/chatlog?time=2024-05-01~2024-05-31&talker=45678@chatroom&format=json'", [2]string{"直接读本机 chatlog 的回答；再读一次只添新的", "read chatlog's answer on this machine; again adds only what is new"}},
		{"import 2023.csv 2024.csv --chat 45678@chatroom --group 晨读一群", [2]string{"两个文件里的同一个会话，并入一个群", "one chat out of two files, into one group"}},
	}
}

// guessedZone is what times without a zone are taken for when nobody says otherwise.
const guessedZone = "Asia/Shanghai"

// Asks asks for the time zone where the files have none; without a terminal it says what is assumed.
func (q *importRunCmd) Asks(c *call) ([]string, error) {
	if q.Zone != "" || c.program.Houses.Zoneless == nil {
		return nil, nil
	}
	paths, err := c.there(q.Paths)
	if err != nil {
		return nil, err
	}
	zoneless, err := c.program.Houses.Zoneless(paths, q.Format)
	if err != nil || !zoneless {
		return nil, nil // what is wrong with the files is said when they are read
	}
	if !isTerminal(c.in) {
		c.say("文件里没有时区，按 %[1]s 理解；用 --zone 另行指定", "the files name no time zone, %[1]s is assumed; --zone says otherwise", guessedZone)
		return nil, nil
	}
	if q.Zone, err = c.askZone(bufio.NewReader(c.in)); err != nil {
		return nil, err
	}
	return []string{"--zone=" + q.Zone}, nil
}

// zoneTries is how often a wrong time zone may be typed.
const zoneTries = 3

// askZone reads a time zone; an empty answer is guessedZone.
func (c *call) askZone(in *bufio.Reader) (string, error) {
	for range zoneTries {
		fmt.Fprint(c.talk, c.lang.pick([2]string{"文件里没有时区。按哪个时区理解？[" + guessedZone + "] ", "The files name no time zone. Which one is it? [" + guessedZone + "] "}))
		line, err := in.ReadString('\n')
		if err != nil && line == "" {
			return "", err
		}
		zone := strings.TrimSpace(line)
		if zone == "" {
			return guessedZone, nil
		}
		if _, err := time.LoadLocation(zone); err == nil {
			return zone, nil
		}
		c.say("没有时区 %s，例如 Asia/Shanghai、UTC、Europe/Berlin", "there is no time zone %s; examples: Asia/Shanghai, UTC, Europe/Berlin", zone)
	}
	return "", failed(nil, "没有选定时区，什么也没有导入", "no time zone was chosen, nothing was imported")
}

// Do imports chat histories. Importing again changes nothing.
func (q *importRunCmd) Do(c *call, h *House) error {
	files, err := need(h.Files)
	if err != nil {
		return err
	}
	org, err := c.orgOf(h)
	if err != nil {
		return err
	}
	paths, err := c.there(q.Paths)
	if err != nil {
		return err
	}
	at, err := c.when(q.At)
	if err != nil {
		return err
	}
	order := ImportOrder{Org: org, User: user, Paths: paths, Format: q.Format, Zone: q.Zone, Group: q.Group, Chats: q.Chat, KeepNear: q.Near == "keep", At: at, Dry: q.DryRun}
	done, err := files.Import(c.ctx, order, c.progress)
	if err != nil {
		return refusedImport(err, files.Formats())
	}
	if err := c.printImport(done); err != nil {
		return err
	}
	if done.Stopped > 0 {
		return failed(nil, "%d 个群没有读完，见报告", "%d chats were not read to the end, see the report", done.Stopped)
	}
	return nil
}

// importUsage are codes of orders that are wrong usage: another command line would do. True: the formats are listed too.
var importUsage = map[string]bool{
	"not_this_machine": false, "bad_group_name": false, "several_groups": false, "several_chats": false, "no_such_chat": false, "bad_zone": false, "unknown_format": true,
}

// refusedImport says why an order could not be read at all.
func refusedImport(err error, formats []string) error {
	e, ok := errors.AsType[worded](err)
	if !ok {
		return err
	}
	code, _ := e.Why()
	words, list := e.Words(), strings.Join(formats, ", ")
	listed, usage := importUsage[code]
	if listed || code == "nothing_recognised" || code == "not_recognised" {
		words = [2]string{words[0] + "\n可读的格式：" + list, words[1] + "\nformats that can be read: " + list}
	}
	if usage {
		return usageError{words}
	}
	return saidError{words, err}
}

// there makes paths absolute; one that does not exist is wrong usage, before anything is noted as an import. Addresses
// stay as they are.
func (c *call) there(paths []string) ([]string, error) {
	out := make([]string, len(paths))
	for i, p := range paths {
		if strings.HasPrefix(p, "http://") || strings.HasPrefix(p, "https://") {
			out[i] = p
			continue
		}
		p = c.path(p)
		out[i] = p
		if _, err := os.Stat(p); err != nil {
			return nil, badUsage("读不到 %[1]s：%[2]v", "%[1]s cannot be read: %[2]v", paths[i], err)
		}
	}
	return out, nil
}

func (c *call) printImport(done ImportDone) error {
	if c.json {
		return c.printJSON(done)
	}
	if _, err := io.WriteString(c.out, c.lang.pick(done.Words)); err != nil {
		return err
	}
	if done.Run != "" {
		c.say("导入编号 %[1]s；qunluo import undo %[1]s 可撤销", "import %[1]s; qunluo import undo %[1]s takes it back", done.Run)
	}
	return nil
}

type importListCmd struct{ paging }

// runLine is an earlier import.
type runLine struct {
	ID       string `json:"id" col:"编号|run"`
	Name     string `json:"name" col:"文件|file"`
	Format   string `json:"format" col:"格式|format"`
	State    string `json:"state" col:"状态|state"`
	Created  Moment `json:"created_at" col:"开始|began"`
	Finished Moment `json:"finished_at" col:"结束|ended"`
	User     string `json:"user" col:"谁|who"`
}

func (importListCmd) Shape() any          { return rowsOf[runLine]() }
func (importListCmd) Examples() []example { return nil }

// Do lists earlier imports, newest first.
func (q *importListCmd) Do(c *call, h *House) error {
	desk, err := c.desk(h)
	if err != nil {
		return err
	}
	rows, total, err := desk.FindImports(c.ctx, q.page())
	if err != nil {
		return err
	}
	return printList(c, mapped(rows, func(r community.ImportRow) runLine {
		return runLine{r.ID.String(), r.Name, r.Format, r.State, Moment(r.Created), Moment(r.Finished), r.User}
	}), total)
}

type importUndoCmd struct {
	Run    string `arg:"" help:"导入的编号|id of the import"`
	Reason string `placeholder:"TEXT" help:"原因|why"`
}

// undone is the import that was taken back.
type undone struct {
	Run    string `json:"run" col:"编号|run"`
	Undone bool   `json:"undone" col:"已撤销|undone"`
}

// Effect is what undoing means.
func (q *importUndoCmd) Effect() [2]string {
	return [2]string{"将撤销导入 " + q.Run + "，它的消息不再出现，正文 7 天后删除", "this takes import " + q.Run + " back: its messages vanish, their bodies are wiped after 7 days"}
}

func (importUndoCmd) Shape() any          { return undone{} }
func (importUndoCmd) Examples() []example { return nil }

// Do takes an import back.
func (q *importUndoCmd) Do(c *call, h *House) error {
	id, err := idOf(q.Run)
	if err != nil {
		return err
	}
	files, err := need(h.Files)
	if err != nil {
		return err
	}
	org, err := c.orgOf(h)
	if err != nil {
		return err
	}
	if err := files.Undo(c.ctx, user, org, id, q.Reason); err != nil {
		return err
	}
	return printOne(c, undone{q.Run, true})
}
