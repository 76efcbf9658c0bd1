using OrleansTasks.Storage;
using OrleansTasks.Tasks;

namespace OrleansTasks.Simulation.Checks;

/// <summary>
/// Checks what users are told of tasks against the history of commits, in real-time order. Every call has an interval: from the version of
/// its task that was stored when the call began to the version that was stored when its answer came. An answer must be true of a version
/// in that interval. Therefore whatever was answered before a call began is visible to it, reads at one gateway never go back, and what is
/// answered as done is stored by then. The one exemption: what an owner of a queue answers after it was replaced, see
/// <see cref="ReplacedOwners"/>. No contract promises more while two activations live.
/// </summary>
internal sealed class CallHistory
{
    private readonly Dictionary<TaskId, List<Version>> tasks = [];

    /// <summary>How many answers about tasks of a task's queue its replaced owners have given.</summary>
    public Func<TaskId, int> AnswersOfReplaced { get; set; } = static _ => 0;

    /// <summary>Called when an answer is older than its call, and a replaced owner may have given it.</summary>
    public Action? AnsweredByReplaced { get; set; }

    /// <summary>A call about a task begins: keep the result for its answer.</summary>
    public AskedCall Begin(TaskId id) => new(id, tasks[id].Count - 1, AnswersOfReplaced(id));

    /// <summary>A task is on the disk like this from now on.</summary>
    /// <param name="row">The task's row.</param>
    /// <param name="hasSecrets">Whether it was submitted with secrets.</param>
    /// <param name="expires">Whether it expires unless it starts in time.</param>
    /// <param name="isUnique">Whether it has a unique key.</param>
    public void Committed(in TaskRow row, bool hasSecrets, bool expires = false, bool isUnique = false)
    {
        if (!tasks.TryGetValue(row.Id, out var versions))
            tasks.Add(row.Id, versions = []);
        versions.Add(new Version(
            row.State, row.Order, row.Attempt, row.EndedAt, row.CancelRequestedAt, row.Reason, hasSecrets, expires, row.IsQuarantined, IsThere: true)
        {
            IsUnique = isUnique,
        });
    }

    /// <summary>A task is not in the store any more.</summary>
    public void Removed(TaskId id) => tasks[id].Add(tasks[id][^1] with { IsThere = false });

    /// <summary>A read was answered; null when there is no such task.</summary>
    public void Read(AskedCall call, TaskRecord? record)
    {
        var isTrue = record is null
            ? Any(call, static version => !version.IsThere)
            : Any(call, version => version.IsThere && version.Shows(record));
        Require(call, isTrue, record is null ? "a read that finds nothing" : $"a read that finds {record.State}, attempt {record.Attempt}");
    }

    /// <summary>The gateway answered a cancel with the task.</summary>
    public void Cancelled(AskedCall call) =>
        RequireOfOwner(call, Any(call, static version => version.IsCancelled), "a cancel that is accepted");

    /// <summary>The gateway answered a retry with the task.</summary>
    public void Retried(AskedCall call) => RequireOfOwner(
        call,
        Changed(call, static (was, now) => was.IsRetryable && now.Order != was.Order) || Any(call, static version => !version.IsFinal),
        "a retry that is accepted");

    /// <summary>The gateway refused a cancel or a retry.</summary>
    public void Refused(AskedCall call, string code) => RequireOfOwner(
        call,
        code switch
        {
            "task-finished" => Any(call, static version => version.IsFinal),
            "not-retryable" => Any(call, static version => !version.IsRetryable || version.CannotRunAgain),
            "queue-full" => Any(call, static version => version.IsRetryable),
            "not-found" => Any(call, static version => !version.IsThere),
            // Nothing is said of the task.
            "not-ready" or "store-unavailable" or "outcome-unknown" => true,
            _ => false,
        },
        $"the refusal {code}");

    /// <summary>A cancel was answered by the dispatcher.</summary>
    public void Cancelled(AskedCall call, ControlOutcome outcome) => RequireOfOwner(
        call,
        outcome switch
        {
            // With another end, an undo in the same round has opened the task before.
            ControlOutcome.Changed => Changed(call, static (was, now) =>
                now.IsCancelled && (!was.IsCancelled || now.Order != was.Order || now.EndedAt != was.EndedAt)),
            // Also when another cancel came before it in one round, at whose end the task had ended.
            ControlOutcome.Unchanged => Any(call, static version => version is { IsCancelled: true, IsFinal: false })
                || Changed(call, static (was, now) => was.State.IsLeased() && now is { IsCancelled: true, IsFinal: true }),
            ControlOutcome.NotOpen => Any(call, static version => version.IsFinal || !version.IsThere),
            ControlOutcome.NotFound => Any(call, static version => !version.IsThere),
            _ => false,
        },
        $"a cancel that is {outcome}");

    /// <summary>A retry was answered by the dispatcher.</summary>
    /// <param name="call">The retry.</param>
    /// <param name="outcome">Its answer.</param>
    /// <param name="passesOver">Whether it was to leave quarantined tasks alone, as a bulk retry does.</param>
    public void Retried(AskedCall call, ControlOutcome outcome, bool passesOver) => RequireOfOwner(
        call,
        outcome switch
        {
            ControlOutcome.Changed => Changed(
                call, (was, now) => was.IsRetryable && now.Order != was.Order && !(passesOver && was.IsQuarantined)),
            ControlOutcome.Unchanged => Any(call, static version => !version.IsFinal),
            ControlOutcome.NotRetryable => Any(
                call, version => !version.IsRetryable || version.CannotRunAgain || (passesOver && version.IsQuarantined)),
            ControlOutcome.SecretsGone => Any(call, static version => version is { IsRetryable: true, HasSecrets: true }),
            ControlOutcome.QueueFull => Any(call, static version => version.IsRetryable),
            ControlOutcome.NotFound => Any(call, static version => !version.IsThere),
            _ => false,
        },
        $"a retry that is {outcome}");

    /// <summary>It was answered why a task waits; no reasons mean that it does not.</summary>
    public void Explained(AskedCall call, WhyReply reply) => RequireOfOwner(
        call,
        reply.Reasons.IsEmpty
            ? Any(call, static version => version.State is not (TaskState.Scheduled or TaskState.Queued) || !version.IsThere)
            : Any(call, static version => version is { IsFinal: false, State: not TaskState.Running }),
        $"reasons [{string.Join(", ", reply.Reasons.Select(static reason => reason.Code))}]");

    private bool Any(AskedCall call, Func<Version, bool> holds) => tasks[call.Id].Skip(call.From).Any(holds);

    private bool Changed(AskedCall call, Func<Version, Version, bool> holds)
    {
        var versions = tasks[call.Id];
        for (var i = call.From + 1; i < versions.Count; i++)
        {
            if (holds(versions[i - 1], versions[i]))
                return true;
        }

        return false;
    }

    private void RequireOfOwner(AskedCall call, bool isTrue, string what)
    {
        if (!isTrue && AnswersOfReplaced(call.Id) > call.AnswersOfReplaced)
            AnsweredByReplaced?.Invoke();
        else
            Require(call, isTrue, what);
    }

    private void Require(AskedCall call, bool isTrue, string what) => Violation.Unless(
        isTrue, $"{call.Id} was answered with {what}; while it was asked it was: {string.Join(", then ", tasks[call.Id].Skip(call.From))}.");

    private readonly record struct Version(
        TaskState State, long Order, int Attempt, long EndedAt, long CancelRequestedAt, EndReason Reason, bool HasSecrets, bool Expires, bool IsQuarantined, bool IsThere)
    {
        public bool IsFinal => State.IsFinal();

        public bool IsCancelled => CancelRequestedAt != 0 || State == TaskState.Cancelled;

        public bool IsRetryable => IsThere && State is (TaskState.Failed or TaskState.Cancelled);

        /// <summary>Its secrets are gone, or its time to start may be over.</summary>
        public bool CannotRunAgain => HasSecrets || IsUnique || (Expires && Attempt == 0);

        /// <summary>Whether it has a unique key, which another task may have by now.</summary>
        public bool IsUnique { get; init; }

        public bool Shows(TaskRecord record) =>
            record.State == State && record.Attempt == Attempt && record.Reason == Reason && (record.EndedAt ?? 0) == EndedAt
            && (record.CancelRequestedAt ?? 0) == CancelRequestedAt && record.IsQuarantined == IsQuarantined;
    }
}

/// <summary>A call about a task, and the version of the task that was stored when the call began.</summary>
/// <param name="Id">The task.</param>
/// <param name="From">The number of that version.</param>
/// <param name="AnswersOfReplaced">How many answers about its queue's tasks replaced owners had given by then.</param>
internal readonly record struct AskedCall(TaskId Id, int From, int AnswersOfReplaced);
