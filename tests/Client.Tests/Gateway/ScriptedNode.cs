using System.Collections.Immutable;
using OrleansTasks.Nodes;
using OrleansTasks.Tasks;

namespace OrleansTasks.Client.Tests.Gateway;

/// <summary>A node whose draining fails when a test says so.</summary>
internal sealed class ScriptedNode : INodeGrain
{
    public Action? OnSetDraining { get; set; }

    public Task<bool> SetDraining(bool draining)
    {
        OnSetDraining?.Invoke();
        return Task.FromResult(true);
    }

    public Task<RegistrationReply> Register(NodeRegistration registration) => throw new NotSupportedException();

    public Task<string?> InstanceOf(long session) => throw new NotSupportedException();

    public Task<bool> Connect(long session, INodeConnectionObserver connection) => throw new NotSupportedException();

    public Task Disconnect(long session, INodeConnectionObserver connection, ImmutableArray<LeaseRef> unsent) =>
        throw new NotSupportedException();

    public Task<StatusReply> ReportStatus(NodeStatus status) => throw new NotSupportedException();

    public Task<bool> Report(
        long session, ImmutableArray<LeaseRef> started, ImmutableArray<AttemptResult> results, ImmutableArray<LeaseRef> refused,
        ImmutableArray<LeaseRef>? unable = null) => throw new NotSupportedException();

    public Task Goodbye(long session) => throw new NotSupportedException();

    public Task Want(SlotDemand demand) => throw new NotSupportedException();

    public Task<SessionStart?> BeganWith(long session, string queue) => throw new NotSupportedException();

    public Task Take(CommandBatch batch) => throw new NotSupportedException();

    public Task<FolderReply> ListFolder(string folder, string match) => throw new NotSupportedException();

    public Task<bool> FolderListed(long session, long number, FolderReply reply) => throw new NotSupportedException();

    public Task Forgotten() => throw new NotSupportedException();
}
