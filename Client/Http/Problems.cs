using OrleansTasks.Calendars;
using OrleansTasks.Tasks;
using OrleansTasks.Tasks.Spec;

namespace OrleansTasks.Client.Http;

/// <summary>
/// Creates the problems of the HTTP contract. Each summary has the status and the cause of the problem.
/// </summary>
public static class Problems
{
    /// <summary>The default number of seconds before a retry.</summary>
    public const int DefaultRetryAfter = 1;

    /// <summary>400: the body is not JSON in UTF-8, or an object in it has a duplicate name.</summary>
    public static Problem MalformedJson(string fault) => new(
        400, "malformed-json", "The body is not well-formed JSON",
        $"{fault} Send one JSON value in UTF-8 without duplicate names in an object.");

    /// <summary>400: a query parameter, or a header that acts as one, is unknown, repeated or out of range.</summary>
    public static Problem BadParameter(string detail) =>
        new(400, "bad-parameter", "A request parameter is not valid", detail);

    /// <summary>400: the cursor does not come from a list of this service.</summary>
    public static Problem BadCursor(string parameter) => new(
        400, "bad-cursor", "The cursor is not valid",
        $"'{parameter}' must be an unchanged value from an earlier answer; omit it to start from the beginning.");

    /// <summary>400: the request is not valid HTTP.</summary>
    public static Problem BadRequest(string detail) => new(400, "bad-request", "The request is not valid HTTP", detail);

    /// <summary>404: the resource does not exist.</summary>
    public static Problem NotFound(string detail) => new(404, "not-found", "Resource not found", detail);

    /// <summary>404: the task has no result.</summary>
    public static Problem NoResult(string detail) => new(404, "no-result", "The task has no result", detail);

    /// <summary>404: the task has no artifacts.</summary>
    public static Problem NoArtifacts(string detail) => new(404, "no-artifacts", "The task has no artifacts", detail);

    /// <summary>
    /// 405: the resource does not support the method. The response's <c>Allow</c> must list those that it supports.
    /// </summary>
    public static Problem MethodNotAllowed(string method, string allow) => new(
        405, "method-not-allowed", "Method not allowed",
            $"{StrictReader.Quote(method)} is not one of {allow}.");

    /// <summary>406: the caller does not accept the resource's media type.</summary>
    public static Problem NotAcceptable(string produces) => new(
        406, "not-acceptable", "Representation not available",
        $"This resource is available as {produces}; send an Accept header that allows it, or none.");

    /// <summary>408: the body stalled.</summary>
    public static Problem RequestTimeout() => new(
        408, "request-timeout", "The request was too slow",
        "The gateway received no byte of the body for 30 s, or a large body came at less than 16 KiB a second. "
        + "Send the request again.");

    /// <summary>409: the task has ended.</summary>
    public static Problem TaskFinished(string state) =>
        new(409, "task-finished", "The task has ended",
            $"The task is {state}; only a task that has not ended can be cancelled.");

    /// <summary>409: the workflow has ended.</summary>
    public static Problem WorkflowFinished(string state) => new(
        409, "workflow-finished", "The workflow has ended",
        $"The workflow is {state}; only a running workflow can be cancelled or have one of its nodes retried. "
        + "Retry the workflow instead.");

    /// <summary>409: the rollout has ended.</summary>
    public static Problem RolloutFinished(string state) => new(
        409, "rollout-finished", "The rollout has ended",
        $"The rollout is {state}; only one that is running or halted can be resumed or cancelled.");

    /// <summary>409: the job has ended.</summary>
    public static Problem JobFinished(string state) =>
        new(409, "job-finished", "The job has ended", $"The job is {state}; only a job that has not ended can be cancelled or closed.");

    /// <summary>409: the job does not collect its results.</summary>
    public static Problem NothingCollected() => new(
        409, "not-collected", "The job does not collect its results",
        "Only a job with the aggregate 'collect' keeps individual results; other aggregates are part of the job.");

    /// <summary>409: the job's source is not a stream.</summary>
    public static Problem NotAStream() =>
        new(409, "not-a-stream", "The job has another source", "Only a job with the source 'stream' accepts items and can be closed.");

    /// <summary>409: the job accepts no more items.</summary>
    public static Problem JobClosed() => new(
        409, "job-closed", "The job accepts no more items", "The job was closed or cancelled, or it has ended. Submit "
            + "another job for more items.");

    /// <summary>409: the job can no longer tell which items of an upload it has.</summary>
    public static Problem UploadUnknown() => new(
        409, "upload-unknown", "The job does not know this upload",
        "The job has forgotten this upload, so it cannot tell which of its items it has. Compare the job's itemsRead with "
        + "what was sent to it; then send the missing items as another upload.");

    /// <summary>409: items of an upload before the request's first one are missing.</summary>
    public static Problem OffsetAhead(long accepted) => new(
        409, "offset-ahead", "Items before the offset are missing",
        $"The job has {accepted} items of this upload. Send the items from this number on, with offset={accepted}.");

    /// <summary>503: the store did not take an upload's items.</summary>
    public static Problem ItemsNotStored(long accepted) => accepted == 0
        ? StoreUnavailable()
        : StoreUnavailable() with { Detail = $"{accepted} items of this upload are stored. Send the others later." };

    /// <summary>504: it is unknown whether some of an upload's items were stored.</summary>
    public static Problem ItemsUnknown(long accepted) => OutcomeUnknown() with
    {
        Detail = $"{accepted} items of this upload are stored, and perhaps some of those that follow. Repeat the request; with "
            + "the parameter 'upload', the job skips the items that it has.",
    };

    /// <summary>422: a line of a stream is invalid.</summary>
    public static Problem BadLine(long line, string fault) => new(
        422, "invalid-item", "A line is not a valid item", $"Line {line}: {fault} The lines before it were accepted.")
    { Errors = [new SpecError($"line {line}", fault)] };

    /// <summary>429: for too long, no worker has taken any of the job's chunks.</summary>
    public static Problem StreamStuck() => new(
        429, "rate-limited", "The job's workers are behind",
        "No worker has started any of the job's chunks for minutes, so the service reads no more items. Send the rest later.")
    { RetryAfter = 60 };

    /// <summary>429: too many tests and repeated deliveries of a webhook are waiting.</summary>
    public static Problem TooManyTries() => new(
        429, "rate-limited", "Too many tries are waiting",
        "Too many tests and repetitions of this webhook are waiting for the target's answer. Try again when they have ended.")
    { RetryAfter = 15 };

    /// <summary>409: the maximum number of webhooks is reached.</summary>
    public static Problem TooManyWebhooks() => new(
        409, "too-many-webhooks", "Too many webhooks",
        $"A service can have at most {ServiceLimits.Count(ServiceLimits.Webhooks)} webhooks. Delete one that you no longer need.");

    /// <summary>409: the maximum number of definitions is reached.</summary>
    public static Problem TooManyDefinitions() => new(
        409, "too-many-definitions", "Too many definitions",
        $"A service can have at most {ServiceLimits.Count(ServiceLimits.Definitions)} definitions. Delete one that you no longer need.");

    /// <summary>409: a definition has the maximum number of versions.</summary>
    public static Problem TooManyVersions() => new(
        409, "too-many-versions", "Too many versions",
        $"A definition can have at most {ServiceLimits.Count(ServiceLimits.DefinitionVersions)} versions. Store it under another name, or delete it first.");

    /// <summary>409: triggers, schedules or other definitions name the definition.</summary>
    public static Problem DefinitionInUse(string users) => new(
        409, "definition-in-use", "The definition is in use",
        $"Nothing was changed. These refer to it, so change or delete them first: {users}.");

    /// <summary>409: the maximum number of triggers is reached.</summary>
    public static Problem TooManyTriggers() => new(
        409, "too-many-triggers", "Too many triggers",
        $"A service can have at most {ServiceLimits.Count(ServiceLimits.Triggers)} triggers. Delete one that you no longer need.");

    /// <summary>409: the maximum number of notifications is reached.</summary>
    public static Problem TooManyNotifications() => new(
        409, "too-many-notifications", "Too many notifications",
        $"A service can have at most {ServiceLimits.Count(ServiceLimits.Notifications)} notifications. Delete one that you no longer need.");

    /// <summary>401: a delivery is not signed with the trigger's secret. Says nothing about why.</summary>
    public static Problem BadSignature() => new(401, "bad-signature", "The delivery's signature is not valid", "Nothing was started.");

    /// <summary>429: too many deliveries to a trigger from one address had bad signatures.</summary>
    public static Problem TooManyBadSignatures() => new(
        429, "rate-limited", "Too many deliveries had bad signatures",
        $"Nothing was started. {ServiceLimits.BadSignatures} deliveries from this address to the trigger had bad "
        + "signatures within a minute. Check the sender's secret, and try again in a minute.")
    { RetryAfter = 60 };

    /// <summary>410: the trigger is paused.</summary>
    public static Problem TriggerPaused() => new(410, "trigger-paused", "The trigger is paused", "Nothing was started.");

    /// <summary>429: the trigger has started as many runs as it may.</summary>
    public static Problem TriggerRate(int rate, int retryAfter) => new(
        429, "rate-limited", "The trigger has started too many runs", $"Nothing was started. The trigger starts at most {rate} runs a minute.")
    { RetryAfter = retryAfter };

    /// <summary>409: the maximum number of keys is reached.</summary>
    public static Problem TooManyKeys() => new(
        409, "too-many-keys", "Too many keys",
        $"A service can have at most {ServiceLimits.Count(ServiceLimits.Keys)} keys. Revoke one that you no longer need.");

    /// <summary>409: without this key, no caller could create keys over HTTP.</summary>
    public static Problem LastAdminKey() => new(
        409, "last-admin-key", "This is the last key with the scope admin",
        "Without it, no one could create keys over HTTP. Create another key with this scope first, or revoke this "
        + "one in the store: otask key revoke ID --data DIR.");

    /// <summary>409: the change is for another version of the settings.</summary>
    public static Problem VersionConflict(long? stored) => new(
        409, "version-conflict", "The version does not match",
        stored is { } version
            ? $"The stored version is {version}. Nothing was changed. Read the settings again, then repeat the change."
            : "No settings with this name exist, so no version matches. Nothing was changed.");

    /// <summary>412: the name is taken, and the request only creates.</summary>
    /// <param name="kind">What has the name.</param>
    public static Problem AlreadyExists(string kind) => new(
        412, "already-exists", "The name is taken",
        $"A {kind} with this name exists, and the request has {CreateOnly.Header}: *. Nothing was changed. Choose another name, or "
            + "omit the header to change what exists.");

    /// <summary>422: a backfill has too many times.</summary>
    /// <param name="count">How many times it has.</param>
    /// <param name="isExact">Whether <paramref name="count"/> is exact; otherwise it is a lower bound.</param>
    public static Problem TooManyOccurrences(int count, bool isExact = true) => new(
        422, "too-many-occurrences", "The range has too many times",
        $"The range has {(isExact ? "" : "at least ")}{count} times, but a backfill can have at most "
        + $"{ServiceLimits.BackfillTimes}. Nothing was changed. Choose a shorter range.");

    /// <summary>409: the queue cannot be deleted because it has open tasks, jobs or schedules.</summary>
    public static Problem QueueNotEmpty() => new(
        409, "queue-not-empty", "The queue is not empty",
        "The queue has open tasks, jobs or schedules, or is still being read after a restart. Nothing was changed.");

    /// <summary>409: schedules or queues use the calendar.</summary>
    public static Problem CalendarInUse(IReadOnlyList<CalendarUse> uses) => new(
        409, "calendar-in-use", "The calendar is in use",
        "Nothing was changed. These use it: "
            + string.Join(", ", uses.Select(static use => $"{(use.Kind == CalendarUserKind.Schedule ? "schedule" : "queue")} {use.Id}")) + ".");

    /// <summary>409: there are too many calendars.</summary>
    public static Problem TooManyCalendars() => new(
        409, "too-many-calendars", "There are too many calendars",
        $"There are {ServiceLimits.Count(ServiceLimits.Calendars)} calendars, the maximum. Delete one first. Nothing was changed.");

    /// <summary>409: the default queue cannot be deleted.</summary>
    public static Problem QueueIsDefault() => new(
        409, "queue-is-default", "The default queue cannot be deleted", "The default queue always exists. You can change its settings.");

    /// <summary>409: more tasks would change than the caller expects.</summary>
    public static Problem ChangedMeanwhile(long count, int expected) => new(
        409, "changed-meanwhile", "More tasks would change than expected",
        $"{count} tasks would change, but 'expect' allows {expected}. Nothing was changed. Check the tasks and send the new count.");

    /// <summary>409: the task or workflow cannot be retried in its current state.</summary>
    public static Problem NotRetryable(string detail) =>
        new(409, "not-retryable", "The task cannot be retried", detail);

    /// <summary>409: a cancel or retry cannot be undone.</summary>
    public static Problem NotUndoable(string detail) =>
        new(409, "not-undoable", "The cancel or retry cannot be undone", detail);

    /// <summary>409: a request with the same idempotency key is still being answered.</summary>
    public static Problem InFlight() => new(
        409, "in-flight", "The same request is still being answered",
        "A request with this Idempotency-Key is in flight. Repeat the request once that one is answered.")
    { RetryAfter = DefaultRetryAfter };

    /// <summary>409: the node still reports, so it cannot be forgotten.</summary>
    public static Problem NodeActive(string state) => new(
        409, "node-active", "The node is still part of the fleet",
        $"The node is {state}; only a node that is lost or gone can be forgotten. Stop its worker first.");

    /// <summary>413: the body is too large.</summary>
    public static Problem BodyTooLarge(long limit) => new(
        413, "body-too-large", "The body is too large", $"The body of this request may have at most {limit} bytes.");

    /// <summary>413: the file is too large.</summary>
    public static Problem FileTooLarge() => new(
        413, "file-too-large", "The file is too large", $"A file may have at most {ServiceLimits.FileBytes} bytes.");

    /// <summary>410: the artifacts were removed.</summary>
    public static Problem ArtifactsExpired() => new(
        410, "artifacts-expired", "The artifacts have expired",
        "The service removed these artifacts because its files exceeded --retention-files. To make them again, submit "
            + "the task again.");

    /// <summary>507: there is no room for the file.</summary>
    public static Problem FileStoreFull() => new(
        507, "file-store-full", "The store of files is full",
        "Nothing of the upload is kept. The disk of the service is nearly full, or its files have reached --file-store-max.");

    /// <summary>422: the bytes have another hash.</summary>
    public static Problem WrongHash(string actual) => new(
        422, "wrong-hash", "The bytes have another hash", $"The bytes that arrived are {actual}. Nothing is kept.");

    /// <summary>422: the archive is not allowed.</summary>
    public static Problem InvalidArchive(string fault) => new(
        422, "invalid-archive", "The archive is not allowed", $"{fault} Nothing is kept.");

    /// <summary>503: the silo that had the beginning of an upload is gone.</summary>
    public static Problem UploadLost() => NotReady("The upload was interrupted within the service. Nothing is kept; send it again.");

    /// <summary>415: the body has another media type.</summary>
    public static Problem UnsupportedMediaType(string expected) => new(
        415, "unsupported-media-type", "The body's media type is not supported",
        $"Send the body as {expected} in UTF-8, and set Content-Type accordingly.");

    /// <summary>416: the requested range is outside the content.</summary>
    public static Problem RangeNotSatisfiable(long length) => new(
        416, "range-not-satisfiable", "The range is out of bounds", $"The resource currently has {length} bytes.");

    /// <summary>
    /// 400 if the body is not well-formed JSON, otherwise 422 with everything that a reader found wrong.
    /// </summary>
    /// <param name="errors">The errors; not empty.</param>
    /// <param name="code">The problem code for invalid values.</param>
    public static Problem Of(SpecErrors errors, string code) =>
        errors.Malformed is { } fault ? MalformedJson(fault) : Invalid(code, errors.Items);

    /// <summary>422: values are invalid; lists them by path.</summary>
    public static Problem Invalid(string code, IReadOnlyList<SpecError> errors) => new(
        422, code, "A value is not allowed",
        errors.Count == 1 ? $"{errors[0].Path}: {errors[0].Message}"
            : $"{errors.Count} values are not allowed; see errors.")
    { Errors = errors };

    /// <summary>422: too many tasks match to be sorted other than by creation.</summary>
    public static Problem TooManyToSort(int most) => new(
        422, "too-many-to-sort", "Too many tasks to sort",
        $"More than {most} tasks match; only the order '-created' supports that many. Use more filters.");

    /// <summary>409: another task holds the unique key.</summary>
    public static Problem NotUnique(TaskId task) => new(
        409, "not-unique", "Another task has this key",
        $"The task {task} holds the key of unique, so nothing was accepted. Wait for its end, or use the value join or replace for unique.then.")
    { Task = task };

    /// <summary>422: the idempotency key was used with another body.</summary>
    public static Problem IdempotencyKeyReuse() => new(
        422, "idempotency-key-reuse", "The Idempotency-Key was used for another request",
        "The same key was sent with another body within the last 24 hours. Use a new key for a new request.");

    /// <summary>429: the queue accepts no more tasks now.</summary>
    public static Problem QueueFull(long retryAfterMilliseconds) => new(
        429, "queue-full", "The queue is full",
            "The queue currently accepts no more tasks, so nothing was accepted. Try again later.")
    { RetryAfter = Seconds(retryAfterMilliseconds) };

    /// <summary>429: the request would create a queue, but the maximum number of queues is reached.</summary>
    public static Problem TooManyQueues() => new(
        429, "too-many-queues", "Too many queues",
            "The service has reached its maximum number of queues (--max-queues), and this request would create another one. "
            + "Use an existing queue, or delete one that you no longer need.")
    { RetryAfter = 60 };

    /// <summary>429: too many long reads of this caller are waiting.</summary>
    public static Problem TooManyReads() => new(
        429, "rate-limited", "Too many of your searches, counts and filtered lists are waiting",
        "Wait for the answers of earlier ones, then try again.")
    { RetryAfter = 2 };

    /// <summary>503: too many long reads of all callers are waiting.</summary>
    public static Problem Busy() =>
        NotReady("Too many searches, counts and filtered lists are waiting. Try again later.") with { RetryAfter = 2 };

    /// <summary>429: too many large answers of this caller are waiting.</summary>
    public static Problem TooManyAnswers() => new(
        429, "rate-limited", "Too many of your large answers are waiting",
        "Read the answers to earlier requests, then try again.")
    { RetryAfter = 2 };

    /// <summary>503: too many large answers of all callers are waiting.</summary>
    public static Problem AnswersBusy() =>
        NotReady("Too many large answers are under way. Try again later, or request fewer items.")
            with { RetryAfter = 2 };

    /// <summary>429: too many large bodies of this caller are waiting.</summary>
    public static Problem TooManyBodies() => new(
        429, "rate-limited", "Too many of your large requests are under way",
        "Nothing was accepted. Wait for the answers to earlier requests, then try again.")
    { RetryAfter = 2 };

    /// <summary>503: too many large bodies of all callers are waiting.</summary>
    public static Problem BodiesBusy() =>
        NotReady("Too many large requests are under way. Nothing was accepted. Try again later.")
            with { RetryAfter = 2 };

    /// <summary>429: too many streams are open.</summary>
    public static Problem TooManyStreams(int most) => new(
        429, "rate-limited", "Too many streams are open",
        $"This gateway serves at most {most} event streams and followed logs at once. Close some, or try again later.")
    { RetryAfter = DefaultRetryAfter };

    /// <summary>503: the store cannot be reached.</summary>
    public static Problem StoreUnavailable() => new(
        503, "store-unavailable", "The store is unreachable", "Nothing was changed. Try again later.")
    { RetryAfter = DefaultRetryAfter };

    /// <summary>503: the service is starting, stopping, or without a silo.</summary>
    public static Problem NotReady(string detail) =>
        new(503, "not-ready", "The service is not ready", detail) { RetryAfter = DefaultRetryAfter };

    /// <summary>503: no silo accepted the request in time, and none will execute it.</summary>
    public static Problem NotSent() => NotReady("The cluster did not accept the request in time. Try again later.");

    /// <summary>504: the request may or may not have been executed.</summary>
    public static Problem OutcomeUnknown() => new(
        504, "outcome-unknown", "The outcome is unknown",
        "The request may or may not have been carried out. Repeat it; with the same Idempotency-Key, nothing is created twice.");

    /// <summary>500: the store can never accept what the request writes.</summary>
    public static Problem StoreRefused() => new(
        500, "store-refused", "The store refused what the request writes",
        "Nothing was changed, and the same request would be refused again. The service's log has the reason under this traceId.");

    /// <summary>500: the service failed.</summary>
    public static Problem InternalError() => new(
        500, "internal-error", "Internal error",
            "The service's log has details under this traceId.");

    private static int Seconds(long milliseconds) =>
        (int)Math.Clamp((milliseconds + 999) / 1000, DefaultRetryAfter, 3_600);
}
