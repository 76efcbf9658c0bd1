using System.Collections.Concurrent;
using OrleansTasks.Cluster;
using OrleansTasks.Events;
using OrleansTasks.Jobs;
using OrleansTasks.Nodes;
using OrleansTasks.Queues;
using OrleansTasks.Tasks;
using OrleansTasks.Trust;

namespace OrleansTasks.Client.Tests.Gateway;

/// <summary>A cluster that does what a test says.</summary>
internal sealed class ScriptedGrains
{
    private readonly ConcurrentDictionary<string, ScriptedDispatcher> dispatchers = new();

    public ScriptedReader Reader { get; } = new();

    public ScriptedEvents Events { get; } = new();

    public ScriptedFleet Fleet { get; } = new();

    public ScriptedCluster Cluster { get; } = new();

    public ScriptedQueues Queues { get; } = new();

    public ScriptedTrust Trust { get; } = new();

    public ScriptedNode Node { get; } = new();

    public ScriptedJob Job { get; } = new();

    public ScriptedDispatcher Default => Dispatcher("default");

    public ScriptedDispatcher Dispatcher(string key) =>
        dispatchers.GetOrAdd(key, text => new ScriptedDispatcher(text, Reader));

    /// <summary>The cluster as the gateway sees it.</summary>
    public IGrainFactory Factory => ScriptedFactory.Over(this);

    /// <summary>The grain of an interface with a key; null for those that no test needs.</summary>
    public object? Find(Type grain, string key) =>
        grain == typeof(ITaskDispatcherGrain) ? Dispatcher(key)
        : grain == typeof(ITaskReaderGrain) ? Reader
        : grain == typeof(IEventReaderGrain) ? Events
        : grain == typeof(IFleetGrain) ? Fleet
        : grain == typeof(IClusterReaderGrain) ? Cluster
        : grain == typeof(IQueueGrain) || grain == typeof(IQueueReaderGrain) ? Queues
        : grain == typeof(ITrustGrain) ? Trust
        : grain == typeof(INodeGrain) ? Node
        : grain == typeof(IJobGrain) || grain == typeof(IJobReaderGrain) ? Job
        : null;
}
