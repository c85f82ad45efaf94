package poster

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"image/color"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"qunluo/internal/community"
)

// Canvases.
const (
	Portrait = "portrait" // 1080 × 1920 pixels
	Square   = "square"   // 1080 × 1080 pixels
)

// Kinds of layers.
const (
	Text  = "text"
	Image = "image"
	Code  = "qr"
	Shape = "shape"
)

// Shapes.
const (
	Rect    = "rect"
	Ellipse = "ellipse"
)

// Ways in which a text comes in where a poster moves (GIF).
const (
	Typed  = "type" // letter by letter
	Rising = "rise" // from below
	Blinks = "blink"
)

// Bounds of a layout.
const (
	MaxLayout = 64 << 10 // bytes of JSON
	MaxLayers = 60
	MaxImages = 12
	MaxWords  = 500 // characters of a text layer or of a QR code, fields not filled in
	MaxFilled = 500 // characters of a value
	MaxTitle  = 60
	MinSize   = 12 // pixels
	MaxSize   = 400
	Wide      = 1080 // pixels of every canvas
)

// Layout is a poster before it has words: a ground and layers, the first one lowest. All measures are pixels of the canvas.
type Layout struct {
	Title  string  `json:"title"` // for people, 1 to 60 characters
	Canvas string  `json:"canvas"`
	Ground Ground  `json:"ground"`
	Layers []Layer `json:"layers"`
}

// Ground is the colour of a poster from top to bottom, as #rrggbb; Below "" = the same everywhere.
type Ground struct {
	Above string `json:"above"`
	Below string `json:"below,omitempty"`
}

// Layer is one thing on a poster. What is not of its kind stays empty.
type Layer struct {
	Kind string  `json:"kind"`
	X    float64 `json:"x"`
	Y    float64 `json:"y"`
	W    float64 `json:"w"`
	H    float64 `json:"h"`

	Text  string  `json:"text,omitempty"`  // of a text, and what a QR code says; {{field}} is filled in
	Size  float64 `json:"size,omitempty"`  // of letters
	Least float64 `json:"least,omitempty"` // to which letters shrink before the text is cut; 0 = six tenths of Size
	Bold  bool    `json:"bold,omitempty"`
	Align string  `json:"align,omitempty"` // left (or ""), middle, right
	Stand string  `json:"stand,omitempty"` // top (or ""), middle, bottom
	Move  string  `json:"move,omitempty"`  // how it comes in where the poster moves; "" = it stands

	Shape  string  `json:"shape,omitempty"`  // rect (or ""), ellipse
	Round  float64 `json:"round,omitempty"`  // radius of the corners of a rectangle or an image
	Color  string  `json:"color,omitempty"`  // of letters, of a shape, of a code's dark squares; #rrggbb
	Opaque int     `json:"opaque,omitempty"` // percent; 0 = 100
	Image  string  `json:"image,omitempty"`  // which one: its hash
	Whole  bool    `json:"whole,omitempty"`  // all of the image is seen, with margins; else it fills its box
}

// High is the height of the canvas in pixels.
func (l Layout) High() int {
	if l.Canvas == Square {
		return Wide
	}
	return 1920
}

// Fault is what is wrong with a layout, in one sentence.
type Fault struct {
	Path   string // where: "layers[2].size"; "" = the whole
	Zh, En string
	Code   community.Code // "" = community.CodeBadInput
}

// Say is the sentence in Chinese and English.
func (f *Fault) Say() [2]string {
	if f.Path == "" {
		return [2]string{"这个版式不能用：" + f.Zh + "。", "this layout cannot be used: " + f.En}
	}
	return [2]string{"这个版式不能用：" + placeWords(f.Path) + f.Zh + "。", "this layout cannot be used: " + f.Path + ": " + f.En}
}

// placeWords counts layers from 1, as people do.
func placeWords(path string) string {
	var n int
	var field string
	if _, err := fmt.Sscanf(path, "layers[%d].%s", &n, &field); err == nil {
		return "第 " + strconv.Itoa(n+1) + " 层的 " + field + " "
	}
	if _, err := fmt.Sscanf(path, "layers[%d]", &n); err == nil {
		return "第 " + strconv.Itoa(n+1) + " 层"
	}
	return path + " "
}

// Error is the English sentence.
func (f *Fault) Error() string { return f.Say()[1] }

// As gives the code to community.CodeOf.
func (f *Fault) As(target any) bool {
	c, ok := target.(**community.Error)
	if ok {
		*c = &community.Error{Code: cmp.Or(f.Code, community.CodeBadInput), Msg: f.Error()}
	}
	return ok
}

// Decode reads a layout's JSON. The error is a [*Fault].
func Decode(raw []byte) (Layout, error) {
	var l Layout
	if len(raw) > MaxLayout {
		return l, &Fault{Zh: "超过 64 KB", En: "more than 64 KB", Code: community.CodeTooLarge}
	}
	in := json.NewDecoder(bytes.NewReader(bytes.TrimPrefix(raw, []byte("\ufeff"))))
	in.DisallowUnknownFields()
	if err := in.Decode(&l); err != nil {
		return l, broken(err)
	}
	if _, err := in.Token(); err != io.EOF {
		return l, &Fault{Zh: "末尾多了内容", En: "something follows after its end"}
	}
	return l, l.Check()
}

// broken words what encoding/json found.
func broken(err error) error {
	var syntax *json.SyntaxError
	var kind *json.UnmarshalTypeError
	switch {
	case errors.As(err, &syntax):
		return &Fault{Zh: "第 " + strconv.FormatInt(syntax.Offset, 10) + " 个字节处不是 JSON", En: "not JSON at byte " + strconv.FormatInt(syntax.Offset, 10)}
	case errors.As(err, &kind):
		return &Fault{Path: kind.Field, Zh: "的类型不对，不能是 " + kind.Value, En: "of the wrong type: " + kind.Value}
	case strings.Contains(err.Error(), "unknown field"):
		_, name, _ := strings.Cut(err.Error(), "unknown field ")
		return &Fault{Zh: "有不认识的字段 " + name, En: "unknown field " + name}
	}
	return &Fault{Zh: "不是完整的 JSON", En: "not a whole JSON document"}
}

// Encode writes a layout as JSON.
func (l Layout) Encode() []byte {
	raw, _ := json.Marshal(l) // plain values
	return raw
}

// Check says what is wrong: a [*Fault], the first one found.
func (l Layout) Check() error {
	switch n := utf8.RuneCountInString(l.Title); {
	case n < 1 || n > MaxTitle || strings.TrimSpace(l.Title) == "" || !utf8.ValidString(l.Title):
		return bad("title", "要写 1 到 60 个字", "want 1 to 60 characters")
	case l.Canvas != Portrait && l.Canvas != Square:
		return bad("canvas", "只能是 portrait（1080×1920）或 square（1080×1080）", "want portrait (1080×1920) or square (1080×1080)")
	case !isColor(l.Ground.Above):
		return bad("ground.above", "要写成 #rrggbb", "want #rrggbb")
	case l.Ground.Below != "" && !isColor(l.Ground.Below):
		return bad("ground.below", "要写成 #rrggbb", "want #rrggbb")
	case len(l.Layers) > MaxLayers:
		return bad("layers", "最多 60 层", "at most 60")
	}
	images := 0
	for i, y := range l.Layers {
		if y.Kind == Image {
			images++
		}
		if err := y.check("layers["+strconv.Itoa(i)+"]", l.High()); err != nil {
			return err
		}
	}
	if images > MaxImages {
		return bad("layers", "最多 12 张图", "at most 12 images")
	}
	return nil
}

func bad(path, zh, en string) error { return &Fault{Path: path, Zh: zh, En: en} }

// check looks at one layer. A box may stand out of the canvas, but not lie outside of it.
func (y Layer) check(at string, high int) error {
	for _, n := range []struct {
		name        string
		v           float64
		least, most float64
	}{{"x", y.X, -Wide, Wide}, {"y", y.Y, -1920, float64(high)}, {"w", y.W, 1, 2 * Wide}, {"h", y.H, 1, 2 * 1920}, {"round", y.Round, 0, Wide}, {"opaque", float64(y.Opaque), 0, 100}} {
		if !(n.v >= n.least && n.v <= n.most) { // so that what is no number is outside, too
			return bad(at+"."+n.name, fmt.Sprintf("应在 %g 到 %g 之间", n.least, n.most), fmt.Sprintf("want %g to %g", n.least, n.most))
		}
	}
	if y.X+y.W <= 0 || y.Y+y.H <= 0 {
		return bad(at, "整个在画面外", "lies outside of the picture")
	}
	if y.Color != "" && !isColor(y.Color) {
		return bad(at+".color", "要写成 #rrggbb", "want #rrggbb")
	}
	if n := utf8.RuneCountInString(y.Text); n > MaxWords || !utf8.ValidString(y.Text) {
		return bad(at+".text", "最多 500 个字", "at most 500 characters")
	}
	if name, ok := oddField(y.Text); !ok {
		return bad(at+".text", "里的字段 {{"+name+"}} 要由 1 到 20 个文字、数字或 _ 组成", "the field {{"+name+"}} wants 1 to 20 letters, digits or _")
	}
	switch y.Kind {
	case Text:
		return y.checkText(at)
	case Image:
		if y.Image != "" && !hashLike.MatchString(y.Image) {
			return bad(at+".image", "不是图片的编号", "no image is called so")
		}
	case Code:
		if y.Text == "" {
			return bad(at+".text", "要写明二维码的内容，如 {{link}}", "say what the code says, e.g. {{link}}")
		}
		if min(y.W, y.H) < minCode {
			return bad(at+".w", "二维码至少 120 像素，再小就扫不出", "a code of less than 120 pixels cannot be scanned")
		}
	case Shape:
		if y.Shape != "" && y.Shape != Rect && y.Shape != Ellipse {
			return bad(at+".shape", "只能是 rect 或 ellipse", "want rect or ellipse")
		}
	default:
		return bad(at+".kind", "只能是 text、image、qr 或 shape", "want text, image, qr or shape")
	}
	return nil
}

// minCode is the least width of a QR code, in pixels.
const minCode = 120

func (y Layer) checkText(at string) error {
	switch {
	case !(y.Size >= MinSize && y.Size <= MaxSize):
		return bad(at+".size", "应在 12 到 400 之间", "want 12 to 400")
	case y.Least != 0 && !(y.Least >= MinSize && y.Least <= y.Size):
		return bad(at+".least", "应在 12 到字号之间", "want 12 to the size")
	case !slices.Contains([]string{"", "left", "middle", "right"}, y.Align):
		return bad(at+".align", "只能是 left、middle 或 right", "want left, middle or right")
	case !slices.Contains([]string{"", "top", "middle", "bottom"}, y.Stand):
		return bad(at+".stand", "只能是 top、middle 或 bottom", "want top, middle or bottom")
	case !slices.Contains([]string{"", Typed, Rising, Blinks}, y.Move):
		return bad(at+".move", "只能是 type、rise 或 blink", "want type, rise or blink")
	}
	return nil
}

var (
	hashLike  = regexp.MustCompile(`^[0-9a-f]{64}$`)
	colorLike = regexp.MustCompile(`^#[0-9a-fA-F]{6}$`)
	fieldLike = regexp.MustCompile(`\{\{([^{}]*)\}\}`)
	fieldName = regexp.MustCompile(`^[\p{L}\p{N}_]{1,20}$`)
)

func isColor(s string) bool { return colorLike.MatchString(s) }

// ink reads a colour that was checked; "" = dark.
func ink(s string, opaque int) color.NRGBA {
	c := dark
	if isColor(s) {
		v, _ := strconv.ParseUint(s[1:], 16, 32) // six hexadecimal digits
		c = color.NRGBA{uint8(v >> 16), uint8(v >> 8), uint8(v), 0xff}
	}
	if opaque > 0 && opaque < 100 {
		c.A = uint8(opaque * 255 / 100)
	}
	return c
}

func oddField(text string) (string, bool) {
	for _, m := range fieldLike.FindAllStringSubmatch(text, -1) {
		if !fieldName.MatchString(strings.TrimSpace(m[1])) {
			return m[1], false
		}
	}
	return "", true
}

// Fields lists the fields that a layout is filled in with, in the order in which they appear.
func (l Layout) Fields() []string {
	var out []string
	for _, y := range l.Layers {
		for _, m := range fieldLike.FindAllStringSubmatch(y.Text, -1) {
			if name := strings.TrimSpace(m[1]); !slices.Contains(out, name) {
				out = append(out, name)
			}
		}
	}
	return out
}

// Images lists the images that a layout shows.
func (l Layout) Images() []string {
	var out []string
	for _, y := range l.Layers {
		if y.Kind == Image && y.Image != "" && !slices.Contains(out, y.Image) {
			out = append(out, y.Image)
		}
	}
	return out
}

// Moves reports whether anything on it moves.
func (l Layout) Moves() bool {
	return slices.ContainsFunc(l.Layers, func(y Layer) bool { return y.Move != "" })
}

// filled puts values into a text; without lists the fields that had none.
func filled(text string, values map[string]string) (out string, without []string) {
	out = fieldLike.ReplaceAllStringFunc(text, func(mark string) string {
		name := strings.TrimSpace(mark[2 : len(mark)-2])
		v, has := values[name]
		if !has {
			without = append(without, name)
		}
		if r := []rune(v); len(r) > MaxFilled {
			v = string(r[:MaxFilled])
		}
		return v
	})
	return out, without
}

// scaled gives the layout by for a picture of another width.
func (l Layout) scaled(by float64) Layout {
	l.Layers = slices.Clone(l.Layers)
	for i := range l.Layers {
		y := &l.Layers[i]
		y.X, y.Y, y.W, y.H, y.Round, y.Size, y.Least = y.X*by, y.Y*by, y.W*by, y.H*by, y.Round*by, y.Size*by, y.least()*by
	}
	return l
}

// least is the size to which letters shrink.
func (y Layer) least() float64 {
	if y.Least > 0 {
		return y.Least
	}
	return max(min(MinSize, y.Size), y.Size*0.6)
}
