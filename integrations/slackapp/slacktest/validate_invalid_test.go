package slacktest

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
)

// repeatX is a string of n characters.
func repeatX(n int) string { return strings.Repeat("x", n) }

func repeatJSON(n int, item string) string {
	items := make([]string, n)
	for i := range items {
		items[i] = strings.ReplaceAll(item, "%d", fmt.Sprint(i))
	}
	return "[" + strings.Join(items, ",") + "]"
}

func plainJSON(n int) string  { return `{"type":"plain_text","text":"` + repeatX(n) + `"}` }
func mrkdwnJSON(n int) string { return `{"type":"mrkdwn","text":"` + repeatX(n) + `"}` }

const (
	opt     = `{"text":{"type":"plain_text","text":"o%d"},"value":"%d"}`
	section = `{"type":"section","text":{"type":"mrkdwn","text":"x"}}`
	btn     = `{"type":"button","text":{"type":"plain_text","text":"b"},"action_id":"a%d"}`
	cardOne = `{"type":"card","title":{"type":"mrkdwn","text":"c"}}`
	cell    = `{"type":"raw_text","text":"x"}`
	pointN  = `{"label":"p%d","value":1}`
)

func actionsBlock(element string) string {
	return `{"type":"actions","elements":[` + element + `]}`
}
func inputBlockJSON(element string) string {
	return `{"type":"input","label":` + plainJSON(1) + `,"element":` + element + `}`
}
func buttonJSON(text, more string) string {
	return actionsBlock(`{"type":"button","text":` + text + more + `}`)
}
func optionsJSON(kind, options string) string {
	return actionsBlock(`{"type":"` + kind + `","options":` + options + `}`)
}
func pieChart(title, segments string) string {
	return `{"type":"data_visualization","title":"` + title + `","chart":{"type":"pie","segments":` + segments + `}}`
}
func lineChart(series, axis string) string {
	return `{"type":"data_visualization","title":"t","chart":{"type":"line","series":` + series + `,"axis_config":` + axis + `}}`
}
func videoBlock(key, value string) string {
	fields := map[string]string{
		"alt_text": `"a"`, "title": plainJSON(1), "thumbnail_url": `"https://x"`, "video_url": `"https://x"`,
	}
	fields[key] = value
	out := `{"type":"video"`
	for k, v := range fields {
		out += `,"` + k + `":` + v
	}
	return out + "}"
}
func modalJSONWith(key, value string) string {
	fields := map[string]string{"title": plainJSON(1), "blocks": "[" + section + "]"}
	fields[key] = value
	out := `{"type":"modal"`
	for k, v := range fields {
		out += `,"` + k + `":` + v
	}
	return out + "}"
}

// invalidBlockCases are the invalid cases by the names of the corpus, as blocks or views.
func invalidBlockCases() map[string]string {
	const axisOK = `{"categories":["a"]}`
	emoji := strings.Repeat("😀", 3001)
	confirmWith := func(title, text, yes, no int) string {
		return buttonJSON(plainJSON(1), `,"confirm":{"title":`+plainJSON(title)+`,"text":`+plainJSON(text)+`,"confirm":`+plainJSON(yes)+`,"deny":`+plainJSON(no)+`}`)
	}
	optionWith := func(kind string, text, value int, more string) string {
		return optionsJSON(kind, `[{"text":`+plainJSON(text)+`,"value":"`+repeatX(value)+`"`+more+`}]`)
	}
	group := func(label int, options string) string {
		return actionsBlock(`{"type":"static_select","option_groups":[{"label":` + plainJSON(label) + `,"options":` + options + `}]}`)
	}
	feedbackWith := func(text, value, label int) string {
		b := `{"text":` + plainJSON(text) + `,"value":"` + repeatX(value) + `","accessibility_label":"` + repeatX(label) + `"}`
		return `{"type":"context_actions","elements":[{"type":"feedback_buttons","positive_button":` + b + `,"negative_button":` + b + `}]}`
	}
	iconWith := `{"type":"context_actions","elements":[{"type":"icon_button","icon":"trash","text":` + plainJSON(1) + `,"visible_to_user_ids":` + repeatJSON(11, `"U%d"`) + `}]}`
	task := func(url string) string {
		return `{"type":"task_card","task_id":"t","title":"t","sources":[{"type":"url","text":"x","url":"` + url + `"}]}`
	}
	tableOf := func(rows, more string) string { return `{"type":"table","rows":` + rows + more + `}` }
	dataOf := func(rows, more string) string {
		return `{"type":"data_table","caption":"c","rows":` + rows + more + `}`
	}
	row := repeatJSON(1, cell)
	return map[string]string{
		"text-empty":                                   `{"type":"section","text":` + mrkdwnJSON(0) + `}`,
		"text-too-long":                                `{"type":"section","text":` + mrkdwnJSON(3001) + `}`,
		"button-action-id-too-long":                    buttonJSON(plainJSON(1), `,"action_id":"`+repeatX(256)+`"`),
		"button-text-too-long":                         buttonJSON(plainJSON(76), ""),
		"button-url-too-long":                          buttonJSON(plainJSON(1), `,"url":"`+repeatX(3001)+`"`),
		"button-value-too-long":                        buttonJSON(plainJSON(1), `,"value":"`+repeatX(2001)+`"`),
		"button-accessibility-label-too-long":          buttonJSON(plainJSON(1), `,"accessibility_label":"`+repeatX(76)+`"`),
		"confirmation-title-too-long":                  confirmWith(101, 1, 1, 1),
		"confirmation-text-too-long":                   confirmWith(1, 301, 1, 1),
		"confirmation-confirm-too-long":                confirmWith(1, 1, 31, 1),
		"confirmation-deny-too-long":                   confirmWith(1, 1, 1, 31),
		"option-text-too-long":                         optionWith("static_select", 76, 1, ""),
		"option-value-too-long":                        optionWith("static_select", 1, 151, ""),
		"option-url-too-long":                          optionWith("overflow", 1, 1, `,"url":"`+emoji+`"`),
		"option-description-too-long":                  optionWith("static_select", 1, 1, `,"description":`+plainJSON(76)),
		"option-group-label-too-long":                  group(76, repeatJSON(1, opt)),
		"option-group-empty":                           group(1, "[]"),
		"option-group-too-many-options":                group(1, repeatJSON(101, opt)),
		"select-placeholder-too-long":                  actionsBlock(`{"type":"users_select","placeholder":` + plainJSON(151) + `}`),
		"select-too-many-options":                      optionsJSON("static_select", repeatJSON(101, opt)),
		"select-too-many-option-groups":                actionsBlock(`{"type":"static_select","option_groups":` + repeatJSON(101, `{"label":{"type":"plain_text","text":"g%d"},"options":[`+opt+`]}`) + `}`),
		"overflow-empty":                               optionsJSON("overflow", "[]"),
		"overflow-too-many-options":                    optionsJSON("overflow", repeatJSON(6, opt)),
		"checkboxes-empty":                             optionsJSON("checkboxes", "[]"),
		"checkboxes-too-many-options":                  optionsJSON("checkboxes", repeatJSON(11, opt)),
		"radio-buttons-empty":                          optionsJSON("radio_buttons", "[]"),
		"radio-buttons-too-many-options":               optionsJSON("radio_buttons", repeatJSON(11, opt)),
		"url-source-url-empty":                         task(""),
		"url-source-url-too-long":                      task(repeatX(3001)),
		"table-too-many-rows":                          tableOf(repeatJSON(101, row), ""),
		"table-ragged-rows":                            tableOf(`[`+row+`,`+repeatJSON(2, cell)+`]`, ""),
		"table-column-settings-mismatch":               tableOf(`[`+row+`]`, `,"column_settings":[{},{}]`),
		"file-input-max-files-too-small":               inputBlockJSON(`{"type":"file_input","max_files":0}`),
		"file-input-max-files-too-large":               inputBlockJSON(`{"type":"file_input","max_files":11}`),
		"plain-text-input-max-length-too-large":        inputBlockJSON(`{"type":"plain_text_input","max_length":3001}`),
		"actions-too-many-elements":                    `{"type":"actions","elements":` + repeatJSON(26, btn) + `}`,
		"context-too-many-elements":                    `{"type":"context","elements":` + repeatJSON(11, mrkdwnJSON(1)) + `}`,
		"header-text-too-long":                         `{"type":"header","text":` + plainJSON(151) + `}`,
		"image-url-too-long":                           `{"type":"image","alt_text":"a","image_url":"` + repeatX(3001) + `"}`,
		"image-alt-text-too-long":                      `{"type":"image","image_url":"https://x","alt_text":"` + repeatX(2001) + `"}`,
		"input-label-too-long":                         `{"type":"input","label":` + plainJSON(2001) + `,"element":{"type":"plain_text_input"}}`,
		"input-hint-too-long":                          `{"type":"input","label":` + plainJSON(1) + `,"hint":` + plainJSON(2001) + `,"element":{"type":"plain_text_input"}}`,
		"markdown-empty":                               `{"type":"markdown","text":""}`,
		"markdown-too-long":                            `{"type":"markdown","text":"` + repeatX(12001) + `"}`,
		"section-text-too-long":                        `{"type":"section","text":` + plainJSON(3001) + `}`,
		"section-too-many-fields":                      `{"type":"section","fields":` + repeatJSON(11, mrkdwnJSON(1)) + `}`,
		"section-field-too-long":                       `{"type":"section","fields":[` + mrkdwnJSON(2001) + `]}`,
		"video-alt-text-empty":                         videoBlock("alt_text", `""`),
		"video-alt-text-too-long":                      videoBlock("alt_text", `"`+repeatX(201)+`"`),
		"video-title-too-long":                         videoBlock("title", plainJSON(201)),
		"video-author-name-too-long":                   videoBlock("author_name", `"`+repeatX(51)+`"`),
		"video-description-too-long":                   videoBlock("description", plainJSON(201)),
		"video-provider-name-too-long":                 videoBlock("provider_name", `"`+repeatX(51)+`"`),
		"view-missing-blocks":                          modalJSONWith("blocks", "[]"),
		"view-too-many-blocks":                         modalJSONWith("blocks", repeatJSON(101, section)),
		"view-private-metadata-too-long":               modalJSONWith("private_metadata", `"`+repeatX(3001)+`"`),
		"view-callback-id-too-long":                    modalJSONWith("callback_id", `"`+repeatX(256)+`"`),
		"view-title-too-long":                          modalJSONWith("title", plainJSON(25)),
		"view-close-too-long":                          modalJSONWith("close", plainJSON(25)),
		"view-submit-too-long":                         modalJSONWith("submit", plainJSON(25)),
		"section-missing-content":                      `{"type":"section"}`,
		"static-select-options-and-groups":             actionsBlock(`{"type":"static_select","options":` + repeatJSON(1, opt) + `,"option_groups":[{"label":` + plainJSON(1) + `,"options":` + repeatJSON(1, opt) + `}]}`),
		"image-url-and-slack-file":                     `{"type":"image","alt_text":"a","image_url":"https://x","slack_file":{"id":"F1"}}`,
		"number-input-inverted-range":                  inputBlockJSON(`{"type":"number_input","is_decimal_allowed":false,"min_value":"10","max_value":"9"}`),
		"context-invalid-element":                      `{"type":"context","elements":[` + btn + `]}`,
		"input-invalid-element":                        inputBlockJSON(btn),
		"block-id-too-long":                            `{"type":"divider","block_id":"` + repeatX(256) + `"}`,
		"alert-text-too-long":                          `{"type":"alert","text":` + mrkdwnJSON(201) + `}`,
		"card-title-too-long":                          `{"type":"card","title":` + mrkdwnJSON(151) + `}`,
		"card-subtitle-too-long":                       `{"type":"card","subtitle":` + mrkdwnJSON(151) + `}`,
		"card-body-too-long":                           `{"type":"card","body":` + mrkdwnJSON(201) + `}`,
		"card-subtext-too-long":                        `{"type":"card","subtext":` + mrkdwnJSON(201) + `}`,
		"card-too-many-actions":                        `{"type":"card","actions":` + repeatJSON(4, btn) + `}`,
		"carousel-empty":                               `{"type":"carousel","elements":[]}`,
		"carousel-too-many-cards":                      `{"type":"carousel","elements":` + repeatJSON(11, cardOne) + `}`,
		"container-title-too-long":                     `{"type":"container","title":` + plainJSON(151) + `,"child_blocks":[` + section + `]}`,
		"container-subtitle-too-long":                  `{"type":"container","title":` + plainJSON(1) + `,"subtitle":` + plainJSON(151) + `,"child_blocks":[` + section + `]}`,
		"container-too-many-child-blocks":              `{"type":"container","title":` + plainJSON(1) + `,"child_blocks":` + repeatJSON(11, section) + `}`,
		"context-actions-too-many-elements":            `{"type":"context_actions","elements":` + repeatJSON(6, `{"type":"icon_button","icon":"trash","text":{"type":"plain_text","text":"d"},"action_id":"a%d"}`) + `}`,
		"feedback-button-text-too-long":                feedbackWith(76, 1, 1),
		"feedback-button-value-too-long":               feedbackWith(1, 2001, 1),
		"feedback-button-accessibility-label-too-long": feedbackWith(1, 1, 76),
		"icon-button-too-many-visible-users":           iconWith,
		"data-table-too-few-rows":                      dataOf(`[`+row+`]`, ""),
		"data-table-too-many-rows":                     dataOf(repeatJSON(202, row), ""),
		"data-table-too-few-columns":                   dataOf(`[[],[]]`, ""),
		"data-table-too-many-columns":                  dataOf(`[`+repeatJSON(21, cell)+`,`+repeatJSON(21, cell)+`]`, ""),
		"data-table-page-size-too-small":               dataOf(`[`+row+`,`+row+`]`, `,"page_size":0`),
		"data-table-page-size-too-large":               dataOf(`[`+row+`,`+row+`]`, `,"page_size":101`),
		"data-table-cell-text-empty":                   dataOf(`[`+row+`,[{"type":"raw_text","text":""}]]`, ""),
		"data-table-content-too-long":                  dataOf(repeatJSON(11, `[{"type":"raw_text","text":"`+repeatX(2000)+`"}]`), ""),
		"data-visualization-title-too-long":            pieChart(repeatX(51), repeatJSON(1, pointN)),
		"pie-chart-empty":                              pieChart("t", "[]"),
		"pie-chart-too-many-segments":                  pieChart("t", repeatJSON(13, pointN)),
		"chart-segment-label-too-long":                 pieChart("t", `[{"label":"`+repeatX(21)+`","value":1}]`),
		"chart-segment-value-not-positive":             pieChart("t", `[{"label":"a","value":0}]`),
		"chart-series-empty":                           lineChart("[]", axisOK),
		"chart-too-many-series":                        lineChart(repeatJSON(13, `{"name":"s%d","data":[`+pointN+`]}`), axisOK),
		"data-series-name-too-long":                    lineChart(`[{"name":"`+repeatX(21)+`","data":[{"label":"a","value":1}]}]`, axisOK),
		"data-series-empty":                            lineChart(`[{"name":"s","data":[]}]`, axisOK),
		"data-series-too-many-points":                  lineChart(`[{"name":"s","data":`+repeatJSON(21, pointN)+`}]`, axisOK),
		"data-point-label-too-long":                    lineChart(`[{"name":"s","data":[{"label":"`+repeatX(21)+`","value":1}]}]`, axisOK),
		"axis-categories-empty":                        lineChart(`[{"name":"s","data":[{"label":"a","value":1}]}]`, `{"categories":[]}`),
		"axis-too-many-categories":                     lineChart(`[{"name":"s","data":[{"label":"a","value":1}]}]`, `{"categories":`+repeatJSON(21, `"c%d"`)+`}`),
		"axis-category-label-too-long":                 lineChart(`[{"name":"s","data":[{"label":"a","value":1}]}]`, `{"categories":["`+repeatX(21)+`"]}`),
		"axis-label-too-long":                          lineChart(`[{"name":"s","data":[{"label":"a","value":1}]}]`, `{"categories":["a"],"x_label":"`+repeatX(51)+`"}`),
	}
}

func validateJSON(text string) []Problem {
	if strings.HasPrefix(text, `{"type":"modal"`) {
		return ValidateView(json.RawMessage(text))
	}
	return ValidateBlocks(json.RawMessage("[" + text + "]"))
}

func TestValidate_RejectsInvalidBlocks(t *testing.T) {
	for name, text := range invalidBlockCases() {
		t.Run(name, func(t *testing.T) {
			problems := validateJSON(text)
			if len(problems) == 0 {
				t.Fatal("accepted")
			}
			for _, p := range problems {
				if strings.HasPrefix(p.Message, "invalid_json") || strings.HasPrefix(p.Message, "invalid additional") ||
					strings.HasPrefix(p.Message, "missing required") {
					t.Errorf("rejected for another reason: %s", p)
				}
			}
		})
	}
}
