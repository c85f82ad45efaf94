package cli

import (
	"cmp"
	"context"
	"fmt"
	"strings"

	"qunluo/internal/community"
	"qunluo/internal/digest"
	"qunluo/internal/draft"
)

// Models is what the command line asks and changes of the language model and of drafts.
type Models interface {
	Sight(ctx context.Context) (draft.Sight, error)
	// Set leaves the address and the key as they are where they are ""; key "-" = none. CodeBadInput begins with the field's name.
	Set(ctx context.Context, user string, v draft.Settings, address, key, reason string) (draft.Sight, error)
	Agree(ctx context.Context, user, why string) (draft.Sight, error)
	Mask(ctx context.Context, g community.GroupKey, text string) (draft.Masked, error)
	Calls(ctx context.Context, p community.Page) ([]draft.Call, int, error)
	DraftNow(ctx context.Context, user string, g community.GroupKey, o draft.Order) (draft.Proposal, error)
	RewriteNow(ctx context.Context, user string, id community.ID) (draft.Proposal, error)
	TakeDigest(ctx context.Context, user string, id community.ID, text string) (digest.Record, error)
}

type modelCmd struct {
	Show   modelShowCmd   `cmd:"" help:"现在怎样：设置、状态、今天用了多少|how it stands: settings, state, what was used today"`
	Set    modelSetCmd    `cmd:"" help:"设置、打开、关闭|set it, switch it on or off"`
	Agree  modelAgreeCmd  `cmd:"" help:"书面确认境外使用|agree in writing that masked texts go abroad"`
	Mask   modelMaskCmd   `cmd:"" help:"看一段文字遮住之后的样子，不送出|see a text masked, as it would go out; nothing goes out"`
	Log    modelLogCmd    `cmd:"" help:"送出过什么|what went out"`
	Draft  modelDraftCmd  `cmd:"" help:"代写：模板、素材库，接了模型再加一份|draft: templates, the library and, where one is set, the model"`
	Digest modelDigestCmd `cmd:"" help:"请模型改写一份群精华，不采用|have a digest rewritten, without using it"`
	Take   modelTakeCmd   `cmd:"" help:"用改写替换群精华，仍是草稿|put the rewritten words in place of the digest, still a draft"`
}

// modelLine is how an organisation's language model stands.
type modelLine struct {
	State        string `json:"state" col:"状态|state"` // ready, off, unset, abroad, spent
	On           bool   `json:"on" col:"打开|on"`
	Host         string `json:"host" col:"地址|host"`
	Model        string `json:"model" col:"模型|model"`
	Purpose      string `json:"purpose" col:"用途|purpose"`
	Region       string `json:"region" col:"地区|region"`
	Jurisdiction string `json:"jurisdiction" col:"数据所在法域|jurisdiction"`
	Keyed        bool   `json:"key" col:"有密钥|has a key"`
	Digests      bool   `json:"digests" col:"改写群精华|digests"`
	Calls        int    `json:"calls_24h" col:"24 小时次数|calls in 24 h"`
	MaxCalls     int    `json:"calls_most" col:"最多次数|calls at most"`
	Chars        int    `json:"chars_24h" col:"24 小时字数|characters in 24 h"`
	MaxChars     int    `json:"chars_most" col:"最多字数|characters at most"`
	Keep         int    `json:"keep_days" col:"保留天数|days kept"`
	Agreed       string `json:"abroad_why" col:"境外依据|ground to send abroad"`
	AgreedBy     string `json:"abroad_by"`
	AgreedAt     Moment `json:"abroad_at"`
}

func lineOfModel(s draft.Sight) modelLine {
	return modelLine{string(s.Standing), s.On, s.Host, s.Model, s.Purpose, s.Region, s.Jurisdiction, s.Keyed, s.Digests, s.Used.Calls, s.Calls, s.Used.Chars, s.Chars, s.Keep, s.Abroad.Why, s.Abroad.User, Moment(s.Abroad.At)}
}

func (c *call) models(h *House) (Models, error) { return inOrg(c, h, h.Models) }

type modelShowCmd struct{}

func (modelShowCmd) Shape() any          { return modelLine{} }
func (modelShowCmd) Examples() []example { return nil }

// Do shows how the model stands.
func (modelShowCmd) Do(c *call, h *House) error {
	m, err := c.models(h)
	if err != nil {
		return err
	}
	s, err := m.Sight(c.ctx)
	if err != nil {
		return err
	}
	return printOne(c, lineOfModel(s))
}

type modelSetCmd struct {
	URL     string `placeholder:"URL" help:"兼容 OpenAI 的地址，如 https://主机/v1|address that speaks as OpenAI does, such as https://host/v1"`
	Model   string `placeholder:"NAME" help:"模型名|name of the model"`
	Purpose string `placeholder:"TEXT" help:"用来做什么|what it is for"`
	Region  string `placeholder:"CC" help:"地址在哪里，两个字母，如 CN|where the address lies, two letters, such as CN"`
	Key     bool   `help:"从终端或标准输入读密钥；一个减号表示不用密钥|read the key from the terminal or stdin; a minus sign = none"`
	On      *bool  `negatable:"" help:"打开；--no-on 关闭|switch it on; --no-on switches it off"`
	Digests *bool  `negatable:"" help:"允许改写群精华|allow digests to be rewritten"`
	Calls   int    `placeholder:"N" help:"24 小时最多几次|calls in 24 hours, at most"`
	Chars   int    `placeholder:"N" help:"24 小时最多几字|characters in 24 hours, at most"`
	Keep    int    `placeholder:"DAYS" help:"送出的文字保留几天，7 到 180|days that what went out is kept, 7 to 180"`
	Reason  string `placeholder:"TEXT" help:"原因|why"`
}

// Prompts asks for the key.
func (q modelSetCmd) Prompts() [][2]string {
	if !q.Key {
		return nil
	}
	return [][2]string{{"密钥", "key"}}
}

func (modelSetCmd) Shape() any { return modelLine{} }
func (modelSetCmd) Examples() []example {
	return []example{
		{"model set --url https://models.example.cn/v1 --model m1 --region CN --purpose 写草稿 --on", [2]string{"接一个境内的模型", "use a model in the country"}},
		{"model set --no-on --reason 停用", [2]string{"马上不再送出", "nothing goes out from now on"}},
	}
}

// Do changes the settings.
func (q *modelSetCmd) Do(c *call, h *House) error {
	m, err := c.models(h)
	if err != nil {
		return err
	}
	s, err := m.Sight(c.ctx)
	if err != nil {
		return err
	}
	v := s.Settings
	v.Model, v.Purpose, v.Region = cmp.Or(q.Model, v.Model), cmp.Or(q.Purpose, v.Purpose), cmp.Or(q.Region, v.Region)
	for _, f := range []struct {
		to   *bool
		from *bool
	}{{&v.On, q.On}, {&v.Digests, q.Digests}} {
		if f.from != nil {
			*f.to = *f.from
		}
	}
	v.Calls, v.Chars, v.Keep = cmp.Or(q.Calls, v.Calls), cmp.Or(q.Chars, v.Chars), cmp.Or(q.Keep, v.Keep)
	s, err = m.Set(c.ctx, user, v, q.URL, c.secret(), q.Reason)
	if err != nil {
		return err
	}
	return printOne(c, lineOfModel(s))
}

type modelAgreeCmd struct {
	Reason string `arg:"" help:"依据，至少 10 个字|the ground, at least 10 characters"`
}

func (modelAgreeCmd) Shape() any          { return modelLine{} }
func (modelAgreeCmd) Examples() []example { return nil }

// Effect is what agreeing means.
func (modelAgreeCmd) Effect() [2]string {
	return [2]string{"遮住后的文字会送到境外的地址", "masked texts will go to an address abroad"}
}

// Do agrees in writing.
func (q *modelAgreeCmd) Do(c *call, h *House) error {
	m, err := c.models(h)
	if err != nil {
		return err
	}
	s, err := m.Agree(c.ctx, user, q.Reason)
	if err != nil {
		return err
	}
	return printOne(c, lineOfModel(s))
}

// maskedLine is a text as it would go out.
type maskedLine struct {
	Text    string         `json:"text" col:"会送出的样子|as it would go out"`
	Hidden  []draft.Hidden `json:"hidden"` // by kind
	People  int            `json:"people" col:"认得的人|people known"`
	Refused bool           `json:"refused" col:"遮不干净|cannot be masked"`
}

type modelMaskCmd struct {
	Text  string `arg:"" help:"一段文字，至多 4000 字|a text, at most 4000 characters"`
	Group string `placeholder:"GROUP" help:"按哪个群的名册；不写按所有群|by the members of which group; none = of all groups"`
}

func (modelMaskCmd) Shape() any { return maskedLine{} }
func (modelMaskCmd) Examples() []example {
	return []example{{"model mask '请老周带队，电话 13800138000' --group 徒步群 --json", [2]string{"人名和电话换成代号", "name and phone become placeholders"}}}
}

// Do masks a text.
func (q *modelMaskCmd) Do(c *call, h *House) error {
	m, g, err := c.modelGroup(h, q.Group)
	if err != nil {
		return err
	}
	v, err := m.Mask(c.ctx, g, q.Text)
	if err != nil {
		return err
	}
	if v.Hidden == nil {
		v.Hidden = []draft.Hidden{}
	}
	return printOne(c, maskedLine{v.Text, v.Hidden, v.People, v.Refused})
}

// modelGroup opens the model's handle and finds a group; "" = none.
func (c *call) modelGroup(h *House, name string) (Models, community.GroupKey, error) {
	m, err := c.models(h)
	if err != nil {
		return nil, 0, err
	}
	desk, err := c.desk(h)
	if err != nil {
		return nil, 0, err
	}
	g, err := c.group(desk, name)
	return m, g.Key, err
}

// modelCallLine is one call.
type modelCallLine struct {
	ID      string `json:"id" col:"编号|id"`
	At      Moment `json:"at" col:"时间|when"`
	User    string `json:"user" col:"谁|who"`
	Purpose string `json:"purpose" col:"为什么|why"` // post, question, digest
	Group   string `json:"group" col:"群|group"`
	Host    string `json:"host" col:"地址|host"`
	Region  string `json:"region" col:"地区|region"`
	Model   string `json:"model" col:"模型|model"`
	Chars   int    `json:"sent_chars" col:"送出字数|characters sent"`
	Bytes   int    `json:"got_bytes" col:"收回字节|bytes received"`
	Took    int64  `json:"took_ms" col:"毫秒|ms"`
	State   string `json:"state" col:"结果|result"` // asked, good, bad, failed
	Code    string `json:"code" col:"原因|why not"`
	Note    string `json:"note"`
	Sent    string `json:"sent"` // masked, as it went out; "" = emptied
}

type modelLogCmd struct {
	Limit int `default:"50" help:"最多几条，1 到 200|at most so many, 1 to 200"`
}

func (modelLogCmd) Shape() any          { return rowsOf[modelCallLine]() }
func (modelLogCmd) Examples() []example { return nil }

// Do lists what went out; --json holds the masked text itself.
func (q *modelLogCmd) Do(c *call, h *House) error {
	m, err := c.models(h)
	if err != nil {
		return err
	}
	if q.Limit < 1 || q.Limit > 200 {
		return badUsage("--limit 应在 1 到 200 之间", "--limit must be 1 to 200")
	}
	list, total, err := m.Calls(c.ctx, community.Page{Limit: q.Limit})
	if err != nil {
		return err
	}
	return printList(c, mapped(list, func(v draft.Call) modelCallLine {
		return modelCallLine{v.ID.String(), Moment(v.At), v.User, string(v.Purpose), v.GroupName, v.Host, v.Region, v.Model, v.SentChars, v.GotChars, v.Took, v.State, string(v.Code), v.Note, v.Sent}
	}), total)
}

// proposalLine is what came of an order.
type proposalLine struct {
	ID      string         `json:"id"`
	Kind    string         `json:"kind"` // post, question, digest
	State   string         `json:"state"`
	Model   string         `json:"model"` // that wrote; "" = none did
	Group   string         `json:"group"`
	Choices []draft.Choice `json:"choices"` // source: model, template, library
	Notes   []string       `json:"notes"`   // why an answer, or a part of it, was left out; given:150:300 = so many of the digest's messages were given to the model
}

func (c *call) printProposal(p draft.Proposal) error {
	line := proposalLine{p.ID.String(), string(p.Order.Kind), p.State, p.Model, p.GroupName, p.Choices, p.Notes}
	if line.Choices == nil {
		line.Choices = []draft.Choice{}
	}
	if line.Notes == nil {
		line.Notes = []string{}
	}
	if c.json {
		return c.printJSON(line)
	}
	for i, v := range p.Choices {
		source := map[string][2]string{draft.FromModel: {"AI 生成", "AI generated"}, draft.FromTemplate: {"群落模板", "Qunluo template"}, draft.FromLibrary: {"素材库", "library"}}[v.Source]
		fmt.Fprintf(c.out, "%d  [%s] %s\n", i+1, c.lang.pick(source), tidy(v.Title))
		for words := range strings.Lines(v.Text) {
			fmt.Fprintln(c.out, "   "+tidy(strings.TrimRight(words, "\n")))
		}
	}
	for _, n := range p.Notes {
		if num, of, ok := draft.WasGiven(n); ok {
			fmt.Fprintf(c.talk, c.lang.pick([2]string{"%[2]d 条消息里只有前 %[1]d 条给了模型，后面的它没有看到\n", "%[1]d of %[2]d messages were given to the model; it did not see the later ones\n"}), num, of)
			continue
		}
		fmt.Fprintln(c.talk, c.lang.pick([2]string{"没有采用：", "left out: "})+n)
	}
	fmt.Fprintln(c.talk, line.ID)
	return nil
}

type modelDraftCmd struct {
	Goal     string   `arg:"" help:"想达到什么，一句话|what it is to bring about, one sentence"`
	Question bool     `help:"写本周一问，不写消息|a question of the week instead of a post"`
	About    string   `enum:"notice,event,reminder,welcome,recap,share,offer,thanks" default:"notice" help:"用途：notice、event、reminder、welcome、recap、share、offer、thanks|purpose: notice, event, reminder, welcome, recap, share, offer or thanks"`
	Tone     string   `enum:"warm,plain,lively" default:"warm" help:"语气：warm、plain、lively|tone: warm, plain or lively"`
	Length   string   `enum:"short,middle,long" default:"middle" help:"长短：short、middle、long|length: short, middle or long"`
	Point    []string `sep:"none" placeholder:"TEXT" help:"一个要点（可多次）|a point (repeatable)"`
	Group    string   `placeholder:"GROUP" help:"哪个群|which group"`
	Words    string   `enum:",zh-CN,en" default:"" help:"文字用哪种语言，默认同界面|language of the words, by default that of the command line"`
}

func (modelDraftCmd) Shape() any { return proposalLine{} }
func (modelDraftCmd) Examples() []example {
	return []example{{"model draft 周六香山徒步 --about event --point 九点地铁口集合 --point 带水", [2]string{"几份草稿，不接模型也有", "a few drafts, with a model or without"}}}
}

// Do drafts.
func (q *modelDraftCmd) Do(c *call, h *House) error {
	m, g, err := c.modelGroup(h, q.Group)
	if err != nil {
		return err
	}
	o := draft.Order{Kind: draft.ForPost, About: q.About, Goal: q.Goal, Tone: q.Tone, Length: q.Length, Points: q.Point, Lang: q.Words}
	if q.Question {
		o.Kind, o.About = draft.ForQuestion, ""
	}
	if o.Lang == "" {
		o.Lang = c.lang.pick([2]string{"zh-CN", "en"})
	}
	p, err := m.DraftNow(c.ctx, user, g, o)
	if err != nil {
		return err
	}
	return c.printProposal(p)
}

type modelDigestCmd struct {
	Digest string `arg:"" help:"编号，见 digest list|id, see digest list"`
}

func (modelDigestCmd) Shape() any          { return proposalLine{} }
func (modelDigestCmd) Examples() []example { return nil }

// Do has a digest rewritten.
func (q *modelDigestCmd) Do(c *call, h *House) error {
	m, err := c.models(h)
	if err != nil {
		return err
	}
	id, err := community.ParseID(q.Digest)
	if err != nil {
		return badUsage("没有群精华 %s，见 digest list", "there is no digest %s; see digest list", q.Digest)
	}
	p, err := m.RewriteNow(c.ctx, user, id)
	if err != nil {
		return err
	}
	return c.printProposal(p)
}

type modelTakeCmd struct {
	Proposal string `arg:"" help:"改写的编号，见 model digest|id of the rewritten words, see model digest"`
}

func (modelTakeCmd) Shape() any          { return DigestWhole{} }
func (modelTakeCmd) Examples() []example { return nil }

// Do takes the rewritten words.
func (q *modelTakeCmd) Do(c *call, h *House) error {
	m, err := c.models(h)
	if err != nil {
		return err
	}
	id, err := community.ParseID(q.Proposal)
	if err != nil {
		return badUsage("没有改写 %s", "there are no rewritten words %s", q.Proposal)
	}
	return c.digestWhole(m.TakeDigest(c.ctx, user, id, ""))
}
