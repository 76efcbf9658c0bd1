
namespace OrleansTasks.Dispatch.Operations;

/// <summary>Asks the core, changing and storing nothing. A defect in the answer fails this caller alone.</summary>
internal sealed class ReadOperation<TReply>(Func<DispatchCore, long, TReply> look) : DispatchOperation<TReply>
{
    /// <inheritdoc/>
    public override void Apply(DispatchCore core, Lookup lookup, long now, CommitDraft draft) { }

    /// <inheritdoc/>
    public override void Look(DispatchCore core, long now) => Reply = look(core, now);
}
