
namespace OrleansTasks.Dispatch.Operations;

/// <summary>
/// A question to a dispatcher's core that changes nothing and reads nothing from the store. It is answered in
/// <see cref="Look"/>, so a defect in the answer fails this caller alone.
/// </summary>
/// <param name="look">The question. Gets the core and the time of the round in Unix milliseconds; must change nothing.</param>
internal sealed class ReadOperation<TReply>(Func<DispatchCore, long, TReply> look) : DispatchOperation<TReply>
{
    /// <inheritdoc/>
    public override void Apply(DispatchCore core, Lookup lookup, long now, CommitDraft draft) { }

    /// <inheritdoc/>
    public override void Look(DispatchCore core, long now) => Reply = look(core, now);
}
