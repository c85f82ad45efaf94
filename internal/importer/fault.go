package importer

import (
	"archive/tar"
	"archive/zip"
	"compress/gzip"
	"context"
	"errors"
	"io"
	"io/fs"
	"syscall"

	"qunluo/internal/community"
)

// Fault is why a file, a chat or a whole import could not be read: a code that stands in reports, words for people in
// both languages, and a code of package community for programs.
type Fault struct {
	Code string // of faults
	What string // the file, chat or group concerned; may be empty
	Err  error  // what the machine said; may be nil

	Files []Ignored // of nothing_recognised: the files and what is wrong with each
}

// Error is the English words.
func (f *Fault) Error() string { return f.Words()[1] }

// Unwrap gives the code for programs, then the cause.
func (f *Fault) Unwrap() []error {
	of := &community.Error{Code: community.CodeBadInput, Msg: f.Words()[1]}
	if k, ok := faults[f.Code]; ok {
		of.Code = k.is
	}
	if f.Err == nil {
		return []error{of}
	}
	return []error{of, f.Err}
}

// Words says it in Chinese and English.
func (f *Fault) Words() [2]string {
	words := faultText(f.Code, f.What)
	for i, file := range f.Files {
		for lang := range words {
			if i == maxShown {
				words[lang] += "\n  …"
			} else if i < maxShown {
				words[lang] += "\n  " + oneLine(file.Path) + ": " + oneLine(faultText(file.Why, "")[lang])
			}
		}
	}
	return words
}

// Why gives the code and what it concerns, for doors with a catalogue of their own.
func (f *Fault) Why() (code, what string) { return f.Code, f.What }

// faultText says a code of faults; one that is none stands for itself.
func faultText(code, what string) [2]string {
	k, ok := faults[code]
	if !ok {
		k.words = [2]string{code, code}
	}
	if what == "" {
		return k.words
	}
	return [2]string{k.words[0] + "：" + what, k.words[1] + ": " + what}
}

// Codes of faults that others find: there are two groups of a name, a name cannot be a group's, several chats want a
// decision, an address is not of this machine, gives no answer or too much.
const (
	FaultAddress   = "not_this_machine"
	FaultNoAnswer  = "no_answer"
	FaultTooMuch   = "too_much"
	FaultGroupName = "bad_group_name"
	FaultSeveral   = "several_chats"
	FaultTwoGroups = "several_groups"
)

// Codes of faults. They stand in reports: never change one.
const (
	faultArchive    = "archive_broken"
	faultBig        = "archive_too_large"
	faultBroken     = "broken"
	faultChat       = "no_such_chat"
	faultColumns    = "columns_missing"
	faultCut        = "cut_short"
	faultDisk       = "disk_full"
	faultEmpty      = "empty_file"
	faultFormat     = "unknown_format"
	faultGone       = "no_such_file"
	faultJSON       = "not_json"
	faultKind       = "not_a_file"
	faultMany       = "too_many_files"
	faultNoChat     = "no_chat_in_it"
	faultNoDate     = "no_date"
	faultNotChosen  = "not_chosen"
	faultNothing    = "nothing_recognised"
	faultRefused    = "error_text_in_front"
	faultStopped    = "stopped"
	faultTooDeep    = "too_deep"
	faultUnknown    = "not_recognised"
	faultUnreadable = "unreadable"
	faultZone       = "bad_zone"
)

// faults are the reasons with their words.
var faults = map[string]struct {
	is    community.Code
	words [2]string
}{
	faultArchive:    {community.CodeBadInput, [2]string{"压缩包损坏", "the archive is broken"}},
	faultBig:        {community.CodeTooLarge, [2]string{"压缩包过大，或解压后过大", "the archive is too large, or unpacks to too much"}},
	faultBroken:     {community.CodeBadInput, [2]string{"读不下去", "cannot be read on"}},
	faultChat:       {community.CodeBadInput, [2]string{"文件里没有这个会话", "there is no such chat in the files"}},
	faultColumns:    {community.CodeBadInput, [2]string{"第一行缺少必需的列名", "the first line lacks names of columns that are needed"}},
	faultCut:        {community.CodeBadInput, [2]string{"文件中途断了，已读完整的部分", "the file ends in the middle; what was whole has been read"}},
	faultDisk:       {community.CodeBusy, [2]string{"磁盘已满", "the disk is full"}},
	faultEmpty:      {community.CodeBadInput, [2]string{"空文件", "the file is empty"}},
	faultFormat:     {community.CodeBadInput, [2]string{"没有这种格式", "there is no such format"}},
	faultGone:       {community.CodeNotFound, [2]string{"没有这个文件", "there is no such file"}},
	FaultAddress:    {community.CodeBadInput, [2]string{"只读这台机器上的地址，例如 http://127.0.0.1:5030/…", "only addresses of this machine are read, for example http://127.0.0.1:5030/…"}},
	FaultNoAnswer:   {community.CodeUnreachable, [2]string{"这个地址没有给出内容", "the address gives no content"}},
	FaultTooMuch:    {community.CodeTooLarge, [2]string{"内容太多", "too much content"}},
	FaultGroupName:  {community.CodeBadInput, [2]string{"不能作为群名：应为 1 到 200 字节，没有控制字符", "cannot be a group's name: want 1 to 200 bytes without control characters"}},
	faultJSON:       {community.CodeBadInput, [2]string{"不是有效的 JSON", "not valid JSON"}},
	faultKind:       {community.CodeBadInput, [2]string{"不是文件或文件夹", "neither a file nor a folder"}},
	faultMany:       {community.CodeTooLarge, [2]string{"文件太多", "too many files"}},
	faultNoChat:     {community.CodeBadInput, [2]string{"里面没有会话", "no chat in it"}},
	faultNoDate:     {community.CodeBadInput, [2]string{"文件名、路径和内容里都没有日期；请命名为 2024-05-01.txt 或放进 YYYY/MM/DD/", "no date in the file's name, path or lines; name it like 2024-05-01.txt or put it in YYYY/MM/DD/"}},
	faultNotChosen:  {community.CodeBadInput, [2]string{"没有选它", "not chosen"}},
	faultNothing:    {community.CodeBadInput, [2]string{"没有认出任何聊天记录", "no chat history was recognised"}},
	faultRefused:    {community.CodeBadInput, [2]string{"内容前面是一段出错信息，请重新导出", "an error text stands in front of the content; export it again"}},
	FaultSeveral:    {community.CodeBadInput, [2]string{"文件里不止一个会话，一个群装不下；请用 --chat 选（控制台里打勾）", "the files hold several chats and one group cannot take them all; choose with --chat (in the console: tick)"}},
	faultStopped:    {community.CodeBadInput, [2]string{"被中断", "stopped"}},
	faultTooDeep:    {community.CodeTooLarge, [2]string{"文件夹太深", "the folders are too deep"}},
	FaultTwoGroups:  {community.CodeBadInput, [2]string{"不止一个群叫这个名字，请用编号", "more than one group has this name; use the id"}},
	faultUnknown:    {community.CodeBadInput, [2]string{"认不出格式", "not recognised"}},
	faultUnreadable: {community.CodeBadInput, [2]string{"没有读取权限", "no permission to read it"}},
	faultZone:       {community.CodeBadInput, [2]string{"没有这个时区，例如 Asia/Shanghai、UTC、+08:00", "there is no such time zone; examples: Asia/Shanghai, UTC, +08:00"}},
}

// machineFaults are what errors of the machine and of decoders mean.
var machineFaults = []struct {
	err  error
	code string
}{
	{syscall.ENOSPC, faultDisk}, {syscall.EDQUOT, faultDisk},
	{fs.ErrNotExist, faultGone}, {fs.ErrPermission, faultUnreadable},
	{context.Canceled, faultStopped}, {context.DeadlineExceeded, faultStopped},
	{errCut, faultCut}, {io.ErrUnexpectedEOF, faultCut}, {errSyntax, faultJSON}, {errTooDeep, faultJSON},
	{gzip.ErrHeader, faultArchive}, {gzip.ErrChecksum, faultArchive}, {zip.ErrFormat, faultArchive}, {zip.ErrChecksum, faultArchive},
	{zip.ErrAlgorithm, faultArchive}, {tar.ErrHeader, faultArchive},
}

// faultOf finds the words for an error; one that has them keeps them. nil stays nil.
func faultOf(err error, what string) *Fault {
	if err == nil {
		return nil
	}
	var known *Fault
	if errors.As(err, &known) {
		return known
	}
	for _, m := range machineFaults {
		if errors.Is(err, m.err) {
			return &Fault{Code: m.code, What: what, Err: err}
		}
	}
	text := err.Error()
	if what != "" {
		text = what + ": " + text
	}
	return &Fault{Code: faultBroken, What: text, Err: err}
}

// archiveFault is faultOf for archives, where a beginning is of no use.
func archiveFault(err error, name string) error {
	f := faultOf(err, name)
	if f.Code == faultCut || f.Code == faultBroken || errors.Is(err, io.EOF) {
		return &Fault{Code: faultArchive, What: name, Err: err}
	}
	return f
}
