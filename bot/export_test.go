package bot

// AtEdges has f called at every edge of the corridor. Call it before Run.
func (b *Bot) AtEdges(f func(where string)) { b.edge = f }
