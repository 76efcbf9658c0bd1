namespace OrleansTasks.Tasks;

/// <summary>Asks open tasks to end. The reply has an outcome for each id, in order.</summary>
internal sealed class CancelOperation(ImmutableArray<TaskId> ids) : DispatchOperation<ImmutableArray<ControlOutcome>>
{
    /// <inheritdoc/>
    public override int Weight => Math.Max(1, ids.Length);

    /// <inheritdoc/>
    public override void AskOpen(Lookup lookup)
    {
        foreach (var id in ids)
            lookup.Ask(id);
    }

    /// <inheritdoc/>
    public override void Apply(DispatchCore core, Lookup lookup, long now, CommitDraft draft) =>
        Reply = [.. ids.Select(id => core.Cancel(id, now, draft))];
}
