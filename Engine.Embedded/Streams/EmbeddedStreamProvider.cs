using Orleans.Runtime;
using Orleans.Streams;

namespace OrleansTasks.Engine.Embedded;

/// <summary>Streams whose items go to implicit subscribers at once, through bounded queues in memory.</summary>
internal sealed class EmbeddedStreamProvider(EmbeddedSilo silo, string name) : IStreamProvider
{
    public string Name => name;

    public bool IsRewindable => false;

    public IAsyncStream<T> GetStream<T>(StreamId streamId) => new EmbeddedStream<T>(silo.Streams, name, streamId);
}
