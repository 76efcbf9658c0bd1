namespace OrleansTasks.Tasks;

/// <summary>
/// An operation that is one call of the core, needs nothing from the store and weighs 1. The call gets the core, the time in Unix
/// milliseconds and the draft; it may be repeated with another core.
/// </summary>
internal sealed class CoreOperation<TReply>(Func<DispatchCore, long, CommitDraft, TReply> apply, Lane lane = Lane.Control)
    : DispatchOperation<TReply>
{
    /// <inheritdoc/>
    public override Lane Lane => lane;

    /// <inheritdoc/>
    public override void Apply(DispatchCore core, Lookup lookup, long now, CommitDraft draft) => Reply = apply(core, now, draft);
}
