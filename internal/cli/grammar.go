package cli

import "qunluo/internal/community"

// grammar is the whole command line. Help texts are "中文|English"; they are cut to one language before they are shown.
type grammar struct {
	Config  []string          `short:"c" placeholder:"FILE" help:"再读一个配置文件（可重复）|read one more settings file (repeatable)"`
	DataDir string            `placeholder:"DIR" help:"数据目录（配置项 data_dir）|data directory (setting data_dir)"`
	Set     map[string]string `placeholder:"KEY=VALUE" mapsep:"none" help:"改一个配置项（可重复）|change one setting (repeatable)"`
	Org     string            `placeholder:"ORG" help:"组织，有多个时需要|organisation, needed when there are several"`
	JSON    bool              `help:"输出 JSON|print JSON"`
	Yes     bool              `short:"y" help:"危险操作不再询问|do not ask before dangerous work"`
	Lang    string            `placeholder:"zh|en" enum:",zh,en" default:"" help:"语言，默认看 LANG|language, by default as LANG says"`

	Serve    serveCmd    `cmd:"" group:"run" help:"运行服务：控制台、连接、规则|run the server: console, connections, rules"`
	Demo     demoCmd     `cmd:"" group:"run" help:"看一个虚构社群运转|watch an invented community being run"`
	SetupURL setupURLCmd `cmd:"" group:"run" name:"setup-url" help:"打印新的一次性设置链接|print a new one-time set-up link"`
	Freeze   freezeCmd   `cmd:"" group:"run" help:"冻结或恢复自动动作|hold automatic actions, or let them go"`

	Group      groupCmd      `cmd:"" group:"community" help:"群|groups"`
	Code       codeCmd       `cmd:"" group:"community" help:"引流与活码|codes to join by"`
	Short      shortCmd      `cmd:"" group:"community" help:"短链：谁读了|short links: who read"`
	Member     memberCmd     `cmd:"" group:"community" help:"成员|members"`
	Message    messageCmd    `cmd:"" group:"community" help:"消息|messages"`
	Points     pointsCmd     `cmd:"" group:"community" help:"积分|points"`
	Payment    paymentCmd    `cmd:"" group:"community" help:"付款：成员付的和退的钱|payments: what members paid and got back"`
	Tier       tierCmd       `cmd:"" group:"community" help:"分层：核心、普通、潜水|tiers: core, normal, lurker"`
	Tag        tagCmd        `cmd:"" group:"community" help:"标签：人、在群记录、群；手工和自动|tags of people, stays and groups, by hand and by rule"`
	Today      todayCmd      `cmd:"" group:"community" help:"每个群今天的下一件事|every group's next thing today"`
	Request    requestCmd    `cmd:"" group:"community" help:"入群申请|requests to be let in"`
	Figures    figuresCmd    `cmd:"" group:"community" help:"一个群的数字|figures of a group"`
	Insight    insightCmd    `cmd:"" group:"community" help:"洞察：提问、留存、阶段|insight: questions, retention, stage"`
	Goal       goalCmd       `cmd:"" group:"community" help:"群的目标与指标|goals and targets of groups"`
	Template   templateCmd   `cmd:"" group:"community" help:"群模板：开群时的目标、群规、欢迎语、分层和计划|templates of groups: goal, rules, welcome, tiers and plan to begin with"`
	Lead       leadCmd       `cmd:"" group:"community" help:"潜在用户：按规则标记，并和后来对账|potential users: marked by a rule, and held against what came of it"`
	Renewal    renewalCmd    `cmd:"" group:"community" help:"焕新记录：给衰退的群做过什么|renewals: what was done for groups in decline"`
	Adjust     adjustCmd     `cmd:"" group:"community" help:"调整记录：改了什么、动了什么|adjustments: what was changed, and what it moved"`
	Account    accountCmd    `cmd:"" group:"community" help:"平台连接|connections to platforms"`
	Bot        botCmd        `cmd:"" group:"community" help:"接入的机器人|attached bots"`
	Hook       hookCmd       `cmd:"" group:"community" help:"外部系统发来的 Webhook|webhooks in, from outside systems"`
	Experiment experimentCmd `cmd:"" group:"community" help:"实验：同一件事试两种做法|experiments: two ways of one thing"`
	Poster     posterCmd     `cmd:"" group:"community" help:"海报：模板、个人海报、动图|posters: templates, personal ones, moving ones"`
	Vote       voteCmd       `cmd:"" group:"community" help:"每周评选和发奖|the weekly vote and its rewards"`

	Liveqa    liveqaCmd    `cmd:"" group:"community" help:"直播答疑：收问题、排序、答复、存档|live Q&As: collect and rank questions, answer, archive"`
	Draw      drawCmd      `cmd:"" group:"community" help:"抽奖：人人能核对|draws of prizes that everybody can check"`
	Calendar  calendarCmd  `cmd:"" group:"community" help:"内容日历和话题库|content calendar and topic queue"`
	Broadcast broadcastCmd `cmd:"" group:"community" help:"群发|mass sends"`
	SOP       sopCmd       `cmd:"" name:"sop" group:"community" help:"群 SOP|SOPs of groups"`
	Begin     beginCmd     `cmd:"" group:"community" help:"起步：连接、目标、值班、执行、安全|first steps: connect, goal, duty, acting, safety"`
	Digest    digestCmd    `cmd:"" group:"community" help:"群精华：话题、好回答、没人答的问题|digests: topics, good answers, open questions"`
	Essence   essenceCmd   `cmd:"" group:"community" help:"精华：值得留下的消息，成卡片可检索|cards of messages worth keeping, to be searched"`
	Draft     draftCmd     `cmd:"" group:"community" help:"一稿多发：群、公众号草稿箱、网页|drafts that go many ways: groups, draft boxes, a page"`
	Library   libraryCmd   `cmd:"" group:"community" help:"素材库：文字、话术、文件、图片|library: texts, scripts, files, pictures"`
	Table     tableCmd     `cmd:"" group:"community" help:"资料表：几个人一起改的表、外部文档登记|shared tables, and a register of documents elsewhere"`
	Morning   morningCmd   `cmd:"" group:"community" help:"早报：订阅源、挑选、结果|morning reports: feeds, picking, what came of them"`
	Moment    momentCmd    `cmd:"" group:"community" help:"客户朋友圈|moments: posts on employees' pages"`
	Article   articleCmd   `cmd:"" group:"community" help:"公众号文章的每日合计|daily totals of articles of Official Accounts"`
	Links     linksCmd     `cmd:"" group:"community" help:"外链检查|check of links"`

	Rule     ruleCmd      `cmd:"" group:"order" help:"群规|rulebooks"`
	Replay   replayCmd    `cmd:"" group:"order" help:"群规在历史上会怎样|what a rulebook would have done"`
	Decision decisionCmd  `cmd:"" group:"order" help:"判定与审核|decisions and review"`
	Words    wordsCmd     `cmd:"" group:"order" help:"词库|word lists"`
	Strike   strikeCmd    `cmd:"" group:"order" help:"违规记分|strikes"`
	Appeal   appealCmd    `cmd:"" group:"order" help:"申诉|appeals"`
	Report   reportCmd    `cmd:"" group:"order" help:"成员举报|members' reports"`
	Case     caseCmd      `cmd:"" group:"order" help:"标注案例|labelled cases"`
	Action   actionCmd    `cmd:"" group:"order" help:"动作|actions"`
	Task     taskCmd      `cmd:"" group:"order" help:"待办|tasks for people"`
	Duty     dutyCmd      `cmd:"" group:"order" help:"值班与告警|duty roster and alarms"`
	Bulk     bulkCmd      `cmd:"" group:"order" help:"批量操作与复核|what touches many, and the second person"`
	Lockdown lockdownCmd  `cmd:"" group:"order" help:"一键封控|lockdown"`
	Shared   blocklistCmd `cmd:"" name:"blocklist" group:"order" help:"共享名单|lists shared between communities"`
	Suggest  suggestCmd   `cmd:"" group:"order" help:"改群规的建议|suggested changes of rulebooks"`

	Import  importCmd  `cmd:"" group:"data" help:"导入聊天记录|import chat histories"`
	Export  exportCmd  `cmd:"" group:"data" help:"导出聊天记录|export chat histories"`
	Backup  backupCmd  `cmd:"" group:"data" help:"备份|backups"`
	Restore restoreCmd `cmd:"" group:"data" help:"从备份恢复|restore from a backup"`
	Rebuild rebuildCmd `cmd:"" group:"data" help:"重建投影（搜索、数字、成员）|rebuild projections (search, figures, members)"`
	Migrate migrateCmd `cmd:"" group:"data" help:"数据库结构|schema of the database"`
	Storage storageCmd `cmd:"" group:"data" help:"换数据库：SQLite 和 PostgreSQL 之间复制、核对|other databases: copy between SQLite and PostgreSQL, and compare"`

	User    userCmd    `cmd:"" group:"house" help:"登录控制台的人|people who sign in"`
	Token   tokenCmd   `cmd:"" group:"house" help:"API 令牌|tokens of the API"`
	MCP     mcpCmd     `cmd:"" name:"mcp" group:"house" help:"让助手按令牌的范围使用（MCP，标准输入输出）|let assistants use it within a token's scopes (MCP over stdin and stdout)"`
	Outlet  outletCmd  `cmd:"" group:"house" help:"对外推送（Webhook 出站）|outlets: webhooks out, to outside systems"`
	Model   modelCmd   `cmd:"" group:"house" help:"语言模型与代写（不接模型也能用）|language model and drafting (works without one)"`
	Space   spaceCmd   `cmd:"" group:"house" help:"演示空间：载入、整个删除|the demo space: load it, delete it whole"`
	Audit   auditCmd   `cmd:"" group:"house" help:"操作记录|audit trail"`
	Job     jobCmd     `cmd:"" group:"house" aliases:"jobs" help:"后台任务|background jobs"`
	Doctor  doctorCmd  `cmd:"" group:"house" help:"逐项检查安装|examine the installation"`
	Bench   benchCmd   `cmd:"" group:"house" help:"测量这台机器|measure this machine"`
	Eval    evalCmd    `cmd:"" group:"house" help:"用带标注的文本衡量判定|measure verdicts over labelled texts"`
	Cfg     configCmd  `cmd:"" group:"house" name:"config" help:"配置|settings"`
	Facts   factsCmd   `cmd:"" group:"house" name:"house-facts" hidden:""`
	Version versionCmd `cmd:"" group:"house" help:"版本|version"`
}

// settings are the flags that stand for settings.
func (g *grammar) settings() map[string]string {
	out := map[string]string{}
	for key, value := range g.Set {
		out[key] = value
	}
	if g.DataDir != "" {
		out["data_dir"] = g.DataDir
	}
	return out
}

// paging is embedded by verbs that list.
type paging struct {
	Limit  int    `default:"50" help:"最多几行，1 到 200|how many rows at most, 1 to 200"`
	Offset int    `default:"0" help:"从第几行开始|how many rows to leave out first"`
	Sort   string `placeholder:"COLUMN" help:"按哪一列排序，前加 - 为倒序|column to sort by, with - in front: downwards"`
}

// Validate bounds the page; called by the parser.
func (p paging) Validate() error {
	if p.Limit < 1 || p.Limit > 200 {
		return badUsage("--limit 应在 1 到 200 之间", "--limit must be 1 to 200")
	}
	if p.Offset < 0 {
		return badUsage("--offset 不能为负", "--offset must not be negative")
	}
	return nil
}

func (p paging) page() community.Page {
	name, desc := p.Sort, false
	if name != "" && name[0] == '-' {
		name, desc = name[1:], true
	}
	return community.Page{Limit: p.Limit, Offset: p.Offset, Sort: name, Desc: desc}
}

// undocumented is embedded by commands that print no data of their own and need no example.
type undocumented struct{}

func (undocumented) Shape() any          { return nil }
func (undocumented) Examples() []example { return nil }
