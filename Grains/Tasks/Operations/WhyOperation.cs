namespace OrleansTasks.Tasks;

/// <summary>Asks why a task is not running.</summary>
internal sealed class WhyOperation(TaskId id) : DispatchOperation<WhyReply>
{
    /// <inheritdoc/>
    public override void AskOpen(Lookup lookup) => lookup.Ask(id);

    /// <inheritdoc/>
    public override void Apply(DispatchCore core, Lookup lookup, long now, CommitDraft draft) { }

    /// <inheritdoc/>
    public override void Look(DispatchCore core) => Reply = core.Why(id);
}
