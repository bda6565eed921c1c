package slackapp

import "strings"

// A codeMeaning says what an error code of Slack means for the call that it answers.
type codeMeaning int

const (
	// unlisted is every code that the table does not have. Slack has not carried the call out, as far as is known, and
	// most codes are final. The call is repeated for some seconds.
	unlisted codeMeaning = iota

	// uncertain is for a call that Slack has not carried out because of a restriction of access that can end by itself.
	// The call is repeated for minutes.
	uncertain

	// final is for a call that Slack has not carried out, and to which it gives the same answer again.
	final

	// limited is for a call that Slack has not carried out because there were too many; it accepts the call later.
	limited

	// passing is for a call that Slack has not carried out because of a condition that ends by itself.
	passing

	// unclear is for a call that Slack may have carried out.
	unclear

	// token is for a call that Slack has not carried out because it rejects the token. Slack rejects valid tokens for a
	// moment as well; if it lasts, no call of the process succeeds.
	token
)

// codeMeanings is the meaning of each error code of the methods that this package calls. It follows the section
// Errors of each method's page, such as https://docs.slack.dev/reference/methods/chat.postMessage#errors.
var codeMeanings = listCodes(map[codeMeaning]string{
	limited: "ratelimited rate_limited",

	uncertain: "access_denied accesslimited two_factor_setup_required",

	passing: `
		service_unavailable
		request_timeout
		org_login_required
		team_added_to_org
		external_service_migration_in_progress
		external_channel_migrating
		update_failed`,

	unclear: "internal_error fatal_error",

	token: `
		invalid_auth
		not_authed
		account_inactive
		token_revoked
		token_expired
		not_allowed_token_type
		forbidden_team`,

	final: `
		app_access_restricted
		as_user_not_supported
		attachment_payload_limit_exceeded
		block_mismatch
		cannot_dm_bot
		cannot_reply_to_message
		cant_update_message
		channel_not_found
		channel_type_not_supported
		deprecated_endpoint
		duplicate_channel_not_found
		duplicate_external_id
		duplicate_message_not_found
		edit_window_closed
		ekm_access_denied
		enterprise_is_restricted
		exchanged_trigger_id
		expired_trigger_id
		hash_conflict
		invalid_arg_name
		invalid_arguments
		invalid_array_arg
		invalid_attachments
		invalid_blocks
		invalid_blocks_format
		invalid_charset
		invalid_cursor
		invalid_form_data
		invalid_json
		invalid_limit
		invalid_metadata_format
		invalid_metadata_keys
		invalid_metadata_schema
		invalid_post_type
		invalid_trigger_id
		invalid_ts_latest
		invalid_ts_oldest
		is_archived
		is_inactive
		json_not_object
		markdown_text_conflict
		message_limit_exceeded
		message_not_found
		messages_tab_disabled
		metadata_must_be_sent_from_app
		metadata_too_large
		method_deprecated
		method_not_supported_for_channel_type
		missing_argument
		missing_post_type
		missing_scope
		msg_blocks_too_long
		msg_too_long
		no_permission
		no_text
		not_enabled
		not_found
		not_in_channel
		pagination_not_available
		push_limit_reached
		restricted_action
		restricted_action_non_threadable_channel
		restricted_action_read_only_channel
		restricted_action_thread_locked
		restricted_action_thread_only_channel
		send_on_behalf_not_allowed
		slack_connect_blocked_file_type
		slack_connect_canvas_sharing_blocked
		slack_connect_clip_sharing_blocked
		slack_connect_file_link_sharing_blocked
		slack_connect_file_upload_sharing_blocked
		slack_connect_lists_sharing_blocked
		team_access_not_granted
		team_not_found
		thread_not_found
		too_many_attachments
		too_many_contact_cards
		unknown_method
		user_not_found
		user_not_in_channel
		user_not_visible
		view_too_large`,
})

// openFatal are codes that say of apps.connections.open alone that the app token cannot open connections.
// https://docs.slack.dev/reference/methods/apps.connections.open#errors
var openFatal = map[string]bool{"missing_scope": true, "no_permission": true}

func listCodes(table map[codeMeaning]string) map[string]codeMeaning {
	meanings := map[string]codeMeaning{}
	for meaning, codes := range table {
		for code := range strings.FieldsSeq(codes) {
			meanings[code] = meaning
		}
	}
	return meanings
}
