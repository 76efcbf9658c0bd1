using OrleansTasks.Tasks;

namespace OrleansTasks.Dispatch.Assignment;

/// <summary>
/// Answers why a task is not running yet, for <see cref="TaskDispatcherGrain.Why"/>. The reply has no reasons when a
/// node holds the task, when the task has ended, and when this queue does not have the task. Changes nothing. The
/// answer is taken in <see cref="Look"/>, after the round has assigned what it could: a task that this round assigns is
/// not reported as waiting.
/// </summary>
/// <param name="id">The task.</param>
internal sealed class WhyOperation(TaskId id) : DispatchOperation<WhyReply>
{
    /// <inheritdoc/>
    public override void AskOpen(Lookup lookup) => lookup.Ask(id);

    /// <inheritdoc/>
    public override void Apply(DispatchCore core, Lookup lookup, long now, CommitDraft draft) { }

    /// <inheritdoc/>
    public override void Look(DispatchCore core, long now) => Reply = core.Waits.Of(id);
}
