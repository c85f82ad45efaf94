package view

import "qunluo/internal/console/view/ui"

// BotToken is a bot's token, shown once, and where to use it.
type BotToken struct {
	Head  ui.Head
	Token string
	Facts []ui.Option
}
