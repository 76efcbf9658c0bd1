namespace OrleansTasks.Tasks;

/// <summary>An operation that is one call of the core.</summary>
internal sealed class CoreOperation<TReply>(Func<DispatchCore, long, CommitDraft, TReply> apply, int weight = 1)
    : DispatchOperation<TReply>
{
    /// <inheritdoc/>
    public override int Weight => weight;

    /// <inheritdoc/>
    public override void Apply(DispatchCore core, Lookup lookup, long now, CommitDraft draft) => Reply = apply(core, now, draft);
}
