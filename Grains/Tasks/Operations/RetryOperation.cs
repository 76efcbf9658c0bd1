namespace OrleansTasks.Tasks;

/// <summary>
/// Queues ended tasks again. Ended tasks are not in the core, so each is looked up. The reply has an outcome for each id, in order.
/// </summary>
internal sealed class RetryOperation(ImmutableArray<TaskId> ids) : DispatchOperation<ImmutableArray<ControlOutcome>>
{
    /// <inheritdoc/>
    public override int Weight => Math.Max(1, ids.Length);

    /// <inheritdoc/>
    public override void Ask(Lookup lookup)
    {
        foreach (var id in ids)
            lookup.Ask(id);
    }

    /// <inheritdoc/>
    public override void Apply(DispatchCore core, Lookup lookup, long now, CommitDraft draft) =>
        Reply = [.. ids.Select(id => lookup.TryTask(id, out var stored) ? core.Retry(stored, now, draft) : ControlOutcome.NotFound)];
}
