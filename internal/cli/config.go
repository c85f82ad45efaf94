package cli

import "qunluo/internal/config"

type configCmd struct {
	Show  configShowCmd  `cmd:"" help:"每一项的值和来源，密码已遮盖|every setting, its value and where it came from; secrets masked"`
	Check configCheckCmd `cmd:"" help:"只检查，说出所有问题|only check, and say everything that is wrong"`
}

type configShowCmd struct{}

// settingLine is a setting as it is shown.
type settingLine struct {
	Key    string `json:"key" col:"配置项|setting"`
	Value  string `json:"value" col:"值|value"`
	Source string `json:"source" col:"来源|source"`
	Env    string `json:"env"`
	Help   string `json:"help" col:"说明|meaning"`
}

func (configShowCmd) Tolerates() {}
func (configShowCmd) Shape() any { return rowsOf[settingLine]() }
func (configShowCmd) Examples() []example {
	return []example{{"config show", [2]string{"看每一项从哪里来", "see where every setting came from"}}}
}

// Run prints the settings; wrong ones are left out and said afterwards.
func (configShowCmd) Run(c *call) error {
	rows := make([]settingLine, len(c.values))
	for i, v := range c.values {
		rows[i] = settingLine{v.Key, v.Value, v.Source, config.EnvName(v.Key), c.lang.pick(v.Help)}
	}
	if err := printList(c, rows, len(rows)); err != nil {
		return err
	}
	return c.cfgErr
}

type configCheckCmd struct{ undocumented }

func (configCheckCmd) Tolerates() {}

// Run says what is wrong with the settings.
func (configCheckCmd) Run(c *call) error {
	if c.cfgErr == nil {
		c.say("配置没有问题", "the settings are good")
	}
	return c.cfgErr
}
