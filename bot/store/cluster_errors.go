package store

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"strings"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// ErrClusterRejected reports that the cluster rejects the connection or the account, so that waiting does not help.
// ClusterHint says what does.
var ErrClusterRejected = errors.New("the cluster rejects the bot")

var (
	errCreds         = errors.New("the file of NATS_CREDS cannot be used")
	errRejectedTwice = errors.New("it rejected the credentials twice")
	errTooFewStreams = errors.New("the account may not have enough streams")
)

// limitedSizes are the size limits of the streams and buckets, in bytes, of an account that requires them
// (max_bytes_required). Each replica reserves their sum: 512 MiB on disk, and 1 MiB in memory.
var limitedSizes = map[string]int64{
	streamName: 128 << 20, requestsBucket: 128 << 20, endedName: 128 << 20, draftsBucket: 96 << 20, claimsBucket: 32 << 20,
	leasesBucket: 1 << 20,
}

// Error codes of JetStream: https://github.com/nats-io/nats-server/blob/main/server/errors.json
const (
	errCodeAccountResources      jetstream.ErrorCode = 10002
	errCodeNoPeers               jetstream.ErrorCode = 10005
	errCodeInsufficientResources jetstream.ErrorCode = 10023 // of the servers that are there
	errCodeMaxConsumers          jetstream.ErrorCode = 10026
	errCodeMaxStreams            jetstream.ErrorCode = 10027
	errCodeMemory                jetstream.ErrorCode = 10028
	errCodeStorage               jetstream.ErrorCode = 10047
	errCodeInvalidConfig         jetstream.ErrorCode = 10052
	errCodeNotMatched            jetstream.ErrorCode = 10060
	errCodeSubjectOverlap        jetstream.ErrorCode = 10065
	errCodeReplicasNotSupported  jetstream.ErrorCode = 10074
	errCodeMaxBytesRequired      jetstream.ErrorCode = 10113
	errCodeNoLimits              jetstream.ErrorCode = 10120
	errCodeMaxAckPending         jetstream.ErrorCode = 10121
	errCodeMaxStreamBytes        jetstream.ErrorCode = 10122
)

const (
	storageHint    = "give the account more storage: with max_bytes_required 512 MiB on disk and 1 MiB in memory for each replica of a stream"
	limitsHint     = "the bot needs 6 streams, and a consumer for each of its processes on each of two streams: raise max_streams and max_consumers"
	configHint     = "another program has created or takes what the bot needs: use an account of the bot's own"
	permissionHint = "allow the user to publish to foghorn.>, $KV.>, $JS.API.> and $JS.ACK.>, and to subscribe to _INBOX.>"
	tlsHint        = "check NATS_CA (the authority of the servers' certificate), NATS_CERT and NATS_KEY (if the servers verify clients), and the host in NATS_URL"
	authHint       = "put the user's file in NATS_CREDS, or a valid user and password in the URL: nats://user:password@host:4222"
	jetStreamHint  = "enable JetStream on the cluster and for the account"
)

// apiHints are the answers of JetStream that waiting does not change, with what helps.
var apiHints = map[jetstream.ErrorCode]string{
	errCodeAccountResources: storageHint, errCodeStorage: storageHint, errCodeMemory: storageHint, errCodeMaxStreamBytes: storageHint,
	errCodeNoLimits:   storageHint,
	errCodeMaxStreams: limitsHint, errCodeMaxConsumers: limitsHint,
	errCodeInvalidConfig: configHint, errCodeSubjectOverlap: configHint,
	errCodeMaxAckPending: "raise max_ack_pending of the account to 100000",
}

// errorHints are the errors of a connection that waiting does not change, with what helps.
var errorHints = []struct {
	err  error
	hint string
}{
	{nats.ErrPermissionViolation, permissionHint},
	{nats.ErrAuthorization, authHint}, {nats.ErrAuthExpired, authHint}, {nats.ErrAuthRevoked, authHint},
	{nats.ErrAccountAuthExpired, authHint}, {nats.ErrNkeysNotSupported, authHint}, {errCreds, authHint}, {errRejectedTwice, authHint},
	{nats.ErrSecureConnRequired, tlsHint}, {nats.ErrSecureConnWanted, tlsHint},
	{errTooFewStreams, limitsHint},
	{jetstream.ErrJetStreamNotEnabled, jetStreamHint}, {jetstream.ErrJetStreamNotEnabledForAccount, jetStreamHint},
}

// ClusterHint says how to correct an error of Open or CheckCluster; "" if nothing is known. It is never empty for an error
// that wraps ErrClusterRejected.
func ClusterHint(err error) string {
	if hint := permanentHint(err); hint != "" || !errors.Is(err, nats.ErrTLS) {
		return hint
	}
	return tlsHint // a server that rejects a certificate and one that stops both close the connection
}

// permanentHint says how to correct an error that waiting does not change; "" for another one.
func permanentHint(err error) string {
	for _, permanent := range errorHints {
		if errors.Is(err, permanent.err) {
			return permanent.hint
		}
	}
	_, isVerification := errors.AsType[*tls.CertificateVerificationError](err)
	op, isOp := errors.AsType[*net.OpError](err)
	_, isRecord := errors.AsType[tls.RecordHeaderError](err)
	code := apiErrorCode(err)
	switch {
	case isVerification || isRecord || isOp && op.Op == "remote error": // an alert of TLS
		return tlsHint
	case code == errCodeNoPeers && strings.Contains(err.Error(), "insufficient storage"):
		return storageHint
	}
	return apiHints[code]
}

// classifyClusterError wraps an error that waiting does not change in ErrClusterRejected.
func classifyClusterError(err error) error {
	if err == nil || permanentHint(err) == "" || errors.Is(err, ErrClusterRejected) {
		return err
	}
	return fmt.Errorf("%w: %w", ErrClusterRejected, err)
}

// apiErrorCode is the code of an answer of JetStream; 0 if err is none.
func apiErrorCode(err error) jetstream.ErrorCode {
	if api, ok := errors.AsType[jetstream.JetStreamError](err); ok && api.APIError() != nil {
		return api.APIError().ErrorCode
	}
	if api, ok := errors.AsType[*jetstream.APIError](err); ok {
		return api.ErrorCode
	}
	return 0
}
