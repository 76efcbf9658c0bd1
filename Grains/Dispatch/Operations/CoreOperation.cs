
namespace OrleansTasks.Dispatch.Operations;

/// <summary>
/// One call of the core. It must not look for single waiting tasks, which the core may lack during recovery, and must
/// change only the core and the draft, because a refused commit repeats it on a new core.
/// </summary>
internal sealed class CoreOperation<TReply>(Func<DispatchCore, long, CommitDraft, TReply> apply, Lane lane = Lane.Control)
    : DispatchOperation<TReply>
{
    /// <inheritdoc/>
    public override Lane Lane => lane;

    /// <inheritdoc/>
    public override void Apply(DispatchCore core, Lookup lookup, long now, CommitDraft draft) => Reply = apply(core, now, draft);
}
