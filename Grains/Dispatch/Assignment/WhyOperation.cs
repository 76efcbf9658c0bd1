using OrleansTasks.Tasks;

namespace OrleansTasks.Dispatch.Assignment;

/// <summary>
/// Answers why a task is not running yet (<see cref="WaitReasons"/>). Reads the core after the round's assignments, so
/// a task that the round assigns is not reported as waiting. Changes nothing.
/// </summary>
internal sealed class WhyOperation(TaskId id) : DispatchOperation<WhyReply>
{
    /// <inheritdoc/>
    public override void AskOpen(Lookup lookup) => lookup.Ask(id);

    /// <inheritdoc/>
    public override void Apply(DispatchCore core, Lookup lookup, long now, CommitDraft draft) { }

    /// <inheritdoc/>
    public override void Look(DispatchCore core, long now) => Reply = core.Waits.Of(id);
}
