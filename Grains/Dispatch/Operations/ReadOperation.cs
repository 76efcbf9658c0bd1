
namespace OrleansTasks.Dispatch.Operations;

/// <summary>Asks the core without changing or storing anything. An exception fails only this caller.</summary>
internal sealed class ReadOperation<TReply>(Func<DispatchCore, long, TReply> look) : DispatchOperation<TReply>
{
    /// <inheritdoc/>
    public override void Apply(DispatchCore core, Lookup lookup, long now, CommitDraft draft) { }

    /// <inheritdoc/>
    public override void Look(DispatchCore core, long now) => Reply = look(core, now);
}
