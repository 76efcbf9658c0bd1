
namespace OrleansTasks.Dispatch.Operations;

/// <summary>
/// An operation (a request to a dispatcher, carried out in a round of its loop) that is one call of the dispatcher's
/// core and reads nothing from the store. <see cref="TaskDispatcherGrain"/> uses it for all that needs no type of its
/// own: lease renewals, slot offers and reclaims, settings, fleet snapshots. The call must not look for single
/// waiting tasks, because the core may not have them yet while the queue is read after a restart.
/// </summary>
/// <param name="apply">
/// The call. Gets the core, the time in Unix milliseconds and the draft for changes; returns the reply.
/// Called again, with another core, if the store refuses the round's commit, so it must change nothing but the core and
/// the draft.
/// </param>
/// <param name="lane">The lane of the inbox in which the operation waits; each lane has a share of a round.</param>
internal sealed class CoreOperation<TReply>(Func<DispatchCore, long, CommitDraft, TReply> apply, Lane lane = Lane.Control)
    : DispatchOperation<TReply>
{
    /// <inheritdoc/>
    public override Lane Lane => lane;

    /// <inheritdoc/>
    public override void Apply(DispatchCore core, Lookup lookup, long now, CommitDraft draft) => Reply = apply(core, now, draft);
}
