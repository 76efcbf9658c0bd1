
namespace OrleansTasks.Dispatch.Operations;

/// <summary>
/// A single call to the core. The call must not look up individual waiting tasks, which the core may lack during
/// recovery, and must change only the core and the draft, because it is repeated on a new core after a refused commit.
/// </summary>
internal sealed class CoreOperation<TReply>(Func<DispatchCore, long, CommitDraft, TReply> apply, Lane lane = Lane.Control)
    : DispatchOperation<TReply>
{
    /// <inheritdoc/>
    public override Lane Lane => lane;

    /// <inheritdoc/>
    public override void Apply(DispatchCore core, Lookup lookup, long now, CommitDraft draft) => Reply = apply(core, now, draft);
}
