package view

func modeIcon(observing bool) string {
	if observing {
		return "shield-check"
	}
	return "eye"
}

func freezeIcon(frozen bool) string {
	if frozen {
		return "player-play"
	}
	return "snowflake"
}
