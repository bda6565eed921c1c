package modal

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/slack-go/slack"

	"foghorn/bot/slacktext"
)

// incidentsID is the id of the block with the recent incidents.
const incidentsID = "foghorn_incidents"

// An Incident is an open incident that a form shows, so that it is not declared once more.
type Incident struct {
	Reference string // such as INC-123
	Name      string
	Severity  string         // name; empty: none
	Who       slacktext.Text // who declared or leads it; empty: not known
	Age       time.Duration
	URL       string // http or https; empty: no link
}

// ShowIncidents is the view of a form with the block of RenderIncidents above everything else, instead of the one that it
// shows. Only a form's first page shows incidents; other views stay as they are. The page then has Listed.
func ShowIncidents(view slack.ModalViewRequest, incidents slack.Block) slack.ModalViewRequest {
	page, err := DecodePage(view.PrivateMetadata)
	if view.CallbackID != CallbackID || err != nil {
		return view
	}
	page.Listed = true
	metadata, err := page.encode()
	if err != nil {
		return view
	}
	blocks := slices.DeleteFunc(slices.Clone(view.Blocks.BlockSet), func(b slack.Block) bool { return b.ID() == incidentsID })
	isFirst := !slices.ContainsFunc(blocks, func(b slack.Block) bool { return b.ID() == pagesID })
	if incidents != nil && isFirst {
		blocks = slices.Insert(blocks, 0, incidents)
	}
	view.PrivateMetadata, view.Blocks.BlockSet = metadata, blocks
	return view
}

// FitsAck reports that a view with incidents can be the answer to a submission.
func FitsAck(view slack.ModalViewRequest) bool {
	data, err := json.Marshal(view)
	return err == nil && len(data) <= maxAckBytes
}

// RenderIncidents is a block with a line for each incident that fits; nil for none. It is encoded, so that it can be shown
// in many views at little cost.
func RenderIncidents(incidents []Incident) slack.Block {
	for ; len(incidents) > 0; incidents = incidents[:len(incidents)-1] {
		text := slacktext.Text("*Open incidents, declared in the last hour*")
		for _, i := range incidents {
			text = slacktext.JoinLines(text, i.line())
		}
		block := text.Block()
		switch b := block.(type) {
		case *slack.SectionBlock:
			b.BlockID = incidentsID
		case *slack.RichTextBlock:
			b.BlockID = incidentsID
		}
		if data, err := json.Marshal(block); err == nil && len(data) <= maxIncidentsBytes {
			return encodedBlock{block, data}
		}
	}
	return nil
}

// An encodedBlock is a block with its JSON.
type encodedBlock struct {
	slack.Block
	data json.RawMessage
}

func (b encodedBlock) MarshalJSON() ([]byte, error) { return b.data, nil }

// line is an incident on one line.
func (i Incident) line() slacktext.Text {
	title := truncateLine(i.Reference+" "+nonBlank(i.Name, "(no name)"), maxIncidentTitle)
	line := slacktext.Format("• %s", title)
	if i.URL != "" {
		line = "• " + slacktext.Link(i.URL, title)
	}
	if !slacktext.IsBlank(i.Severity) {
		line += slacktext.Format(" · %s", truncateLine(i.Severity, maxOptionText))
	}
	if i.Who != "" {
		line += " · " + i.Who
	}
	return line + " · " + slacktext.Text(ageText(i.Age))
}

func ageText(age time.Duration) string {
	if minutes := int(age / time.Minute); minutes > 0 {
		return fmt.Sprintf("%d min ago", minutes)
	}
	return "just now"
}
