namespace OrleansTasks.Tasks;

/// <summary>
/// An operation that is one call of the core, needs nothing from the store and weighs 1.
/// <see cref="TaskDispatcherGrain"/> uses it for everything that needs no operation of its own: renewals, offers,
/// settings, the fleet, figures. The call must not look for single waiting tasks, because during recovery the core may
/// not have them yet.
/// </summary>
/// <param name="apply">
/// The call. Gets the core, the time in Unix milliseconds and the draft for changes; returns the reply.
/// Called again, with another core, if the store refuses the round's commit, so it must change nothing but the core and
/// the draft.
/// </param>
/// <param name="lane">The lane of the inbox in which the operation waits.</param>
internal sealed class CoreOperation<TReply>(Func<DispatchCore, long, CommitDraft, TReply> apply, Lane lane = Lane.Control)
    : DispatchOperation<TReply>
{
    /// <inheritdoc/>
    public override Lane Lane => lane;

    /// <inheritdoc/>
    public override void Apply(DispatchCore core, Lookup lookup, long now, CommitDraft draft) => Reply = apply(core, now, draft);
}
