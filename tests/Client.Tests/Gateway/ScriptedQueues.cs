using System.Collections.Immutable;
using OrleansTasks.Queues;

namespace OrleansTasks.Client.Tests.Gateway;

/// <summary>Queues whose settings cannot be changed or read when a test says so.</summary>
internal sealed class ScriptedQueues : IQueueGrain, IQueueReaderGrain
{
    public Action? OnChange { get; set; }

    public Action? OnRead { get; set; }

    public Task<QueueReply> Put(QueueChange change)
    {
        OnChange?.Invoke();
        return Task.FromResult(new QueueReply(QueueSettings.DefaultOf(QueueSettings.DefaultQueue), IsConflict: false));
    }

    public Task<QueueDeletion> Delete(long version)
    {
        OnChange?.Invoke();
        return Task.FromResult(QueueDeletion.Deleted);
    }

    public Task<ImmutableArray<QueueStatus>> List()
    {
        OnRead?.Invoke();
        return Task.FromResult<ImmutableArray<QueueStatus>>([]);
    }

    public Task<ImmutableArray<QueueSettings>> ListSettings()
    {
        OnRead?.Invoke();
        return Task.FromResult<ImmutableArray<QueueSettings>>([]);
    }
}
