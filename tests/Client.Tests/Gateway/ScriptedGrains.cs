using System.Collections.Concurrent;
using OrleansTasks.Queues;
using OrleansTasks.Tasks;

namespace OrleansTasks.Client.Tests.Gateway;

/// <summary>A cluster that does what a test says.</summary>
internal sealed class ScriptedGrains : IGrainFactory
{
    private readonly ConcurrentDictionary<string, ScriptedDispatcher> dispatchers = new();

    public ScriptedReader Reader { get; } = new();

    public ScriptedDispatcher Default => Dispatcher("default/0");

    public ScriptedDispatcher Dispatcher(string key) =>
        dispatchers.GetOrAdd(key, text => new ScriptedDispatcher(PartitionKey.Parse(text), Reader));

    public TGrainInterface GetGrain<TGrainInterface>(string primaryKey, string? grainClassNamePrefix = null)
        where TGrainInterface : IGrainWithStringKey
    {
        object grain = typeof(TGrainInterface) == typeof(ITaskDispatcherGrain) ? Dispatcher(primaryKey)
            : typeof(TGrainInterface) == typeof(ITaskReaderGrain) ? Reader
            : null!;
        return (TGrainInterface)grain;
    }

    public TGrainObserverInterface CreateObjectReference<TGrainObserverInterface>(IGrainObserver obj)
        where TGrainObserverInterface : IGrainObserver => (TGrainObserverInterface)obj;

    public void DeleteObjectReference<TGrainObserverInterface>(IGrainObserver obj)
        where TGrainObserverInterface : IGrainObserver
    {
    }
}
