package cli

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"reflect"
	"slices"
	"strings"

	"github.com/alecthomas/kong"

	"qunluo/internal/community"
)

// parsed is a command line that was understood, or helped.
type parsed struct {
	root    *grammar
	command any // the selected command's struct
	helped  bool
}

// parse reads a command line. Help is written to out; wrong usage comes back as usageError.
func parse(args []string, lang language, out io.Writer) (parsed, error) {
	p := parsed{root: &grammar{}}
	k, err := kong.New(p.root,
		kong.IgnoreFields(unnamed(args)...),
		kong.Name("qunluo"),
		kong.Description(lang.pick([2]string{"群落：自托管的群聊社群运营平台。", "Qunluo: operations for group-chat communities, self-hosted."})),
		kong.Writers(out, io.Discard),
		kong.Exit(func(int) { p.helped = true }),
		kong.ConfigureHelp(kong.HelpOptions{NoExpandSubcommands: true, FlagsLast: true, Compact: true, WrapUpperBound: 110}),
		kong.Help(func(o kong.HelpOptions, ctx *kong.Context) error { return lang.printHelp(o, ctx, out) }),
		kong.ExplicitGroups(lang.groups()),
		kong.PostBuild(func(k *kong.Kong) error { lang.speak(k.Model.Node); return nil }),
	)
	if err != nil {
		return p, fmt.Errorf("grammar: %w", err)
	}
	ctx, err := k.Parse(guardIDs(args))
	if p.helped {
		return p, nil
	}
	if err != nil {
		if ours, ok := errors.AsType[usageError](err); ok {
			return p, ours
		}
		err = errors.New(strings.ReplaceAll(err.Error(), idMark+"-", "-"))
		return p, usageError{[2]string{zh.sayParse(err), err.Error()}}
	}
	if err := noneEmpty(ctx.Selected().Positional); err != nil {
		return p, err
	}
	unguard(ctx.Selected().Target)
	p.command = ctx.Selected().Target.Addr().Interface()
	return p, nil
}

// unnamed gives, as patterns, the commands that a line does not name: to build all of them is most of what it costs to read
// a line. A line that does not begin with the name of a command meets every command.
func unnamed(args []string) []string {
	var rest []string
	named := false
	for f := range reflect.TypeFor[grammar]().Fields() {
		if _, is := f.Tag.Lookup("cmd"); !is {
			continue
		}
		name := f.Tag.Get("name")
		if name == "" {
			name = strings.ToLower(f.Name)
		}
		if len(args) > 0 && args[0] == name {
			named = true
			continue
		}
		rest = append(rest, f.Name)
	}
	if !named {
		return nil
	}
	return []string{`^grammar\.(` + strings.Join(rest, "|") + `)$`}
}

// noneEmpty refuses arguments that are there and say nothing, as an unset variable of a script gives: "" is no group and
// no file.
func noneEmpty(args []*kong.Positional) error {
	for _, a := range args {
		empty := a.Set && a.Target.Kind() == reflect.String && a.Target.String() == ""
		if a.Target.Kind() == reflect.Slice {
			for i := range a.Target.Len() {
				empty = empty || a.Target.Index(i).Kind() == reflect.String && a.Target.Index(i).String() == ""
			}
		}
		if empty {
			return badUsage("<%s> 是空的", "<%s> is empty", a.Name)
		}
	}
	return nil
}

// idMark stands before an id on its way through the parser, which would take an id that begins with "-" for flags. Our
// ids begin so: their alphabet sorts "-" first.
const idMark = "id:"

func guardIDs(args []string) []string {
	out := slices.Clone(args)
	if i := slices.Index(out, "--sort"); i >= 0 && i+1 < len(out) && strings.HasPrefix(out[i+1], "-") && !strings.HasPrefix(out[i+1], "--") {
		out = slices.Replace(out, i, i+2, "--sort="+out[i+1]) // "-column" is no flag there
	}
	for i, a := range out {
		id, _, _ := strings.Cut(a, "@") // GROUP@VERSION
		if _, err := community.ParseID(id); err == nil && strings.HasPrefix(a, "-") && !strings.HasPrefix(a, "--") {
			out[i] = idMark + a
		}
	}
	return out
}

// unguard takes the marks away again, in every text of a command.
func unguard(v reflect.Value) {
	switch v.Kind() {
	case reflect.String:
		v.SetString(strings.TrimPrefix(v.String(), idMark))
	case reflect.Slice:
		for i := range v.Len() {
			unguard(v.Index(i))
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if f := v.Field(i); f.CanSet() || f.Kind() == reflect.Struct {
				unguard(f)
			}
		}
	}
}

// speak puts one language's half into every text of the grammar, and the examples and shape under each command.
func (l language) speak(n *kong.Node) {
	n.Help = l.split(n.Help)
	for _, f := range n.Flags {
		f.Help = l.split(f.Help)
		if f.Name == "help" {
			f.Help = l.pick([2]string{"显示帮助", "Show help"})
		}
	}
	for _, a := range n.Positional {
		a.Help = l.split(a.Help)
	}
	if n.Target.IsValid() && n.Target.CanAddr() {
		if d, ok := n.Target.Addr().Interface().(documented); ok {
			n.Detail = l.detail(d)
		}
	}
	for _, child := range n.Children {
		l.speak(child)
	}
}

// detail is the text under a command's one line. Lines that begin with four spaces are kept as they are.
func (l language) detail(d documented) string {
	var b strings.Builder
	if examples := d.Examples(); len(examples) > 0 {
		b.WriteString(l.pick([2]string{"例：", "Examples:"}) + "\n\n")
		for _, e := range examples {
			fmt.Fprintf(&b, "    qunluo %s\n        %s\n", e.line, l.pick(e.words))
		}
	}
	if shape := shapeText(d.Shape()); shape != "" {
		b.WriteString("\n--json: " + shape + "\n")
	}
	return b.String()
}

func (l language) groups() []kong.Group {
	return []kong.Group{
		{Key: "run", Title: l.pick([2]string{"运行", "Run"})},
		{Key: "community", Title: l.pick([2]string{"社群", "Community"})},
		{Key: "order", Title: l.pick([2]string{"秩序", "Order"})},
		{Key: "data", Title: l.pick([2]string{"数据", "Data"})},
		{Key: "house", Title: l.pick([2]string{"系统", "System"})},
	}
}

// printHelp is the parser's help with its own few words in the person's language.
func (l language) printHelp(o kong.HelpOptions, ctx *kong.Context, out io.Writer) error {
	var b bytes.Buffer
	ctx.Stdout = &b
	if err := kong.DefaultHelpPrinter(o, ctx); err != nil {
		return err
	}
	text := b.String()
	if l == zh {
		text = strings.NewReplacer("Usage: ", "用法：", "\nFlags:\n", "\n选项：\n", "\nArguments:\n", "\n参数：\n", "\nCommands:\n", "\n命令：\n",
			"Run \"qunluo", "运行 \"qunluo", "\" for more information on a command.", "\" 查看某个命令的说明。", " ...", " …").Replace(text)
	}
	_, err := io.WriteString(out, text)
	return err
}
